"""What a detector is shown of a look: the picture as it came, or made easier to see."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from vigil.core import Box, Enhancer, Frame, Image, Look, Luma, Pixels


class Easing:
    """The enhancers of one camera, one after the other, and what they cost.

    Only the detector sees what they make. Clips, samples, readers and gates have the picture.
    """

    def __init__(
        self, enhancers: Sequence[Enhancer] = (), cpu_s: Callable[[], float] = time.thread_time
    ) -> None:
        self._enhancers = tuple(enhancers)
        self._cpu_s = cpu_s
        self.pieces = 0
        """Pieces of pictures that a detector was shown."""
        self.spent_s = 0.0
        """Processor seconds that they took, with the conversion to colour."""

    def see(self, frame: Frame) -> None:
        """Any decoded picture, in order."""
        for enhancer in self._enhancers:
            enhancer.see(frame)

    def ease(self, look: Look) -> Look:
        """The look with what the detector is to be shown; nothing is computed yet."""
        if not self._enhancers:
            return look
        frame = look.frame
        for enhancer in self._enhancers:
            frame = enhancer.enhance(frame)
        return replace(look, eased=replace(frame, pixels=_Counted(frame.pixels, self)))

    def count(self, made: Callable[[], Image]) -> Image:
        """A piece, and what it cost."""
        began_s = self._cpu_s()
        image = made()
        self.pieces += 1
        self.spent_s += self._cpu_s() - began_s
        return image


class _Counted:
    """Pixels that are paid for when somebody asks for them."""

    def __init__(self, pixels: Pixels, easing: Easing) -> None:
        self._pixels = pixels
        self._easing = easing

    def luma(self, width: int, height: int) -> Luma:
        return self._pixels.luma(width, height)

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        return self._easing.count(lambda: self._pixels.rgb(width, height, region))
