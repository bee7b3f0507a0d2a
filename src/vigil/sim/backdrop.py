"""A site as one camera sees it while nobody is there, drawn once."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from vigil.sim.camera import NEAREST_M, Camera
from vigil.sim.ground import GroundMap, ground_colour, map_ground
from vigil.sim.mesh import Mesh
from vigil.sim.raster import Sprite, draw
from vigil.sim.site import Plant, Site, Wall
from vigil.sim.textures import Field, Picture, bricks, noise_at, plaster, shutter

STRIP_ROWS = 256
"""Rows drawn at a time: keeps the memory of a large picture small."""


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """The empty picture, and what of it can stand in front of an actor."""

    rgb: UInt8[np.ndarray, "height width 3"]
    near_m: Float32[np.ndarray, "height width"]
    """Depth of upright things (walls, plants, props); infinite on open ground and sky."""
    leafy: UInt8[np.ndarray, "height width"]
    """255 where leaves are, which the wind moves."""
    bare: UInt8[np.ndarray, "height width"]
    """255 on ground with nothing upright before it."""
    sunlit: UInt8[np.ndarray, "height width"]
    """255 on ground that the sun reaches; 0 in shade and on everything upright."""
    ground: GroundMap
    """Without its paint: only `sunlit` is kept."""


def draw_backdrop(site: Site, camera: Camera, seed: int) -> Backdrop:
    """Cast a ray through each pixel, then lay props and plants over it, far ones first."""
    ground = map_ground(site)
    # More rays than pixels take the stairs off edges; at full HD the lens blur does it.
    fine = float(np.clip(1800 / camera.width, 1, 2))
    rays = camera.rays(fine)
    strips = [
        _strip(site, camera, ground, rays[top : top + STRIP_ROWS], seed)
        for top in range(0, len(rays), STRIP_ROWS)
    ]
    size = (camera.width, camera.height)
    rgb = cv2.resize(np.concatenate([s[0] for s in strips]), size, interpolation=cv2.INTER_AREA)
    near = cv2.resize(np.concatenate([s[1] for s in strips]), size, interpolation=cv2.INTER_NEAREST)
    rgb, near = np.asarray(rgb, np.float32), np.asarray(near, np.float32)
    leafy = np.zeros(near.shape, np.uint8)
    things: list[tuple[float, Mesh | Plant]] = [
        (float(camera.project(prop.points)[1].mean()), prop) for prop in site.props
    ]
    for plant in site.plants:
        centre = np.array([plant.centre], np.float32)
        things.append((float(camera.project(centre)[1][0]), plant))
    for depth, thing in sorted(things, key=lambda pair: -pair[0]):
        if depth <= NEAREST_M:
            continue
        if isinstance(thing, Plant):
            _grow(rgb, near, leafy, thing, site, camera, seed)
        else:
            sprite = draw(camera, site.light, thing)
            if sprite is not None:
                _lay(rgb, near, leafy, sprite)
    _halos(rgb, site, camera)
    rgb = cv2.GaussianBlur(rgb, (0, 0), 0.45 * max(1.0, camera.width / 1280))
    rgb *= _vignette(camera)
    sunlit = _sunlit_picture(ground, camera)
    sunlit[np.isfinite(near)] = 0
    kept = replace(ground, kinds=ground.kinds[:1, :1], paint=ground.paint[:1, :1])
    bare = np.where(np.isinf(near), np.uint8(255), np.uint8(0))
    return Backdrop(np.clip(rgb, 0, 255).astype(np.uint8), near, leafy, bare, sunlit, kept)


def _sunlit_picture(ground: GroundMap, camera: Camera) -> UInt8[np.ndarray, "h w"]:
    rays = camera.rays(1)
    eye = camera.position
    down = rays[..., 2] < -1e-3
    reach = np.where(down, -eye[2] / np.where(down, rays[..., 2], -1), 0)
    x, y = eye[0] + rays[..., 0] * reach, eye[1] + rays[..., 1] * reach
    lit = ground.at(ground.sunlit, x.astype(np.float32), y.astype(np.float32))
    return np.asarray(np.clip(lit * down * 255, 0, 255), np.uint8)


def _halos(rgb: Picture, site: Site, camera: Camera) -> None:
    """The glow that a lens puts around a lamp in the picture."""
    for lamp in site.light.lamps:
        pixels, depth = camera.project(np.array([lamp.position], np.float32))
        if depth[0] <= NEAREST_M or site.ceiling_m is not None:
            continue
        rows, columns = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float32)
        away = np.hypot(columns - pixels[0, 0], rows - pixels[0, 1]) / camera.width
        size = 0.35 / max(float(depth[0]), 1.0)
        glow = 600 * np.exp(-away / (0.12 * size)) + 60 * np.exp(-away / (0.9 * size))
        rgb += glow[..., None] * np.array(lamp.colour, np.float32)


def _vignette(camera: Camera) -> Float32[np.ndarray, "h w 1"]:
    rows, columns = np.mgrid[-1 : 1 : camera.height * 1j, -1 : 1 : camera.width * 1j]
    return np.asarray(1 - 0.10 * (rows**2 + columns**2)[..., None] / 2, np.float32)


def _strip(
    site: Site, camera: Camera, ground: GroundMap, rays: Float32[np.ndarray, "h w 3"], seed: int
) -> tuple[Picture, Field]:
    """Colours 0 to 255 and depths of upright surfaces, for some rows."""
    eye = np.array(camera.position, np.float32)
    rgb, depth = _sky(site, rays), np.full(rays.shape[:2], np.inf, np.float32)
    near = depth.copy()
    flats = [(0.0, 1.0)] + ([(site.ceiling_m, -1.0)] if site.ceiling_m is not None else [])
    for level, up in flats:
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = (level - eye[2]) / rays[..., 2]
        hit = (reach > NEAREST_M) & (reach < 250)
        if hit.any():
            part = _window(hit)
            points = eye + rays[part] * np.where(hit[part], reach[part], 1)[..., None]
            colours = _flat(site, ground, points, up, seed)
            _blend(rgb[part], depth[part], colours, hit[part], reach[part])
    for number, wall in enumerate(site.walls):
        if _out_of_view(wall, camera):
            continue
        _build(wall, site, eye, rays, rgb, depth, near, seed + 31 * number)
    return rgb, near


def _sky(site: Site, rays: Float32[np.ndarray, "h w 3"]) -> Picture:
    steep = rays[..., 2] / np.linalg.norm(rays, axis=-1)
    # Haze towards the horizon.
    strength = site.light.sky_strength * (1.25 - 0.5 * np.clip(steep, 0, 1))
    colour = np.array(site.light.sky_colour, np.float32) * np.array([0.96, 0.98, 1.0], np.float32)
    return site.light.pixels(colour, strength[..., None])


def _flat(
    site: Site, ground: GroundMap, points: Float32[np.ndarray, "h w 3"], up: float, seed: int
) -> Picture:
    x, y = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
    if up > 0:
        albedo, sunlit = ground_colour(site, ground, x, y, seed), ground.at(ground.sunlit, x, y)
    else:
        panel = (np.abs(x / 0.6 % 1 - 0.5) > 0.48) | (np.abs(y / 0.6 % 1 - 0.5) > 0.48)
        albedo = np.where(panel, 0.62, 0.78)[..., None] * np.ones(3, np.float32)
        sunlit = np.zeros_like(x)
    normals = np.zeros((x.size, 3), np.float32)
    normals[:, 2] = up
    light = site.light.falling_on(points.reshape(-1, 3), normals, sunlit.reshape(-1))
    light = light.reshape(points.shape) * ground.at(ground.corners, x, y)[..., None]
    return site.light.pixels(np.asarray(albedo, np.float32), light)


def _out_of_view(wall: Wall, camera: Camera) -> bool:
    """True when all corners lie beyond the same edge of the picture."""
    heights = (wall.bottom_m, wall.bottom_m + wall.height_m)
    corners = [(*foot, z) for foot in (wall.start, wall.end) for z in heights]
    pixels, depth = camera.project(np.array(corners, np.float32))
    if depth.max() <= NEAREST_M:
        return True
    if depth.min() <= NEAREST_M:
        return False
    size = np.array([camera.width, camera.height])
    return bool((pixels.max(axis=0) < 0).any() or (pixels.min(axis=0) > size).any())


def _build(
    wall: Wall,
    site: Site,
    eye: Float32[np.ndarray, "3"],
    rays: Float32[np.ndarray, "h w 3"],
    rgb: Picture,
    depth: Field,
    near: Field,
    seed: int,
) -> None:
    """Draw one wall into the strip, where it is nearer than what is there."""
    start, end = np.array(wall.start, np.float32), np.array(wall.end, np.float32)
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length
    normal = np.array([along[1], -along[0], 0], np.float32)
    offset = float((start - eye[:2]) @ normal[:2])
    slant = rays[..., 0] * normal[0] + rays[..., 1] * normal[1]
    reach = offset / np.where(np.abs(slant) < 1e-6, np.float32(1e-6), slant)
    u = (eye[0] - start[0]) * along[0] + (eye[1] - start[1]) * along[1]
    u = u + reach * (rays[..., 0] * along[0] + rays[..., 1] * along[1])
    v = eye[2] - wall.bottom_m + reach * rays[..., 2]
    hit = (reach > NEAREST_M) & (u >= 0) & (u <= length) & (v >= 0) & (v <= wall.height_m)
    hit &= reach < depth
    if not hit.any():
        return
    part = _window(hit)
    albedo, cover = _wall_surface(wall, u[part], v[part], length, seed)
    points = eye + rays[part] * reach[part][..., None]
    facing = normal if offset < 0 else -normal
    normals = np.broadcast_to(facing, (albedo.shape[0] * albedo.shape[1], 3))
    light = site.light.falling_on(points.reshape(-1, 3), normals).reshape(albedo.shape)
    light *= (1 - 0.35 * np.exp(-np.maximum(v[part], 0) / 0.3))[..., None]
    shown = hit[part] & cover
    _blend(rgb[part], depth[part], site.light.pixels(albedo, light), shown, reach[part])
    np.copyto(near[part], reach[part], where=shown)


def _window(hit: Bool[np.ndarray, "h w"]) -> tuple[slice, slice]:
    rows, columns = np.nonzero(hit.any(axis=1))[0], np.nonzero(hit.any(axis=0))[0]
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _wall_surface(
    wall: Wall, u: Field, v: Field, length: float, seed: int
) -> tuple[Picture, Bool[np.ndarray, "h w"]]:
    """Colours, and where there is something at all."""
    solid = np.ones(u.shape, bool)
    if wall.kind == "brick":
        return bricks(u, v, wall.colour, seed=seed), solid
    if wall.kind == "shutter":
        return shutter(u, v, wall.colour, seed=seed), solid
    if wall.kind == "glass":
        frame = (np.abs(u / 1.2 % 1 - 0.5) > 0.46) | (np.abs(v / 1.1 % 1 - 0.5) > 0.46)
        pane = 0.10 + 0.06 * v / wall.height_m + 0.02 * noise_at(u, v, seed=seed, lump_m=0.7)
        albedo = np.where(frame, 0.42, pane)[..., None] * np.array(wall.colour, np.float32) * 2
        return np.asarray(np.clip(albedo, 0, 1), np.float32), solid
    if wall.kind == "fence":
        post = np.abs(u % 2.5 - 1.25) > 1.21
        bar = (np.abs(u % 0.12 - 0.06) > 0.048) & (v < wall.height_m - 0.08)
        rail = (np.abs(v - 0.15) < 0.025) | (np.abs(v - wall.height_m + 0.12) < 0.025)
        return np.ones((*u.shape, 3), np.float32) * np.array(wall.colour, np.float32), (
            post | bar | rail
        )
    return plaster(u, v, wall.colour, seed=seed), solid


def _blend(
    rgb: Picture, depth: Field, colours: Picture, where: Bool[np.ndarray, "h w"], reach: Field
) -> None:
    shown = where & (reach < depth)
    np.copyto(rgb, colours, where=shown[..., None])
    np.copyto(depth, reach, where=shown)


def _grow(
    rgb: Picture,
    near: Field,
    leafy: UInt8[np.ndarray, "h w"],
    plant: Plant,
    site: Site,
    camera: Camera,
    seed: int,
) -> None:
    """A cloud of leaves, dark inside and below, paler where the light comes from."""
    random = np.random.default_rng([seed, int(abs(plant.centre[0]) * 100), 5])
    ball = random.normal(size=(plant.leaves, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    outward = ball.astype(np.float32)
    inner = random.uniform(0.35, 1.0, (plant.leaves, 1))
    ball *= inner
    lumps = 1 + 0.18 * np.sin(ball @ random.normal(size=(3, 3)) * 4).sum(axis=1, keepdims=True)
    points = (ball * lumps * plant.radii + plant.centre).astype(np.float32)
    points[:, 2] = np.maximum(points[:, 2], 0.03)
    light = site.light.falling_on(points, outward) * inner.astype(np.float32) ** 1.6
    tint = np.array(plant.colour) * random.uniform(0.65, 1.35, (plant.leaves, 1))
    colours = site.light.pixels(tint.astype(np.float32), light)
    pixels, depth = camera.project(points)
    box = np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])
    if depth.min() < NEAREST_M or box[2] < 0 or box[0] > camera.width:
        return
    mask = np.zeros(leafy.shape, np.uint8)
    for at in np.argsort(-depth):
        size = max(1.0, camera.pixels_per_metre(float(depth[at])) * random.uniform(0.05, 0.11))
        centre = np.round(pixels[at] * 16).astype(int).tolist()
        axes = (int(size * 16), int(size * random.uniform(5, 11)))
        args = (centre, axes, random.uniform(0, 180), 0, 360)
        cv2.ellipse(rgb, *args, colours[at].tolist(), -1, cv2.LINE_8, 4)
        cv2.ellipse(mask, *args, 255, -1, cv2.LINE_8, 4)
    near[mask > 0] = np.minimum(near[mask > 0], float(np.median(depth)))
    np.maximum(leafy, mask, out=leafy)


def _lay(rgb: Picture, near: Field, leafy: UInt8[np.ndarray, "h w"], sprite: Sprite) -> None:
    height, width = sprite.alpha.shape
    x1, y1 = max(sprite.left, 0), max(sprite.top, 0)
    x2, y2 = min(sprite.left + width, rgb.shape[1]), min(sprite.top + height, rgb.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    own = np.s_[y1 - sprite.top : y2 - sprite.top, x1 - sprite.left : x2 - sprite.left]
    here = np.s_[y1:y2, x1:x2]
    alpha = sprite.alpha[own]
    rgb[here] = rgb[here] * (1 - alpha[..., None] / np.float32(255)) + sprite.rgb[own]
    solid = alpha > 127
    near[here][solid] = sprite.depth_m
    leafy[here][solid] = 0
