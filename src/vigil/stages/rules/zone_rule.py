"""What rules about all the things in a zone have in common."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from vigil.core import Box, Step, part
from vigil.stages.rules.holding import Holding
from vigil.stages.rules.life import NONE_COUNTED
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Seconds
from vigil.stages.rules.trails import Trail, Trails, TrailT
from vigil.stages.rules.words import Phrase


class Finding(NamedTuple):
    """What a look found of a zone."""

    # As `Moment`: each rule makes one a look.

    holds: bool
    members: Sequence[Trail] = ()
    """The things it is about."""
    counts: Mapping[str, int] = NONE_COUNTED
    late_s: float = 0.0
    """For how long it may have been so before anybody could be sure."""


@part
class ZoneRule(SceneRule):
    """Frame of a rule about how many, or whether any, things are in the zone.

    A rule writes `find`, called for each look. A thing not found for less than `grace_s` is still
    counted where it was last seen, and so is what a look left out because nothing moved there.
    """

    longer_than_s: Seconds = 10.0
    """Seconds for which it must hold."""
    grace_s: Seconds = 1.0
    """Seconds for which a thing may be hidden and still counts."""
    close_s: Seconds = 1.0
    """Seconds after which it is over when it no longer holds."""

    @property
    def number_words(self) -> Phrase:
        """What `{number}` stands for in the claim."""
        return ("", "")

    def forget(self) -> None:
        self._holding = Holding(inertia=self.inertia, close_s=self.close_s)

    @abstractmethod
    def find(self, moment: Moment) -> Finding:
        """What this look found."""

    def judge(self, moment: Moment) -> list[Step]:
        if not moment.scene.looked:
            return []
        finding = self.find(moment)
        self._holding.note(moment, holds=finding.holds, late_s=finding.late_s)
        if not self._holding.on:
            return self._lives.end("zone", moment)
        if not finding.holds or not self._holding.lasted(moment, self.longer_than_s):
            return []
        sighting = self.sighting(
            start_s=self._holding.since_s,
            end_s=self._holding.last_s,
            label=self.common_label(finding.members),
            box=around(finding.members) or self._area.box(moment.scene),
            track_ids=[thing.ids[-1] for thing in finding.members],
            seconds=self.longer_than_s,
            number=self.number_words,
            counts=finding.counts,
        )
        return self._lives.hold("zone", moment, sighting)

    def follow(self, moment: Moment, things: Trails[TrailT]) -> tuple[list[TrailT], float]:
        """Take in who is where now.

        Returns those who are seen, and since how long the things given up now are missing.
        """
        seen = things.see(moment, self.counted(moment.scene, things))
        lost = things.lost(moment)
        return seen, max([lateness_s(thing, moment) for thing in lost]) if lost else 0.0

    def inside(self, moment: Moment, things: Iterable[TrailT]) -> list[TrailT]:
        """Those of the things that stand in the zone."""
        if self.zone is None:
            return list(things)
        places = self.places(moment.scene)
        return [thing for thing in things if places[thing.box]]

    def common_label(self, members: Sequence[Trail]) -> str:
        """The word for all of them; empty where they need several."""
        labels = {thing.label for thing in members} or set(self.labels)
        return labels.pop() if len(labels) == 1 else ""


def lateness_s(thing: Trail, moment: Moment) -> float:
    """Seconds since a thing was first looked for in vain."""
    missing_lived_s = thing.missing_lived_s
    return 0.0 if missing_lived_s is None else moment.lived_s - missing_lived_s


def around(members: Sequence[Trail]) -> Box | None:
    """The smallest box around all of them; None around nobody."""
    if not members:
        return None
    lefts, tops, rights, lows = zip(*[thing.box for thing in members], strict=True)
    return Box(min(lefts), min(tops), max(rights), max(lows))
