"""What readers have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from vigil.core import Box, Crop, Reading, part
from vigil.stages.read.settings import Kind, Part, Words


@part
class CropReader(ABC):
    """Settings of any reader.

    `name`: the kind of its readings, by which rules ask for them. `labels`: of the tracks that it
    reads; empty: all. `crop`: left, top, right and bottom of what it reads, in widths and heights
    of a track's box.
    """

    USEFUL_PX: ClassVar[int] = 256

    name: Kind = "reading"
    labels: Words = ()
    crop: Part = (0.0, 0.0, 1.0, 1.0)

    @property
    def kind(self) -> str:
        return self.name

    @property
    def wants(self) -> frozenset[str]:
        return frozenset(self.labels)

    @property
    def area(self) -> Box:
        return Box(*self.crop)

    @property
    def width(self) -> int:
        return self.USEFUL_PX

    @property
    def again_s(self) -> float | None:
        return None

    def warm_up(self) -> None:
        """Open the weights now, where there are any; raises `ModelError`."""
        return None

    def read(self, crops: Sequence[Crop]) -> list[Reading | None]:
        return [self.one(crop) for crop in crops]

    @abstractmethod
    def one(self, crop: Crop) -> Reading | None:
        """What one crop tells; None: nothing."""
