"""Everything remembered of the objects of one camera, as parallel arrays."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from jaxtyping import Bool, Float64, Int64

from vigil.core import Boxes
from vigil.stages.track import motion
from vigil.stages.track.motion import Motion
from vigil.stages.track.seen import Rows, Seen

LARGEST_LEAD = 5.0
"""A label leads the vote by no more, so that it can still be corrected."""
MEMORY = 0.9
"""Share of the old appearance in the running average."""
LONGEST_MISS_S = 1.0
"""What one look in vain counts at most, so that a pause before it ends no track."""


@dataclass(kw_only=True, slots=True, eq=False)
class Tracks:
    """N objects, one row each. Times are UTC seconds, lengths are pixels of the source picture."""

    id: Int64[np.ndarray, "n"]
    """0 until enough looks agreed that there is something."""
    hits: Int64[np.ndarray, "n"]
    """Looks that matched it."""
    misses: Int64[np.ndarray, "n"]
    """Looks in a row that should have found it and did not."""
    missed_s: Float64[np.ndarray, "n"]
    """Looked-at seconds since the last hit."""
    first_s: Float64[np.ndarray, "n"]
    """First hit."""
    last_s: Float64[np.ndarray, "n"]
    """Last hit."""
    looked_s: Float64[np.ndarray, "n"]
    """Last time that somebody looked where it should be."""
    box: Boxes
    """As measured by the last hit."""
    score: Float64[np.ndarray, "n"]
    """Of the last hit."""
    label: Int64[np.ndarray, "n"]
    """Number of the word that leads the vote."""
    lead: Float64[np.ndarray, "n"]
    """By how much score it leads."""
    family: Int64[np.ndarray, "n"]
    """Number of the group of words that may be taken for one another."""
    place: Float64[np.ndarray, "n 4"]
    """Filtered at the last hit: foot x, foot y, width, height."""
    speed: Float64[np.ndarray, "n 4"]
    """Change of `place` a second at the last hit."""
    doubt: Float64[np.ndarray, "n 3"]
    """Variance of place, covariance, variance of speed, in squared sizes (and seconds)."""
    appearance: Float64[np.ndarray, "n d"]
    """Running average of unit embeddings, unit length; zeros while unknown."""

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def begin(cls, seen: Seen, now_s: float) -> Self:
        """Objects that were never seen before this moment."""
        n = len(seen)
        start = motion.begin(seen.place)
        return cls(
            id=np.zeros(n, np.int64),
            hits=np.ones(n, np.int64),
            misses=np.zeros(n, np.int64),
            missed_s=np.zeros(n),
            first_s=np.full(n, now_s),
            last_s=np.full(n, now_s),
            looked_s=np.full(n, now_s),
            box=seen.box,
            score=seen.score,
            label=seen.label,
            lead=seen.score,
            family=seen.family,
            place=start.place,
            speed=start.speed,
            doubt=start.doubt,
            appearance=seen.appearance,
        )

    @property
    def motion(self) -> Motion:
        """How they moved at their last hits."""
        return Motion(place=self.place, speed=self.speed, doubt=self.doubt)

    def keep(self, rows: Bool[np.ndarray, "n"]) -> None:
        """Forget all but `rows`."""
        for column in fields(self):
            setattr(self, column.name, getattr(self, column.name)[rows])

    def add(self, others: "Tracks") -> None:
        """Append `others`."""
        for column in fields(self):
            both = (getattr(self, column.name), getattr(others, column.name))
            setattr(self, column.name, np.concatenate(both))

    def hit(self, rows: Rows, predicted: Motion, seen: Seen, now_s: float) -> None:
        """Tracks `rows`, predicted there, were found as `seen`."""
        corrected = motion.correct(predicted, seen.place)
        self.place[rows] = corrected.place
        self.speed[rows] = corrected.speed
        self.doubt[rows] = corrected.doubt
        self.box[rows] = seen.box
        self.score[rows] = seen.score
        self.hits[rows] += 1
        self.misses[rows] = 0
        self.missed_s[rows] = 0.0
        self.last_s[rows] = now_s
        self.looked_s[rows] = now_s
        self._vote(rows, seen)
        if seen.appearance.shape[1]:
            self._remember(rows, seen.appearance)

    def miss(self, rows: Bool[np.ndarray, "n"], now_s: float) -> None:
        """Tracks `rows` should have been found and were not."""
        self.missed_s[rows] += np.minimum(now_s - self.looked_s[rows], LONGEST_MISS_S)
        self.misses[rows] += 1
        self.looked_s[rows] = now_s

    def know_appearance(self, width: int) -> None:
        """Hold embeddings of `width` numbers; what was held in another form is forgotten."""
        if self.appearance.shape[1] != width:
            self.appearance = np.zeros((len(self), width))

    def _vote(self, rows: Rows, seen: Seen) -> None:
        """Boyer and Moore's majority vote, in which surer detections weigh more."""
        before = self.label[rows]
        lead = self.lead[rows] + np.where(before == seen.label, seen.score, -seen.score)
        self.label[rows] = np.where(lead < 0, seen.label, before)
        self.lead[rows] = np.minimum(np.abs(lead), LARGEST_LEAD)

    def _remember(self, rows: Rows, appearance: Float64[np.ndarray, "k d"]) -> None:
        old = self.appearance[rows]
        share = np.where(appearance.any(1), np.where(old.any(1), MEMORY, 0.0), 1.0)[:, None]
        mixed = share * old + (1 - share) * appearance
        length = np.linalg.norm(mixed, axis=1, keepdims=True)
        self.appearance[rows] = mixed / np.maximum(length, 1e-9)
