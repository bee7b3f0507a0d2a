"""Something that stood there was taken away."""

from typing import ClassVar

from vigil.core import Box, Severity, StaticBlob, Step, Track, part
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import gap
from vigil.stages.rules.left_things import (
    TOGETHER_S,
    Companions,
    Resting,
    is_hidden,
    same,
    those_with,
)
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.placed import LEAVERS, Leavers, Placed, Stood
from vigil.stages.rules.rest import note_spots
from vigil.stages.rules.settings import Count, Labels, Seconds, Share
from vigil.stages.rules.thing_rule import ThingRule
from vigil.stages.rules.trails import Trails

BELIEVED_S = 1.0
"""Somebody missed by the detector for longer is no longer believed to be there."""
TOLD_S = 30.0
"""What has been gone for so long is no news any more."""
REMEMBERED_S = 600.0
"""A track that is looked for in vain for so long is forgotten."""


@part
class RemovedObject(ThingRule):
    """Fires when a thing that stood in the zone has been gone for `longer_than_s`.

    Two witnesses: the background, in which the edges of a thing are gone (`object`), and tracks
    of `labels` that had kept their place for `stood_s` and are missing there. What can go by
    itself (`leavers`) is no thing, and the hole that it leaves where it was seen to stand does not
    count. What somebody hides is not gone. `by` is who was nearest when it was last there. The
    event begins when the thing was last there, and ends when it is `returned` or after half a
    minute. Limits: what has no edges against what is behind it; a person or vehicle that stood
    there from the beginning and that the detector never found.
    """

    CLAIM: ClassVar[str] = "{Thing} that stood {where} was taken away."
    CLAIM_ZH: ClassVar[str] = "{where}原有的{label}被拿走。"

    name: str = "removed_object"
    severity: Severity = Severity.HIGH
    labels: Labels = ("backpack", "handbag", "object", "suitcase")
    """Words of things; without `object`, what only the background misses is left alone."""
    leavers: Labels = LEAVERS
    """Words of what goes away by itself."""
    owner_distance: Share = 0.7
    """Nearer than this, in heights of the person, somebody may have taken it."""
    stood_s: Seconds = 10.0
    """A track must have kept its place for so long to be a thing that stands there."""
    longer_than_s: Seconds = 4.0
    """Seconds for which it must be gone."""
    most_at_once: Count = 3
    """More changes of the background than this at once are a change of light."""
    still: Share = 0.15
    """How far the foot of a track may stray, in fractions of its size, to keep its place."""

    @property
    def others(self) -> Labels:
        return self.leavers

    def forget(self) -> None:
        self._placed = Trails(Placed, grace_s=REMEMBERED_S)
        self._leavers = Leavers(self.leavers, still=self.still, inertia=self.inertia)
        self._companions = Companions()
        self._places: dict[object, Box] = {}  # of the events that are open, by their keys

    def judge(self, moment: Moment) -> list[Step]:
        scene = moment.scene
        stood = self._leavers.note(moment)
        near = digest(scene).lately(self.leavers, BELIEVED_S)
        self._companions.note(moment, near)
        return self._judge_holes(moment, near, stood) + self._judge_tracks(moment, near)

    # What the background shows

    def _judge_holes(self, moment: Moment, people: list[Track], stood: Stood) -> list[Step]:
        signals = moment.scene.signals
        if signals is None or not self.signals:
            return []
        holes = [blob for blob in signals.static_blobs if blob.removed]
        there = {("hole", blob.id) for blob in holes}
        steps = []
        for key in [one for one in self._places if isinstance(one, tuple) and one not in there]:
            steps += self._over(key, moment)
        for blob in holes:
            # Light makes holes and things alike.
            together = [
                abs(blob.since_s - other.since_s) <= TOGETHER_S for other in signals.static_blobs
            ]
            long = moment.time_s - blob.since_s >= self.longer_than_s - ROUNDING_S
            known = ("hole", blob.id) in self._lives
            hidden = is_hidden(blob.box, people) and not known
            if long and not hidden and sum(together) <= self.most_at_once:
                steps += self._tell_hole(blob, moment, stood)
        return steps

    def _tell_hole(self, blob: StaticBlob, moment: Moment, stood: Stood) -> list[Step]:
        key = ("hole", blob.id)
        if not self._counts(blob.box, key, moment) or stood.fits(blob.box):
            return []
        resting = Resting(box=blob.box, since_s=blob.since_s, label="object")
        return self._tell(
            key, moment, box=blob.box, label="object", since_s=blob.since_s,
            takers=self._companions.near(resting, self.owner_distance),
        )  # fmt: skip

    # What the detector finds

    def _judge_tracks(self, moment: Moment, people: list[Track]) -> list[Step]:
        things = [
            track
            for track in self.counted(moment.scene, self._placed)
            if track.label not in self.leavers
        ]
        seen = self._placed.see(moment, things)
        note_spots(seen, moment, self.still, self.inertia)
        for one in seen:
            one.settle(moment, self.stood_s)
        steps: list[Step] = []
        for one in self._placed:
            if one.place is not None:
                steps += self._judge_placed(one, one.place, moment, people)
        for one in self._placed.lost(moment):
            steps += self._over(one.number, moment)
        return steps

    def _judge_placed(
        self, one: Placed, place: Box, moment: Moment, people: list[Track]
    ) -> list[Step]:
        if one.is_there(moment):
            one.takers = self._near(place, people)
            back = one.number in self._lives and one.settled(moment)
            return self._over(one.number, moment, "returned") if back else []
        elsewhere = one.seen_s == moment.time_s
        if not elsewhere and one.missing_lived_s is None:
            return []  # nobody looked, or a look left it out because nothing moves there
        if not elsewhere and one.number not in self._lives and is_hidden(place, people):
            one.takers, one.away_lived_s = self._near(place, people), None
            return []
        if one.away_lived_s is None:
            one.away_lived_s = moment.lived_s
        if moment.passed(one.away_lived_s, self.longer_than_s + TOLD_S):
            one.place = one.away_lived_s = None
            return self._over(one.number, moment)
        gone = moment.passed(one.away_lived_s, self.longer_than_s)
        if not gone or not self._counts(place, one.number, moment):
            return []
        return self._tell(
            one.number, moment, box=place, label=one.label, since_s=one.placed_s,
            takers=one.takers, track_ids=tuple(one.ids),
        )  # fmt: skip

    # Of both

    def _counts(self, box: Box, key: object, moment: Moment) -> bool:
        """Whether a place is one that is watched, and is not told of already."""
        scene = moment.scene
        size = min(box.height / scene.height, 1.0)
        others = (place for other, place in self._places.items() if other != key)
        return (
            self.min_size <= size <= self.max_size
            and self.stands_inside(box, scene)
            and not self.is_fixture(box, scene)
            and not any(same(place, box) for place in others)
        )

    def _tell(
        self,
        key: object,
        moment: Moment,
        *,
        box: Box,
        label: str,
        since_s: float,
        takers: tuple[int, ...],
        track_ids: tuple[int, ...] = (),
    ) -> list[Step]:
        sighting = self.sighting(
            start_s=since_s,
            end_s=max(moment.time_s, since_s),
            label=label,
            box=box,
            track_ids=track_ids + takers[:1],
            seconds=self.longer_than_s,
            by=takers[0] if takers else None,
        )
        steps = self._lives.hold(key, moment, sighting)
        if key in self._lives:
            self._places[key] = box
        return steps

    def _over(self, key: object, moment: Moment, ending: str = "") -> list[Step]:
        self._places.pop(key, None)
        return self._lives.end(key, moment, ending)

    def _near(self, box: Box, people: list[Track]) -> tuple[int, ...]:
        """Track ids of who is near enough to take it, the nearest first."""
        near = those_with(people, box, self.owner_distance)
        return tuple(one.id for one in sorted(near, key=lambda one: gap(one.box, box)))
