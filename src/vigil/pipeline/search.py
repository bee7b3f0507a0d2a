"""When every picture is worth a look: something moves and nobody is sure yet what it is."""

from collections.abc import Sequence

from vigil.core import Box, Boxes, Track, as_array, intersections
from vigil.pipeline.attention import PEOPLE, SURE, moves

LINGER_S = 0.5
"""A thing that a gate loses for so long is looked for where it was last seen to move."""
GLIMPSE_S = 1.0
"""After a glimpse of something wanted it is searched for so long."""
PROOFS = 4
"""Looks that found a track from the first sure one on; rules ask for three of five."""
MOST_LOOKS = 120.0
"""A camera may save up so many looks for searches …"""
LOOKS_PER_S = 1.0
"""… and earns so many: where it never ends, a search costs no more."""


class Search:
    """Decides for one camera whether to look at every picture for a while.

    A small or dark thing is seen surely in one picture of many. Who looks at all of them finds
    it; a search begins with a wake or a glimpse, pauses when neither was lately, and ends when
    tracks that were seen surely explain all that moves.
    """

    def __init__(self) -> None:
        self.moving: Boxes = as_array([])
        """Where it moves, or just did; source pixels."""
        self._now_s = self._moved_s = self._until_s = float("-inf")
        self._proofs: dict[int, int] = {}
        self._proven: dict[int, tuple[Box, float]] = {}  # where, and when that was known
        self._newest_s = float("-inf")
        self._purse = MOST_LOOKS

    @property
    def on(self) -> bool:
        """Whether the next picture is worth a look."""
        if self._now_s > self._until_s or self._purse < 1 or not len(self.moving):
            return False
        return not self._explains(self.moving)

    def begin(self, time_s: float) -> None:
        """Something is expected around `time_s`."""
        self._until_s = max(self._until_s, time_s + GLIMPSE_S)

    def glimpse(self, seen: Boxes, time_s: float) -> None:
        """Take in boxes of wanted things that move; what is proven already is no news."""
        if len(seen) and not self._explains(seen):
            self.begin(time_s)

    def see(self, moving: Boxes, time_s: float) -> None:
        """Take in where it moves now."""
        if time_s > self._now_s:
            gone_s = min(time_s - self._now_s, MOST_LOOKS / LOOKS_PER_S)
            self._purse = min(MOST_LOOKS, self._purse + gone_s * LOOKS_PER_S)
        self._now_s = time_s
        if len(moving):
            self.moving, self._moved_s = moving, time_s
        elif not 0 <= time_s - self._moved_s <= LINGER_S:
            self.moving = moving

    def looked(self) -> None:
        """A look was asked for while it was on."""
        self._purse -= 1

    def follow(self, tracks: Sequence[Track], time_s: float) -> None:
        """Take in what is believed after a look; `time_s` is that of the look."""
        proofs: dict[int, int] = {}
        for track in tracks:
            known = self._proofs.get(track.id, 0)
            measured = track.last_seen_s >= time_s
            proofs[track.id] = known + (measured and (known > 0 or track.score >= SURE))
            if proofs[track.id] and not known:
                self._newest_s = max(self._newest_s, track.first_seen_s)
        self._proofs = proofs
        for track in tracks:
            if proofs[track.id] >= PROOFS and (moves(track) or track.label in PEOPLE):
                self._proven[track.id] = track.box, time_s
        self._proven = {
            id_: (box, seen_s)
            for id_, (box, seen_s) in self._proven.items()
            if 0 <= time_s - seen_s <= GLIMPSE_S
        }

    def _explains(self, boxes: Boxes) -> bool:
        """Whether each of the boxes touches a proven track, or where one has just left."""
        proven = as_array([box for box, _ in self._proven.values()])
        return bool(len(proven) and intersections(boxes, proven).any(axis=1).all())

    def found_since(self, time_s: float) -> bool:
        """Whether anything that came at `time_s` or later was seen surely."""
        return self._newest_s >= time_s
