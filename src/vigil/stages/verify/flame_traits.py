"""What flames look like in every picture, and at twice the watch's resolution, in numbers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from vigil.core import Box, Frame, Image, Luma
from vigil.stages.flicker import SWING, brightness, fire_coloured

Features = dict[str, float]
CROP_PX = 96
"""Width of what is cut out around the fire; never enlarged."""
WHOLE_PX = 96
"""Width at which the camera's own movement is seen."""
OFTEN = 0.3
"""Share of the pictures in which a pixel must have the colour of fire."""
FEWEST = 12
"""Pixels."""
FEWEST_PICTURES = 15
TURNS_S = 1.5
"""Turns a second from which on a pixel is restless."""
SLOW_HZ, FAST_HZ = 0.7, 3.0
STIR = 12
"""Levels by which a pixel of the whole view must change from one picture to another."""
APART_S = 0.2


@dataclass(slots=True, kw_only=True, eq=False)
class Crops:
    """Small colour pictures of one place."""

    times_s: list[float] = field(default_factory=list)
    pictures: list[Image] = field(default_factory=list)
    whole: list[tuple[float, Luma]] = field(default_factory=list)


def cut(frames: Iterable[Frame], window: Box) -> Crops:
    """Cut the window from each frame, and now and then look at the whole."""
    crops, size = Crops(), None
    for frame in frames:
        picture = frame.rgb(min(CROP_PX, max(8, round(window.width))), region=window)
        size = size or picture.shape
        if picture.shape != size:
            continue
        crops.times_s.append(frame.time_s)
        crops.pictures.append(picture)
        if not crops.whole or frame.time_s - crops.whole[-1][0] >= APART_S:
            crops.whole.append((frame.time_s, frame.luma(WHOLE_PX).copy()))
    return crops


def traits(crops: Crops) -> Features:
    """What is to be said of it; little where nothing has the colour of fire."""
    if len(crops.pictures) < FEWEST_PICTURES:
        return {}
    masks = np.array([fire_coloured(picture) > 0 for picture in crops.pictures])
    share = masks.mean(axis=0)
    often = share > OFTEN
    found: Features = {"moves": _moves(crops.whole), "coloured": float(often.sum())}
    if often.sum() < FEWEST:
        return found
    levels = np.array([brightness(picture) for picture in crops.pictures], np.float32)
    seconds = crops.times_s[-1] - crops.times_s[0]
    turns = _turns(levels) / max(seconds, 0.1)
    dancing = often & (turns > TURNS_S)
    found["dances"] = float(dancing.sum() / often.sum())
    strange = (share < 0.1) & (turns > TURNS_S)
    near = cv2.dilate(often.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    outside = near & (share < 0.1)
    found["company"] = float(strange[outside].mean()) if outside.any() else 0.0
    if dancing.sum() < FEWEST:
        return found
    found |= _rhythm(levels[:, dancing], np.array(crops.times_s))
    found["turns"] = float(turns[dancing].mean())
    found["stays"] = float(share[dancing].mean())
    found["base"] = _base(masks & dancing)
    return found | _hues(np.array(crops.pictures)[::3][masks[::3] & dancing])


def _turns(levels: Float32[np.ndarray, "t h w"]) -> Float32[np.ndarray, "h w"]:
    """How often the brightness of each pixel came back by `SWING` from an extreme."""
    extreme = levels[0].copy()
    rising = np.ones(extreme.shape, np.float32)
    count = np.zeros(extreme.shape, np.float32)
    for level in levels[1:]:
        ahead = (level - extreme) * rising
        turned = ahead < -SWING
        extreme = np.where(turned | (ahead > 0), level, extreme)
        rising = np.where(turned, -rising, rising)
        count += turned
    return count


def _rhythm(levels: Float32[np.ndarray, "t n"], times_s: np.ndarray) -> Features:
    """Spectrum of the flicker, and whether all of it beats together."""
    count = len(times_s)
    even = np.linspace(times_s[0], times_s[-1], count)
    step_s = float(even[1] - even[0])
    after = np.clip(np.searchsorted(times_s, even), 1, count - 1)
    nearest = np.where(even - times_s[after - 1] < times_s[after] - even, after - 1, after)
    wave = levels[nearest] - levels[nearest].mean(axis=0)
    together = wave.mean(axis=1)
    hertz = np.fft.rfftfreq(count, step_s)
    window = np.hanning(count).astype(np.float32)
    power = (np.abs(np.fft.rfft(wave * window[:, None], axis=0)) ** 2).mean(axis=1)
    chorus = np.abs(np.fft.rfft(together * window)) ** 2
    beats = hertz > SLOW_HZ
    total = float(power[beats].sum()) + 1e-6
    peak = int(np.argmax(np.where(beats, chorus, 0)))
    line = float(chorus[max(0, peak - 1) : peak + 2].sum() / (chorus[beats].sum() + 1e-6))
    return {
        "fast": float(power[hertz > FAST_HZ].sum()) / total,
        "together": float(together.var() / (wave.var(axis=0).mean() + 1e-6)),
        "beat": line,
    }


def _base(masks: Bool[np.ndarray, "t h w"]) -> float:
    """By how much its lower end strays, in its own heights: a fire stands, a jumper does not."""
    feet, heads = [], []
    for mask in masks:
        rows = np.nonzero(mask.any(axis=1))[0]
        if len(rows):
            feet.append(rows[-1])
            heads.append(rows[0])
    if len(feet) < FEWEST_PICTURES // 2:
        return 1.0
    high = max(3.0, float(np.median(np.array(feet) - np.array(heads))))
    return float(np.std(feet)) / high


def _hues(colours: UInt8[np.ndarray, "n 3"]) -> Features:
    """From dark red to a yellow core."""
    if len(colours) < FEWEST:
        return {}
    red = colours[:, 0].astype(np.float32)
    yellow = colours[:, 1] / np.maximum(red, 1)
    found = {
        "spread": float(yellow.std()),
        "core": float(((colours[:, 0] >= 235) & (colours[:, 1] >= 120)).mean()),
        "deep": float(((red - colours[:, 2]) / np.maximum(red, 1)).mean()),
    }
    if red.std() > 1 and yellow.std() > 0.005:
        found["yellows"] = float(np.corrcoef(red, yellow)[0, 1])
    return found


def _moves(whole: list[tuple[float, Luma]]) -> float:
    """Share of the whole view that changes within a moment, in the middle of all moments."""
    shares = [
        float((np.asarray(cv2.absdiff(one, other)) > STIR).mean())
        for (_, one), (_, other) in pairwise(whole)
    ]
    return float(np.median(shares)) if shares else 0.0
