"""By what figures are told apart: camera, light, size and crowding."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from vigil.core import Image
from vigil.stages.sample.condition import DARK_LUMA

SMALL_PX = 32.0
"""COCO's bound: things smaller than this square, in source pixels, are small."""
CROWD = 5
"""Things in one picture from which on it is crowded."""
LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue, as ITU-R BT.601 has it."""


def light_of(image: Image) -> str:
    """`light/dark` for a picture, RGB, of mean luma below what samples call dark."""
    luma = sum(weight * value for weight, value in zip(LUMA, image.mean((0, 1)), strict=True))
    return "light/dark" if luma < DARK_LUMA else "light/day"


def size_of(area: float) -> str:
    """Of a thing of so many square pixels of the source."""
    return "size/small" if area < SMALL_PX**2 else "size/large"


def crowding_of(things: int) -> str:
    """Of a picture that shows so many."""
    return "crowd/many" if things >= CROWD else "crowd/few"


@dataclass(slots=True)
class Slices:
    """Counts right and all, slice by slice."""

    _right: dict[str, int] = field(default_factory=dict)
    _all: dict[str, int] = field(default_factory=dict)

    def add(self, names: Iterable[str], *, right: bool) -> None:
        for name in names:
            self._right[name] = self._right.get(name, 0) + right
            self._all[name] = self._all.get(name, 0) + 1

    @property
    def shares(self) -> dict[str, float]:
        """What is right of each, 0 to 1, by name."""
        return {name: self._right[name] / count for name, count in self.counts.items()}

    @property
    def counts(self) -> dict[str, int]:
        """How many each is a share of, by name."""
        return dict(sorted(self._all.items()))
