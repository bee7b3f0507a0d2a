"""Something goes against the allowed direction."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field

from vigil.core import Box, Rung, Step, part
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import WayPoints, distance, way_over
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels, Share
from vigil.stages.rules.stopped_vehicle import VEHICLES
from vigil.stages.rules.trails import Trail, Trails

LOST_S = 1.0
"""A track lost and found under a new id in its place within this time goes on."""
STEEP = 0.5
"""Of the way it went, at least so much leads back (cosine of 60 degrees); else it crosses."""
ONE_SIDED = 0.2
"""A box that grows or shrinks by more than this part of its width between two looks takes in
something else, or lets go of it: it has moved no further than both its sides have."""


class _Spot(NamedTuple):
    """Where a thing was at one look."""

    # Each look makes one of everybody: by `tuple.__new__`, which is twice as quick as `_Spot(...)`.

    time_s: float
    place: tuple[float, float]
    """Picture heights."""
    along: float
    """Picture heights from the beginning of the lane."""


@dataclass(slots=True, kw_only=True)
class _Mover(Trail):
    furthest: _Spot | None = None
    """The furthest it came the right way, since it last went the right way."""
    last: _Spot | None = None
    hindmost: float = 0.0
    """How far back it went since then."""
    back: int = 0
    """Looks since then in which it went back."""
    one_sided: float = 0.0
    """How much of the way back only one side of its box went: from one parked car to the next."""
    was: Box | None = None
    """Where it was one look before."""


@part
class WrongWay(SceneRule):
    """Fires when a thing has gone `min_travel` against the lane, in `inertia` steps or more.

    The lane is a line with bends, drawn the allowed way. A thing goes against it when it falls
    back behind the furthest it came, more backwards than sideways. The event begins where it
    turned, or first appeared, and ends when it has gone as far the right way, leaves the zone or
    is lost. Limits: on a slow look rate a fast thing is seen only a few times; whoever backs up
    to park is told of, too, when it is further than `min_travel`; where lanes lie side by side,
    each needs its zone.
    """

    CLAIM: ClassVar[str] = "{Thing} moves against the allowed direction {where}."
    CLAIM_ZH: ClassVar[str] = "{where}有{label}逆行。"

    name: str = "wrong_way"
    labels: Labels = VEHICLES
    lane: WayPoints
    """The allowed way: two points or more, fractions of the picture."""
    inertia: Count = 2
    min_travel: Annotated[Share, Field(gt=0)] = 0.1
    """How far it must go back, as a fraction of the picture's height."""

    @property
    def needs(self) -> Rung:
        # It may be over between two key frames.
        return Rung.LUMA

    def forget(self) -> None:
        self._movers = Trails(_Mover, grace_s=LOST_S)

    def judge(self, moment: Moment) -> list[Step]:
        scene = moment.scene
        aspect = scene.width / scene.height
        way = way_over(self.lane, aspect)
        places, time_s = self.places(scene), moment.time_s
        busy = not self._lives.idle
        steps: list[Step] = []
        tracks = self.counted(scene, self._movers)
        movers = self._movers.see(moment, tracks)
        points = [(x * aspect, y) for x, y in digest(scene).feet_of(tracks)]
        for mover, place, (along, _) in zip(movers, points, way.places(points), strict=True):
            box, furthest = mover.box, mover.furthest
            spot = tuple.__new__(_Spot, (time_s, place, along))
            if furthest is None or along >= furthest.along or not places[box]:
                # As `_begin` says, of most of them.
                mover.furthest = mover.last = spot
                mover.hindmost, mover.back, mover.one_sided = along, 0, 0.0
            else:
                slip = _slip(mover, scene.width) / scene.height
                if slip:
                    mover.one_sided += way.along((place[0] - slip, place[1])) - along
                self._fall_back(mover, spot)
            mover.was = box
            if mover.back or (busy and self._lives.concerns(mover.number)):
                steps += self._judge_mover(mover, moment)
        for mover in self._movers.lost(moment):
            steps += self._lives.end(mover.number, moment)
        return steps

    def _fall_back(self, mover: _Mover, spot: _Spot) -> None:
        """Note a look that found it behind the furthest it came."""
        along, last = spot.along, mover.last
        if last is None or along - mover.hindmost >= self.min_travel:
            _begin(mover, spot)
            return
        mover.back += along < last.along
        mover.hindmost = min(mover.hindmost, along)
        mover.last = spot

    def _judge_mover(self, mover: _Mover, moment: Moment) -> list[Step]:
        furthest, last = mover.furthest, mover.last
        assert furthest is not None
        assert last is not None
        if mover.back == 0:
            return self._lives.end(mover.number, moment)
        fallen = furthest.along - last.along
        surely = fallen - max(mover.one_sided, 0.0)
        wrong = mover.back >= self.inertia and surely >= self.min_travel
        wrong = wrong and fallen >= STEEP * distance(furthest.place, last.place)
        if not wrong and mover.number not in self._lives:
            return []
        sighting = self.sighting(
            start_s=furthest.time_s,
            end_s=last.time_s,
            label=mover.label,
            box=mover.box,
            track_ids=mover.ids,
        )
        return self._lives.hold(mover.number, moment, sighting)


def _begin(mover: _Mover, spot: _Spot) -> None:
    """It goes the right way, or is new here: what it did before no longer counts."""
    mover.furthest = mover.last = spot
    mover.hindmost, mover.back, mover.one_sided = spot.along, 0, 0.0


def _slip(mover: _Mover, width: int) -> float:
    """Pixels by which the middle of its box went further than both its sides did."""
    was, box = mover.was, mover.box
    if was is None:
        return 0.0
    left, right = box.x1 - was.x1, box.x2 - was.x2
    # Who comes into the picture shows more and more, and one side only.
    at_edge = min(box.x1, was.x1) <= 1.0 or max(box.x2, was.x2) >= width - 1.0
    if abs(right - left) <= ONE_SIDED * was.width or (at_edge and right > left):
        return 0.0
    both = min(left, right, key=abs) if left * right > 0 else 0.0
    return (left + right) / 2 - both
