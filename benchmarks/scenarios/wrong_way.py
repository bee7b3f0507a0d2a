"""Against the lane; lures go the right way, stand, cross, creep back a little, or swerve."""

from random import Random

from benchmarks.scenarios import Rendered, Scenario, Wanted
from benchmarks.scenarios._film import is_true, stage, text
from benchmarks.scenarios._stage import Actor, Stage, Where, stays, walks
from vigil.stages.rules.wrong_way import WrongWay

LANE = ((0.0, 0.7), (0.5, 0.75), (1.0, 0.7))
TRUE = ("comes the wrong way", "turns round", "wrong way among others")
LURES = ("right way", "stands", "crosses", "rolls back a little", "stop and go")


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance)
    high = chance.uniform(0.06, 0.15)
    start_s, y = chance.uniform(1, 4), chance.uniform(0.65, 0.8)
    drive_s = chance.uniform(4, 10)
    story = chance.choice(TRUE + LURES)
    ways, from_s = _played(story, start_s, drive_s, y)
    actors = [Actor(where=way, high=high, wide=1.7, label="car") for way in ways]
    end_s = start_s + 2 * drive_s
    wanted = Wanted(start_s=from_s, end_s=end_s, by_s=from_s + 0.5 * drive_s + 2)
    return Scenario(
        rule=WrongWay(lane=LANE),
        scenes=stage.scenes(actors, 30),
        wanted=(wanted,) if story in TRUE else (),
        story=story,
    )


def _played(story: str, start_s: float, drive_s: float, y: float) -> tuple[list[Where], float]:
    """Ways, and when the wrong one begins."""
    end_s = start_s + drive_s
    right, wrong = (
        ((start_s, (0.0, y)), (end_s, (1.0, y))),
        ((start_s, (1.0, y)), (end_s, (0.0, y))),
    )
    match story:
        case "comes the wrong way":
            return [walks(*wrong)], start_s
        case "turns round":
            half_s = start_s + 0.6 * drive_s
            back = ((half_s, (0.6, y)), (half_s + 1, (0.6, y)), (half_s + 1 + drive_s, (0.0, y)))
            return [walks(right[0], *back)], half_s
        case "wrong way among others":
            return [walks(*wrong), walks(*((t, (x, y + 0.12)) for t, (x, _) in right))], start_s
        case "right way":
            return [walks(*right)], 0.0
        case "stands":
            return [stays((0.5, y), 0.0, 28.0)], 0.0
        case "crosses":
            return [walks((start_s, (0.5, 0.45)), (end_s, (0.47, 1.0)))], 0.0
        case "rolls back a little":
            stop_s = start_s + 0.5 * drive_s
            roll = ((stop_s, (0.5, y)), (stop_s + 2, (0.475, y)), (stop_s + 2 + drive_s, (1.0, y)))
            return [walks(right[0], *roll)], 0.0
        case _:
            stop_s = start_s + 0.5 * drive_s
            return [
                walks(right[0], (stop_s, (0.5, y)), (stop_s + 6, (0.5, y)), (26, (1.0, y)))
            ], 0.0


def film(seed: int) -> Rendered:
    """A car comes against the lane, or with it."""
    place = stage(seed, 16.0, road=True)
    lane = [place.place_of((x, place.road()[0][1])) for x in (-6.0, 0.0, 6.0)]
    place.vehicle(place.road(back=is_true(seed)), 2.0, speed_m_s=6.0)
    rule = {"lane": text(lane)}
    if not is_true(seed):
        return place.rendered("right way", rule)
    wanted = [Wanted(start_s=a, end_s=b, by_s=b + 1) for a, b in place.spans()]
    return place.rendered("wrong way", rule, wanted)
