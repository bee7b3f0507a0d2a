"""Everything remembered of the objects of one camera, one row each."""

import numpy as np
from jaxtyping import Bool, Float64

from vigil.stages.track import motion
from vigil.stages.track.motion import Motion
from vigil.stages.track.seen import Rows, Seen

LARGEST_LEAD = 5.0
"""A label leads the vote by no more, so that it can still be corrected."""
MEMORY = 0.9
"""Share of the old appearance in the running average."""
LONGEST_MISS_S = 1.0
"""What one look in vain counts at most, so that a pause before it ends no track."""

RECORD = np.dtype(
    [
        ("id", np.int64),  # 0 until enough looks agreed that there is something
        ("hits", np.int64),  # looks that matched it
        ("misses", np.int64),  # looks in a row that should have found it and did not
        ("missed_s", np.float64),  # looked-at seconds since the last hit
        ("first_s", np.float64),  # first hit, UTC seconds, as the next two
        ("last_s", np.float64),  # last hit
        ("looked_s", np.float64),  # last time that somebody looked where it should be
        ("box", np.float32, 4),  # as measured by the last hit, source pixels
        ("score", np.float64),  # of the last hit
        ("trust", np.float64),  # sum of all its scores
        ("label", np.int64),  # number of the word that leads the vote
        ("lead", np.float64),  # by how much score it leads
        ("family", np.int64),  # number of the group of words that may be mixed up
        ("place", np.float64, 4),  # filtered at the last hit, as in `Motion`
        ("speed", np.float64, 4),
        ("doubt", np.float64, 3),
    ]
)


class Tracks:
    """N objects as rows of `table`, a structured array of `RECORD`."""

    def __init__(self) -> None:
        self.table = np.zeros(0, RECORD)
        self.appearance: Float64[np.ndarray, "n d"] = np.zeros((0, 0))
        """Running average of unit embeddings, unit length; zeros while unknown."""

    def __len__(self) -> int:
        return len(self.table)

    @property
    def motion(self) -> Motion:
        """How they moved at their last hits."""
        return Motion(self.table["place"], self.table["speed"], self.table["doubt"])

    def keep(self, rows: Bool[np.ndarray, "n"]) -> None:
        """Forget all but `rows`."""
        self.table = self.table[rows]
        self.appearance = self.appearance[rows]

    def begin(self, seen: Seen, now_s: float) -> None:
        """Append objects that were never seen before this moment."""
        new = np.zeros(len(seen.box), RECORD)
        new["hits"] = 1
        new["first_s"] = new["last_s"] = new["looked_s"] = now_s
        new["box"], new["family"] = seen.box, seen.family
        new["score"] = new["trust"] = new["lead"] = seen.score
        new["label"] = seen.label
        new["place"], new["speed"], new["doubt"] = motion.begin(seen.place)
        self.table = np.concatenate([self.table, new])
        self.appearance = np.concatenate([self.appearance, seen.appearance])

    def hit(self, rows: Rows, predicted: Motion, seen: Seen, now_s: float) -> None:
        """Tracks `rows`, in order, of all that were `predicted`, were found as `seen`."""
        found, some = self.table, len(rows) < len(self.table)
        if some:
            # Copying rows costs as much as the filter: most looks find everything.
            found, predicted = found[rows], Motion(*(column[rows] for column in predicted))
        found["place"], found["speed"], found["doubt"] = motion.correct(predicted, seen.place)
        found["box"], found["score"] = seen.box, seen.score
        found["trust"] += seen.score
        found["hits"] += 1
        found["misses"] = found["missed_s"] = 0
        found["last_s"] = found["looked_s"] = now_s
        _vote(found, seen)
        if some:
            self.table[rows] = found
        if seen.appearance.shape[1]:
            self._remember(rows, seen.appearance)

    def miss(self, rows: Bool[np.ndarray, "n"], now_s: float) -> None:
        """Tracks `rows` should have been found and were not."""
        table = self.table
        table["missed_s"][rows] += np.minimum(now_s - table["looked_s"][rows], LONGEST_MISS_S)
        table["misses"][rows] += 1
        table["looked_s"][rows] = now_s

    def know_appearance(self, width: int) -> None:
        """Hold embeddings of `width` numbers; what was held in another form is forgotten."""
        if self.appearance.shape[1] != width:
            self.appearance = np.zeros((len(self), width))

    def _remember(self, rows: Rows, appearance: Float64[np.ndarray, "k d"]) -> None:
        old = self.appearance[rows]
        known, unseen = (old != 0).any(1), (appearance == 0).all(1)
        share = np.where(unseen, 1.0, np.where(known, MEMORY, 0.0))[:, None]
        mixed = share * old + (1 - share) * appearance
        length = np.linalg.norm(mixed, axis=1, keepdims=True)
        self.appearance[rows] = mixed / np.maximum(length, 1e-9)


def _vote(found: np.ndarray, seen: Seen) -> None:
    """Boyer and Moore's majority vote (1991), in which surer detections weigh more."""
    agrees = found["label"] == seen.label
    if agrees.all():
        found["lead"] = np.minimum(found["lead"] + seen.score, LARGEST_LEAD)
        return
    lead = found["lead"] + np.where(agrees, seen.score, -seen.score)
    found["label"] = np.where(lead < 0, seen.label, found["label"])
    found["lead"] = np.minimum(np.abs(lead), LARGEST_LEAD)
