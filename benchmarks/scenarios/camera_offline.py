"""The camera sends nothing; lures are short gaps and a slow but steady stream."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from benchmarks.scenarios import START_S, Fault, Rendered, Scenario, Wanted
from benchmarks.scenarios._mishaps import footage
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


FILMED_TRUE = ("unplugged", "hangs", "unplugged twice", "unplugged for good")
FILMED_LURES = ("steady", "short gaps", "restarts", "one picture a second")


def film(seed: int) -> Rendered:
    """A camera over RTSP is unplugged, or hangs; or only for moments."""
    chance = Random(seed)
    kinds = FILMED_LURES if seed % 2 else FILMED_TRUE
    story, live_s = kinds[seed // 2 % len(kinds)], 36.0
    gaps = _filmed(story, chance)
    hangs = story in ("hangs", "short gaps")
    faults = [
        Fault(at_s=at_s, what=what)
        for begin_s, end_s in gaps
        for at_s, what in (
            (begin_s, "hangs" if hangs else "unplugged"),
            (end_s, "goes on" if hangs else "plugged in"),
        )
        if at_s < live_s
    ]
    shown = footage(seed)
    if story == "one picture a second":
        shown |= {"camera": replace(shown["camera"], rate=1.0), "footage": shown["footage"] + "-1"}
    wanted = [Wanted(start_s=a, end_s=min(b, live_s), by_s=a + 8) for a, b in gaps]
    return Rendered(
        rule={},
        wanted=tuple(wanted) if story in FILMED_TRUE else (),
        story=story,
        live_s=live_s,
        faults=tuple(faults),
        **shown,
    )


def _filmed(story: str, chance: Random) -> list[tuple[float, float]]:
    """From when to when nothing comes from it."""
    first_s = chance.uniform(4, 6)
    match story:
        case "unplugged" | "hangs":
            return [(first_s, first_s + chance.uniform(9, 14))]
        case "unplugged twice":
            return [(first_s, first_s + 8), (first_s + 18, first_s + 26)]
        case "unplugged for good":
            return [(first_s, 1e9)]
        case "short gaps":
            return [(first_s + 9 * n, first_s + 9 * n + 2.5) for n in range(3)]
        case "restarts":
            return [(first_s, first_s + 1.5), (first_s + 12, first_s + 13.5)]
        case _:
            return []
