"""Rules on recorded scenes."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from vigil.cli.watch import settings_for
from vigil.config.home import open_home
from vigil.core import Box, Clip, Event, Rule, Scene, Step, Track
from vigil.core.scene_record import Chunk
from vigil.pipeline.build import Builder
from vigil.pipeline.replay import difference, replay
from vigil.pipeline.replay_jobs import replay_files
from vigil.pipeline.replay_plot import replay_plot
from vigil.pipeline.scene_log import SceneLog, recorded
from vigil.pipeline.shard import Shard
from vigil.sim.film import write_film
from vigil.sim.scenes import scene as rendered_scene
from vigil.stages.rules.presence import Presence

NOON_S = 1_750_000_000.0
RULES = """
- {kind: presence, labels: [object]}
- {kind: loitering, labels: [object], longer_than_s: 4}
- {kind: line_crossing, labels: [object], line: "0.5,0.2,0.5,1.0"}
- {kind: abandoned_object}
- {kind: count, labels: [object], number: 2, longer_than_s: 1}
"""


class Kept:
    """An outbox in memory."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}

    def put(self, step: Step, clip: Clip | None) -> None:
        self.events[step.event.id] = step.event


def nameless(events: Sequence[Event]) -> list[Event]:
    """Every event is born with an id of its own, however often the story is told."""
    return sorted((replace(one, id="") for one in events), key=repr)


def test_what_was_told_live_is_told_again_to_the_last_digit(tmp_path: Path) -> None:
    script = rendered_scene("gate", width=320, rate=6.0)
    world = replace(script.world, seconds=16.0)
    film = write_film(tmp_path / "gate.mp4", world, script.cameras[0]).path
    app = settings_for(str(film), rules=[RULES])
    (one,) = app.cameras.values()
    log, kept = tmp_path / "gate.scenes", Kept()
    builder = Builder(open_home(tmp_path / "home"), evidence=False, scene_file=log)
    camera, detector = builder.camera(one)
    Shard(cameras=[(camera, detector)], outbox=kept).run(threading.Event())
    camera.check()
    (again,) = replay(recorded([log]), [lambda _name: one.all_rules])
    assert len({event.rule for event in kept.events.values()}) >= 2
    assert nameless(again.events) == nameless(list(kept.events.values()))
    assert again.scenes > 20


def visit(*times_s: float, label: str = "person", from_s: float = NOON_S) -> list[Scene]:
    """Somebody is seen around these seconds, and nobody in between."""
    return [
        Scene(
            source="gate",
            time_s=from_s + n / 2,
            width=640,
            height=360,
            looked=True,
            tracks=(Track(1, label, Box(100, 100, 140, 220), 0.9, from_s, from_s + n / 2),)
            if any(abs(n / 2 - t) <= 2 for t in times_s)
            else (),
        )
        for n in range(200)
    ]


def chunk(scenes: Sequence[Scene], session: str = "one") -> Chunk:
    return Chunk(source="gate", session=session, scenes=tuple(scenes))


def test_the_difference_of_two_sets_of_rules_is_told_event_by_event() -> None:
    def everybody(_name: str) -> list[Rule]:
        return [Presence(labels=("person", "dog"))]

    def people(_name: str) -> list[Rule]:
        return [Presence(labels=("person",))]

    dog = visit(50, label="dog", from_s=NOON_S + 200)
    new, old = replay([chunk(visit(20, 60)), chunk(dog)], [everybody, people])
    diff = difference(new, old)
    assert [event.label for event in diff.added] == ["dog"]
    assert (diff.vanished, diff.same) == ([], 2)
    back = difference(old, new)
    assert [event.label for event in back.vanished] == ["dog"]
    assert back.added == []


def test_rules_begin_anew_with_each_watch_and_never_remember_the_last_replay() -> None:
    rules = [Presence(labels=("person",), cool_down_s=1000)]
    first, second = visit(20), visit(20, from_s=NOON_S + 300)
    for _ in range(2):
        (together,) = replay([chunk(first), chunk(second)], [lambda _name: rules])
        (apart,) = replay([chunk(first), chunk(second, "two")], [lambda _name: rules])
        assert (len(together.events), len(apart.events)) == (1, 2)


def test_an_open_event_ends_with_the_record() -> None:
    (found,) = replay([chunk(visit(99))], [lambda _name: [Presence()]])
    (event,) = found.events
    assert event.end_s == NOON_S + 99.5
    assert found.scenes == 200
    assert found.days == 99.5 / 86_400


def test_the_picture_shows_what_came_in_green_and_what_went_in_red() -> None:
    def lenient(_name: str) -> list[Rule]:
        return [Presence(labels=("person",))]

    def strict(_name: str) -> list[Rule]:
        return [Presence(labels=("dog",))]

    for one, other, colour in ((lenient, strict, (10, 125, 79)), (strict, lenient, (192, 57, 43))):
        new, old = replay([chunk(visit(20, 60))], [one, other])
        picture = replay_plot(new, old, difference(new, old))
        assert np.all(picture == colour, axis=2).sum() > 100


def test_signals_that_nobody_recorded_are_named() -> None:
    app = settings_for("film.mp4", rules=[yaml.safe_dump({"kind": "abandoned_object"})])
    (one,) = app.cameras.values()
    (found,) = replay([chunk(visit(20))], [lambda _name: one.all_rules])
    assert found.unseen == {"static_blobs"}


class Both:
    """Rules that can be sent to another process."""

    def __call__(self, _name: str) -> list[Rule]:
        return [Presence(labels=("person",)), Presence(name="any", labels=())]


@pytest.mark.slow
def test_several_processes_tell_the_same_as_one(tmp_path: Path) -> None:
    log = SceneLog("gate", file=tmp_path / "gate.scenes")
    for scene in visit(20, 60):
        log.note(scene)
    log.close()
    files = [tmp_path / "gate.scenes"]
    (one,), (two,) = (replay_files(files, [Both()], jobs=jobs) for jobs in (1, 2))
    assert nameless(one.events) == nameless(two.events)
    assert (one.scenes, one.days) == (two.scenes, two.days)
    assert len(two.events) == 4
