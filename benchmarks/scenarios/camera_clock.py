"""The camera's clock is off; lures are a little off, tell no time, or are set right at once."""

from random import Random

from benchmarks.scenarios import START_S, Fault, Rendered, Scenario, Wanted
from benchmarks.scenarios._mishaps import footage
from vigil.core import Health, Scene
from vigil.stages.rules.camera_clock import CameraClock

TRUE = ("ahead", "behind", "set wrong", "drifts away")
LURES = ("right", "a little off", "drifts a little", "tells nobody", "set right at once")
OFF_BY_S = 10.0
"""As the rule has it unless told otherwise."""


def scenario(chance: Random) -> Scenario:
    story = chance.choice(TRUE + LURES)
    at_s, long_s, seconds = chance.uniform(10, 60), 60.0, 240.0
    faults = _faults(story, at_s, chance)
    begins_s = _off_since_s(faults)
    wanted = Wanted(start_s=begins_s, end_s=seconds, by_s=begins_s + long_s + 6)
    return Scenario(
        rule=CameraClock(longer_than_s=long_s),
        scenes=_scenes(faults, seconds, chance),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _scenes(faults: tuple[Fault, ...], seconds: float, chance: Random) -> list[Scene]:
    hz, report_s = chance.choice((1.0, 2.0, 5.0)), chance.choice((1.0, 5.0))
    told, off_s, due_s = [], None, 0.0
    for number in range(round(seconds * hz)):
        t = number / hz
        if t >= due_s:
            # A report is late by the network's delay, and never early.
            off_s, due_s = _off_s(faults, t), t + report_s
            off_s = None if off_s is None else off_s - chance.uniform(0.0, 0.2)
        told.append(
            Scene(
                source="story", time_s=START_S + t, width=1280, height=720,
                health=Health(clock_off_s=off_s), looked=True,
            )
        )  # fmt: skip
    return told


def _faults(story: str, at_s: float, chance: Random) -> tuple[Fault, ...]:
    """How the clock is set; `at_s`: when it goes wrong, where it was right before."""
    far_s = chance.choice((12.0, 90.0, 3600.0, 1e6))
    sign = chance.choice((-1, 1))

    def clock(at_s: float, off_s: float, drift: float = 0.0) -> Fault:
        return Fault(at_s=at_s, what="clock set", off_s=off_s, drift=drift)

    match story:
        case "ahead":
            return (clock(0, far_s),)
        case "behind":
            return (clock(0, -far_s),)
        case "set wrong":
            return clock(0, 0), clock(at_s, sign * far_s)
        case "drifts away":
            return clock(0, 0), clock(at_s, sign * 7.0, sign * 0.5)
        case "a little off":
            return (clock(0, sign * chance.uniform(1, 8.5)),)
        case "drifts a little":
            return (clock(0, sign * 2.0, sign * 0.02),)
        case "set right at once":
            return clock(0, 0), clock(at_s, far_s), clock(at_s + 3, 0)
        case "tells nobody":
            return ()
        case _:
            return (clock(0, 0),)


def _off_s(faults: tuple[Fault, ...], t: float) -> float | None:
    """By how much the clock is ahead; None: it tells nobody."""
    last = next((fault for fault in reversed(faults) if fault.at_s <= t), None)
    return None if last is None else last.off_s + last.drift * (t - last.at_s)


def _off_since_s(faults: tuple[Fault, ...]) -> float:
    """When it began to be off by more than is allowed."""
    last = faults[-1] if faults else Fault(at_s=0.0, what="clock set")
    short_s = max(0.0, OFF_BY_S - abs(last.off_s))
    return last.at_s + (short_s / abs(last.drift) if short_s and last.drift else 0.0)


def film(seed: int) -> Rendered:
    """A camera over RTSP tells its time, right or wrong."""
    chance = Random(seed)
    story = TRUE[seed // 2 % len(TRUE)] if seed % 2 == 0 else LURES[seed // 2 % len(LURES)]
    faults, long_s = _faults(story, chance.uniform(5, 7), chance), 10.0
    begins_s, live_s = _off_since_s(faults), 36.0
    # Reports come with key pictures, every other second; of a drift the least delayed tell late.
    slow_s = 12 if story == "drifts away" else 5
    wanted = Wanted(start_s=begins_s, end_s=live_s, by_s=begins_s + long_s + slow_s)
    return Rendered(
        rule={"longer_than_s": long_s},
        wanted=(wanted,) if story in TRUE else (),
        story=story,
        live_s=live_s,
        faults=faults,
        **footage(seed),
    )
