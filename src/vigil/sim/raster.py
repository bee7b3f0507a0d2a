"""Meshes become small pictures with an outline, ready to be laid over a backdrop."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from vigil.core import Box
from vigil.sim.camera import NEAREST_M, Camera
from vigil.sim.light import Light
from vigil.sim.mesh import Mesh

SHIFT = 4
"""Fraction bits of the corners given to OpenCV."""


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A drawn thing. `rgb` is already multiplied by `alpha`, which makes blending exact."""

    left: int
    """Pixels of the picture; may lie outside it."""
    top: int
    rgb: UInt8[np.ndarray, "height width 3"]
    alpha: UInt8[np.ndarray, "height width"]
    depth_m: float
    """Distance of its foot along the view."""
    extent: Box
    """Around what is seen of it, unclipped."""


def extent(camera: Camera, mesh: Mesh) -> Box | None:
    """The box around what is seen of a mesh, unclipped; None when it reaches behind the lens."""
    pixels, depth = camera.project(mesh.points)
    if depth.min() < NEAREST_M:
        return None
    return _around(pixels[mesh.faces[_facing(camera, mesh).shown].ravel()])


def draw(
    camera: Camera,
    light: Light,
    mesh: Mesh,
    *,
    texture: UInt8[np.ndarray, "side side"] | None = None,
    sunlit: float = 1.0,
) -> Sprite | None:
    """Paint the faces that look at the camera, far ones first; None when out of the picture.

    `texture` (128 is neutral) is pinned to the sprite and scaled with it: folds and weave.
    """
    pixels, depth = camera.project(mesh.points)
    if depth.min() < NEAREST_M:
        return None
    sides = _facing(camera, mesh)
    box = _around(pixels[mesh.faces[sides.shown].ravel()])
    if box.clipped(camera.width, camera.height).area <= 0:
        return None
    left, top = int(np.floor(box.x1)) - 1, int(np.floor(box.y1)) - 1
    width, height = int(np.ceil(box.x2)) + 2 - left, int(np.ceil(box.y2)) + 2 - top
    if width * height > 4 * camera.width * camera.height:
        return None
    fine = 3 if height < 120 else 2 if height < 500 else 1
    faces, colours = _visible(camera, light, mesh, sides, depth, sunlit)
    corners = np.round((pixels - (left, top)) * fine * (1 << SHIFT) - (1 << SHIFT >> 1))
    canvas = np.zeros((height * fine, width * fine, 4), np.uint8)
    for face, colour in zip(corners.astype(np.int32)[faces], colours.tolist(), strict=True):
        cv2.fillConvexPoly(canvas, face, colour, cv2.LINE_8, SHIFT)
    if texture is not None:
        _weave(canvas, texture)
    # Each face has one colour; a blur of a fine pixel or two hides the edges between them.
    soft = cv2.GaussianBlur(canvas, (0, 0), 0.35 * fine)
    small = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    foot_depth = float(depth[mesh.points[:, 2] <= mesh.points[:, 2].min() + 0.15].mean())
    return Sprite(left, top, small[..., :3], small[..., 3], foot_depth, box)


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """How the faces of a mesh lie to the camera."""

    shown: Bool[np.ndarray, "m"]
    """Which ones look at it."""
    normals: Float32[np.ndarray, "m 3"]
    """Unit length, outwards."""
    centres: Float32[np.ndarray, "m 3"]


def _around(pixels: Float32[np.ndarray, "n 2"]) -> Box:
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _facing(camera: Camera, mesh: Mesh) -> _Sides:
    corner = mesh.points[mesh.faces]
    # A triangle's last two corners are one, and its diagonals are two of its sides.
    a, b = corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1]
    normals = np.stack(
        [
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        axis=1,
    )
    normals /= np.sqrt((normals * normals).sum(axis=1, keepdims=True)) + np.float32(1e-12)
    view = np.array(camera.position, np.float32) - corner[:, 0]
    return _Sides((normals * view).sum(axis=1) > 0, normals, corner.mean(axis=1))


def _visible(
    camera: Camera,
    light: Light,
    mesh: Mesh,
    sides: _Sides,
    depth: Float32[np.ndarray, "n"],
    sunlit: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Corner numbers and colours (RGBA, 0 to 255) of the faces to paint, in painting order."""
    shown = sides.shown
    normals, centres = sides.normals[shown], sides.centres[shown]
    view = np.array(camera.position, np.float32) - centres
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    order = np.argsort(-(depth[mesh.faces[shown]].mean(axis=1) - mesh.lift_m[shown]), kind="stable")
    colours = _shaded(light, mesh, shown, centres, normals, view, sunlit)
    return mesh.faces[shown][order], colours[order]


def _shaded(
    light: Light,
    mesh: Mesh,
    shown: np.ndarray,
    centres: np.ndarray,
    normals: np.ndarray,
    view: np.ndarray,
    sunlit: float,
) -> np.ndarray:
    falling = light.falling_on(centres, normals, sunlit)
    # What stands close to the ground sees less sky.
    falling *= np.clip(0.55 + 0.6 * centres[:, 2:], 0, 1)
    values = light.pixels(mesh.colours[shown], falling + mesh.glow[shown, None])
    mirrored = 2 * (normals * view).sum(axis=1, keepdims=True) * normals - view
    grazing = 0.25 + 0.75 * (1 - np.abs((normals * view).sum(axis=1))) ** 2
    sky = np.clip(mirrored[:, 2] * 1.6 + 0.1, 0, 1) * grazing * mesh.gloss[shown]
    bright = np.full(3, light.sky_strength * 1.5, np.float32)
    sky_values = light.pixels(np.array(light.sky_colour, np.float32), bright)
    if light.sun_strength > 0:
        glint = np.maximum(mirrored @ light.towards_sun, 0) ** 40 * mesh.gloss[shown] * sunlit
        values = values + (glint * light.sun_strength * 170)[:, None]
    values = values * (1 - sky[:, None]) + sky_values * sky[:, None]
    opaque = np.full((len(values), 1), 255, np.float32)
    return np.concatenate([np.clip(values, 0, 255), opaque], axis=1)


def _weave(canvas: UInt8[np.ndarray, "h w 4"], texture: UInt8[np.ndarray, "side side"]) -> None:
    height, width = canvas.shape[:2]
    across = max(8, min(texture.shape[1], texture.shape[0] * width // height))
    pattern = cv2.resize(texture[:, :across], (width, height), interpolation=cv2.INTER_LINEAR)
    colour = np.ascontiguousarray(canvas[..., :3])
    canvas[..., :3] = cv2.multiply(colour, cv2.merge([pattern] * 3), scale=1 / 128)
