"""Traffic hardly moves."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import part
from vigil.stages.rules.geometry import distance
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.pace import Paced, note_paces, speeds
from vigil.stages.rules.rest import MOVED
from vigil.stages.rules.settings import Count, Labels, Seconds, Share
from vigil.stages.rules.stopped_vehicle import VEHICLES
from vigil.stages.rules.trails import Trails
from vigil.stages.rules.words import Phrase
from vigil.stages.rules.zone_rule import Finding, ZoneRule

OVER_S = 3.0
"""Seconds over which a speed is taken."""


@dataclass(slots=True, kw_only=True)
class _Vehicle(Paced):
    origin: tuple[float, float] | None = None
    """Foot point, pixels, where it was first seen."""
    moved: bool = False
    """Whether it was ever seen to come from somewhere else."""


@part
class Jam(ZoneRule):
    """Fires when at least `number` vehicles are in the zone and most of them hardly move, for long.

    A vehicle hardly moves below `slower_than` of its own heights a second. What was never seen to
    move is parked and does not count, unless `parked` is set. The event begins when it came to be
    so and ends when it was not for `close_s`. Limits: at a red light it looks the same (wait
    longer than the light); vehicles that hide each other are fewer to a detector.
    """

    CLAIM: ClassVar[str] = "Traffic hardly moves {where}; the number of {things} is {number}."
    CLAIM_ZH: ClassVar[str] = "{where}交通拥堵，{label}数量{number}。"

    name: str = "jam"
    labels: Labels = VEHICLES
    number: Count = 4
    """So many vehicles at least."""
    slower_than: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.3
    """Own heights a second."""
    share: Share = 0.7
    """At least so many of the vehicles must be slow, as a fraction."""
    longer_than_s: Seconds = 60.0
    grace_s: Seconds = 3.0
    close_s: Seconds = 10.0
    parked: bool = False
    """Also count vehicles that were never seen to move."""

    @property
    def number_words(self) -> Phrase:
        return f"at least {self.number}", f"不少于{self.number}"

    def forget(self) -> None:
        super().forget()
        self._vehicles = Trails(_Vehicle, grace_s=self.grace_s)

    def find(self, moment: Moment) -> Finding:
        seen, late_s = self.follow(moment, self._vehicles)
        note_paces(seen, moment, OVER_S)
        for vehicle in seen:
            if not vehicle.moved:
                _come(vehicle)
        there = [one for one in self.inside(moment, self._vehicles) if self.parked or one.moved]
        paces = zip(there, speeds(there, OVER_S), strict=True)
        slow = sum([self._is_slow(one, speed, moment) for one, speed in paces])
        holds = len(there) >= self.number and slow >= self.share * len(there)
        counts = {"count": len(there), "slow": slow}
        return Finding(holds=holds, members=there, counts=counts, late_s=late_s)

    def _is_slow(self, vehicle: _Vehicle, speed: float | None, moment: Moment) -> bool:
        if vehicle.seen_s < moment.time_s and vehicle.missing_lived_s is None:
            # A look that left it out did so because nothing moves there.
            return True
        return speed is not None and speed < self.slower_than


def _come(vehicle: _Vehicle) -> None:
    foot = vehicle.box.foot
    vehicle.origin = vehicle.origin or foot
    size = max(vehicle.box.area**0.5, 1.0)
    vehicle.moved = distance(foot, vehicle.origin) >= MOVED * size
