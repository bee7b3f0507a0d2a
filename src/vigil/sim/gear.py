"""What people wear for protection: a helmet, a vest. Each goes wherever its wearer goes."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from vigil.sim.mesh import Colour, Mesh, joined, limb, painted, ring_faces, tube
from vigil.sim.people import Looks
from vigil.sim.props import Prop
from vigil.sim.route import Stance

YELLOW: Colour = (0.95, 0.78, 0.05)
ORANGE: Colour = (1.0, 0.42, 0.05)
LEAN = 0.06
"""Radians by which somebody who walks leans forward, as `people.body` has it."""


@dataclass(frozen=True, kw_only=True)
class Helmet(Prop):
    """A hard hat on the head of somebody who walks its route."""

    looks: Looks
    """Of the wearer."""
    colour: Colour = YELLOW
    off_from_s: float | None = None
    """It is taken off then; None: never."""
    on_from_s: float = 0.0
    """It is put on then."""

    @property
    def label(self) -> str:
        """The usual word of detectors of protective gear."""
        return "helmet"

    def solid(self, stance: Stance, time_s: float) -> Mesh:
        """On the head; out of the world while it is off."""
        return _worn(_helmet(self.colour), self.looks, stance, self._is_on(time_s))

    def _is_on(self, time_s: float) -> bool:
        return time_s >= self.on_from_s and (self.off_from_s is None or time_s < self.off_from_s)


@dataclass(frozen=True, kw_only=True)
class Vest(Prop):
    """A vest in a colour that is seen from afar."""

    looks: Looks
    colour: Colour = ORANGE

    @property
    def label(self) -> str:
        """The usual word of detectors of protective gear."""
        return "vest"

    def solid(self, stance: Stance, time_s: float) -> Mesh:
        """Around the trunk."""
        return _worn(_vest(self.colour), self.looks, stance, True)


def _worn(mesh: Mesh, looks: Looks, stance: Stance, is_on: bool) -> Mesh:
    scale = looks.height_m / 1.75
    effort = min(stance.speed_m_s / 1.2, 1.5)
    size = np.array([scale * looks.breadth, scale * looks.breadth**0.5, scale], np.float32)
    points = mesh.points * size
    # The trunk turns about the hips, at a bit more than half the height.
    hips = np.float32(0.93 * scale)
    points[:, 1] += np.sin(LEAN * effort) * np.maximum(points[:, 2] - hips, 0)
    points[:, 2] -= 0.02 * effort * scale
    if not is_on:
        points[:, 2] -= 50.0
    return replace(mesh, points=points.astype(np.float32)).placed(
        stance.x, stance.y, 0.0, stance.heading
    )


@lru_cache(maxsize=8)
def _helmet(colour: Colour) -> Mesh:
    """A dome with a brim, around the skull of a person of 1.75 m who faces +y."""
    up = np.array([0.0, 0.03, 0.07, 0.11, 0.135], np.float32)
    wide = np.array([0.118, 0.116, 0.10, 0.066, 0.012], np.float32)
    centres = np.zeros((5, 3), np.float32)
    centres[:, 1], centres[:, 2] = 0.01, 1.655 + up
    right, front = np.zeros_like(centres), np.zeros_like(centres)
    right[:, 0], front[:, 1] = wide, 1.2 * wide
    dome = painted(tube(centres, right, front, 14), ring_faces(5, 14), colour, gloss=0.25)
    rim = limb([(0, 0.03, 1.645), (0, 0.03, 1.66)], [0.15, 0.15], colour, 14)
    return joined([dome, rim])


@lru_cache(maxsize=8)
def _vest(colour: Colour) -> Mesh:
    """A tube around the trunk, with bright bands."""
    up = np.array([0.98, 1.1, 1.12, 1.17, 1.19, 1.33, 1.46], np.float32)
    wide = np.array([0.19, 0.195, 0.197, 0.199, 0.2, 0.215, 0.185], np.float32)
    centres = np.zeros((7, 3), np.float32)
    centres[:, 2] = up
    right, front = np.zeros_like(centres), np.zeros_like(centres)
    right[:, 0], front[:, 1] = wide, 0.75 * wide
    mesh = painted(tube(centres, right, front, 14), ring_faces(7, 14), colour, lift_m=0.1)
    mesh.colours[2 * 14 : 3 * 14] = (0.92, 0.93, 0.9)
    return mesh
