"""Surfaces made of noise: asphalt, paving, brick, plaster, cloth."""

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from vigil.sim.mesh import Colour

SIDE = 512
"""Pixels of a noise tile; it repeats without a seam."""

Field = Float32[np.ndarray, "height width"]
Picture = Float32[np.ndarray, "height width 3"]


@lru_cache(maxsize=32)
def noise_tile(seed: int, grain_px: float) -> Field:
    """Smooth noise, mean 0 and deviation 1, with lumps of `grain_px`; repeats seamlessly."""
    random = np.random.default_rng([seed, 1009])
    white = random.standard_normal((SIDE, SIDE)).astype(np.float32)
    margin = int(grain_px * 3) + 1
    wide = cv2.copyMakeBorder(white, margin, margin, margin, margin, cv2.BORDER_WRAP)
    soft = cv2.GaussianBlur(wide, (0, 0), grain_px)[margin:-margin, margin:-margin]
    return np.asarray((soft - soft.mean()) / soft.std(), np.float32)


def noise_at(u: Field, v: Field, *, seed: int, lump_m: float) -> Field:
    """Noise on a surface with coordinates in metres, its lumps about `lump_m` across."""
    grain_px = 4.0
    scale = np.float32(grain_px / lump_m)
    # An odd turn of the grid hides that the tile repeats.
    x, y = (u * 0.921 + v * 0.39) * scale % SIDE, (v * 0.921 - u * 0.39) * scale % SIDE
    tile = noise_tile(seed, grain_px)
    result = cv2.remap(tile, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(result, np.float32)


def speckled(u: Field, v: Field, colour: Colour, *, seed: int, grain: float = 1.0) -> Picture:
    """Asphalt or concrete: broad stains, patches and fine grain."""
    value = 1 + 0.06 * noise_at(u, v, seed=seed, lump_m=3.0)
    value += 0.03 * noise_at(u, v, seed=seed + 1, lump_m=0.6)
    value += 0.08 * grain * noise_at(u, v, seed=seed + 2, lump_m=0.015)
    return _tinted(value, colour)


def tiles(
    u: Field, v: Field, colour: Colour, *, seed: int, size: tuple[float, float], joint_m: float
) -> Picture:
    """Paving or floor tiles of `size` metres, every second row shifted by half a tile."""
    row = np.floor(v / size[1])
    shifted = u / size[0] + 0.5 * (row % 2)
    column = np.floor(shifted)
    edge_u = np.abs(shifted - column - 0.5) * 2
    edge_v = np.abs(v / size[1] - row - 0.5) * 2
    joint = (edge_u > 1 - 2 * joint_m / size[0]) | (edge_v > 1 - 2 * joint_m / size[1])
    own = np.sin(column * 127.1 + row * 311.7) * 43758.5
    value = 0.94 + 0.12 * (own - np.floor(own))
    value += 0.06 * noise_at(u, v, seed=seed, lump_m=2.0)
    value += 0.035 * noise_at(u, v, seed=seed + 1, lump_m=0.05)
    return _tinted(np.where(joint, value * 0.72, value).astype(np.float32), colour)


def bricks(u: Field, v: Field, colour: Colour, *, seed: int) -> Picture:
    """A brick wall with pale joints, darker towards the ground."""
    wall = tiles(u, v, colour, seed=seed, size=(0.23, 0.075), joint_m=0.006)
    dirt = 1 - 0.25 * np.exp(-np.maximum(v, 0) / 0.35)
    return np.asarray(wall * dirt[..., None], np.float32)


def plaster(u: Field, v: Field, colour: Colour, *, seed: int) -> Picture:
    """A painted wall with streaks of rain."""
    value = 1 + 0.03 * noise_at(u, v, seed=seed, lump_m=0.9)
    value += 0.035 * noise_at(u * 6, v * 0.35, seed=seed + 1, lump_m=1.0)
    value += 0.015 * noise_at(u, v, seed=seed + 2, lump_m=0.03)
    value *= 1 - 0.22 * np.exp(-np.maximum(v, 0) / 0.3)
    return _tinted(value, colour)


def shutter(u: Field, v: Field, colour: Colour, *, seed: int) -> Picture:
    """A roller shutter or corrugated sheet: ribs across."""
    value = (
        0.88 + 0.12 * np.sin(v * (2 * np.pi / 0.11)) + 0.03 * noise_at(u, v, seed=seed, lump_m=0.8)
    )
    return _tinted(np.asarray(value, np.float32), colour)


def grass(u: Field, v: Field, colour: Colour, *, seed: int) -> Picture:
    """Short grass with dry patches."""
    value = 1 + 0.12 * noise_at(u, v, seed=seed, lump_m=1.6)
    value += 0.12 * noise_at(u, v, seed=seed + 1, lump_m=0.12)
    value += 0.16 * noise_at(u, v, seed=seed + 2, lump_m=0.03)
    dry = np.clip(noise_at(u, v, seed=seed + 3, lump_m=2.5) * 0.25, 0, 0.5)[..., None]
    green = _tinted(value, colour)
    return np.asarray(
        green * (1 - dry) + green * np.array([1.5, 1.15, 0.9], np.float32) * dry, np.float32
    )


@lru_cache(maxsize=64)
def cloth(seed: int) -> UInt8[np.ndarray, "128 128"]:
    """Folds and weave, 128 neutral, for `raster.draw`."""
    folds = cv2.resize(noise_tile(seed % 7, 20.0)[:256, :256], (128, 128))
    crease = noise_tile(seed % 5, 6.0)[:128, 128:256]
    weave = noise_tile(seed % 3, 1.2)[128:256, :128]
    return np.asarray(np.clip(128 + 11 * folds + 9 * crease + 5 * weave, 60, 200), np.uint8)


def _tinted(value: Field, colour: Colour) -> Picture:
    return np.asarray(
        np.clip(value, 0.1, None)[..., None] * np.array(colour, np.float32), np.float32
    )
