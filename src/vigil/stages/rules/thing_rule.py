"""What rules about things have in common that the background finds, or a detector."""

from abc import ABC, abstractmethod

from vigil.core import Box, Rung, Scene, part
from vigil.stages.rules.fixtures import PlaceRule
from vigil.stages.rules.settings import Labels


@part
class ThingRule(PlaceRule, ABC):
    """Frame of a rule about `object`s of the background and tracks of other labels."""

    @property
    @abstractmethod
    def others(self) -> Labels:
        """Words of those who come and go beside the things."""

    @property
    def needs(self) -> Rung:
        # A thing at rest is learnt from brightness compared several times a second.
        return Rung.LUMA

    @property
    def signals(self) -> frozenset[str]:
        known = not self.labels or "object" in self.labels
        return frozenset({"static_blobs"}) if known else frozenset()

    def may_lie(self, box: Box, scene: Scene) -> bool:
        """Whether a thing there has a size and a place that count, and is no fixture."""
        size = min(box.height / scene.height, 1.0)
        return (
            self.min_size <= size <= self.max_size
            and self.stands_inside(box, scene)
            and not self.is_fixture(box, scene)
        )

    @property
    def wants(self) -> frozenset[str]:
        return frozenset(self.labels) | frozenset(self.others) if self.labels else frozenset()
