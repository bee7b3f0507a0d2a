"""Everything remembered of one object."""

import numpy as np

from vigil.core import ANYTHING, Box, Track
from vigil.stages.track.corners import Corners, between
from vigil.stages.track.motion import Motion
from vigil.stages.track.seen import Appearance, Seen

LARGEST_LEAD = 5.0
"""A label leads the vote by no more, so that it can still be corrected."""
NAMELESS_LEAD = 1.0
"""That of no name leads by this at most, so that two looks that name it are enough; a name that
leads by as much is not forgotten for looks that do not."""
NAMELESS_VOTE = 0.1
"""What a look without a name weighs beside one with: a model that knows a thing does not always."""
KEPT = 0.9
"""Share of the old appearance in the running average."""
LONGEST_MISS_S = 1.0
"""What one look in vain counts at most, so that a pause before it ends no track."""
WATCHED_S = 1.0
"""Between looks no farther apart than this nothing strays."""


class Memory:
    """One object from its first hit on; predicted to the present before it can be matched."""

    __slots__ = (
        "appearance", "box", "family", "first_s", "hits", "id", "label", "last_s",
        "lead", "looked_s", "missed_s", "misses", "motion", "score", "there",
        "trust",
    )  # fmt: skip

    def __init__(self, seen: Seen, now_s: float) -> None:
        self.id = 0
        """0 until enough looks agreed that there is something."""
        self.hits = 1
        """Looks that matched it."""
        self.misses = 0
        """Looks in a row that should have found it and did not."""
        self.missed_s = 0.0
        """Looked-at seconds since the last hit."""
        self.first_s = self.last_s = now_s
        """First and last hit, UTC seconds, as the next."""
        self.looked_s = now_s
        """Last time that somebody looked where it should be."""
        self.box = Box._make(seen.box)
        """At the last hit, half measured and half filtered, source pixels."""
        self.there: Corners = seen.box
        """As predicted for this look, source pixels."""
        self.score = self.trust = seen.score
        """Of the last hit; the sum of all."""
        self.label = seen.label
        self.lead = seen.score if seen.label != ANYTHING else NAMELESS_LEAD
        """The word that leads the vote, and by how much score."""
        self.family = seen.family
        self.motion = Motion(seen.box)
        self.appearance = seen.appearance
        """Running average, unit length; None while unknown."""

    @property
    def moving(self) -> bool:
        """Whether it surely moved at the last hit."""
        return self.motion.moves()

    def predict(self, now_s: float, travel_s: float | None = None) -> None:
        """Say where it should be seen now; `travel_s`: the `reach` of the time since its hit."""
        self.motion.predict(now_s - self.last_s, travel_s)
        unwatched_s = now_s - self.looked_s
        if unwatched_s > WATCHED_S:
            self.motion.stray(unwatched_s)
        self.there = self.motion.ahead

    def hit(self, seen: Seen, now_s: float) -> None:
        """It was found as `seen`."""
        box, score, label, appearance = seen.box, seen.score, seen.label, seen.appearance
        self.motion.correct(box)
        self.box, self.score = between(box, self.motion.box), score
        self.trust += score
        self.hits += 1
        self.misses, self.missed_s = 0, 0.0
        self.last_s = self.looked_s = now_s
        self._vote(label, seen.family, score)
        if appearance is not None:
            self._recall(appearance)

    def _vote(self, label: str, family: str, score: float) -> None:
        """Boyer and Moore's majority vote (1991), in which surer detections weigh more."""
        lead, most = self.lead, LARGEST_LEAD
        if label == ANYTHING:
            if self.label != ANYTHING and lead >= NAMELESS_LEAD:
                return
            score *= NAMELESS_VOTE
        lead += score if label == self.label else -score
        if lead < 0:
            self.label, self.family, lead = label, family, -lead
        if self.label == ANYTHING:
            most = NAMELESS_LEAD
        self.lead = lead if lead < most else most

    def miss(self, now_s: float) -> None:
        """It should have been found and was not."""
        self.missed_s += min(now_s - self.looked_s, LONGEST_MISS_S)
        self.misses += 1
        self.looked_s = now_s

    def track(self, now_s: float) -> Track:
        """What is believed of it now; what does not surely move stands where it was measured."""
        box, velocity = self.box, (0.0, 0.0)
        if now_s == self.last_s:
            velocity = self.motion.velocity()
        elif self.moving:
            box, velocity = self.motion.carry(self.box, now_s - self.last_s)
        seen_s = (self.first_s, self.last_s)
        # As `Track(...)`, without the function that a named tuple puts before it.
        known = (self.id, self.label, box, self.score, *seen_s, self.hits, velocity, ())
        return tuple.__new__(Track, known)

    def _recall(self, appearance: Appearance) -> None:
        """Blend; what was known in another form, of another model, is forgotten."""
        old = self.appearance
        if old is not None and old.shape == appearance.shape:
            appearance = KEPT * old + (1 - KEPT) * appearance
        self.appearance = appearance / max(float(np.linalg.norm(appearance)), 1e-9)
