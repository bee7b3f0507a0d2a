"""Too fast; lures keep the limit, stand between the lines, or are only short glimpses."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import is_true, stage, text
from benchmarks.scenarios._stage import Actor, Stage, Where, walks
from vigil.stages.rules.speed import KMH, Speed

LINES = (((0.2, 0.3), (0.2, 1.0)), ((0.8, 0.3), (0.8, 1.0)))
GROUND = ((0.1, 0.95), (0.1, 0.45), (0.9, 0.45), (0.9, 0.95))
"""A street seen straight from the side: 8 m across, 40 m along, as wide far away as near by."""
METRES, LIMIT_KMH = 30.0, 50.0
TRUE = ("fast", "fast, the other way", "fast among slow")
LURES = ("keeps the limit", "slow", "stops between")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance, slowest_hz=3.0)
    high, y = chance.uniform(0.06, 0.14), chance.uniform(0.6, 0.9)
    story, by_lines = chance.choice(TRUE + LURES), chance.random() < 0.5
    rule = _by_lines() if by_lines else _by_ground()
    start_s = chance.uniform(1, 3)
    ways, kmh = _played(story, chance, start_s, y)
    # Metres a second as fractions of the width: 0.6 of it are 30 m, or 0.8 of it are 40 m.
    passed_s = start_s + 0.8 * 50.0 / (kmh / KMH) if kmh else start_s
    actors = [Actor(where=way, high=high, wide=1.7, label="car") for way in ways]
    wanted = Wanted(start_s=start_s, end_s=passed_s + 2, by_s=passed_s + 2.5)
    return Scenario(
        rule=rule,
        scenes=stage.scenes(actors, 25),
        wanted=(wanted,) if story in TRUE else (),
        story=f"{story}, {'lines' if by_lines else 'ground'}",
    )


def _by_lines() -> Speed:
    return Speed(lines=LINES, distance_m=METRES, faster_than_kmh=LIMIT_KMH)


def _by_ground() -> Speed:
    return Speed(
        ground=GROUND, width_m=8.0, length_m=40.0, distance_m=20.0, faster_than_kmh=LIMIT_KMH
    )


def _drive(start_s: float, kmh: float, y: float, *, back: bool = False) -> Where:
    """50 m of street from edge to edge."""
    ends = ((1.0, y), (0.0, y)) if back else ((0.0, y), (1.0, y))
    return walks((start_s, ends[0]), (start_s + 50.0 / (kmh / KMH), ends[1]))


def _played(story: str, chance: Random, start_s: float, y: float) -> tuple[list[Where], float]:
    fast, slow = chance.uniform(60, 100), chance.uniform(25, 42)
    match story:
        case "fast":
            return [_drive(start_s, fast, y)], fast
        case "fast, the other way":
            return [_drive(start_s, fast, y, back=True)], fast
        case "fast among slow":
            return [_drive(start_s, fast, y), _drive(start_s + 1, slow, y - 0.1)], fast
        case "keeps the limit":
            return [_drive(start_s, slow, y)], 0.0
        case "slow":
            return [_drive(start_s, chance.uniform(10, 20), y)], 0.0
        case _:
            stop = ((start_s + 2.5, (0.5, y)), (start_s + 7, (0.5, y)), (start_s + 10, (1.0, y)))
            return [walks((start_s, (0.0, y)), *stop)], 0.0


def film(seed: int) -> Rendered:
    """A car is too fast, or keeps the limit.

    The limit is low because the view is short: a passage must last a second or more, as the rule
    says, and begins where a car is seen that woke the watch as it came in.
    """
    place = stage(seed, 14.0, road=True)
    y = place.road()[0][1]
    ends = [[place.place_of((x, y + dy)) for dy in (-3.0, 3.0)] for x in (-4.0, 4.0)]
    rule = {
        "lines": [text(line) for line in ends],
        "distance_m": 8,
        "faster_than_kmh": 22,
    }
    fast = is_true(seed)
    place.vehicle(place.road(back=seed % 4 > 1), 2.0, speed_m_s=8.0 if fast else 4.5)
    if not fast:
        return place.rendered("keeps the limit", rule)
    wanted = [Wanted(start_s=a, end_s=b, by_s=b + 1) for a, b in place.spans()]
    return place.rendered("fast", rule, wanted)
