"""The camera sends nothing; lures are short gaps and a slow but steady stream."""

from collections.abc import Sequence
from random import Random

from benchmarks.scenarios import START_S, Scenario, Wanted
from vigil.core import Health, Scene
from vigil.stages.rules.camera_offline import CameraOffline

TRUE = ("offline", "offline twice", "flaps", "gone for good")
LURES = ("short gaps", "steady", "one picture a second")


def scenario(chance: Random) -> Scenario:
    story = chance.choice(TRUE + LURES)
    first_s, long_s = chance.uniform(8, 20), chance.uniform(8, 30)
    gaps, spans = _played(story, chance, first_s, long_s)
    return Scenario(
        rule=CameraOffline(),
        scenes=scenes(gaps, 120.0, chance),
        wanted=tuple(Wanted(start_s=a, end_s=b, by_s=a + 8) for a, b in spans),
        story=story,
    )


def scenes(gaps: Sequence[tuple[float, float]], seconds: float, chance: Random) -> list[Scene]:
    """Pictures 5 times a second, and once a second word of a camera that is silent."""
    told, t = [], 0.0
    while t < seconds:
        gap = next((gap for gap in gaps if gap[0] <= t < gap[1]), None)
        silent_s = 0.0 if gap is None else t - gap[0]
        size = (1280, 720) if t > 0 else (0, 0)
        told.append(
            Scene(
                source="story", time_s=START_S + t, width=size[0], height=size[1],
                health=Health(offline_s=silent_s), looked=gap is None,
            )
        )  # fmt: skip
        t += 0.2 if gap is None else chance.uniform(1.0, 1.2)
    return told


def _played(
    story: str, chance: Random, first_s: float, long_s: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Gaps, and the events they are."""
    gap = (first_s, first_s + long_s)
    match story:
        case "offline":
            return [gap], [gap]
        case "offline twice":
            again = (gap[1] + 15, gap[1] + 25)
            return [gap, again], [gap, again]
        case "flaps":
            # Back for less than it must be steady: one event.
            parts = [(gap[0], gap[1]), (gap[1] + 1.0, gap[1] + 9), (gap[1] + 10, gap[1] + 18)]
            return parts, [(gap[0], gap[1] + 18)]
        case "gone for good":
            return [(first_s, 1e9)], [(first_s, 120.0)]
        case "short gaps":
            starts = [first_s + 12 * n for n in range(6)]
            return [(s, s + chance.uniform(1, 4)) for s in starts], []
        case "one picture a second":
            return [(0.5 + n, 1.4 + n) for n in range(100)], []
        case _:
            return [], []
