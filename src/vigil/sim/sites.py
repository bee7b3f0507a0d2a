"""Places: a street with a gate, a car park, a corridor, a yard."""

from functools import lru_cache

import numpy as np

from vigil.sim.light import Lamp, Light, daylight, night, overcast
from vigil.sim.mesh import Colour, Mesh, block, joined, limb
from vigil.sim.site import Ground, Outline, Plant, Site, Stroke, Wall
from vigil.sim.vehicles import CAR, PAINTS, VAN, vehicle

ASPHALT: Colour = (0.33, 0.33, 0.335)
PAVING: Colour = (0.56, 0.54, 0.51)
CONCRETE: Colour = (0.50, 0.49, 0.47)
GRASS: Colour = (0.30, 0.35, 0.19)
STEEL: Colour = (0.30, 0.32, 0.33)
YELLOW: Colour = (0.78, 0.62, 0.14)


def rectangle(x1: float, y1: float, x2: float, y2: float) -> Outline:
    """Corners of a rectangle on the ground."""
    return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))


def post(
    x: float, y: float, height_m: float, colour: Colour = STEEL, radius_m: float = 0.06
) -> Mesh:
    """A round post."""
    middle = (x, y, height_m / 2)
    return limb([(x, y, 0.0), middle, (x, y, height_m)], [radius_m] * 3, colour, 10, gloss=0.1)


def lamp_post(x: float, y: float, height_m: float, towards: float) -> Mesh:
    """A post whose arm reaches 1.2 m in the direction `towards` (radians)."""
    tip = (x + 1.2 * float(np.cos(towards)), y + 1.2 * float(np.sin(towards)), height_m)
    arm = limb([(x, y, height_m - 0.25), tip], [0.05, 0.04], STEEL)
    head = block((0.5, 0.28, 0.12), tip, (0.55, 0.56, 0.56))
    return joined([post(x, y, height_m), arm, head])


def bin_(x: float, y: float, colour: Colour = (0.15, 0.22, 0.17)) -> Mesh:
    """A wheeled bin."""
    body = block((0.56, 0.6, 0.9), (x, y, 0.53), colour)
    lid = block(
        (0.6, 0.66, 0.08), (x, y, 1.02), (colour[0] * 0.7, colour[1] * 0.7, colour[2] * 0.7)
    )
    return joined([body, lid, block((0.5, 0.2, 0.14), (x, y + 0.2, 0.07), (0.05, 0.05, 0.05))])


def parked(kind: str, paint: int, x: float, y: float, heading_deg: float) -> Mesh:
    """A vehicle that stays."""
    shape = CAR if kind == "car" else VAN
    return vehicle(shape, PAINTS[paint % len(PAINTS)]).placed(x, y, 0.0, np.radians(heading_deg))


def openings(
    start: tuple[float, float],
    end: tuple[float, float],
    places: tuple[tuple[float, float, float, float], ...],
    out: tuple[float, float],
) -> tuple[Wall, ...]:
    """Windows in a wall, a little in front of it: metres along, above ground, width, height."""
    a, b = np.array(start), np.array(end)
    along = (b - a) / np.linalg.norm(b - a)
    shift = np.array(out) * 0.03
    walls = []
    for at, bottom, width, height in places:
        p, q = a + along * at + shift, a + along * (at + width) + shift
        walls.append(
            Wall(
                kind="glass",
                start=(float(p[0]), float(p[1])),
                end=(float(q[0]), float(q[1])),
                height_m=height,
                bottom_m=bottom,
                colour=(0.5, 0.54, 0.58),
            )
        )
    return tuple(walls)


def _lit(dark: bool, lamps: tuple[Lamp, ...]) -> Light:
    return night(lamps) if dark else daylight()


@lru_cache(maxsize=4)
def street(dark: bool = False, grey: bool = False) -> Site:
    """A forecourt behind a gate, a pavement, a road, houses on the other side."""
    lamps = (
        Lamp(position=(-4.8, 3.6, 5.2), power=11),
        Lamp(position=(7.2, 14.6, 6.0), power=12),
        Lamp(position=(-13.0, 14.6, 6.0), power=12),
    )
    facade = ((-38.0, 18.0), (110.0, 18.0))
    windows = tuple((float(x), 3.4, 1.5, 1.7) for x in range(2, 100, 4))
    shops = (
        (21.0, 0.4, 3.2, 2.2),
        (37.0, 0.0, 1.2, 2.3),
        (43.0, 0.5, 3.0, 2.0),
        (8.0, 0.0, 1.1, 2.2),
    )
    return Site(
        name="street",
        grounds=(
            Ground(kind="asphalt", colour=ASPHALT),
            Ground(kind="concrete", colour=CONCRETE, outline=rectangle(-40, -40, 40, 3.2)),
            Ground(kind="paving", colour=PAVING, outline=rectangle(-40, 3.2, 40, 7.0)),
            Ground(
                kind="concrete", colour=(0.62, 0.61, 0.59), outline=rectangle(-40, 7.0, 40, 7.18)
            ),
            Ground(
                kind="concrete", colour=(0.62, 0.61, 0.59), outline=rectangle(-40, 14.0, 40, 14.2)
            ),
            Ground(kind="paving", colour=PAVING, outline=rectangle(-40, 14.2, 40, 18)),
        ),
        strokes=(
            Stroke(start=(-38, 10.6), end=(38, 10.6), dashes_m=2.0),
            Stroke(start=(-38, 7.5), end=(38, 7.5), colour=YELLOW, width_m=0.1),
            Stroke(start=(-3.2, 2.6), end=(3.6, 2.6), colour=YELLOW, width_m=0.15),
        ),
        walls=(
            Wall(
                kind="brick", start=facade[0], end=facade[1], height_m=8, colour=(0.52, 0.33, 0.26)
            ),
            *openings(*facade, windows + shops, (0.0, -1.0)),
            Wall(
                kind="shutter",
                start=(-4.2, 17.96),
                end=(-0.9, 17.96),
                height_m=2.7,
                colour=(0.42, 0.47, 0.52),
            ),
            Wall(
                kind="brick",
                start=(-30, 3.1),
                end=(-3.6, 3.1),
                height_m=0.7,
                colour=(0.50, 0.36, 0.30),
            ),
            Wall(
                kind="fence",
                start=(-30, 3.1),
                end=(-3.6, 3.1),
                height_m=1.0,
                bottom_m=0.7,
                colour=(0.16, 0.18, 0.18),
            ),
            Wall(
                kind="brick",
                start=(4.0, 3.1),
                end=(30, 3.1),
                height_m=0.7,
                colour=(0.50, 0.36, 0.30),
            ),
            Wall(
                kind="fence",
                start=(4.0, 3.1),
                end=(30, 3.1),
                height_m=1.0,
                bottom_m=0.7,
                colour=(0.16, 0.18, 0.18),
            ),
            Wall(kind="plaster", start=(30.0, 3.1), end=(30.0, -30.0), height_m=5.5),
            Wall(kind="plaster", start=(30.0, 3.1), end=(110.0, 3.1), height_m=5.5),
            *openings(
                (30.0, 3.1),
                (30.0, -30.0),
                tuple((float(x), 1.2, 1.8, 1.4) for x in range(3, 30, 5)),
                (-1.0, 0.0),
            ),
        ),
        plants=(
            Plant(centre=(6.6, 2.2, 0.6), radii=(2.2, 0.7, 0.75), leaves=2600),
            Plant(centre=(10.0, 2.2, 0.6), radii=(2.0, 0.7, 0.8), leaves=2200),
            Plant(
                centre=(-13.5, 15.6, 3.6),
                radii=(1.9, 1.7, 1.8),
                leaves=2600,
                colour=(0.20, 0.30, 0.11),
            ),
        ),
        props=(
            parked("car", 5, -7.0, -0.6, 88),
            parked("car", 4, -12.0, 13.0, 180),
            parked("van", 3, 12.5, 13.0, 180),
            bin_(5.0, 2.2),
            bin_(5.75, 2.25, (0.24, 0.25, 0.27)),
            lamp_post(-4.8, 4.0, 5.2, -np.pi / 2),
            lamp_post(7.2, 15.2, 6.0, -np.pi / 2),
            post(-13.5, 15.6, 2.8, (0.25, 0.19, 0.14), 0.16),
            block((0.45, 0.45, 1.7), (-3.5, 3.1, 0.85), (0.48, 0.36, 0.31)),
            block((0.45, 0.45, 1.7), (3.9, 3.1, 0.85), (0.48, 0.36, 0.31)),
        ),
        light=overcast() if grey else _lit(dark, lamps),
    )


@lru_cache(maxsize=2)
def car_park(dark: bool = False) -> Site:
    """Rows of bays with a lane between them, grass and a fence behind."""
    lamps = (
        Lamp(position=(-7, 13.5, 6.5), power=24),
        Lamp(position=(8, 13.5, 6.5), power=24),
        Lamp(position=(0, -6, 6.0), power=14),
    )
    bays = tuple(
        Stroke(start=(x, y), end=(x, y + 5.0), width_m=0.11)
        for y in (8.2, -4.6)
        for x in np.arange(-17.5, 18, 2.5).tolist()
    )
    return Site(
        name="car_park",
        grounds=(
            Ground(kind="asphalt", colour=(0.36, 0.36, 0.36)),
            Ground(
                kind="concrete", colour=(0.60, 0.59, 0.57), outline=rectangle(-40, 13.4, 40, 13.6)
            ),
            Ground(kind="grass", colour=GRASS, outline=rectangle(-40, 13.6, 40, 40)),
        ),
        strokes=(
            *bays,
            Stroke(start=(-3.0, 4.6), end=(-1.4, 4.6), width_m=0.3),
            Stroke(start=(3.0, 2.0), end=(4.6, 2.0), width_m=0.3),
        ),
        walls=(
            Wall(
                kind="fence",
                start=(-40, 17.5),
                end=(40, 17.5),
                height_m=1.9,
                colour=(0.25, 0.29, 0.27),
            ),
            Wall(
                kind="plaster", start=(-40, 30), end=(3, 30), height_m=9, colour=(0.63, 0.60, 0.55)
            ),
            *openings(
                (-40, 30),
                (3, 30),
                tuple((float(x), 1.2, 2.4, 1.6) for x in range(2, 41, 5)),
                (0, -1),
            ),
        ),
        plants=tuple(
            Plant(
                centre=(x, 19.0 + (x * 7 % 3), 1.9),
                radii=(2.4, 1.5, 1.9),
                leaves=2000,
                colour=(0.16 + 0.03 * (k % 3), 0.25 + 0.03 * (k % 2), 0.09),
            )
            for k, x in enumerate((-21.0, -16.5, -11.0, 5.5, 10.5, 15.0, 20.0))
        ),
        props=(
            parked("car", 0, -13.7, 10.6, 90),
            parked("car", 2, -8.7, 10.7, -90),
            parked("van", 4, -6.2, 10.5, 90),
            parked("car", 1, 1.2, 10.7, 90),
            parked("car", 6, 6.2, 10.6, -90),
            parked("car", 3, 11.2, 10.7, 90),
            lamp_post(-7, 14.2, 6.5, -np.pi / 2),
            lamp_post(8, 14.2, 6.5, -np.pi / 2),
        ),
        light=_lit(dark, lamps),
    )


@lru_cache(maxsize=1)
def corridor() -> Site:
    """A corridor indoors with doors on both sides, under strip lights."""
    lamps = tuple(
        Lamp(position=(0.0, y, 2.6), power=0.75, colour=(0.96, 1.0, 0.95))
        for y in (-3.0, 1.5, 6.0, 10.5, 15.0)
    )
    wall: Colour = (0.72, 0.73, 0.69)
    door: Colour = (0.45, 0.33, 0.22)
    doors = [
        Wall(kind="plaster", start=(x, y), end=(x, y + 0.95), height_m=2.05, colour=door)
        for x, places in ((-1.58, (-1.0, 4.0, 9.5)), (1.58, (1.5, 7.0, 12.5)))
        for y in places
    ]
    skirting = [
        Wall(kind="plaster", start=(x, -8), end=(x, 18), height_m=0.1, colour=(0.25, 0.25, 0.26))
        for x in (-1.59, 1.59)
    ]
    return Site(
        name="corridor",
        grounds=(Ground(kind="tiles", colour=(0.60, 0.60, 0.58)),),
        walls=(
            Wall(kind="plaster", start=(-1.6, -8), end=(-1.6, 18), height_m=2.75, colour=wall),
            Wall(kind="plaster", start=(1.6, -8), end=(1.6, 18), height_m=2.75, colour=wall),
            Wall(kind="plaster", start=(-1.6, 18), end=(1.6, 18), height_m=2.75, colour=wall),
            Wall(
                kind="glass",
                start=(-0.9, 17.97),
                end=(0.9, 17.97),
                height_m=2.2,
                colour=(0.5, 0.5, 0.52),
            ),
            *skirting,
            *doors,
        ),
        ceiling_m=2.75,
        props=(
            *(
                block((0.25, 1.3, 0.05), (0.0, y, 2.72), (0.95, 0.97, 0.95), glow=2.5)
                for y in (-3.0, 1.5, 6.0, 10.5, 15.0)
            ),
            block((0.35, 0.35, 0.5), (-1.35, 6.8, 0.25), (0.2, 0.2, 0.22)),
        ),
        light=Light(
            sun_strength=0.0,
            sky_strength=0.16,
            sky_colour=(0.97, 1.0, 0.96),
            lamps=lamps,
            exposure=2.0,
            noise=1.3,
        ),
        half_m=20.0,
    )


@lru_cache(maxsize=2)
def yard(dark: bool = True) -> Site:
    """A works yard: a hall with roller doors, containers, a high fence."""
    lamps = (
        Lamp(position=(-3.0, 9.4, 4.6), power=11),
        Lamp(position=(8.0, 9.4, 4.6), power=11),
        Lamp(position=(-9.0, -2.0, 5.0), power=7),
    )
    hall = ((-14.0, 10.0), (16.0, 10.0))
    container = [
        Wall(kind="shutter", start=a, end=b, height_m=2.5, colour=(0.20, 0.33, 0.42))
        for a, b in (
            ((7.5, 3.2), (13.0, 3.2)),
            ((7.5, 3.2), (7.5, 5.6)),
            ((13.0, 3.2), (13.0, 5.6)),
        )
    ]
    return Site(
        name="yard",
        grounds=(
            Ground(kind="concrete", colour=(0.46, 0.455, 0.44)),
            Ground(kind="asphalt", colour=ASPHALT, outline=rectangle(-40, -40, -6, 40)),
        ),
        strokes=(
            Stroke(start=(-3.9, 9.6), end=(-3.9, 5.0), colour=YELLOW),
            Stroke(start=(0.5, 9.6), end=(0.5, 5.0), colour=YELLOW),
        ),
        walls=(
            Wall(
                kind="shutter", start=hall[0], end=hall[1], height_m=6.0, colour=(0.55, 0.57, 0.56)
            ),
            Wall(
                kind="shutter",
                start=(-3.7, 9.96),
                end=(0.3, 9.96),
                height_m=3.8,
                colour=(0.33, 0.38, 0.45),
            ),
            Wall(
                kind="plaster",
                start=(2.2, 9.96),
                end=(3.2, 9.96),
                height_m=2.1,
                colour=(0.42, 0.20, 0.16),
            ),
            *openings(*hall, ((20.0, 1.4, 2.4, 1.2), (4.0, 1.4, 2.4, 1.2)), (0, -1)),
            Wall(
                kind="fence",
                start=(-14, -8),
                end=(-14, 10),
                height_m=2.4,
                colour=(0.35, 0.37, 0.36),
            ),
            *container,
        ),
        props=(
            parked("van", 4, -8.5, 6.0, -60),
            block((1.2, 1.0, 0.14), (4.6, 8.2, 0.07), (0.47, 0.36, 0.22)),
            block((1.1, 0.9, 0.8), (4.6, 8.2, 0.54), (0.55, 0.43, 0.28)),
            bin_(-5.2, 9.3),
            bin_(-6.0, 9.3, (0.35, 0.2, 0.1)),
        ),
        plants=(Plant(centre=(-15.5, 4.0, 1.5), radii=(1.2, 4.0, 1.8), leaves=2600),),
        light=_lit(dark, lamps),
    )
