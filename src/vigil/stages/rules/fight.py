"""People seem to fight."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import fsum, hypot
from operator import sub
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Box, Rung, Severity, Step, part
from vigil.stages.rules.holding import Holding
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.pace import Paced, note_paces, speeds
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels, Seconds
from vigil.stages.rules.trails import Trails
from vigil.stages.rules.zone_rule import around

Heights = Annotated[float, Field(gt=0, allow_inf_nan=False)]
ALIKE = 0.5
"""Who is smaller than this share of the other stands far behind."""
NEARLY = 0.9
"""Of `restless`: each second of a fight is at least so fierce, all of it is fiercer."""
DRIFT_S = 2.0
"""Over which people are seen to go on: who fights sways and comes back, who strolls does not."""


@dataclass(slots=True, kw_only=True)
class _Fighter(Paced):
    energies: list[tuple[float, float]] = field(default_factory=list)
    """Lived seconds, and how much moved in the box."""
    way: list[tuple[float, Box]] = field(default_factory=list)
    """Lived seconds and boxes of `DRIFT_S`."""

    def drift(self) -> float | None:
        """How fast it goes on, own heights a second; None before it was seen for that long."""
        (then_s, then), (now_s, now) = self.way[0], self.way[-1]
        if now_s - then_s < 0.9 * DRIFT_S:
            return None
        size = max(then.height, now.height, 1.0) * (now_s - then_s)
        right = (now.x1 + now.x2 - then.x1 - then.x2) / 2
        return hypot(right, now.y2 - then.y2) / size

    def sense(self, moment: Moment, energy: float | None, *, over_s: float, walks: bool) -> None:
        """Take in a moment, with what was sensed of them if it was; who walks has it anew."""
        if walks:
            self.energies.clear()
        elif energy is not None:
            self.energies.append((moment.lived_s, energy))
        while self.energies and moment.lived_s - self.energies[0][0] > over_s:
            del self.energies[0]

    def energy(self, over_s: float) -> float:
        """Mean of what was sensed in the last `over_s`; 0 when that was nothing."""
        since_s = self.energies[-1][0] - over_s if self.energies else 0.0
        lately = [energy for at_s, energy in self.energies if at_s >= since_s]
        return fsum(lately) / len(lately) if lately else 0.0


@dataclass(kw_only=True)
class _Group:
    number: int
    members: Sequence[_Fighter]
    holding: Holding
    ids: set[int] = field(default_factory=set)
    """Numbers of all who were ever in it."""


@part
class Fight(SceneRule):
    """Fires when people close together move violently for a while. A candidate: let it be judged.

    Close are neighbours whose boxes are no further apart than `near` of the taller one's height.
    Of a group the two who move most count, by what moves inside their boxes (`Signals.energy`): at
    least `restless` over `longer_than_s`, and hardly less over each `over_s` of it. Who goes on
    faster than `slower_than` walks, which moves as much; so does who goes on slowly, but does not
    come back (`stays_within`), while who closes in and parts again stays. Who is lost for less
    than `grace_s` still stands where they were, since detectors lose who is held. Limits: dancing,
    sports and children at play look the same to it; a fight of which the detector makes one person
    is missed.
    """

    CLAIM: ClassVar[str] = "People fight {where}."
    CLAIM_ZH: ClassVar[str] = "{where}有人打架。"

    name: str = "fight"
    labels: Labels = ("person",)
    inertia: Count = 2
    severity: Severity = Severity.HIGH
    near: Heights = 0.5
    restless: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.95
    """Contrasts a second, mean over `longer_than_s`."""
    slower_than: Heights = 0.4
    """Own heights a second: who goes faster walks on, whatever moves about them."""
    stays_within: Heights = 0.2
    """Own heights a second, over two: who goes on faster passes by, or is still closing in."""
    over_s: Annotated[Seconds, Field(gt=0)] = 1.0
    longer_than_s: Seconds = 2.0
    grace_s: Seconds = 2.0
    close_s: Seconds = 3.0

    @property
    def needs(self) -> Rung:
        return Rung.LUMA

    @property
    def signals(self) -> frozenset[str]:
        return frozenset({"energy"})

    def forget(self) -> None:
        self._people = Trails(_Fighter, grace_s=self.grace_s)
        self._groups: list[_Group] = []
        self._count = 0

    def judge(self, moment: Moment) -> list[Step]:
        scene = moment.scene
        energy = scene.signals.energy if scene.signals else {}
        seen = self._people.see(moment, self.counted(scene, self._people))
        note_paces(seen, moment, self.over_s)
        _note_ways(seen, moment)
        self._people.lost(moment)
        longest_s = max(self.over_s, self.longer_than_s)
        people = list(self._people)
        for person, speed in zip(people, speeds(people, self.over_s), strict=True):
            # Who has just come is taken to walk until their pace is known.
            walks = speed is None or speed > self.slower_than
            if walks and not person.energies:
                continue  # as most do
            sensed_now = energy.get(person.ids[-1])
            person.sense(moment, sensed_now, over_s=longest_s, walks=walks)
        if not energy and not scene.looked:
            return []
        self._gather(moment)
        steps = [step for group in self._groups for step in self._judge_group(group, moment)]
        self._groups = [group for group in self._groups if group.holding.on or group.members]
        return steps

    def _gather(self, moment: Moment) -> None:
        """Find who stands with whom, and which groups go on."""
        places = self.places(moment.scene)
        inside = [one for one in self._people if places[one.box]]
        for group in self._groups:
            group.members = ()
        for members in _groups(inside, near=self.near):
            numbers = {one.number for one in members}
            # The largest overlap: a group that splits goes on as its larger part.
            known = max(
                (
                    group
                    for group in self._groups
                    if not (group.members or group.ids.isdisjoint(numbers))
                ),
                key=lambda group: len(group.ids & numbers),
                default=None,
            )
            if known is None:
                self._count += 1
                holding = Holding(inertia=self.inertia, close_s=self.close_s)
                known = _Group(number=self._count, members=(), holding=holding)
                self._groups.append(known)
            known.members = members
            known.ids |= numbers

    def _judge_group(self, group: _Group, moment: Moment) -> list[Step]:
        enough = NEARLY * self.restless
        stay: list[_Fighter] = []
        if _restless(group.members, self.over_s) >= enough:
            stay = _who_stay(group.members, slower_than=self.stays_within)
        fights = _restless(stay, self.over_s) >= enough
        group.holding.note(moment, holds=fights, late_s=self.over_s / 2)
        if not group.holding.on:
            return self._lives.end(group.number, moment)
        if not fights or not group.holding.lasted(moment, self.longer_than_s):
            return []
        is_told = group.number in self._lives
        if not is_told and _restless(stay, self.longer_than_s) < self.restless:
            return []
        sighting = self.sighting(
            start_s=group.holding.since_s,
            end_s=group.holding.last_s,
            label=group.members[0].label,
            box=around(group.members) or group.members[0].box,
            track_ids=[one.ids[-1] for one in group.members],
            seconds=self.longer_than_s,
            counts={"people": len(group.members)},
        )
        return self._lives.hold(group.number, moment, sighting)


def _note_ways(people: Sequence[_Fighter], moment: Moment) -> None:
    """Take in a look that found these."""
    lived_s, kept_s = moment.lived_s, DRIFT_S - ROUNDING_S
    for person in people:
        way = person.way
        way.append((lived_s, person.box))
        while len(way) > 2 and lived_s - way[1][0] >= kept_s:
            del way[0]


def _who_stay(members: Sequence[_Fighter], *, slower_than: float) -> list[_Fighter]:
    """Those who go on slower than that; who is new goes as the others do."""
    drifts = [one.drift() for one in members]
    known = [drift for drift in drifts if drift is not None]
    usual = fsum(known) / len(known) if known else 0.0
    return [
        one
        for one, drift in zip(members, drifts, strict=True)
        if (usual if drift is None else drift) <= slower_than
    ]


def _restless(people: Sequence[_Fighter], over_s: float) -> float:
    """How much the two who move most do so, contrasts a second; 0 when there are no two."""
    most = sorted((one.energy(over_s) for one in people), reverse=True)[:2]
    return fsum(most) / 2 if len(most) == 2 else 0.0


def _groups(people: Sequence[_Fighter], *, near: float) -> list[list[_Fighter]]:
    """Who stands with whom, directly or through others; who is alone is in none of them."""
    found: list[list[_Fighter]] = []
    friends = _friends(people, near=near)
    left = set(friends)
    for first in sorted(friends):
        if first not in left:
            continue
        group, queue = [], [first]
        left.remove(first)
        while queue:
            one = queue.pop()
            group.append(people[one])
            nearby = sorted(friends[one] & left)
            left.difference_update(nearby)
            queue += nearby
        found.append(group)
    return found


def _friends(people: Sequence[_Fighter], *, near: float) -> dict[int, set[int]]:
    """By place in the list, those who are close, of everybody who is not alone."""
    friends: dict[int, set[int]] = {}
    if len(people) < 2:
        return friends
    lefts, tops, rights, lows = zip(*[one.box for one in people], strict=True)
    reach = near * max(map(sub, lows, tops)) + 1.0  # for rounding
    order = sorted(range(len(people)), key=lefts.__getitem__)
    for nth, one in enumerate(order, start=1):
        # From left to right: whoever comes after the first out of reach is out of reach too.
        last_x, low = max(lefts[one], rights[one]) + reach, lows[one]
        for other in islice(order, nth, None):
            if lefts[other] > last_x:
                break
            # Most stand further back, or further in front.
            if abs(lows[other] - low) > reach:
                continue
            if close(people[one].box, people[other].box, near):
                friends.setdefault(one, set()).add(other)
                friends.setdefault(other, set()).add(one)
    return friends


def close(one: Box, other: Box, near: float) -> bool:
    """Whether two boxes of much the same size are within `near` of the taller one's height."""
    left, top, right, low = one
    x1, y1, x2, y2 = other
    high, other_high = low - top, y2 - y1
    taller, smaller = (high, other_high) if high >= other_high else (other_high, high)
    if smaller < ALIKE * taller:
        return False
    reach = near * taller
    return abs(low - y2) <= reach and max(left - x2, x1 - right, 0.0) <= reach
