"""Traffic stands; lures flow, wait at a light, are few, or are parked."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import is_true, stage
from benchmarks.scenarios._stage import Actor, Stage, Where, stays, walks
from vigil.sim.route import Stop
from vigil.stages.rules.jam import Jam

LONG_S = 20.0
TRUE = ("stands", "crawls", "one lane stands")
LURES = ("flows", "red light", "few stand", "parked", "slow but moving")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high, number = chance.uniform(0.06, 0.12), chance.randint(3, 6)
    story = chance.choice(TRUE + LURES)
    start_s = chance.uniform(1, 4)
    ways, from_s = _played(story, stage, high, number, start_s)
    actors = [Actor(where=way, high=high, wide=1.6, label="car") for way in ways]
    wanted = Wanted(start_s=from_s, end_s=60, by_s=from_s + LONG_S + 8)
    return Scenario(
        rule=Jam(number=number, longer_than_s=LONG_S),
        scenes=stage.scenes(actors, 60),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _played(
    story: str, stage: Stage, high: float, number: int, start_s: float
) -> tuple[list[Where], float]:
    """Ways, and since when so many stand."""
    # The last of them is still well inside the picture.
    step = min(2.2 * high * stage.size[1] / stage.size[0], 0.65 / number)
    spots = [0.9 - step * n for n in range(number)]
    lane = 0.7
    came = [start_s + 1.2 * n + 3 for n in range(number)]

    def queue(until_s: float) -> list[Where]:
        on = (until_s + 2, (1.0, lane))
        return [
            walks((s - 3, (0.0, lane)), (s, (x, lane)), (until_s, (x, lane)), on)
            for x, s in zip(spots, came, strict=True)
        ]

    match story:
        case "stands":
            return queue(55), came[-1]
        case "crawls":
            creep = 0.08 * high * stage.size[1] / stage.size[0]
            return [
                walks((s - 3, (0.0, lane)), (s, (x, lane)), (59, (x + creep * (59 - s), lane)))
                for x, s in zip([spot - 0.1 for spot in spots], came, strict=True)
            ], came[-1]
        case "one lane stands":
            flowing = walks((12, (0.0, 0.4)), (16, (1.0, 0.4)))
            return [*queue(55), flowing], came[-1]
        case "flows":
            return [
                walks((start_s + 3 * n, (0.0, lane)), (start_s + 3 * n + 8, (1.0, lane)))
                for n in range(2 * number)
            ], 0.0
        case "red light":
            return queue(came[-1] + LONG_S - 6), 0.0
        case "few stand":
            return queue(55)[1:], 0.0
        case "parked":
            return [stays((x, 0.4)) for x in spots], 0.0
        case _:
            # Twice as fast as what hardly moves.
            slow = stage.strolls(high, 0.7)
            return [
                walks((start_s, (x - 0.3, lane)), (start_s + 0.4 / slow, (x + 0.1, lane)))
                for x in spots
            ], 0.0


def film(seed: int) -> Rendered:
    """Three cars stand one behind the other, or flow."""
    place = stage(seed, 28.0, road=True)
    (x1, y1), (x2, y2) = place.road()
    for n in range(3):
        spot = (5.2 - 5.2 * n, y1)
        stops = [Stop(1, 16.0)] if is_true(seed) else []
        place.vehicle(((x1, y1), spot, (x2, y2)), 0.5 + 1.6 * n, stops=stops, speed_m_s=7.0)
    rule = {"number": 2, "longer_than_s": 7}
    if not is_true(seed):
        return place.rendered("flows", rule)
    begin_s = max(one.route.stop_interval_s(1)[0] for one in place.actors)
    return place.rendered(
        "stands", rule, [Wanted(start_s=begin_s - 4, end_s=begin_s + 14, by_s=begin_s + 14)]
    )
