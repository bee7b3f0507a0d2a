"""A random share of all looks, so that nothing is missing from what is learnt."""

from collections.abc import Sequence

from vigil.core import Detections, Limits, Look, Scene, Step, part
from vigil.stages.sample.chance import Chance, Probability

SCORE = 0.1
"""It is worth little by itself; whatever else speaks for it counts more."""


@part
class RandomFloor:
    """Wants looks by chance, whatever they show: `probability` of each.

    What a model is sure of and wrong about comes to light in no other way. A camera at rest has no
    looks, so that this is a share of the moments at which something happens.
    """

    probability: Probability = 0.01
    limits: Limits = Limits(hourly=1, daily=4)

    def __post_init__(self) -> None:
        self._chance = Chance(self.probability)

    @property
    def kind(self) -> str:
        return "random"

    def offer(
        self, look: Look, detections: Detections, scene: Scene, steps: Sequence[Step]
    ) -> float | None:
        return SCORE if self._chance.comes() else None
