"""Follow objects from look to look: ByteTrack's two stages, at any look rate.

After Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box"
(ECCV 2022); appearance after Wojke et al., "Simple Online and Realtime Tracking with a Deep
Association Metric" (ICIP 2017).
"""

import numpy as np
from jaxtyping import Bool, Float32

from vigil.core import Box, Boxes, Detections, Look, Scene, Track, areas, intersections, iou, part
from vigil.stages.track import motion
from vigil.stages.track.matching import (
    NOBODY,
    REFUSED,
    Pairs,
    costs,
    likeness,
    overlaps,
    pair,
    plain,
    turns,
)
from vigil.stages.track.motion import Motion
from vigil.stages.track.seen import Rows, Seen
from vigil.stages.track.tracks import Tracks
from vigil.stages.track.words import Words

FAMILIES = (
    ("car", "truck", "bus", "van", "vehicle"),
    ("bicycle", "motorcycle", "bike"),
    ("person", "pedestrian"),
)
NEW_MISSES = 2
"""An unconfirmed track ends after so many misses in a row."""
INSIDE = 0.5
"""A track was looked at when this share of its box lies in one region."""
LEFT = 0.3
"""A track has left when less than this share of its box remains inside the picture."""
BORDER = 0.02
"""Close to the border of the picture, in its widths and heights."""


@part
class TwoStageTracker:
    """Track boxes over looks that come at any rate, and sometimes not at all."""

    match_score: float = 0.25
    """Detections from this score on choose first among all tracks."""
    low_score: float = 0.1
    """Detections from this score on may continue a track that was seen just now."""
    birth_score: float = 0.4
    """Detections from this score on may start a track."""
    min_hits: int = 2
    """Hits that a track needs to be believed …"""
    confirm_score: float = 1.5
    """… and the sum of their scores, so that doubtful things need more of them …"""
    confirm_s: float = 0.15
    """… of which half is enough after so many seconds, so that slow looks need not wait."""
    grace_s: float = 0.1
    """A track missed once, or for so many looked-at seconds, is still believed."""
    patience_s: float = 3.0
    """A track missed for more looked-at seconds is forgotten."""
    duplicate_iou: float = 0.6
    """A detection that overlaps a tracked one of its family by more starts no track."""
    appearance_gate: float = 0.4
    """Cosine distance of embeddings beyond which two things are not the same."""
    families: tuple[tuple[str, ...], ...] = FAMILIES
    """Words that a detector takes for one another; a vote decides which one a track bears."""

    def __post_init__(self) -> None:
        self._words = Words(self.families)
        self._tracks = Tracks()
        self._born = 0
        self._now_s = 0.0
        self._looked_s = 0.0
        self._all_found = True
        """Whether the last look found every track: then much need not be asked."""
        self._picture = (0.0, 0.0)

    def update(self, look: Look, detections: Detections | None) -> Scene:
        frame = look.frame
        self._now_s, self._picture = frame.time_s, (frame.width, frame.height)
        if detections is not None:
            self._look(look, detections)
        if not (self._all_found and self._now_s == self._looked_s):
            self._forget()
        return Scene(
            source=frame.source,
            time_s=frame.time_s,
            width=frame.width,
            height=frame.height,
            tracks=self._shown(),
            looked=detections is not None,
            cards=(detections.card,) if detections is not None and detections.card else (),
        )

    @property
    def ambiguous(self) -> bool:
        """Whether looking again soon would tell more than waiting.

        True when something is unconfirmed or was just missed, or when something moves close to
        the border of the picture or to another thing of its family.
        """
        table = self._tracks.table
        recent = self._recent()
        if (recent & ((table["id"] == 0) | (table["misses"] > 0))).any():
            return True
        moving = recent & motion.moves(self._tracks.motion)
        if not moving.any():
            return False
        return bool((moving & (self._at_border() | self._in_company(recent))).any())

    def _look(self, look: Look, detections: Detections) -> None:
        tracks = self._tracks
        if detections.embeddings is not None:
            tracks.know_appearance(detections.embeddings.shape[1])
        width = tracks.appearance.shape[1]
        seen = Seen.read(detections, self._words, low_score=self.low_score, width=width)
        predicted = self._predict()
        boxes = motion.corners(predicted.place)
        rows, columns = self._pair(predicted, boxes, seen)
        if len(rows):
            tracks.hit(rows, predicted, seen.where(columns), self._now_s)
        if len(rows) < len(tracks):
            missed = looked_at(boxes, look)
            missed[rows] = False
            tracks.miss(missed, self._now_s)
        self._all_found = len(rows) == len(tracks)
        self._looked_s = self._now_s
        if len(columns) < len(seen.box):
            self._bear(seen, columns)
        self._confirm()

    def _predict(self) -> Motion:
        table, last = self._tracks.table, self._tracks.motion
        if self._all_found and self._now_s - self._looked_s < motion.COAST_S / 2:
            return motion.predict(last, self._now_s - self._looked_s)
        predicted = motion.predict(last, (self._now_s - table["last_s"])[:, None])
        predicted.doubt[:, :1] += motion.stray(last, (self._now_s - table["looked_s"])[:, None])
        return predicted

    def _pair(self, predicted: Motion, boxes: Boxes, seen: Seen) -> Pairs:
        """Strong detections choose first, weak ones continue what is left, overlap comes last."""
        tracks = self._tracks
        if not len(boxes) or not len(seen.box):
            return NOBODY
        kin = tracks.table["family"][:, None] == seen.family
        overlap = overlaps(boxes, predicted.place, seen) * kin
        clear = plain(overlap)
        if clear is not None and not seen.appearance.shape[1]:
            return clear
        cost = costs(predicted, seen.place, overlap)
        cost[~kin] = REFUSED
        turned = turns(overlap)
        if seen.appearance.shape[1]:
            unlike = likeness(tracks.appearance, seen.appearance, self.appearance_gate)
            cost, turned = cost + unlike, turned + unlike
        strong, recent = seen.score >= self.match_score, self._recent()
        every = np.ones(len(tracks), bool)
        found = np.full(len(tracks), -1)
        # What turned sharply is out of the filter's reach, but still overlaps where it was.
        stages = ((cost, every, strong), (cost, recent, ~strong), (turned, recent, strong))
        for price, some, wanted in stages:
            free = wanted.copy()
            free[found[found >= 0]] = False
            rest, choice = np.flatnonzero(some & (found < 0)), np.flatnonzero(free)
            rows, columns = pair(price[np.ix_(rest, choice)])
            found[rest[rows]] = choice[columns]
        rows = np.flatnonzero(found >= 0)
        return rows, found[rows]

    def _bear(self, seen: Seen, taken: Rows) -> None:
        """Start a track for each sure detection that repeats no other, the surest first."""
        new = seen.score >= self.birth_score
        new[taken] = False
        if not new.any():
            return
        kin = seen.family[:, None] == seen.family
        repeats = kin & (iou(seen.box, seen.box) > self.duplicate_iou)
        known = list(taken)
        for column in sorted(np.flatnonzero(new), key=lambda column: -seen.score[column]):
            new[column] = not repeats[column, known].any()
            known.append(column)
        self._tracks.begin(seen.where(new), self._now_s)

    def _confirm(self) -> None:
        """Number what was seen often enough, the oldest first."""
        table = self._tracks.table
        if table["id"].all():
            return
        sure = table["trust"] >= self.confirm_score
        lasting = table["last_s"] - table["first_s"] >= self.confirm_s
        sure |= lasting & (table["trust"] >= self.confirm_score / 2)
        rows = np.flatnonzero((table["id"] == 0) & (table["hits"] >= self.min_hits) & sure)
        table["id"][rows] = np.arange(self._born + 1, self._born + 1 + len(rows))
        self._born += len(rows)

    def _recent(self) -> Bool[np.ndarray, "n"]:
        """What was found, or missed for no longer than grace allows."""
        table = self._tracks.table
        return np.asarray((table["misses"] <= 1) | (table["missed_s"] <= self.grace_s))

    def _forget(self) -> None:
        """Drop what was looked for in vain, and what need not be there when nobody looked."""
        table = self._tracks.table
        late = ~self._recent()
        unwatched = self._now_s - table["looked_s"] > self.patience_s
        flash = (table["id"] == 0) & (table["misses"] >= NEW_MISSES)
        if not (late | unwatched | flash).any():
            return
        moving = motion.moves(self._tracks.motion)
        # What was seen briefly is not waited for long.
        patience_s = np.minimum(self.patience_s, table["last_s"] - table["first_s"])
        # What moved at the border has left: the next to come in there is another.
        gone = late & ((table["missed_s"] > patience_s) | (moving & self._at_border()))
        gone |= unwatched & (moving | (table["id"] == 0))
        self._tracks.keep(~(gone | flash))

    def _shown(self) -> tuple[Track, ...]:
        """What is believed now: confirmed, and not missed for long."""
        table = self._tracks.table
        box, velocity = table["box"], table["speed"][:, :2]
        shown = table["id"] > 0
        if not (self._all_found and self._now_s == self._looked_s):
            unseen_s = self._now_s - table["last_s"]
            box, velocity = motion.carry(self._tracks.motion, box, unseen_s[:, None])
            inside = self._visible(box) >= LEFT * areas(table["box"])
            shown &= self._recent() & (inside | (unseen_s == 0))
        columns = [table[name] for name in ("id", "label", "score", "first_s", "last_s", "hits")]
        columns += [box, velocity]
        if not shown.all():
            columns = [column[shown] for column in columns]
        return tuple(
            Track(
                id=number,
                label=self._words.name(label),
                box=Box._make(corners),
                score=score,
                first_seen_s=first_s,
                last_seen_s=last_s,
                hits=hits,
                velocity=(right, down),
            )
            for number, label, score, first_s, last_s, hits, corners, (right, down) in zip(
                *(column.tolist() for column in columns), strict=True
            )
        )

    def _visible(self, boxes: Boxes) -> Float32[np.ndarray, "n"]:
        """Square pixels of each box that lie in the picture."""
        return intersections(boxes, np.array([[0, 0, *self._picture]], np.float32))[:, 0]

    def _at_border(self) -> Bool[np.ndarray, "n"]:
        box, (width, height) = self._tracks.table["box"], self._picture
        margin = np.array([width, height]) * BORDER
        far = np.array([width, height]) - margin
        return np.asarray((box[:, :2] < margin).any(1) | (box[:, 2:] > far).any(1))

    def _in_company(self, present: Bool[np.ndarray, "n"]) -> Bool[np.ndarray, "n"]:
        """Whether another present thing of the family stands within a size of it."""
        place, family = self._tracks.table["place"], self._tracks.table["family"]
        foot = place[:, :2]
        apart = np.linalg.norm(foot[:, None] - foot, axis=2)
        near = (apart < motion.sizes(place)) & (family[:, None] == family) & present
        np.fill_diagonal(near, False)
        return np.asarray(near.any(1))


def looked_at(boxes: Boxes, look: Look) -> Bool[np.ndarray, "n"]:
    """Whether most of each box lies in one of the look's regions."""
    regions, frame = look.regions, look.frame
    if len(regions) == 1 and (regions[0] == (0, 0, frame.width, frame.height)).all():
        return np.ones(len(boxes), bool)
    if not len(regions):
        return np.zeros(len(boxes), bool)
    return np.asarray(intersections(boxes, regions).max(1) >= INSIDE * areas(boxes))
