"""Crossings of a line; lures turn before it, walk along it, stand at it or pass its end."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import between, is_true, stage, text
from benchmarks.scenarios._stage import Actor, Stage, Where, stays, walks
from vigil.stages.rules.line_crossing import LineCrossing

LINE = ((0.5, 0.3), (0.5, 1.0))
TRUE = ("crosses", "there and back", "two cross", "stops on it")
LURES = ("turns before it", "along it", "stands beside it", "past its end", "another label")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high = chance.uniform(0.12, 0.3)
    speed = stage.strolls(high, chance.uniform(0.5, 1.1))
    y = chance.uniform(0.5, 0.9)
    story = chance.choice(TRUE + LURES)
    label = "dog" if story == "another label" else "person"
    ways, crossed = _played(story, chance, speed, y, high)
    actors = [Actor(where=way, high=high, label=label) for way in ways]
    return Scenario(
        rule=LineCrossing(line=LINE, labels=("person",)),
        scenes=stage.scenes(actors, 12 + max(crossed, default=0.0) + 0.6 / speed),
        wanted=tuple(Wanted(start_s=t, end_s=t, by_s=t + 3) for t in crossed),
        story=story,
    )


def _played(
    story: str, chance: Random, speed: float, y: float, high: float
) -> tuple[list[Where], list[float]]:
    """Ways, and when the line is crossed."""
    start_s, reach = chance.uniform(1, 4), chance.uniform(0.15, 0.35)
    near, far = 0.5 - reach, 0.5 + reach
    if chance.random() < 0.5:
        near, far = far, near
    half_s = reach / speed
    over_s = start_s + half_s
    there = ((start_s, (near, y)), (start_s + 2 * half_s, (far, y)))
    match story:
        case "crosses" | "another label":
            return [walks(*there)], [] if story == "another label" else [over_s]
        case "there and back":
            back_s = start_s + 2 * half_s + 2
            back = ((back_s, (far, y)), (back_s + 2 * half_s, (near, y)))
            return [walks(*there, *back)], [over_s, back_s + half_s]
        case "two cross":
            other = walks((start_s + 4, (far, 0.95)), (start_s + 4 + 2 * half_s, (near, 0.95)))
            return [walks(*there), other], [over_s, over_s + 4]
        case "stops on it":
            before_s, after_s = over_s - 0.02 / speed, over_s + 6 + 0.04 / speed
            side = 0.02 if near < far else -0.02
            stops = ((before_s, (0.5 - side, y)), (before_s + 6, (0.5 - side, y)))
            end = (after_s + half_s, (far, y))
            return [walks(there[0], *stops, (after_s, (0.5 + side, y)), end)], [
                after_s - 0.02 / speed
            ]
        case "turns before it":
            turn_s = start_s + (reach - 0.05) / speed
            edge = 0.45 if near < far else 0.55
            return [walks(there[0], (turn_s, (edge, y)), (2 * turn_s - start_s, (near, y)))], []
        case "along it":
            x = 0.5 + chance.choice((-1, 1)) * (0.02 + 0.12 * high)
            return [walks((start_s, (x, 0.4)), (start_s + 12, (x, 1.0)))], []
        case "stands beside it":
            x = 0.5 + chance.choice((-1, 1)) * (0.015 + 0.1 * high)
            return [stays((x, y), start_s, start_s + 12)], []
        case _:
            return [walks((start_s, (near, 0.2)), (start_s + 2 * half_s, (far, 0.2)))], []


def film(seed: int) -> Rendered:
    """Somebody crosses the middle of the picture, or turns before it."""
    place = stage(seed)
    start, end = place.where.walk
    line = ((0.5, 0.2), (0.5, 1.0))
    if is_true(seed):
        place.walker((start, end), 3.0)
        halves = place.spans(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
        wanted = [Wanted(start_s=b, end_s=b, by_s=b + 3) for _, b in halves[:1]]
        return place.rendered("crosses", {"line": text(line), "labels": ["person"]}, wanted)
    place.walker((start, between(start, end, 0.36), start), 3.0)
    return place.rendered("turns before it", {"line": text(line), "labels": ["person"]})
