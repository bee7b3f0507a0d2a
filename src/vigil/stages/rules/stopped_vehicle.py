"""A vehicle stands where vehicles should move."""

from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Step, part
from vigil.stages.rules.fixtures import PlaceRule
from vigil.stages.rules.geometry import fractions
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.rest import Arrival, note_spots
from vigil.stages.rules.settings import Labels, Seconds, Share
from vigil.stages.rules.traffic import Traffic
from vigil.stages.rules.trails import Trails

VEHICLES = ("bus", "car", "motorcycle", "object", "truck", "van", "vehicle")


@part
class StoppedVehicle(PlaceRule):
    """Fires when a vehicle in the zone has kept its place for `longer_than_s` after it moved.

    It keeps its place while its foot stays within `still` of its own size; it has moved when it
    has come one length. The event begins where it stopped and ends when it moves on, is gone, or
    leaves the zone. What was parked before the watch began is left alone unless `parked` is set.
    With `passed_by` the lane must be live: so many others must have gone past it the same way
    since it stopped, as nobody does in a jam or at a red light. Limits: without `passed_by` these
    look the same (draw the zone, or wait longer); a lane beside it that moves while this one
    waits counts as live, unless the zone leaves it out; a vehicle hidden for longer than
    `grace_s` ends its event.
    """

    CLAIM: ClassVar[str] = "{Thing} has stopped {where} for longer than {seconds} seconds."
    CLAIM_ZH: ClassVar[str] = "{where}有{label}停留超过{seconds}秒。"

    name: str = "stopped_vehicle"
    labels: Labels = VEHICLES
    longer_than_s: Seconds = 10.0
    still: Share = 0.15
    """How far its foot may stray from its spot, in fractions of its own size."""
    grace_s: Seconds = 5.0
    """Seconds for which it may be hidden."""
    parked: bool = False
    """Also tell of vehicles that were never seen to move."""
    passed_by: Annotated[int, Field(ge=0)] = 0
    """So many others in the zone must have gone past it; 0: it need not be a live lane."""

    def forget(self) -> None:
        self._rests = Trails(Arrival, grace_s=self.grace_s)
        self._traffic = Traffic()

    def judge(self, moment: Moment) -> list[Step]:
        seen = self._rests.see(moment, self.counted(moment.scene, self._rests))
        for rest in seen:
            if not rest.moved:
                rest.come()
        note_spots(seen, moment, self.still, self.inertia)
        if self.passed_by:
            self._traffic.note(moment, list(self._rests), self._is_on_the_road)
        steps: list[Step] = []
        busy = not self._lives.idle
        lived_s, long_s = moment.lived_s, self.longer_than_s - ROUNDING_S
        for rest in self._rests:
            long = lived_s - rest.since_lived_s >= long_s
            # Most have not stopped, and nothing is told of them.
            if long or (busy and self._lives.concerns(rest.number)):
                steps += self._judge_rest(rest, moment)
        for rest in self._rests.lost(moment):
            steps += self._lives.end(rest.number, moment)
        return steps

    def _judge_rest(self, rest: Arrival, moment: Moment) -> list[Step]:
        stands = moment.passed(rest.since_lived_s, self.longer_than_s)
        stands = stands and (rest.moved or self.parked)
        # The spot, not the box: what stands on the border of the zone does not flicker.
        stands = stands and self._area.holds(fractions(rest.spot, moment.scene))
        stands = stands and not self.is_fixture(rest.box, moment.scene)
        if not stands or self._traffic.passed(rest) < self.passed_by:
            return self._lives.end(rest.number, moment)
        if rest.missing_lived_s is not None or rest.off:
            return []
        sighting = self.sighting(
            start_s=rest.since_s,
            end_s=rest.seen_s,
            label=rest.label,
            box=rest.box,
            track_ids=rest.ids,
            seconds=self.longer_than_s,
        )
        return self._lives.hold(rest.number, moment, sighting)

    def _is_on_the_road(self, rest: Arrival, moment: Moment) -> bool:
        return self.stands_inside(rest.box, moment.scene)
