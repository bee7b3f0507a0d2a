"""Scenario files: what they say is filmed, the same each time; mistakes are told in a line."""

from pathlib import Path
from typing import get_args

import pytest

from vigil.core import ConfigError
from vigil.sim.film import pictures
from vigil.sim.scenario import Condition, Scenario, Turn, Word, read_scenario, true_events

PAGE = Path(__file__).parents[2] / "docs/simulation.md"


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, "utf-8")
    return path


def of_the_page(folder: Path) -> Scenario:
    return read_scenario(
        written(folder, PAGE.read_text("utf-8").split("```yaml\n")[1].split("```")[0])
    )


def test_the_file_of_the_page_tells_of_a_fall(tmp_path: Path) -> None:
    told = of_the_page(tmp_path)
    script = told.script()
    assert (script.world.seconds, script.cameras[0].width, script.cameras[0].rate) == (30, 320, 5)
    events = true_events(script)
    assert {"presence", "fall", "lying_still"} <= {event.kind for event in events}
    (fall,) = [event for event in events if event.kind == "fall"]
    assert 1 < fall.start_s < 15


def test_a_seed_makes_it_repeat(tmp_path: Path) -> None:
    def film(seed: int) -> list[bytes]:
        scenario = of_the_page(tmp_path)
        scenario.seed, scenario.width, scenario.rate, scenario.seconds = seed, 96, 1, 16
        script = scenario.script()
        return [picture.tobytes() for picture, _ in pictures(script.world, script.cameras[0])]

    assert film(4) == film(4)
    assert film(4) != film(5)


@pytest.mark.parametrize("word", get_args(Word))
def test_every_act_puts_somebody_or_something_on(word: Word) -> None:
    night = word in ("headlights", "resting_light")
    world = Scenario(place="street", night=night, acts=(Turn(act=word, at_s=2),)).script().world
    assert len(world.actors) + len(world.disturbances) >= 1
    assert world.seconds > 5
    comes = [actor.route.start_s for actor in world.actors if hasattr(actor, "route")]
    assert all(start_s == 2 for start_s in comes)


def test_conditions_last_as_long_as_they_say() -> None:
    conditions = (Condition(kind="fog", start_s=1, end_s=4), Condition(kind="dark"))
    scenario = Scenario(place="yard", acts=(), seconds=9, conditions=conditions)
    fog, dark = scenario.script().world.disturbances
    assert [fog.acts(time_s) for time_s in (0.5, 2, 5)] == [False, True, False]
    assert [dark.acts(time_s) for time_s in (0.5, 8.9)] == [True, True]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("place: moon\nacts: []", "place: found 'moon'; allowed: 'street', "),
        ("place: yard\nacts: [{act: walc, at_s: 1}]", "acts[0].act: found 'walc'; allowed: "),
        ("place: yard\nacts: [{act: walk}]", "acts[0].at_s: is missing"),
        ("place: yard\nacts: [{act: walk, at_s: -1}]", "acts[0].at_s: found -1; allowed: "),
        ("place: yard\nactors: []\nacts: []", "actors: "),
        ("place: yard\nacts: [{act: walk, at_s: 1, lasts_s: 2}]", "walk takes its own time"),
        (
            "place: yard\nacts: []\nconditions: [{kind: fog, start_s: 9, end_s: 4}]",
            "conditions[0]: end_s: found 4; allowed: later than start_s, 9",
        ),
        ("place: yard\nwidth: 101\nacts: []", "width: found 101; allowed: a multiple of 2"),
        ("place: corridor\nacts: [{act: drive, at_s: 1}]", "acts[0]: no drive in the corridor"),
        ("place: yard\nacts: [{act: headlights, at_s: 1}]", "no headlights in the yard by day"),
        ("place: yard\nseconds: 5\nacts: [{act: walk, at_s: 6}]", "begins at 6 s; the film ends"),
        ("place: [", "line 1"),
    ],
)
def test_a_mistake_is_told_in_a_line(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_scenario(path)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"{path}: ")
    assert told in line
