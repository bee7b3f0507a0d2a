"""What the rules about fire and about smoke have in common."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vigil.core import Rung, Severity, Step, part
from vigil.stages.rules.life import Sighting
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Seconds, Share
from vigil.stages.rules.spots import Sign, Spot, Spots

MOSTLY = 0.7
"""Share of the time for which it must have been seen."""


@part
class PlumeRule(SceneRule):
    """Frame of a rule about regions that behave like fire or smoke, and things called so.

    It is told when it was seen for most of `longer_than_s`, never missing for more than `grace_s`,
    and in `inertia` scenes at least. One event for each place.
    """

    KIND: ClassVar[Literal["fire", "smoke"]]

    severity: Severity = Severity.HIGH
    longer_than_s: Seconds = 2.5
    """Seconds for which it must go on."""
    grace_s: Seconds = 1.0
    """Seconds for which it may not be seen meanwhile."""
    close_s: Seconds = 10.0
    """Over when it was not seen for so long."""
    flicker: Share = 0.0
    """How restless a region must be."""
    growth: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """By so many times a region must have grown since it was first seen; 0: need not."""
    area: Share = 0.0
    """Share of the picture that a region must cover."""

    @property
    def needs(self) -> Rung:
        # Five pictures a second at least, and neither opens a gate for sure.
        return Rung.LUMA

    @property
    def signals(self) -> frozenset[str]:
        return frozenset({"plumes"})

    def forget(self) -> None:
        self._spots = Spots(close_s=self.close_s)

    def judge(self, moment: Moment) -> list[Step]:
        self._believe(moment)
        steps: list[Step] = []
        for spot in self._spots.see(moment, self._signs(moment)):
            if spot.number in self._lives or self._lasted(spot, moment):
                steps += self._lives.hold(spot.number, moment, self._sighting_of(spot))
        for spot in self._spots:
            # What comes and goes before it was told begins anew each time.
            if spot.number not in self._lives and moment.passed(spot.seen_lived_s, self.grace_s):
                self._spots.drop(spot)
        for spot in self._spots.gone(moment):
            steps += self._lives.end(spot.number, moment)
        return steps

    def _lasted(self, spot: Spot, moment: Moment) -> bool:
        """Whether it was seen for long enough, and most of the time."""
        if not moment.passed(spot.since_lived_s, self.longer_than_s):
            return False
        if spot.shown_s < MOSTLY * (moment.lived_s - spot.since_lived_s):
            spot.begin_anew(moment)
            return False
        return spot.hits >= self.inertia

    def _signs(self, moment: Moment) -> list[Sign]:
        scene = moment.scene
        plumes = scene.signals.plumes if scene.signals else ()
        found = [
            Sign(box=plume.box, label=self.KIND)
            for plume in plumes
            if plume.kind == self.KIND
            and plume.score >= self.min_score
            and plume.flicker >= self.flicker
            and plume.growth >= self.growth
            and plume.area >= self.area
            and self.min_size <= min(plume.box.height / scene.height, 1.0) <= self.max_size
        ]
        found += [
            Sign(box=track.box, label=track.label, track_id=track.id)
            for track in self.seen(scene)
            if track.score >= self.min_score
        ]
        return [sign for sign in found if self.stands_inside(sign.box, scene)]

    def _believe(self, moment: Moment) -> None:
        """What a look left out, or nobody looked for, is still where it was."""
        believed = {track.id for track in self.left_out(moment.scene)}
        for spot in self._spots:
            if spot.track_ids and spot.track_ids[-1] in believed and spot.number in self._lives:
                self._spots.keep(moment, spot)

    def _sighting_of(self, spot: Spot) -> Sighting:
        return self.sighting(
            start_s=spot.since_s,
            end_s=spot.seen_s,
            label=spot.label,
            box=spot.box,
            track_ids=spot.track_ids,
            seconds=self.longer_than_s,
        )
