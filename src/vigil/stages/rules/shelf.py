"""Somebody takes something from a shelf, or puts something there."""

from dataclasses import dataclass
from typing import ClassVar

from vigil.core import Box, Rung, StaticBlob, Step, Track, part
from vigil.stages.rules.cells import Cells
from vigil.stages.rules.digest import digest
from vigil.stages.rules.fixtures import PlaceRule
from vigil.stages.rules.geometry import covered
from vigil.stages.rules.left_things import TOGETHER_S
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.settings import Count, Labels, Seconds
from vigil.stages.rules.words import Phrase

REMEMBERED_S = 60.0
"""A reach into the shelf is remembered for so long."""
BELIEVED_S = 1.0
"""Somebody missed by the detector for longer is no longer believed to be there."""
SURE_S = 5.0
"""A change must be seen for so long with nobody before it: a hand that is still there, and somebody
who stands so still that they are taken for a thing, are gone by then.
"""
TOUCHED = 0.05
"""Share of a change that a person covers who is before it."""
THEMSELVES = 0.5
"""What is as high as so much of somebody is themselves, at rest for a while."""
PICKED: Phrase = ("something is taken from", "取走物品")
PUT: Phrase = ("something is put on", "放上物品")


@dataclass(kw_only=True)
class _Reach:
    """Somebody before the shelf."""

    track_id: int
    label: str
    box: Box
    start_s: float
    end_s: float
    end_lived_s: float


@part
class Shelf(PlaceRule):
    """Fires when somebody was at the shelf and what it shows has changed for good since.

    The shelf is `zone`, drawn around the goods. Somebody is at it while their box covers any of
    it. What the background then finds gone in the zone was picked, what it finds new was put; a
    change that nobody was there for is light or a screen and does not count. `direction` is
    `picked` or `put`, `counts` how often each so far, `by` who did it. The event lasts from when
    they came to the shelf until they were last there. Limits: behind what is taken from a full
    row stands the same again, and nothing has changed; goods smaller than a thousandth of the
    picture are not seen; of two people at the shelf, the one who was there when it changed, or
    the nearer, is told.
    """

    CLAIM: ClassVar[str] = "At the shelf {where}, {what} it."
    CLAIM_ZH: ClassVar[str] = "有人在{where}的货架{what}。"

    name: str = "shelf"
    labels: Labels = ("person",)
    """Words of those who reach."""
    tell: tuple[str, ...] = ("picked", "put")
    """Which of the two to tell of."""
    most_at_once: Count = 3
    """More changes than this at once are a change of light."""
    slack_s: Seconds = 6.0
    """The shelf may be seen to have changed for so long after they have gone."""

    def __post_init__(self) -> None:
        if self.zone is None:
            raise ValueError("zone: a shelf needs to be drawn around its goods")
        if not self.tell or set(self.tell) - {"picked", "put"}:
            raise ValueError(f"tell: found {list(self.tell)}; allowed: picked, put, or both")
        self._cells = Cells(self.zone)
        super().__post_init__()

    @property
    def needs(self) -> Rung:
        # A change is learnt from brightness compared several times a second.
        return Rung.LUMA

    @property
    def signals(self) -> frozenset[str]:
        return frozenset({"static_blobs"})

    def forget(self) -> None:
        self._reaches: list[_Reach] = []
        self._latest: dict[int, _Reach] = {}  # by track id
        self._changes: dict[int, float] = {}  # lived seconds when first told, by blob id
        self._judged: set[int] = set()
        self._totals = {"picked": 0, "put": 0}

    def judge(self, moment: Moment) -> list[Step]:
        scene, time_s, labels = moment.scene, moment.time_s, self.labels
        if labels:
            people = digest(scene).lately(labels, BELIEVED_S)
        else:
            people = [one for one in scene.tracks if time_s - one.last_seen_s <= BELIEVED_S]
        self._note_reaches(people, moment)
        if scene.signals is None:
            return []
        blobs = [b for b in scene.signals.static_blobs if self._is_on_shelf(b.box, moment)]
        known = {blob.id for blob in blobs}
        self._judged &= known
        self._changes = {id_: s for id_, s in self._changes.items() if id_ in known}
        steps: list[Step] = []
        for blob in blobs:
            steps += self._judge_change(blob, blobs, people, moment)
        return steps

    def _note_reaches(self, people: list[Track], moment: Moment) -> None:
        """Remember who is at the shelf, and who was lately."""
        for person in people:
            sure = person.score >= self.min_score
            if not sure or not self._cells.touch(person.box, moment.scene):
                continue
            last = self._latest.get(person.id)
            if last is not None and not moment.passed(last.end_lived_s, self.slack_s):
                last.end_s, last.end_lived_s = moment.time_s, moment.lived_s
                last.box = person.box
                continue
            reach = self._latest[person.id] = _Reach(
                track_id=person.id, label=person.label, box=person.box,
                start_s=moment.time_s, end_s=moment.time_s, end_lived_s=moment.lived_s,
            )  # fmt: skip
            self._reaches.append(reach)
        count, lived_s, kept_s = len(self._reaches), moment.lived_s, REMEMBERED_S - ROUNDING_S
        self._reaches = [r for r in self._reaches if lived_s - r.end_lived_s < kept_s][-64:]
        if len(self._reaches) < count:
            self._latest = {reach.track_id: reach for reach in self._reaches}

    def _is_on_shelf(self, box: Box, moment: Moment) -> bool:
        middle = Box(box.x1, box.y1, box.x2, (box.y1 + box.y2) / 2)
        scene = moment.scene
        return self.stands_inside(middle, scene) and not self.is_fixture(box, scene)

    def _judge_change(
        self, blob: StaticBlob, blobs: list[StaticBlob], people: list[Track], moment: Moment
    ) -> list[Step]:
        if blob.id in self._judged:
            return []
        # What is no larger than the change is the change itself, found by its motion.
        larger = [one for one in people if _is_somebody(one.box, blob)]
        if any(covered(blob.box, person.box) > TOUCHED for person in larger):
            self._changes.pop(blob.id, None)
            return []
        began_lived_s = self._changes.setdefault(blob.id, moment.lived_s)
        if not moment.passed(began_lived_s, SURE_S):
            return []
        self._judged.add(blob.id)
        together = sum(abs(blob.since_s - other.since_s) <= TOGETHER_S for other in blobs)
        reach = self._reach_of(blob)
        way = "picked" if blob.removed else "put"
        if together > self.most_at_once or reach is None or way not in self.tell:
            return []
        self._totals[way] += 1
        sighting = self.sighting(
            start_s=reach.start_s,
            end_s=max(reach.start_s, min(reach.end_s, moment.time_s)),
            label=reach.label,
            box=blob.box,
            track_ids=(reach.track_id,),
            what=PICKED if blob.removed else PUT,
            counts=self._totals,
            by=reach.track_id,
        )
        key = ("change", blob.id)
        steps = self._lives.hold(key, moment, sighting._replace(direction=way))
        return steps + self._lives.end(key, moment)

    def _reach_of(self, blob: StaticBlob) -> _Reach | None:
        """Who was there when it changed."""
        there = [
            reach
            for reach in self._reaches
            if reach.start_s - 1.0 <= blob.since_s <= reach.end_s + self.slack_s
            and _is_somebody(reach.box, blob)
        ]
        return min(there, key=lambda r: _away(r, blob), default=None)


def _is_somebody(box: Box, blob: StaticBlob) -> bool:
    """Whether a box is large enough beside a change to show who made it."""
    return blob.box.height <= THEMSELVES * box.height


def _away(reach: _Reach, blob: StaticBlob) -> tuple[float, float]:
    """How long after it left and how far away somebody was, to be compared."""
    late_s = max(blob.since_s - reach.end_s, 0.0)
    x = (blob.box.x1 + blob.box.x2) / 2
    return late_s, max(reach.box.x1 - x, x - reach.box.x2, 0.0)
