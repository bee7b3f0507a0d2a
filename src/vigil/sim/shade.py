"""Shadows that actors cast, and the light that vehicles throw."""

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Image
from vigil.sim.backdrop import Backdrop
from vigil.sim.camera import NEAREST_M, Camera
from vigil.sim.light import Lamp, Light
from vigil.sim.mesh import Mesh

GAMMA = 2.2
LONGEST_M = 6.0
"""Lamp shadows are cut where they have faded."""


def cast_shadow(
    frame: Image, backdrop: Backdrop, camera: Camera, light: Light, solid: Mesh
) -> None:
    """Darken the ground behind a thing as seen from the light, and right under it."""
    _contact(frame, backdrop, camera, solid)
    if light.sun_strength > 0.2:
        slope = -light.towards_sun[:2] / light.towards_sun[2]
        flat = solid.points[:, :2] + solid.points[:, 2:] * slope
        sun = light.sun_strength * float(light.towards_sun[2])
        share = 1 - (light.sky_strength / (light.sky_strength + sun)) ** (1 / GAMMA)
        _darken(frame, backdrop.sunlit, camera, solid, flat, share)
    elif light.lamps:
        foot = solid.points.mean(axis=0)
        lamp = max(light.lamps, key=lambda one: _reaching(one, foot))
        flat = _behind_lamp(lamp, solid.points)
        _darken(frame, backdrop.bare, camera, solid, flat, 0.42)


def headlights(frame: Image, camera: Camera, solid: Mesh) -> None:
    """Two beams on the road in front of a vehicle, and the glare of lamps that face us."""
    lamps = solid.points[solid.faces[solid.glow > 3]].mean(axis=1)
    tails = solid.points[solid.faces[(solid.glow > 0) & (solid.glow <= 3)]].mean(axis=1)
    ahead = lamps.mean(axis=0) - tails.mean(axis=0)
    ahead[2] = 0
    ahead /= np.linalg.norm(ahead)
    aside = np.array([-ahead[1], ahead[0], 0], np.float32)
    height, width = frame.shape[0] // 4, frame.shape[1] // 4
    beams = np.zeros((height, width), np.float32)
    for lamp in lamps:
        ground = lamp * np.array([1, 1, 0], np.float32)
        for reach, spread, strength in ((11, 2.6, 0.35), (7, 1.7, 0.5), (4, 1.0, 0.5)):
            near, far = ground + ahead * 0.2, ground + ahead * reach
            outline = np.stack(
                [near - aside * 0.6, far - aside * spread, far + aside * spread, near + aside * 0.6]
            )
            pixels, depth = camera.project(outline.astype(np.float32))
            if depth.min() > NEAREST_M:
                layer = np.zeros_like(beams)
                cv2.fillConvexPoly(
                    layer, np.round(pixels / 4 * 16).astype(np.int32), strength, 8, 4
                )
                beams += cv2.GaussianBlur(layer, (0, 0), 1 + width / 90)
    beams += _glare(camera, lamps, ahead, (height, width))
    large = cv2.resize(beams, (frame.shape[1], frame.shape[0]))[..., None]
    lit = frame * (1 + 1.6 * large) + large * np.array([62, 60, 54], np.float32)
    np.copyto(frame, np.clip(lit, 0, 255).astype(np.uint8))


def _glare(
    camera: Camera,
    lamps: Float32[np.ndarray, "n 3"],
    ahead: Float32[np.ndarray, "3"],
    size: tuple[int, int],
) -> Float32[np.ndarray, "h w"]:
    glare = np.zeros(size, np.float32)
    pixels, depth = camera.project(lamps)
    for lamp, at, metres in zip(lamps, pixels / 4, depth, strict=True):
        to_eye = np.array(camera.position, np.float32) - lamp
        facing = float(to_eye @ ahead / np.linalg.norm(to_eye))
        if facing > 0 and metres > NEAREST_M:
            radius = camera.pixels_per_metre(float(metres)) / 4 * 0.35
            cv2.circle(glare, (int(at[0]), int(at[1])), max(1, int(radius)), 3.0 * facing, -1)
    return np.asarray(cv2.GaussianBlur(glare, (0, 0), 1 + size[1] / 70), np.float32)


def _contact(frame: Image, backdrop: Backdrop, camera: Camera, solid: Mesh) -> None:
    """The dark line where a thing touches the ground, in any light."""
    low = solid.points[solid.points[:, 2] < solid.points[:, 2].min() + 0.35]
    hull = cv2.convexHull(np.ascontiguousarray(low[:, :2]))[:, 0]
    centre = hull.mean(axis=0)
    grown = centre + (hull - centre) * np.float32(1.12)
    ground = np.concatenate([grown, np.zeros((len(grown), 1), np.float32)], axis=1)
    darken_ground(frame, backdrop.bare, camera, ground, np.arange(len(grown))[None], 0.50, 0.07)


def _reaching(lamp: Lamp, foot: Float32[np.ndarray, "3"]) -> float:
    return lamp.power / float(((np.array(lamp.position) - foot) ** 2).sum())


def _behind_lamp(lamp: Lamp, points: Float32[np.ndarray, "n 3"]) -> Float32[np.ndarray, "n 2"]:
    above = np.maximum(lamp.position[2] - points[:, 2:], 0.3)
    away = (points[:, :2] - np.array(lamp.position[:2], np.float32)) * points[:, 2:] / above
    length = np.linalg.norm(away, axis=1, keepdims=True)
    return np.asarray(points[:, :2] + away * np.minimum(1, LONGEST_M / (length + 1e-6)), np.float32)


def _darken(
    frame: Image,
    where: np.ndarray,
    camera: Camera,
    solid: Mesh,
    flat: Float32[np.ndarray, "n 2"],
    share: float,
) -> None:
    ground = np.concatenate([flat, np.zeros((len(flat), 1), np.float32)], axis=1)
    darken_ground(frame, where, camera, ground.astype(np.float32), solid.faces, share, 0.03)


def darken_ground(
    frame: Image,
    where: np.ndarray,
    camera: Camera,
    ground: Float32[np.ndarray, "n 3"],
    faces: np.ndarray,
    share: float,
    softness_m: float,
) -> None:
    """Multiply the ground inside the faces by 1 - `share`, where `where` is 255."""
    pixels, depth = camera.project(ground)
    if depth.min() <= NEAREST_M:
        return
    blur = 0.6 + softness_m * camera.pixels_per_metre(float(depth.mean()))
    pad = int(3 * blur) + 2
    x1, y1 = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - pad, 0)
    x2, y2 = np.ceil(pixels.max(axis=0)).astype(int) + pad
    x2, y2 = min(x2, frame.shape[1]), min(y2, frame.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    mask = np.zeros((y2 - y1, x2 - x1), np.uint8)
    corners = np.round((pixels - (x1, y1)) * 16).astype(np.int32)[faces]
    # The lit side and the dark side of a solid throw the same shadow: one is enough.
    across, along = corners[:, 2] - corners[:, 0], corners[:, -1] - corners[:, 1]
    turn = across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0]
    for face in corners[turn >= 0] if len(corners) > 1 else corners:
        cv2.fillConvexPoly(mask, face, 255, cv2.LINE_8, 4)
    mask = cv2.GaussianBlur(mask, (0, 0), blur)
    here = np.s_[y1:y2, x1:x2]
    mask = cv2.multiply(mask, where[here], scale=share / 255)
    keep = cv2.merge([255 - mask] * 3)
    frame[here] = cv2.multiply(frame[here], keep, scale=1 / 255)
