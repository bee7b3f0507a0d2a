"""Follow objects from look to look: ByteTrack's two stages, at any look rate.

After Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box"
(ECCV 2022); appearance after Wojke et al., "Simple Online and Realtime Tracking with a Deep
Association Metric" (ICIP 2017).
"""

from collections.abc import Sequence
from math import dist

from vigil.core import Box, Detections, Look, Scene, Track, may_be_one, part
from vigil.stages.track.corners import Corners, apart, area, overlap, shared, size
from vigil.stages.track.matching import (
    Pairs,
    Prices,
    cheapest,
    cost,
    plain,
    turn,
    undisputed,
    with_looks,
)
from vigil.stages.track.memory import Memory
from vigil.stages.track.motion import reach
from vigil.stages.track.seen import Seen, read

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
SAME = 0.3
"""What overlaps a standing thing by more may be the thing, wherever was looked."""
CARRIED = 0.15
"""What is new within a known box of another kind, and no larger than this part of it, is worn or
carried: it goes where that goes, which may be several times its own size from look to look."""
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
    confirm_score: float = 1.4
    """… and the sum of their scores, so that doubtful things need more of them …"""
    confirm_s: float = 0.15
    """… of which half is enough after so many seconds, so that slow looks need not wait."""
    grace_s: float = 0.05
    """A track missed once, or for so many looked-at seconds, is still believed."""
    patience_s: float = 3.0
    """A track missed for more looked-at seconds is forgotten."""
    duplicate_iou: float = 0.6
    """A detection that overlaps a tracked one of its family by more starts no track."""
    appearance_gate: float = 0.4
    """Cosine distance of embeddings beyond which two things are not the same."""
    families: tuple[tuple[str, ...], ...] = FAMILIES
    """Words that a detector takes for one another; a vote decides which one a track bears. What is
    an `object` at one look may bear any of them at the next."""

    def __post_init__(self) -> None:
        self._families = {word: family[0] for family in self.families for word in family}
        self._known: list[Memory] = []
        self._born = 0
        self._now_s = self._looked_s = 0.0
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

        True when something is unconfirmed or was just missed, or when something is about to leave
        the picture or moves close to another thing of its family. What the last look left out
        will be left out again, and does not count.
        """
        present = [
            memory
            for memory in self._known
            if self._recent(memory) and memory.looked_s >= self._looked_s
        ]
        return any(
            memory.id == 0
            or memory.misses > 0
            or (memory.moving and (self._leaves(memory) or _in_company(memory, present)))
            for memory in present
        )

    def _look(self, look: Look, detections: Detections) -> None:
        known, now_s = self._known, self._now_s
        self._looked_s = now_s
        seen = read(detections, self._families, low_score=self.low_score)
        last_s, travel_s = now_s, 0.0
        for memory in known:
            # Most were found at the same look.
            if memory.last_s != last_s:
                last_s = memory.last_s
                travel_s = reach(now_s - last_s)
            memory.predict(now_s, travel_s)
        pairs = self._pair(
            self._at_hand(look, seen), seen, by_looks=detections.embeddings is not None
        )
        for memory, one in pairs.items():
            memory.hit(one, now_s)
        if len(pairs) < len(known):
            self._miss(look, pairs)
        if len(pairs) < len(seen):
            self._bear(seen, pairs)
        self._confirm()

    def _at_hand(self, look: Look, seen: Sequence[Seen]) -> list[Memory]:
        """Who may have been seen: what stood outside all that was looked at stands there still.

        Nobody looks there because nothing moves there; and after some seconds unseen it would
        take any new thing far away for itself. (A detector may see more than it was asked to.)
        """
        regions = look.regions.tolist()
        if regions == [[0, 0, *self._picture]]:
            return self._known
        return [
            memory
            for memory in self._known
            if memory.moving
            or not all(apart(memory.box, region) for region in regions)
            or any(overlap(memory.box, one.box) > SAME for one in seen)
        ]

    def _pair(self, known: Sequence[Memory], seen: Sequence[Seen], *, by_looks: bool) -> Pairs:
        """Strong detections choose first, weak ones continue what is left, overlap comes last."""
        strong = [one for one in seen if one.score >= self.match_score]
        by_distance: Prices = cost
        by_overlap: Prices = turn
        pairs: Pairs = {}
        if by_looks:
            by_distance = with_looks(cost, self.appearance_gate)
            by_overlap = with_looks(turn, self.appearance_gate)
        else:
            pairs = plain(known, seen)
            if not len(pairs) == len(seen) == len(known):
                first = pairs if len(strong) == len(seen) else plain(known, strong)
                pairs = undisputed(first, known, strong)
        if len(pairs) < min(len(strong), len(known)):
            pairs |= cheapest(*_left(pairs, known, strong), by_distance)
        if len(pairs) < min(len(seen), len(known)):
            recent = [memory for memory in known if self._recent(memory)]
            weak = [one for one in seen if one.score < self.match_score]
            pairs |= cheapest(*_left(pairs, recent, weak), by_distance)
            pairs |= cheapest(*_left(pairs, recent, strong), by_overlap)
        return pairs

    def _miss(self, look: Look, found: Pairs) -> None:
        regions = look.regions.tolist()
        # What has left the picture was looked for, too, when all of it was looked at.
        everywhere = regions == [[0, 0, *self._picture]]
        for memory in self._known:
            # What does not surely move is believed where it was measured, and looked for there.
            believed = memory.there if memory.moving else memory.box
            if memory not in found and (everywhere or looked_at(believed, regions)):
                memory.miss(self._now_s)

    def _bear(self, seen: Sequence[Seen], found: Pairs) -> None:
        """Remember each sure detection that repeats no other, the surest first."""
        others = list(found.values())
        taken = {one.row for one in others}
        new = [one for one in seen if one.row not in taken and one.score >= self.birth_score]
        born = []
        for one in sorted(new, key=lambda one: -one.score):
            if not any(self._repeats(one, other) for other in others):
                born.append(one)
            others.append(one)
        born.sort(key=lambda one: one.row)
        carriers = [memory for memory in found if memory.moving]
        for one in born:
            memory = Memory(one, self._now_s)
            carrier = next((each for each in carriers if _carries(each, one)), None)
            if carrier is not None:
                memory.motion.go(carrier.motion.velocity())
            self._known.append(memory)

    def _repeats(self, one: Seen, other: Seen) -> bool:
        return (
            may_be_one(one.family, other.family)
            and overlap(one.box, other.box) > self.duplicate_iou
        )

    def _confirm(self) -> None:
        """Number what was seen often enough, the oldest first."""
        for memory in self._known:
            if memory.id == 0 and memory.hits >= self.min_hits:
                lasting = memory.last_s - memory.first_s >= self.confirm_s
                if memory.trust >= self.confirm_score / (2 if lasting else 1):
                    self._born += 1
                    memory.id = self._born

    def _recent(self, memory: Memory) -> bool:
        """Whether it was found, or missed for no longer than grace allows."""
        return memory.misses <= 1 or memory.missed_s <= self.grace_s

    def _forget(self) -> None:
        """Drop what was looked for in vain, and what need not be there when nobody looked."""
        now_s = self._now_s
        gone = [memory for memory in self._known if memory.last_s < now_s and self._gone(memory)]
        if gone:
            self._known = [memory for memory in self._known if memory not in gone]

    def _gone(self, memory: Memory) -> bool:
        unwatched = self._now_s - memory.looked_s > self.patience_s
        if memory.id == 0 and (unwatched or memory.misses >= NEW_MISSES):
            return True
        if unwatched and memory.moving:
            return True
        if self._recent(memory):
            return False
        # What was seen briefly is not waited for long.
        if memory.missed_s > min(self.patience_s, memory.last_s - memory.first_s):
            return True
        # What moved at the border has left: the next to come in there is another.
        return memory.moving and self._at_border(memory.box)

    def _shown(self) -> tuple[Track, ...]:
        """What is believed now: confirmed, not missed for long, and not gone from the picture."""
        now_s = self._now_s
        shown = []
        for memory in self._known:
            if memory.id == 0:
                continue
            if memory.last_s == now_s:
                shown.append(memory.track(now_s))
            elif self._recent(memory):
                track = memory.track(now_s)
                if self._visible(track.box) >= LEFT * memory.box.area:
                    shown.append(track)
        return tuple(shown)

    def _visible(self, box: Box) -> float:
        """Square pixels of it that lie in the picture."""
        return box.clipped(*self._picture).area

    def _leaves(self, memory: Memory) -> bool:
        """Whether it is at the border, and a part of it beyond within a second."""
        right, down = memory.motion.velocity()
        x1, y1, x2, y2 = memory.box
        ahead = Box(x1 + right, y1 + down, x2 + right, y2 + down)
        return self._at_border(memory.box) and self._visible(ahead) < self._visible(memory.box)

    def _at_border(self, box: Box) -> bool:
        width, height = self._picture
        margin_x, margin_y = BORDER * width, BORDER * height
        return (
            box.x1 < margin_x
            or box.y1 < margin_y
            or box.x2 > width - margin_x
            or box.y2 > height - margin_y
        )


def _left(
    pairs: Pairs, known: Sequence[Memory], seen: Sequence[Seen]
) -> tuple[list[Memory], list[Seen]]:
    """Who has no partner yet."""
    taken = {one.row for one in pairs.values()}
    return (
        [memory for memory in known if memory not in pairs],
        [one for one in seen if one.row not in taken],
    )


def _carries(memory: Memory, one: Seen) -> bool:
    """Whether a detection lies within a thing of another kind, and is small beside it."""
    whole = area(one.box)
    return (
        memory.family != one.family
        and whole <= CARRIED * memory.box.area
        and shared(one.box, memory.box) >= INSIDE * whole
    )


def looked_at(box: Corners, regions: Sequence[Corners]) -> bool:
    """Whether most of a box lies in one of the regions of a look."""
    return any(shared(box, region) >= INSIDE * area(box) for region in regions)


def _in_company(memory: Memory, present: Sequence[Memory]) -> bool:
    """Whether another present thing of the family stands within a size of it."""
    near = size(memory.box)
    return any(
        dist(memory.box.foot, other.box.foot) < near
        for other in present
        if other is not memory and other.family == memory.family
    )
