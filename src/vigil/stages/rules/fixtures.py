"""Places of the picture where something stands for good, and is left alone."""

from abc import ABC
from typing import Annotated

from pydantic import BeforeValidator

from vigil.core import Box, Scene, Step, part
from vigil.stages.rules.geometry import Fraction, overlap
from vigil.stages.rules.scene_rule import SceneRule

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


@part
class PlaceRule(SceneRule, ABC):
    """Frame of a rule about things that stand somewhere."""

    fixtures: tuple[Region, ...] = ()
    """Places where something stands for good; `dismiss` for good adds to them."""

    def dismiss(self, event_id: str, *, for_good: bool = False) -> list[Step]:
        """End an open event; `for_good` leaves alone whatever stands in its place from now on."""
        key = self._lives.key_of(event_id)
        event = None if key is None else self._lives.event(key)
        if for_good and event is not None and event.box is not None and self._last is not None:
            self.fixtures = (*self.fixtures, region_of(event.box, self._last.scene))
        return super().dismiss(event_id)

    def is_fixture(self, box: Box, scene: Scene) -> bool:
        """Whether a box shows what stands there for good."""
        if not self.fixtures:
            return False
        region = Box(*region_of(box, scene))
        return any(overlap(region, Box(*place)) >= SAME_PLACE_IOU for place in self.fixtures)
