"""What an actor is that neither walks, drives nor is carried: one class, one file each."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from vigil.sim.mesh import Mesh
from vigil.sim.route import Route, Stance


@dataclass(frozen=True, kw_only=True)
class Prop(ABC):
    """A body on a way of its own: an animal, litter, a thing that is thrown or lies about."""

    CLOTHED: ClassVar[bool] = False
    """Whether its surface is drawn with the weave of cloth, or fur."""

    id: int
    route: Route
    """Where it is on the ground, and when; a thing that lies about has a way of no length."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The word of the COCO vocabulary, or one of our own where it has none."""

    @abstractmethod
    def solid(self, stance: Stance, time_s: float) -> Mesh:
        """The body as it is at that moment, in its place."""
