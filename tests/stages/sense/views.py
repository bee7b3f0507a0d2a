"""Views with edges, as an array: what a camera shows, and what becomes of it."""

import cv2
import numpy as np

from vigil.core import Frame, Image, View
from vigil.core.scenes import Signals
from vigil.media.pixels import frame_of_array
from vigil.stages.sense.view import ViewSense

WIDTH, HEIGHT = 320, 180


def view(seed: int = 1, *, width: int = WIDTH, height: int = HEIGHT) -> Image:
    """A place of its own: houses, lines, a rough ground, a smooth sky."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width), 150, np.float32)
    coarse = random.uniform(90, 150, (height // 6, width // 6)).astype(np.float32)
    rough = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(
        random.uniform(-18, 18, (height // 2, width // 2)).astype(np.float32), (width, height)
    )
    horizon = height // 3
    picture[horizon:] = (rough + fine)[horizon:]
    for _ in range(26):
        x, y = random.uniform(0, width), random.uniform(horizon * 0.6, height)
        wide, high = random.uniform(12, 60, 2)
        corners = (int(x), int(y)), (int(x + wide), int(y + high))
        cv2.rectangle(picture, *corners, float(random.uniform(20, 230)), -1)
    return np.asarray(cv2.merge([np.clip(picture, 0, 255).astype(np.uint8)] * 3), np.uint8)


def grainy(picture: Image, seed: int, deviation: float = 2.0) -> Image:
    noise = np.random.default_rng(seed).normal(0, deviation, (*picture.shape[:2], 1))
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def frame(picture: Image, time_s: float) -> Frame:
    return frame_of_array(picture, source="gate", time_s=time_s)


def watch(sense: ViewSense, picture: Image, from_s: float, until_s: float) -> list[View]:
    """What it tells of the same place, seen once a second with fresh grain."""
    told = []
    for number in range(int(until_s - from_s)):
        sense.see(frame(grainy(picture, int(from_s) + number), from_s + number), None)
        seen = sense.tell(Signals()).view
        assert seen is not None
        told.append(seen)
    return told


def blurred(picture: Image, deviation: float) -> Image:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation), np.uint8)


def shifted(picture: Image, right: int, down: int) -> Image:
    move = np.array([[1, 0, right], [0, 1, down]], np.float64)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, move, size, borderMode=cv2.BORDER_REFLECT), np.uint8)


def covered(picture: Image, share: float, level: float = 60.0) -> Image:
    picture = picture.copy()
    wide = int(picture.shape[1] * share)
    shade = np.linspace(level, level * 1.4, wide)[None, :, None]
    picture[:, :wide] = np.clip(shade, 0, 255).astype(np.uint8)
    return picture


def foggy(picture: Image, share: float) -> Image:
    return np.clip(picture * (1 - share) + 190 * share, 0, 255).astype(np.uint8)


def dimmed(picture: Image, gain: float) -> Image:
    return np.clip(picture * gain, 0, 255).astype(np.uint8)
