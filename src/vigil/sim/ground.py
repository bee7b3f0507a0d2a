"""What lies on the ground and which of it the sun reaches, as a map seen from above."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from vigil.sim.mesh import Mesh
from vigil.sim.site import Ground, Outline, Plant, Site, Stroke
from vigil.sim.textures import Field, Picture, grass, noise_at, speckled, tiles

CELLS_PER_METRE = 32
"""Of the paint map; markings are never narrower than 10 cm."""
SHADE_CELLS_PER_METRE = 8
SHIFT = 4


@dataclass(frozen=True, slots=True, eq=False)
class GroundMap:
    """Rasters over the square of a site, row 0 at y = -half."""

    kinds: UInt8[np.ndarray, "side side"]
    """Number of the piece of ground that lies on top."""
    paint: UInt8[np.ndarray, "side side 4"]
    """Colour of markings and where they are, 0 to 255."""
    sunlit: Float32[np.ndarray, "shade shade"]
    """0 where a wall, plant or prop hides the sun, 1 in the open."""
    corners: Float32[np.ndarray, "shade shade"]
    """Share of the sky's light that walls close by leave over."""
    half_m: float

    def at(self, layer: np.ndarray, x: Field, y: Field, *, smooth: bool = True) -> np.ndarray:
        """Values of a raster at points of the ground."""
        scale = layer.shape[0] / (2 * self.half_m)
        how = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
        columns = ((x + self.half_m) * scale - 0.5).astype(np.float32)
        rows = ((y + self.half_m) * scale - 0.5).astype(np.float32)
        return np.asarray(cv2.remap(layer, columns, rows, how, borderMode=cv2.BORDER_REPLICATE))


def map_ground(site: Site) -> GroundMap:
    """Draw the maps of a site, once per world."""
    side = int(2 * site.half_m * CELLS_PER_METRE)
    kinds = np.zeros((side, side), np.uint8)
    for number, piece in enumerate(site.grounds):
        if piece.outline is None:
            kinds[:] = number
        else:
            cv2.fillPoly(kinds, [_cells(piece.outline, site.half_m, side)], float(number), 8, SHIFT)
    paint = np.zeros((side, side, 4), np.uint8)
    for stroke in site.strokes:
        for dash in _dashes(stroke):
            colour = (*(round(255 * part) for part in stroke.colour), 255)
            cv2.fillPoly(paint, [_cells(dash, site.half_m, side)], colour, cv2.LINE_8, SHIFT)
    return GroundMap(kinds, paint, _sunlit(site), _corners(site), site.half_m)


def ground_colour(site: Site, ground: GroundMap, x: Field, y: Field, seed: int) -> Picture:
    """Screen colours of the ground at points in metres."""
    kinds = ground.at(ground.kinds, x, y, smooth=False)
    result = np.zeros((*x.shape, 3), np.float32)
    for number, piece in enumerate(site.grounds):
        inside = kinds == number
        if inside.any():
            rows, columns = np.nonzero(inside.any(axis=1))[0], np.nonzero(inside.any(axis=0))[0]
            part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            colours = _surface(piece, x[part], y[part], seed + 11 * number)
            np.copyto(result[part], colours, where=inside[part][..., None])
    marks = ground.at(ground.paint, x, y) * np.float32(1 / 255)
    worn = np.clip(0.85 + 0.3 * noise_at(x, y, seed=seed + 5, lump_m=0.25), 0.15, 0.95)
    cover = (marks[..., 3] * worn)[..., None]
    return np.asarray(result * (1 - cover) + marks[..., :3] * worn[..., None], np.float32)


def _surface(piece: Ground, x: Field, y: Field, seed: int) -> Picture:
    if piece.kind == "grass":
        return grass(x, y, piece.colour, seed=seed)
    if piece.kind == "paving":
        return tiles(x, y, piece.colour, seed=seed, size=(0.4, 0.4), joint_m=0.012)
    if piece.kind == "tiles":
        return tiles(x, y, piece.colour, seed=seed, size=(0.6, 0.6), joint_m=0.006)
    return speckled(x, y, piece.colour, seed=seed, grain=1.0 if piece.kind == "asphalt" else 0.5)


def _cells(outline: Outline, half_m: float, side: int) -> np.ndarray:
    scale = side / (2 * half_m)
    return np.asarray(np.round((np.array(outline) + half_m) * scale * (1 << SHIFT)), np.int32)


def _dashes(stroke: Stroke) -> list[Outline]:
    start, end = np.array(stroke.start), np.array(stroke.end)
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length
    aside = np.array([-along[1], along[0]]) * stroke.width_m / 2
    step = 2 * stroke.dashes_m or length
    dash = stroke.dashes_m or length
    result = []
    for at in np.arange(0, length - 1e-6, step):
        a, b = start + along * at, start + along * min(at + dash, length)
        corners = (a - aside, b - aside, b + aside, a + aside)
        result.append(tuple((float(x), float(y)) for x, y in corners))
    return result


def _sunlit(site: Site) -> Float32[np.ndarray, "shade shade"]:
    side = int(2 * site.half_m * SHADE_CELLS_PER_METRE)
    shade = np.zeros((side, side), np.float32)
    if site.ceiling_m is not None or site.light.sun_strength <= 0:
        return 1 - shade
    sun = site.light.towards_sun
    slope = -sun[:2] / sun[2]
    for wall in site.walls:
        far = [np.add(p, slope * (wall.height_m + wall.bottom_m)) for p in (wall.end, wall.start)]
        near = [np.add(p, slope * wall.bottom_m) for p in (wall.start, wall.end)]
        corners = tuple((float(x), float(y)) for x, y in near + far)
        dark = 0.35 if wall.kind == "fence" else 1.0
        cv2.fillPoly(shade, [_cells(corners, site.half_m, side)], dark, cv2.LINE_8, SHIFT)
    for plant in site.plants:
        _plant_shadow(shade, plant, slope, site.half_m)
    for prop in site.props:
        _mesh_shadow(shade, prop, slope, site.half_m)
    return 1 - np.asarray(cv2.GaussianBlur(shade, (0, 0), 0.9), np.float32)


def _corners(site: Site) -> Float32[np.ndarray, "shade shade"]:
    side = int(2 * site.half_m * SHADE_CELLS_PER_METRE)
    free = np.full((side, side), 255, np.uint8)
    for wall in site.walls:
        if wall.bottom_m < 0.5 and wall.kind != "fence":
            start, end = _cells((wall.start, wall.end), site.half_m, side).tolist()
            cv2.line(free, start, end, 0, 1, cv2.LINE_8, SHIFT)
    away_m = cv2.distanceTransform(free, cv2.DIST_L2, 5) / SHADE_CELLS_PER_METRE
    return np.asarray(1 - 0.42 * np.exp(-away_m / 0.35), np.float32)


def _plant_shadow(shade: np.ndarray, plant: Plant, slope: np.ndarray, half_m: float) -> None:
    random = np.random.default_rng(int(1000 + 10 * plant.centre[0]))
    spread = random.normal(size=(400, 3)) * 0.5
    leaves = np.array(plant.centre) + spread * plant.radii
    flat = leaves[:, :2] + leaves[:, 2:] * slope
    for x, y in _cells(tuple((float(a), float(b)) for a, b in flat), half_m, len(shade)):
        radius = int(random.uniform(0.1, 0.35) * SHADE_CELLS_PER_METRE * (1 << SHIFT))
        cv2.circle(shade, (int(x), int(y)), radius, 0.9, -1, cv2.LINE_8, SHIFT)


def _mesh_shadow(shade: np.ndarray, mesh: Mesh, slope: np.ndarray, half_m: float) -> None:
    flat = mesh.points[:, :2] + mesh.points[:, 2:] * slope
    cells = _cells(tuple((float(a), float(b)) for a, b in flat), half_m, len(shade))
    for face in cells[mesh.faces]:
        cv2.fillConvexPoly(shade, face, 1.0, cv2.LINE_8, SHIFT)
