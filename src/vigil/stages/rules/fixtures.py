"""Places of the picture where something stands for good, and is left alone."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BeforeValidator

from vigil.core import Box, Scene
from vigil.stages.rules.geometry import Fraction, overlap

Region = Annotated[
    tuple[Fraction, Fraction, Fraction, Fraction],
    BeforeValidator(lambda value: value.split(",") if isinstance(value, str) else value),
]
"""A box: x1, y1, x2, y2 in fractions of the picture."""
SAME_PLACE_IOU = 0.5
"""What overlaps a fixture by more is that fixture."""


def region_of(box: Box, scene: Scene) -> tuple[float, float, float, float]:
    """A box in fractions of the picture."""
    inside = box.clipped(scene.width, scene.height)
    width, height = scene.width, scene.height
    return inside.x1 / width, inside.y1 / height, inside.x2 / width, inside.y2 / height


def is_fixture(box: Box, scene: Scene, fixtures: Iterable[Region]) -> bool:
    """Whether a box shows what stands there for good."""
    region = Box(*region_of(box, scene))
    return any(overlap(region, Box(*place)) >= SAME_PLACE_IOU for place in fixtures)
