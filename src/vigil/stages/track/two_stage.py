"""Follow objects from look to look: ByteTrack's two stages, at any look rate.

After Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box"
(ECCV 2022); appearance after Wojke et al., "Simple Online and Realtime Tracking with a Deep
Association Metric" (ICIP 2017).
"""

import numpy as np
from jaxtyping import Bool, Float32

from vigil.core import Box, Boxes, Detections, Look, Scene, Track, areas, intersections, iou, part
from vigil.stages.track import motion
from vigil.stages.track.matching import NOBODY, REFUSED, WORST, Pairs, costs, likeness, pair
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

    match_score: float = 0.35
    """Detections from this score on choose first among all tracks."""
    low_score: float = 0.1
    """Detections from this score on may continue a track that was seen just now."""
    birth_score: float = 0.4
    """Detections from this score on may start a track."""
    min_hits: int = 3
    """Hits until a track is believed …"""
    confirm_s: float = 0.3
    """… or two hits this many seconds apart, so that slow looks need not wait."""
    grace_s: float = 0.2
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
        self._tracks = Tracks.begin(self._read(Detections.none(), width=0), 0.0)
        self._born = 0
        self._now_s = 0.0
        self._picture = (0.0, 0.0)

    def update(self, look: Look, detections: Detections | None) -> Scene:
        frame = look.frame
        self._now_s, self._picture = frame.time_s, (frame.width, frame.height)
        if detections is not None:
            self._look(look, detections)
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
        tracks = self._tracks
        recent = self._recent()
        if (recent & ((tracks.id == 0) | (tracks.misses > 0))).any():
            return True
        moving = recent & motion.moves(tracks.motion)
        if not moving.any():
            return False
        return bool((moving & (self._at_border() | self._in_company(recent))).any())

    def _look(self, look: Look, detections: Detections) -> None:
        tracks = self._tracks
        if detections.embeddings is not None:
            tracks.know_appearance(detections.embeddings.shape[1])
        seen = self._read(detections, width=tracks.appearance.shape[1])
        predicted = motion.predict(
            tracks.motion, self._now_s - tracks.last_s, self._now_s - tracks.looked_s
        )
        boxes = motion.corners(predicted.place)
        rows, columns = self._pair(predicted, boxes, seen)
        if len(rows):
            tracks.hit(rows, predicted.where(rows), seen.where(columns), self._now_s)
        if len(rows) < len(tracks):
            missed = looked_at(boxes, look)
            missed[rows] = False
            tracks.miss(missed, self._now_s)
        if len(columns) < len(seen):
            self._bear(seen, columns)
        self._confirm()

    def _read(self, detections: Detections, *, width: int) -> Seen:
        return Seen.read(detections, self._words, low_score=self.low_score, width=width)

    def _pair(self, predicted: Motion, boxes: Boxes, seen: Seen) -> Pairs:
        """First the strong detections choose, then the weak ones continue what is left."""
        tracks = self._tracks
        if not len(tracks) or not len(seen):
            return NOBODY
        cost = costs(predicted, seen.place, iou(boxes, seen.box))
        if seen.appearance.shape[1]:
            cost += likeness(tracks.appearance, seen.appearance, self.appearance_gate)
        cost[tracks.family[:, None] != seen.family[None]] = REFUSED
        strong = seen.score >= self.match_score
        if strong.all():
            return pair(cost, WORST)
        chosen = np.flatnonzero(strong)
        rows, columns = pair(cost[:, chosen], WORST)
        left = self._recent()
        left[rows] = False
        rest, weak = np.flatnonzero(left), np.flatnonzero(~strong)
        more, others = pair(cost[np.ix_(rest, weak)], WORST)
        return np.append(rows, rest[more]), np.append(chosen[columns], weak[others])

    def _bear(self, seen: Seen, taken: Rows) -> None:
        """Start a track for each sure detection that repeats no other, the surest first."""
        new = seen.score >= self.birth_score
        new[taken] = False
        if not new.any():
            return
        kin = seen.family[:, None] == seen.family[None]
        repeats = kin & (iou(seen.box, seen.box) > self.duplicate_iou)
        known = list(taken)
        for column in sorted(np.flatnonzero(new), key=lambda column: -seen.score[column]):
            new[column] = not repeats[column, known].any()
            known.append(column)
        self._tracks.add(Tracks.begin(seen.where(new), self._now_s))

    def _confirm(self) -> None:
        """Number what was seen often enough, the oldest first."""
        tracks = self._tracks
        if tracks.id.all():
            return
        twice = (tracks.hits >= 2) & (tracks.last_s - tracks.first_s >= self.confirm_s)
        rows = np.flatnonzero((tracks.id == 0) & (twice | (tracks.hits >= self.min_hits)))
        tracks.id[rows] = np.arange(self._born + 1, self._born + 1 + len(rows))
        self._born += len(rows)

    def _recent(self) -> Bool[np.ndarray, "n"]:
        """What was found, or missed for no longer than grace allows."""
        tracks = self._tracks
        return (tracks.misses <= 1) | (tracks.missed_s <= self.grace_s)

    def _forget(self) -> None:
        """Drop what was looked for in vain, and what went on while nobody looked."""
        tracks = self._tracks
        late = ~self._recent()
        lost = late & (tracks.missed_s > self.patience_s)
        if late.any():
            # What moved at the border has left: the next to come in there is another.
            lost |= late & self._at_border() & motion.moves(tracks.motion)
            # What was seen briefly is not waited for long.
            lost |= late & (tracks.missed_s > tracks.last_s - tracks.first_s)
        lost |= (tracks.id == 0) & (tracks.misses >= NEW_MISSES)
        unwatched = self._now_s - tracks.looked_s > self.patience_s
        if unwatched.any():
            lost |= unwatched & motion.moves(tracks.motion)
        if lost.any():
            tracks.keep(~lost)

    def _shown(self) -> tuple[Track, ...]:
        """What is believed now: confirmed, and not missed for long."""
        tracks = self._tracks
        shown = (tracks.id > 0) & self._recent()
        box, velocity = tracks.box, tracks.speed[:, :2]
        unseen_s = self._now_s - tracks.last_s
        if unseen_s.any():
            box, velocity = motion.carry(tracks.motion, tracks.box, unseen_s)
            shown &= (unseen_s == 0) | (self._visible(box) >= LEFT * areas(tracks.box))
        columns = [tracks.id, tracks.label, box, tracks.score]
        columns += [tracks.first_s, tracks.last_s, tracks.hits, velocity]
        if not shown.all():
            columns = [column[shown] for column in columns]
        return tuple(
            Track(
                id=number,
                label=self._words.name(label),
                box=Box(*corners),
                score=score,
                first_seen_s=first_s,
                last_seen_s=last_s,
                hits=hits,
                velocity=(right, down),
            )
            for number, label, corners, score, first_s, last_s, hits, (right, down) in zip(
                *(column.tolist() for column in columns), strict=True
            )
        )

    def _visible(self, boxes: Boxes) -> Float32[np.ndarray, "n"]:
        """Square pixels of each box that lie in the picture."""
        return intersections(boxes, np.array([[0, 0, *self._picture]], np.float32))[:, 0]

    def _at_border(self) -> Bool[np.ndarray, "n"]:
        box, (width, height) = self._tracks.box, self._picture
        margin = np.array([width, height]) * BORDER
        far = np.array([width, height]) - margin
        return np.asarray((box[:, :2] < margin).any(1) | (box[:, 2:] > far).any(1))

    def _in_company(self, present: Bool[np.ndarray, "n"]) -> Bool[np.ndarray, "n"]:
        """Whether another present thing of the family stands within a size of it."""
        tracks = self._tracks
        foot, size = tracks.place[:, :2], motion.sizes(tracks.place)
        apart = np.linalg.norm(foot[:, None] - foot[None], axis=2)
        near = (apart < size[:, None]) & (tracks.family[:, None] == tracks.family[None])
        near &= present[None]
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
