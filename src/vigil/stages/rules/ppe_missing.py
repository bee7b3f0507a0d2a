"""Somebody does without a helmet, a vest or other protective gear."""

from dataclasses import field
from typing import ClassVar

from vigil.core import Box, Severity, Step, Track, part
from vigil.stages.rules.digest import digest
from vigil.stages.rules.gear import (
    BARE,
    CHINESE,
    WORN,
    Gear,
    Votes,
    Worker,
    is_shown,
    wearer,
    words,
)
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels, Seconds, Share
from vigil.stages.rules.trails import Trails


@part
class PpeMissing(SceneRule):
    """Fires when a person in the zone was seen without `gear` for `longer_than_s`.

    Gear is a box of its own words that lies where a person wears it: a helmet over the upper
    quarter of their box, a vest over the trunk. Detectors that tell what is worn and those that
    tell what is lacking both do; each look is a vote, and a look in which the place is cut off,
    covered or too small is none. It fires when at most `most_worn` of the votes of the last
    `longer_than_s` found the gear, and ends when two of five do, or the person has gone. What is
    never found anywhere proves nothing: until gear of a kind has been seen once, or is told to be
    lacking, nobody misses it, unless `sure` is set. One event for each person and kind of gear.
    Limits: it is as good as the detector; who turns their back shows no glasses.
    """

    CLAIM: ClassVar[str] = "{Thing} {where} wears no {what}."
    CLAIM_ZH: ClassVar[str] = "{where}有{label}未佩戴{what}。"

    name: str = "ppe_missing"
    severity: Severity = Severity.HIGH
    labels: Labels = ("person", "worker")
    gear: tuple[Gear, ...] = ("helmet",)
    """What everybody must wear."""
    worn: dict[Gear, Labels] = field(default_factory=dict)
    """The detector's own words for gear that is worn; what is not named has the usual ones."""
    bare: dict[Gear, Labels] = field(default_factory=dict)
    """The detector's own words for gear that is lacking."""
    gear_score: Share = 0.3
    """Gear must have been found at least this surely."""
    min_size: Share = 0.08
    """Smallest height of a person, as a fraction of the picture's height."""
    inertia: Count = 12
    """In so many looks it must have been lacking: a detector that finds two helmets of three would
    else be believed when it misses the same one a few times in a row.
    """
    longer_than_s: Seconds = 4.0
    most_worn: Share = 0.1
    """Of the looks of that time, so many may have found it."""
    grace_s: Seconds = 2.0
    """Seconds for which a person may be hidden."""
    sure: bool = False
    """The detector is known to find this gear here: not to find it means something at once."""

    def __post_init__(self) -> None:
        if not self.gear:
            raise ValueError("gear: names nothing that could be missing; allowed: one at least")
        self._worn = {kind: words(WORN, self.worn, kind) for kind in self.gear}
        self._bare = {kind: words(BARE, self.bare, kind) for kind in self.gear}
        super().__post_init__()

    @property
    def wants(self) -> frozenset[str]:
        if not self.labels:
            return frozenset()
        lists = (self.labels, *self._worn.values(), *self._bare.values())
        return frozenset(word for each in lists for word in each)

    def forget(self) -> None:
        self._workers = Trails(Worker, grace_s=self.grace_s)
        self._proven: set[str] = set(self.gear) if self.sure else set()

    def judge(self, moment: Moment) -> list[Step]:
        if not moment.scene.looked:
            return []
        people = self.counted(moment.scene, self._workers)
        followed = self._workers.follow(moment, people)
        steps: list[Step] = []
        for kind in self.gear:
            found = self._found(kind, people, moment)
            if kind not in self._proven:
                continue  # nobody has voted, and nothing is open
            for worker, person in followed:
                steps += self._judge_worker(worker, person, kind, found, people, moment)
        for worker in self._workers.lost(moment):
            for kind in self.gear:
                steps += self._lives.end((worker.number, kind), moment)
        return steps

    def _found(self, kind: Gear, people: list[Track], moment: Moment) -> dict[int, bool | None]:
        """By track id, whether this look shows the gear worn or lacking; None: both."""
        found: dict[int, bool | None] = {}
        for is_worn, told in ((True, self._worn[kind]), (False, self._bare[kind])):
            for box in self._boxes(told, moment):
                self._proven.add(kind)
                one = wearer(kind, box, people)
                if one is not None:
                    found[one] = is_worn if found.get(one, is_worn) is is_worn else None
        return found

    def _boxes(self, told: Labels, moment: Moment) -> list[Box]:
        seen = digest(moment.scene).seen(told) if told else []
        return [track.box for track in seen if track.score >= self.gear_score]

    def _judge_worker(
        self,
        worker: Worker,
        person: Track,
        kind: Gear,
        found: dict[int, bool | None],
        people: list[Track],
        moment: Moment,
    ) -> list[Step]:
        votes = worker.votes.setdefault(kind, Votes())
        told = found.get(person.id, False)
        inside = self.stands_inside(person.box, moment.scene)
        counts = told is not None and inside
        # Where gear was found it was to be seen.
        shown = counts and (person.id in found or is_shown(kind, person, people, moment.scene))
        if told is not None and shown:
            votes.note(moment, worn=told, over_s=self.longer_than_s, fewest=self.inertia)
        if not inside and not votes.missing:
            votes.looks.clear()  # its clock begins with the zone
        votes.decide(moment, over_s=self.longer_than_s, inertia=self.inertia, most=self.most_worn)
        key = (worker.number, kind)
        if not votes.missing or not inside:
            return self._lives.end(key, moment)
        sighting = self.sighting(
            start_s=votes.since_s,
            end_s=max(votes.last_s, votes.since_s),
            label=worker.label,
            box=worker.box,
            track_ids=worker.ids,
            seconds=self.longer_than_s,
            what=(kind, CHINESE[kind]),
        )
        return self._lives.hold(key, moment, sighting)
