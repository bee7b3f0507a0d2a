"""The part of a world that never moves: ground, walls, lamps, trees, parked things."""

from dataclasses import dataclass, field
from typing import Literal

from vigil.sim.camera import Vector
from vigil.sim.light import Light, daylight
from vigil.sim.mesh import Colour, Mesh

Outline = tuple[tuple[float, float], ...]
"""Corners on the ground, metres."""
GroundKind = Literal["asphalt", "paving", "concrete", "grass", "tiles"]
WallKind = Literal["brick", "plaster", "shutter", "fence", "glass"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A piece of ground; later pieces lie on earlier ones. None as outline: everywhere."""

    kind: GroundKind
    colour: Colour
    outline: Outline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """Paint on the ground."""

    start: tuple[float, float]
    end: tuple[float, float]
    width_m: float = 0.12
    colour: Colour = (0.86, 0.86, 0.82)
    dashes_m: float = 0.0
    """Length of a dash and of the gap after it; 0 paints through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A flat upright surface from `start` to `end`. A fence lets the view and the light through."""

    kind: WallKind
    start: tuple[float, float]
    end: tuple[float, float]
    height_m: float
    bottom_m: float = 0.0
    colour: Colour = (0.6, 0.57, 0.52)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A bush, hedge or crown of leaves; sways in the wind."""

    centre: Vector
    radii: Vector
    colour: Colour = (0.17, 0.26, 0.09)
    leaves: int = 1500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """Everything that a backdrop is drawn from."""

    name: str
    grounds: tuple[Ground, ...]
    strokes: tuple[Stroke, ...] = ()
    walls: tuple[Wall, ...] = ()
    ceiling_m: float | None = None
    """Height of a ceiling; None out of doors."""
    plants: tuple[Plant, ...] = ()
    props: tuple[Mesh, ...] = ()
    """Parked vehicles, posts, bins: solid and in place."""
    light: Light = field(default_factory=daylight)
    half_m: float = 40.0
    """Half the side of the square, around the origin, in which ground shadows are computed."""
