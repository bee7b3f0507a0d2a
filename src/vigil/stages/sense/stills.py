"""What the heads of users' algorithms say of stills, taken while something moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vigil.core import Box, Boxes, Corners, Frame, Likeness, Scene, Signals
from vigil.infer.head_folder import KeptHead
from vigil.infer.head_panel import HeadPanel, Shares
from vigil.infer.head_views import views_of
from vigil.media.footage import MaskedPixels

EVERY_S = 2.0
"""At most one still in so many seconds while something moves, or is told …"""
REST_S = 60.0
"""… and at least one in so many seconds while nothing does and pictures are compared at all."""
MOST_REGIONS = 3
"""Of a still besides the whole view; each costs as much as that."""
AGAIN_S = 10.0
"""After so many seconds heads that could not be opened are tried again."""
SAME = 0.5
"""Of the smaller box: two that share so much are one region."""


class StillSense:
    """Shows the whole view and what moves in it to all heads of a camera's algorithms.

    What was told stays among the regions when it stops moving: it must not vanish for that.
    """

    every_picture = False

    def __init__(
        self,
        panel: HeadPanel,
        moving: Callable[[], Boxes],
        *,
        masks: Sequence[Corners] = (),
        again: Callable[[], HeadPanel] | None = None,
    ) -> None:
        """`moving`: where it moves in the picture that was last compared, source pixels.

        `again` opens the heads anew; it is called now and then while some are silent.
        """
        self._panel = panel
        self._again = again
        self._tried_s: float | None = None
        self._moving = moving
        self._masks = tuple(masks)
        self._frame: Frame | None = None
        self._last_s = float("-inf")
        self._told: list[Box] = []
        self._telling = False

    @property
    def silent(self) -> Mapping[str, str]:
        """Algorithms whose heads cannot be asked now, with the reason."""
        return self._panel.silent

    def see(self, frame: Frame, scene: Scene | None) -> None:
        self._frame = frame

    def tell(self, signals: Signals) -> Signals:
        frame, self._frame = self._frame, None
        if frame is None:
            return signals
        self._mend(frame.time_s)
        if not self._panel.heads:
            return signals
        moving = [Box(*map(float, row)) for row in self._moving()]
        waits_s = EVERY_S if moving or self._telling else REST_S
        if frame.time_s - self._last_s < waits_s:
            return signals
        self._last_s = frame.time_s
        return replace(signals, likenesses=self._look(frame, moving))

    def _mend(self, time_s: float) -> None:
        if self._again is None or not self._panel.silent:
            return
        if self._tried_s is None:
            self._tried_s = time_s
        if time_s - self._tried_s >= AGAIN_S:
            self._tried_s = time_s
            self._panel = self._again()

    def _look(self, frame: Frame, moving: Sequence[Box]) -> tuple[Likeness, ...]:
        if self._masks:
            pixels = MaskedPixels(frame.pixels, self._masks, (frame.width, frame.height))
            frame = replace(frame, pixels=pixels)
        views = views_of(frame, _different([*self._told, *moving])[:MOST_REGIONS])
        boxes, answers = [box for box, _ in views], self._panel.ask([image for _, image in views])
        found = [
            likeness
            for kept, shares in zip(self._panel.heads, answers, strict=True)
            for likeness in _likenesses(kept, shares, boxes)
        ]
        told = [one for one in found if one.likelihood >= one.least]
        self._telling = bool(told)
        self._told = _different([one.box for one in told if one.box is not None])
        return tuple(found)


def _likenesses(kept: KeptHead, shares: Shares, boxes: Sequence[Box | None]) -> list[Likeness]:
    """Of each word the view that is most like it; of two words, the first is looked for."""
    words = kept.head.words
    numbers = [0] if len(words) == 2 else range(len(words))
    found = []
    for number in numbers:
        best = int(shares[:, number].argmax())
        found.append(
            Likeness(
                algorithm=kept.algorithm,
                version=kept.version,
                word=words[number],
                likelihood=float(shares[best, number]),
                least=kept.head.threshold,
                unsure_from=kept.unsure_from,
                box=boxes[best],
            )
        )
    return found


def _different(boxes: Sequence[Box]) -> list[Box]:
    """Without those that are much the same as one before."""
    kept: list[Box] = []
    for box in boxes:
        if not any(_shared(box, other) > SAME for other in kept):
            kept.append(box)
    return kept


def _shared(one: Box, other: Box) -> float:
    wide = min(one.x2, other.x2) - max(one.x1, other.x1)
    high = min(one.y2, other.y2) - max(one.y1, other.y1)
    smaller = min(one.width * one.height, other.width * other.height)
    return max(wide, 0.0) * max(high, 0.0) / max(smaller, 1e-9)
