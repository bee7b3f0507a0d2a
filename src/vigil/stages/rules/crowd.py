"""Many are in one place."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Step, part
from vigil.stages.rules.geometry import distance
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Count, Labels, Seconds
from vigil.stages.rules.trails import Trail, Trails
from vigil.stages.rules.words import Phrase
from vigil.stages.rules.zone_rule import Finding, ZoneRule


@part
class Crowd(ZoneRule):
    """Fires when at least `number` are in the zone for `longer_than_s`.

    With `near` only those count who stay together: a chain of neighbours, each nearer to the next
    than `near` of the taller one's height. `counts` tells how many there are and were at most.
    Limits: in a dense crowd a detector sees fewer than there are; the distance of people who
    stand behind one another looks smaller than it is.
    """

    CLAIM: ClassVar[str] = "The number of {things} gathered {where} is {number}."
    CLAIM_ZH: ClassVar[str] = "{where}聚集的{label}{number}。"

    name: str = "crowd"
    labels: Labels = ("person",)
    number: Count = 5
    """So many are a crowd."""
    longer_than_s: Seconds = 10.0
    close_s: Seconds = 3.0
    near: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """How near to each other, in heights of the taller; None: anywhere in the zone."""

    @property
    def number_words(self) -> Phrase:
        return f"at least {self.number}", f"不少于{self.number}"

    def forget(self) -> None:
        super().forget()
        self._things = Trails(Trail, grace_s=self.grace_s)
        self._most = 0

    def judge(self, moment: Moment) -> list[Step]:
        steps = super().judge(moment)
        if not self._holding.on:
            self._most = 0
        return steps

    def find(self, moment: Moment) -> Finding:
        _, late_s = self.follow(moment, self._things)
        members = self.inside(moment, self._things)
        if self.near is not None and len(members) >= self.number:
            members = max(groups(members, near=self.near), key=len)
        count = len(members)
        self._most = max(self._most, count)
        counts = {"count": count, "most": self._most}
        return Finding(holds=count >= self.number, members=members, counts=counts, late_s=late_s)


def groups(members: Sequence[Trail], *, near: float) -> list[list[Trail]]:
    """Who stands with whom, directly or through others; everybody is in one group."""
    found: list[list[Trail]] = []
    left = list(members)
    while left:
        group, queue = [], [left.pop(0)]
        while queue:
            one = queue.pop()
            group.append(one)
            friends = [other for other in left if _together(one, other, near)]
            left = [other for other in left if other not in friends]
            queue += friends
        found.append(group)
    return found


def _together(one: Trail, other: Trail, near: float) -> bool:
    taller = max(one.box.height, other.box.height)
    return distance(one.box.foot, other.box.foot) <= near * taller
