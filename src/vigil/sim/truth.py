"""What is really in a picture, and what really happened, to the pixel and the moment."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from vigil.core import Box, Boxes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """The actors in one picture, as parallel arrays; actors quite out of it are left out."""

    time_s: float
    """Seconds of the world."""
    boxes: Boxes
    """Around the whole outline inside the picture, hidden parts too."""
    ids: tuple[int, ...]
    """The same for one actor in every camera and at all times."""
    labels: tuple[str, ...]
    """Words of the COCO vocabulary."""
    visible: Float32[np.ndarray, "n"]
    """Share of the whole outline that the picture shows, 0 to 1: neither hidden nor cut off."""

    def __len__(self) -> int:
        return len(self.ids)

    def box_of(self, id_: int) -> Box | None:
        """The box of an actor; None when it is not in the picture."""
        if id_ not in self.ids:
            return None
        return Box(*(float(v) for v in self.boxes[self.ids.index(id_)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEvent:
    """Something that a rule ought to report."""

    kind: str
    """Of the rule."""
    start_s: float
    """Seconds of the world."""
    end_s: float
    ids: tuple[int, ...]
    """The actors that did it."""
    box: Box | None
    """Where the first of them was at the start, pixels."""
    direction: Literal["forward", "backward"] | None = None
    """Of a crossing: `forward` leads from the left to the right of somebody who walks along the
    line from its first point to its second, as seen in the picture."""
