"""A plastic bag that the wind blows over the ground."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vigil.sim.mesh import Colour, Mesh, painted, ring_faces, tube
from vigil.sim.props import Prop
from vigil.sim.route import Stance

SHAPES = 24
"""Pictures of a bag that tumbles; they repeat."""


@dataclass(frozen=True, kw_only=True)
class Litter(Prop):
    """A bag that slides, hops and tumbles along its route; no story counts it."""

    size_m: float = 0.42
    colour: Colour = (0.88, 0.89, 0.90)

    @property
    def label(self) -> str:
        """COCO has no word for it."""
        return "litter"

    def solid(self, stance: Stance, time_s: float) -> Mesh:
        """The bag as the wind holds it at that moment, in its place."""
        turning = time_s * (2.0 + stance.speed_m_s)
        shape = _crumpled(self.id % 7, round(turning * 2) % SHAPES, self.colour)
        lively = min(stance.speed_m_s / 2.0, 1.0)
        hop = lively * self.size_m * abs(float(np.sin(1.7 * turning))) ** 2
        aside = 0.5 * self.size_m * lively * float(np.sin(0.9 * turning))
        grown = Mesh(
            shape.points * np.float32(self.size_m), shape.faces, shape.colours, shape.gloss,
            shape.glow, shape.lift_m,
        )  # fmt: skip
        x = stance.x - aside * float(np.sin(stance.heading))
        y = stance.y + aside * float(np.cos(stance.heading))
        return grown.placed(x, y, hop, stance.heading + 0.8 * turning)


@lru_cache(maxsize=7 * SHAPES)
def _crumpled(seed: int, step: int, colour: Colour) -> Mesh:
    """About one metre across, standing on the ground, with an outline that never repeats."""
    random = np.random.default_rng([seed, 311])
    rings, around = 7, 10
    height = np.linspace(0, 1, rings)
    phase = 2 * np.pi * step / SHAPES
    waves = random.uniform(0, 2 * np.pi, (3, 2))
    breath = 0.8 + 0.2 * np.sin(phase + waves[0, 0])
    # A bag bulges in the middle and its mouth trails behind.
    bulge = np.sin(np.pi * np.clip(height, 0.04, 0.93)) ** 0.7
    wide = bulge * (0.42 + 0.10 * np.sin(5 * height + phase + waves[1, 0]))
    deep = bulge * (0.30 + 0.10 * np.cos(4 * height - phase + waves[1, 1]))
    centres = np.zeros((rings, 3), np.float32)
    centres[:, 0] = 0.12 * np.sin(3 * height + phase + waves[2, 0])
    centres[:, 1] = -0.25 * height * np.cos(phase + waves[2, 1])
    centres[:, 2] = 0.02 + height * 0.75 * breath
    right, front = np.zeros_like(centres), np.zeros_like(centres)
    right[:, 0], front[:, 1] = wide, deep
    points = tube(centres, right, front, around)
    points += random.normal(0, 0.035, points.shape).astype(np.float32)
    points[:, 2] -= points[:, 2].min()
    return painted(points, ring_faces(rings, around), colour, gloss=0.25)
