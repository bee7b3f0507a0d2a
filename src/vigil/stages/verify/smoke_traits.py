"""What smoke looks like against the place as it was before, in numbers."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from vigil.core import Image
from vigil.stages.verify.flame_traits import Crops, Features

CONTRAST = 12.0
"""Levels by which smoke changes what is there."""
GREY = 34
PALER = 6
FEWEST = 16
"""Pixels."""
STIR_S = 0.8

Stack = Float32[np.ndarray, "t h w"]


def smoke_traits(crops: Crops, before_until_s: float) -> Features:
    """Compare pictures from `before_until_s` on with those before; nothing where there are none."""
    times = np.array(crops.times_s)
    early, late = times < before_until_s, times >= before_until_s
    if early.sum() < 3 or late.sum() < 6:
        return {}
    pictures = np.array(crops.pictures)
    was = np.median(pictures[early][:: max(1, int(early.sum()) // 15)], axis=0).astype(np.uint8)
    now, moments = pictures[late], times[late]
    apart = np.abs(now[..., 1].astype(np.float32) - was[..., 1]) > CONTRAST
    richer = _colour(now).astype(np.int16) - _colour(was[None]) >= PALER
    hazy = apart & ~richer & (_colour(now) < GREY)
    third = max(1, len(now) // 3)
    shape = hazy[-third:].mean(axis=0) > 0.5
    found: Features = {
        "area": float(shape.sum()),
        "grown": float((hazy[-third:].sum() + 1.0) / (hazy[:third].sum() + 1.0)),
        "grey": float((hazy.sum() + 1.0) / (apart.sum() + 1.0)),
    }
    if shape.sum() < FEWEST:
        return found
    return found | _texture(now[-third:], was, shape) | _life(now, moments, shape)


def _texture(
    now: UInt8[np.ndarray, "t h w 3"], was: Image, shape: UInt8[np.ndarray, "h w"]
) -> Features:
    """How much detail is left, and whether it is that of what is behind."""
    seen = now[len(now) // 2, ..., 1].astype(np.float32)
    place = was[..., 1].astype(np.float32)
    a, b = seen[shape] - seen[shape].mean(), place[shape] - place[shape].mean()
    energy = float(np.sqrt((a @ a) * (b @ b)))
    return {
        "sharp": float((_detail(seen)[shape].mean() + 2) / (_detail(place)[shape].mean() + 2)),
        "alike": float(a @ b) / energy if energy > 1 else 0.0,
    }


def _life(
    now: UInt8[np.ndarray, "t h w 3"], times_s: np.ndarray, shape: UInt8[np.ndarray, "h w"]
) -> Features:
    """Share of it that changed within a moment."""
    step = max(1, int(np.searchsorted(times_s, times_s[0] + STIR_S)))
    grey = now[..., 1].astype(np.float32)
    change = np.abs(grey[step:] - grey[:-step])[:, shape] > CONTRAST / 2
    return {"stirs": float(change.mean())} if change.size else {}


def _colour(pictures: UInt8[np.ndarray, "t h w 3"]) -> UInt8[np.ndarray, "t h w"]:
    return np.asarray(pictures.max(axis=-1) - pictures.min(axis=-1), np.uint8)


def _detail(grey: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(cv2.magnitude(across, down), np.float32)
