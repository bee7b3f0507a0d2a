"""Things that stand, lie, are put somewhere and taken away, or fly through the air."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from vigil.sim.camera import Vector
from vigil.sim.mesh import Colour, Mesh, block, joined, limb
from vigil.sim.props import Prop
from vigil.sim.route import Route, Stance, Stop

GRAVITY_M_S2 = 9.81

Kind = Literal["box", "tyre", "plank", "bottle", "carton", "vase", "bag"]


def standing(place: tuple[float, float], from_s: float, until_s: float) -> Route:
    """The way of what stands at a place on the ground, metres, between two moments."""
    x, y = place
    # A route has a length; a tenth of a millimetre leads nowhere.
    return Route(points=((x, y), (x + 1e-4, y)), start_s=from_s, stops=(Stop(1, until_s - from_s),))


@dataclass(frozen=True, kw_only=True)
class Thing(Prop):
    """Something that stands still for as long as its route lasts."""

    kind: Kind = "box"
    colour: Colour = (0.42, 0.30, 0.16)
    size: float = 1.0
    """Against a usual one of its kind."""
    above_m: float = 0.0
    """Height of what it stands on."""
    turn: float = 0.0
    """Radians by which it is turned."""
    word: str = "thing"

    @property
    def label(self) -> str:
        """COCO has words for few of them."""
        return self.word

    def solid(self, stance: Stance, time_s: float) -> Mesh:
        """The thing in its place."""
        return _shaped(self.kind, self.colour, self.size).placed(
            stance.x, stance.y, self.above_m, self.turn
        )


@dataclass(frozen=True, kw_only=True)
class Thrown(Prop):
    """Something in free flight from a moment on, that lies where it came down."""

    start: Vector
    """Where it is let go, metres."""
    velocity: Vector
    """Metres a second."""
    thrown_s: float
    kind: Kind = "bottle"
    colour: Colour = (0.12, 0.30, 0.16)
    size: float = 1.0

    @classmethod
    def at(
        cls,
        id: int,
        *,
        start: Vector,
        velocity: Vector,
        thrown_s: float,
        lies_s: float = 2.0,
        kind: Kind = "bottle",
        colour: Colour = (0.12, 0.30, 0.16),
        size: float = 1.0,
    ) -> "Thrown":
        """One that lies for `lies_s` after it came down."""
        lasts_s = flight_s(start, velocity)
        end = (start[0] + velocity[0] * lasts_s, start[1] + velocity[1] * lasts_s)
        return cls(
            id=id, start=start, velocity=velocity, thrown_s=thrown_s, kind=kind, colour=colour,
            size=size, route=standing(end, thrown_s, thrown_s + lasts_s + lies_s),
        )  # fmt: skip

    @property
    def label(self) -> str:
        """No word of COCO's: nobody detects it in flight."""
        return "thrown"

    def solid(self, stance: Stance, time_s: float) -> Mesh:
        """Where it is at that moment, tumbling while it flies."""
        lasts_s = flight_s(self.start, self.velocity)
        t = min(max(time_s - self.thrown_s, 0.0), lasts_s)
        x, y, z = self.start
        right, ahead, up = self.velocity
        height = max(z + up * t - GRAVITY_M_S2 * t * t / 2, 0.0)
        shape = _shaped(self.kind, self.colour, self.size)
        return _tumbled(shape, 7.0 * t).placed(x + right * t, y + ahead * t, height, 0.0)


def flight_s(start: Vector, velocity: Vector) -> float:
    """Seconds until something that is let go there comes down."""
    up = velocity[2]
    return float((up + np.sqrt(up * up + 2 * GRAVITY_M_S2 * start[2])) / GRAVITY_M_S2)


def _tumbled(mesh: Mesh, turn: float) -> Mesh:
    """Turned about a level axis through its middle."""
    middle = (mesh.points.max(axis=0) + mesh.points.min(axis=0)) / 2
    cos, sin = np.cos(turn), np.sin(turn)
    about = np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]], np.float32)
    points = (mesh.points - middle) @ about
    points[:, 2] -= points[:, 2].min()
    return Mesh(
        points.astype(np.float32), mesh.faces, mesh.colours, mesh.gloss, mesh.glow, mesh.lift_m
    )


@lru_cache(maxsize=64)
def _shaped(kind: Kind, colour: Colour, size: float) -> Mesh:
    """Standing at the origin."""
    dark = (colour[0] * 0.6, colour[1] * 0.6, colour[2] * 0.6)
    s = size
    match kind:
        case "tyre":
            return limb([(0, 0, 0), (0, 0, 0.22 * s)], [0.33 * s, 0.33 * s], colour, 18)
        case "plank":
            return block((1.6 * s, 0.22 * s, 0.09 * s), (0, 0, 0.045 * s), colour)
        case "bottle":
            neck = limb([(0, 0, 0.18 * s), (0, 0, 0.28 * s)], [0.05 * s, 0.025 * s], colour)
            return joined([limb([(0, 0, 0), (0, 0, 0.2 * s)], [0.05 * s] * 2, colour), neck])
        case "vase":
            joints: list[Vector] = [(0, 0, z * s) for z in (0, 0.12, 0.3, 0.42, 0.5)]
            return limb(joints, [r * s for r in (0.08, 0.15, 0.17, 0.07, 0.1)], colour, 14)
        case "bag":
            joints = [(0, 0, z * s) for z in (0, 0.05, 0.25, 0.42)]
            return limb(joints, [r * s for r in (0.14, 0.2, 0.19, 0.05)], colour, 12)
        case _:
            wide = 0.5 if kind == "box" else 0.2
            body = block(
                (wide * s, 0.8 * wide * s, 0.7 * wide * s), (0, 0, 0.35 * wide * s), colour
            )
            lid = block(
                (wide * s, 0.1 * wide * s, 0.01 * s), (0, 0, 0.71 * wide * s), dark, lift_m=0.1
            )
            return joined([body, lid])


def shelf_unit(
    place: tuple[float, float],
    *,
    boards_m: tuple[float, ...] = (0.5, 0.95, 1.4),
    wide_m: float = 1.8,
    deep_m: float = 0.4,
    colour: Colour = (0.62, 0.60, 0.56),
) -> Mesh:
    """A shelf that is a part of the site; its boards are at these heights, its back to +y."""
    x, y = place
    high = boards_m[-1] + 0.5
    parts = [block((wide_m, 0.03, high), (x, y + deep_m / 2, high / 2), colour)]
    parts += [
        block((0.04, deep_m, high), (x + side * wide_m / 2, y, high / 2), colour)
        for side in (-1, 1)
    ]
    dark = (colour[0] * 0.7, colour[1] * 0.7, colour[2] * 0.7)
    parts += [block((wide_m, deep_m, 0.04), (x, y, up - 0.02), dark) for up in boards_m]
    return joined(parts)
