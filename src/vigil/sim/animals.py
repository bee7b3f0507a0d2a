"""Dogs and cats: four legs under a body, walking or trotting."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float32

from vigil.sim.camera import Vector
from vigil.sim.mesh import Colour, Mesh, joined, limb
from vigil.sim.props import Prop
from vigil.sim.route import Stance

CYCLE_STEPS = 24
"""A stride is drawn in so many poses."""
COATS: tuple[Colour, ...] = (
    (0.30, 0.22, 0.15), (0.10, 0.09, 0.09), (0.55, 0.42, 0.28), (0.72, 0.69, 0.64),
    (0.38, 0.36, 0.35), (0.52, 0.31, 0.16),
)  # fmt: skip
GROUNDED = 0.62
"""Share of a stride in which a foot stands."""


@dataclass(frozen=True, slots=True)
class Build:
    """Proportions, in metres, of an animal whose shoulder is at 1 m."""

    shoulder_m: float
    """Height that a usual one really has."""
    length: float
    """From hip to shoulder."""
    girth: float
    """Radius of the chest."""
    leg: float
    """Radius of a leg."""
    head: float
    """Radius of the skull."""
    snout: float
    """How far the nose is before the skull."""
    neck_up: float
    """How far the skull is above the shoulder."""
    tail: tuple[tuple[float, float], ...]
    """Points of the tail: behind the hip, above it."""
    stride: float
    """Ground covered by one step of each leg."""


BUILDS: dict[str, Build] = {
    "dog": Build(
        0.56, 1.02, 0.235, 0.058, 0.145, 0.30, 0.26, ((0.05, 0.02), (0.30, 0.10), (0.48, 0.34)), 1.5
    ),
    "cat": Build(
        0.25, 1.30, 0.245, 0.062, 0.180, 0.20, 0.20, ((0.05, 0.0), (0.40, -0.25), (0.95, 0.05)), 1.7
    ),
}


@dataclass(frozen=True, kw_only=True)
class Animal(Prop):
    """A dog or cat that goes its way: an actor whose label no story counts."""

    CLOTHED: ClassVar[bool] = True

    kind: Literal["dog", "cat"] = "dog"
    coat: Colour = COATS[0]
    size: float = 1.0
    """Against a usual one of its kind."""

    @property
    def label(self) -> str:
        """The word of the COCO vocabulary."""
        return self.kind

    def solid(self, stance: Stance, time_s: float) -> Mesh:
        """The animal in its stride, in its place."""
        build = BUILDS[self.kind]
        stride_m = build.stride * build.shoulder_m * self.size
        cycle = round(stance.travelled_m / stride_m * CYCLE_STEPS) % CYCLE_STEPS
        effort = round(min(stance.speed_m_s / stride_m, 1.0) * 4) / 4
        drawn = _animal(self.kind, self.coat, cycle / CYCLE_STEPS, effort)
        scale = np.float32(build.shoulder_m * self.size)
        grown = Mesh(
            drawn.points * scale, drawn.faces, drawn.colours, drawn.gloss, drawn.glow, drawn.lift_m
        )
        return grown.placed(stance.x, stance.y, 0.0, stance.heading)


@lru_cache(maxsize=512)
def _animal(kind: str, coat: Colour, cycle: float, effort: float) -> Mesh:
    """One metre high at the shoulder, feet on the ground, facing +y."""
    build = BUILDS[kind]
    pieces = [_trunk(build, coat, cycle, effort), *_head(build, coat, cycle, effort)]
    pieces.append(_tail(build, coat, cycle))
    # Diagonal legs move together but for a quarter of a stride, as animals walk.
    for front, side, phase in ((1, -1, 0.0), (0, 1, 0.15), (1, 1, 0.5), (0, -1, 0.65)):
        pieces.append(_leg(build, coat, bool(front), side, (cycle + phase) % 1.0, effort))
    return joined(pieces)


def _trunk(build: Build, coat: Colour, cycle: float, effort: float) -> Mesh:
    bob = 0.02 * effort * float(np.cos(4 * np.pi * cycle))
    half, thick = build.length / 2, build.girth
    places = (-half - 0.12, -half, -half * 0.35, half * 0.2, half * 0.8, half + 0.14)
    radii = [thick * r for r in (0.42, 0.80, 0.74, 0.92, 1.0, 0.55)]
    back = 1.0 - thick * 0.75 + bob
    points: list[Vector] = [(0.0, y, back + 0.03 * (k in (0, 5))) for k, y in enumerate(places)]
    return limb(points, radii, coat, 12)


def _head(build: Build, coat: Colour, cycle: float, effort: float) -> list[Mesh]:
    nod = 0.03 * effort * float(np.cos(4 * np.pi * cycle + 0.6))
    chest: Vector = (0.0, build.length / 2, 0.92)
    y, z = build.length / 2 + 0.30, 1.0 + build.neck_up + nod
    neck = limb([chest, (0.0, y - 0.08, z - 0.06)], [build.girth * 0.62, build.head * 0.8], coat)
    size = build.head
    skull = limb(
        [(0.0, y - size, z), (0.0, y - size * 0.3, z), (0.0, y + size * 0.6, z - 0.02),
         (0.0, y + size * 0.6 + build.snout * 0.5, z - size * 0.35),
         (0.0, y + size * 0.6 + build.snout, z - size * 0.42)],
        [size * 0.55, size, size * 0.82, size * 0.48, size * 0.34], coat, 10,
    )  # fmt: skip
    dark = (coat[0] * 0.55, coat[1] * 0.55, coat[2] * 0.55)
    ears = [
        limb(
            [(side * size * 0.55, y - size * 0.2, z + size * 0.6),
             (side * size * 0.75, y - size * 0.25, z + size * 1.55)],
            [size * 0.34, size * 0.05], dark, 6,
        )
        for side in (-1, 1)
    ]  # fmt: skip
    return [neck, skull, *ears]


def _tail(build: Build, coat: Colour, cycle: float) -> Mesh:
    wag = 0.10 * float(np.sin(2 * np.pi * cycle))
    root = -build.length / 2 - 0.08
    points: list[Vector] = [
        (wag * k, root - behind, 0.92 + above) for k, (behind, above) in enumerate(build.tail)
    ]
    return limb(points, [0.075, 0.06, 0.03], coat)


def _leg(build: Build, coat: Colour, front: bool, side: int, phase: float, effort: float) -> Mesh:
    hip = np.array(
        [side * build.girth * 0.55, build.length / 2 * (1 if front else -1), 0.78], np.float32
    )
    foot = hip * (1, 1, 0) + _step(phase, build.stride * 0.42 * effort, 0.16 * effort)
    knee = _knee(hip, foot, 0.43, 0.41, forwards=not front)
    paw, toe = np.array([0, 0, 0.04]), np.array([0, 0.07, 0.02])
    points = [hip, knee, foot + paw, foot + toe]
    radii = [build.leg * r for r in (1.9, 1.15, 0.85, 0.75)]
    return limb([(float(x), float(y), float(z)) for x, y, z in points], radii, coat)


def _step(phase: float, stride: float, lift: float) -> Float32[np.ndarray, "3"]:
    """Where a foot is against its hip: pushed back while it stands, swung forward above ground."""
    if phase < GROUNDED:
        return np.array([0, stride * (0.5 - phase / GROUNDED), 0], np.float32)
    swing = (phase - GROUNDED) / (1 - GROUNDED)
    return np.array([0, stride * (swing - 0.5), lift * np.sin(np.pi * swing)], np.float32)


def _knee(
    hip: Float32[np.ndarray, "3"],
    foot: Float32[np.ndarray, "3"],
    upper: float,
    lower: float,
    *,
    forwards: bool,
) -> Float32[np.ndarray, "3"]:
    """Where two bones of these lengths meet between hip and foot."""
    reach = foot - hip
    length = min(float(np.linalg.norm(reach)), upper + lower - 1e-3)
    along = (upper**2 - lower**2 + length**2) / (2 * length)
    aside = float(np.sqrt(max(upper**2 - along**2, 0.0)))
    direction = reach / np.linalg.norm(reach)
    bend = np.array([0, -direction[2], direction[1]], np.float32) * (1 if forwards else -1)
    return np.asarray(hip + direction * along + bend * aside, np.float32)
