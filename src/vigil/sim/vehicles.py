"""Cars, vans and lorries, lofted from cross-sections along their length."""

from dataclasses import dataclass

import numpy as np

from vigil.sim.mesh import Colour, Mesh, block, disc, joined, limb, painted, patch, ring_faces

PAINTS: tuple[Colour, ...] = (
    (0.72, 0.73, 0.75), (0.10, 0.11, 0.13), (0.45, 0.07, 0.08), (0.13, 0.22, 0.42),
    (0.88, 0.88, 0.86), (0.33, 0.35, 0.37), (0.20, 0.27, 0.22), (0.55, 0.56, 0.58),
)  # fmt: skip
GLASS: Colour = (0.05, 0.06, 0.07)
TRIM: Colour = (0.07, 0.07, 0.075)
TYRE: Colour = (0.06, 0.06, 0.065)


@dataclass(frozen=True, slots=True)
class _Station:
    """A cross-section. Metres; `y` from the middle, front is +."""

    y: float
    half: float
    """Half the width at the waist."""
    floor: float
    waist: float
    """Height of the lower edge of the windows."""
    roof: float
    """Height of the roof, or of the bonnet where there is no cabin."""
    half_roof: float


@dataclass(frozen=True, slots=True)
class Shape:
    """The plan of one kind of vehicle."""

    label: str
    """The word of the COCO vocabulary."""
    stations: tuple[_Station, ...]
    side_glass: tuple[int, ...]
    """Numbers of the stretches (between stations) whose sides are windows."""
    top_glass: tuple[int, ...]
    """Stretches whose sloping top is a windscreen."""
    axles_y: tuple[float, ...]
    wheel_m: float


CAR = Shape(
    "car",
    (
        _Station(-2.15, 0.70, 0.42, 0.72, 0.78, 0.62),
        _Station(-2.10, 0.82, 0.28, 0.88, 0.94, 0.70),
        _Station(-1.98, 0.87, 0.24, 0.94, 1.02, 0.72),
        _Station(-1.55, 0.89, 0.22, 0.95, 1.36, 0.60),
        _Station(-1.40, 0.90, 0.22, 0.95, 1.41, 0.61),
        _Station(-0.62, 0.905, 0.20, 0.94, 1.47, 0.63),
        _Station(-0.55, 0.905, 0.20, 0.94, 1.47, 0.63),
        _Station(0.22, 0.905, 0.20, 0.93, 1.45, 0.62),
        _Station(0.36, 0.905, 0.20, 0.93, 1.42, 0.62),
        _Station(1.02, 0.89, 0.20, 0.92, 1.00, 0.70),
        _Station(1.16, 0.89, 0.20, 0.90, 0.96, 0.72),
        _Station(1.75, 0.86, 0.22, 0.80, 0.86, 0.68),
        _Station(2.02, 0.80, 0.24, 0.68, 0.75, 0.60),
        _Station(2.14, 0.66, 0.32, 0.58, 0.62, 0.50),
    ),
    (3, 4, 6, 7, 8),
    (2, 8),
    (1.32, -1.30),
    0.32,
)
VAN = Shape(
    "truck",
    (
        _Station(-2.60, 0.90, 0.42, 1.10, 2.02, 0.80),
        _Station(-2.55, 0.96, 0.36, 1.15, 2.10, 0.86),
        _Station(-1.2, 0.98, 0.34, 1.18, 2.16, 0.88),
        _Station(0.45, 0.98, 0.34, 1.18, 2.15, 0.87),
        _Station(0.60, 0.98, 0.34, 1.18, 2.12, 0.86),
        _Station(1.15, 0.98, 0.34, 1.16, 1.98, 0.80),
        _Station(1.85, 0.95, 0.34, 1.10, 1.22, 0.80),
        _Station(2.40, 0.90, 0.36, 0.92, 1.02, 0.74),
        _Station(2.60, 0.78, 0.42, 0.76, 0.84, 0.62),
    ),
    (4, 5),
    (5,),
    (1.68, -1.65),
    0.36,
)
SPOKES = 5
_RING = 14
_SILL_SEGMENTS = (0, 12)
_SIDE_GLASS_SEGMENTS = (3, 9)
_TOP_SEGMENTS = (4, 5, 6, 7, 8)


def spoke_step(shape: Shape, rolled_m: float, steps: int = 6) -> int:
    """Which of `steps` pictures of a turning wheel to draw after that much road."""
    turns = rolled_m / (2 * np.pi * shape.wheel_m)
    return int(turns * SPOKES % 1 * steps)


def vehicle(shape: Shape, paint: Colour, *, turn: float = 0.0, lights: bool = False) -> Mesh:
    """A vehicle at the origin facing +y; `turn` of its wheels is 0 to 1 from spoke to spoke."""
    pieces = [_shell(shape, paint), *_ends(shape, lights), *_flanks(shape, paint)]
    for y in shape.axles_y:
        for side in (-1, 1):
            pieces += _wheel(shape, side, y, turn)
    return joined(pieces)


def _shell(shape: Shape, paint: Colour) -> Mesh:
    rings = [_ring(station) for station in shape.stations]
    points = np.concatenate([np.array(rings, np.float32).reshape(-1, 3), _middle(shape)])
    faces = ring_faces(len(rings), _RING)
    mesh = painted(points, faces, paint, gloss=0.42)
    for stretch in range(len(rings) - 1):
        glass: list[int] = []
        if stretch in shape.side_glass:
            glass += _SIDE_GLASS_SEGMENTS
        if stretch in shape.top_glass:
            glass += _TOP_SEGMENTS
        for segment in glass:
            mesh.colours[stretch * _RING + segment] = GLASS
            mesh.gloss[stretch * _RING + segment] = 0.5
        for segment in _SILL_SEGMENTS:
            mesh.colours[stretch * _RING + segment] *= 0.5  # where the dirt of the road sits
    return mesh


def _ring(s: _Station) -> list[tuple[float, float, float]]:
    """Fourteen points from the left sill over the roof to the right: faces then look out."""
    cabin = s.roof - s.waist
    flank = s.waist - s.floor
    right = [
        (s.half * 0.93, s.floor),
        (s.half * 0.98, s.floor + 0.16 * flank),
        (s.half * 1.0, s.floor + 0.66 * flank),
        (s.half * 0.975, s.waist),
        (s.half_roof + (s.half * 0.975 - s.half_roof) * 0.12, s.roof - 0.10 * cabin),
        (s.half_roof * 0.82, s.roof),
        (s.half_roof * 0.35, s.roof + 0.015),
    ]
    left = [(-x, z) for x, z in right]
    return [(x, s.y, z) for x, z in left + right[::-1]]


def _middle(shape: Shape) -> np.ndarray:
    ends = (shape.stations[0], shape.stations[-1])
    return np.array([(0.0, s.y, (s.floor + s.waist) / 2) for s in ends], np.float32)


def _ends(shape: Shape, lights: bool) -> list[Mesh]:
    """Lamps, grille and number plates, a little in front of the body."""
    front, rear = shape.stations[-1], shape.stations[0]
    y, back = front.y + 0.03, rear.y - 0.03
    low, high = front.floor, front.waist
    pieces = [
        _facing(1, y, 0.0, 0.62, low + 0.02, low + 0.16, TRIM),
        _facing(1, y, 0.0, 0.46, high - 0.12, high - 0.03, TRIM),
        _facing(1, y + 0.01, 0.0, 0.26, low + 0.05, low + 0.14, (0.8, 0.8, 0.74)),
        _facing(-1, back, 0.0, 0.26, rear.waist - 0.18, rear.waist - 0.07, (0.8, 0.78, 0.5)),
        _facing(-1, back, 0.0, 0.66, rear.floor, rear.floor + 0.10, TRIM),
    ]
    second, last = shape.stations[-2], shape.stations[1]
    for side in (-1, 1):
        x = side * 0.66 * second.half
        pieces.append(
            _facing(1, y - 0.06, x, 0.17, second.waist - 0.12, second.waist, (0.82, 0.85, 0.88),
                    glow=6.0 if lights else 0.0, gloss=0.5)
        )  # fmt: skip
        x = side * 0.80 * last.half
        pieces.append(
            _facing(-1, back + 0.01, x, 0.13, last.waist - 0.24, last.waist - 0.04,
                    (0.50, 0.04, 0.04), glow=1.2 if lights else 0.0, gloss=0.3)
        )  # fmt: skip
    return pieces


def _facing(
    way: int,
    y: float,
    x: float,
    half: float,
    low: float,
    high: float,
    colour: Colour,
    **looks: float,
) -> Mesh:
    left, right = x - half * way, x + half * way
    corners = [(right, y, low), (left, y, low), (left, y, high), (right, y, high)]
    return patch(corners, colour, lift_m=0.35, **looks)


def _flanks(shape: Shape, paint: Colour) -> list[Mesh]:
    """Door gaps, handles, mirrors."""
    pieces = []
    dark = (paint[0] * 0.35, paint[1] * 0.35, paint[2] * 0.35)
    waist = shape.stations[5].waist
    floor = shape.stations[5].floor
    front_y = shape.stations[shape.side_glass[-1]].y
    for side in (-1, 1):
        x = side * (shape.stations[4].half + 0.012)
        for y in (front_y + 0.35, front_y - 0.62):
            pieces.append(_on_flank(side, x, y, 0.012, floor + 0.12, waist - 0.02, dark))
        pieces.append(_on_flank(side, x, front_y - 0.45, 0.09, waist - 0.14, waist - 0.10, dark))
        mirror = (side * (shape.stations[4].half + 0.09), front_y + 0.42, waist + 0.07)
        pieces.append(block((0.17, 0.09, 0.13), mirror, paint, gloss=0.2, lift_m=0.2))
    return pieces


def _on_flank(
    side: int, x: float, y: float, half: float, low: float, high: float, colour: Colour
) -> Mesh:
    back, front = y - half * side, y + half * side
    corners = [(x, back, low), (x, front, low), (x, front, high), (x, back, high)]
    return patch(corners, colour, lift_m=0.12)


def _wheel(shape: Shape, side: int, y: float, turn: float) -> list[Mesh]:
    radius, half = shape.wheel_m, shape.stations[4].half
    outer = side * (half + 0.015)
    # A tube along x cannot use x to span its rings; turn one that stands upright instead.
    upright = limb([(0, 0, 0), (0, 0, 0.20)], [radius, radius], TYRE, 16)
    inner = min(outer, outer - side * 0.20)
    points = np.stack(
        [upright.points[:, 2] + inner, upright.points[:, 1] + y, radius - upright.points[:, 0]], 1
    )
    tread = Mesh(points.astype(np.float32), upright.faces, upright.colours, upright.gloss,
                 upright.glow, upright.lift_m)  # fmt: skip
    arch = disc((outer - side * 0.02, y, radius + 0.05), radius * 1.12, side, TRIM, lift_m=0.15)
    tyre = disc((outer, y, radius), radius, side, TYRE, lift_m=0.25)
    rim = disc((outer, y, radius), radius * 0.64, side, (0.62, 0.63, 0.65), lift_m=0.30, gloss=0.3)
    angle = np.arange(20) * 2 * np.pi / 20
    spokes = np.cos(SPOKES * angle + side * 2 * np.pi * turn) < -0.2
    rim.colours[spokes] *= 0.35
    return [tread, arch, tyre, rim]
