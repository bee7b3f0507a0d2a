"""The picture stands still to the last bit; lures are short, or offline."""

from collections.abc import Sequence
from random import Random

from benchmarks.scenarios import START_S, Rendered, Scenario, Wanted
from benchmarks.scenarios._mishaps import disturbed, place, rendered
from vigil.core import Health, Scene, Signals
from vigil.sim.world import Frozen
from vigil.stages.rules.camera_frozen import CameraFrozen

TRUE = ("frozen", "frozen twice", "frozen for good")
LURES = ("for a moment", "live", "stutters", "offline")


def scenario(chance: Random) -> Scenario:
    story = chance.choice(TRUE + LURES)
    first_s, long_s = chance.uniform(5, 20), chance.uniform(14, 40)
    still, spans = _played(story, first_s, long_s)
    silent = [(first_s, first_s + long_s)] if story == "offline" else []
    return Scenario(
        rule=CameraFrozen(),
        scenes=_scenes(still, silent, hz=chance.choice((0.5, 1.0, 5.0))),
        wanted=tuple(Wanted(start_s=a, end_s=b, by_s=a + 15) for a, b in spans),
        story=story,
    )


def _scenes(
    still: Sequence[tuple[float, float]], silent: Sequence[tuple[float, float]], *, hz: float
) -> list[Scene]:
    told = []
    for number in range(round(120 * hz)):
        t = number / hz
        frozen_s = next((t - a for a, b in still if a <= t < b), 0.0)
        offline_s = next((t - a for a, b in silent if a <= t < b), 0.0)
        told.append(
            Scene(
                source="story", time_s=START_S + t, width=1280, height=720, signals=Signals(),
                health=Health(offline_s=offline_s, frozen_s=frozen_s), looked=not offline_s,
            )
        )  # fmt: skip
    return told


def _played(
    story: str, first_s: float, long_s: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Stretches of the same picture, and the events they are."""
    span = (first_s, first_s + long_s)
    match story:
        case "frozen":
            return [span], [span]
        case "frozen twice":
            again = (span[1] + 10, span[1] + 30)
            return [span, again], [span, again]
        case "frozen for good":
            return [(first_s, 1e9)], [(first_s, 120.0)]
        case "for a moment":
            return [(first_s, first_s + 7)], []
        case "stutters":
            return [(first_s + 8 * n, first_s + 8 * n + 5) for n in range(10)], []
        case _:
            return [], []


def film(seed: int) -> Rendered:
    """The camera hangs for a long while, for moments, or not at all."""
    chance = Random(seed)
    world, camera = place(seed)
    start_s = chance.uniform(6, 12)
    if seed % 2:
        end_s = start_s + chance.uniform(15, 20)
        hung = disturbed(world, Frozen(start_s=start_s, end_s=end_s))
        return rendered(hung, camera, {}, "frozen", (start_s, end_s, start_s + 14))
    story = chance.choice(("live", "for a moment", "stutters"))
    if story == "live":
        return rendered(world, camera, {}, story)
    count = 1 if story == "for a moment" else 4
    starts = (start_s + 6 * n for n in range(count))
    hung = disturbed(world, *(Frozen(start_s=at, end_s=at + 4) for at in starts))
    return rendered(hung, camera, {}, story)
