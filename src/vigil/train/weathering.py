"""What cameras do to pictures: night, blur, rain, fog, noise and compression, drawn at random.

All take and give RGB of the same size; boxes stay where they are.
"""

from collections.abc import Callable

import cv2
import numpy as np

from vigil.core import Image

Effect = Callable[[Image, np.random.Generator], Image]
SHARE = 0.25
"""Of pictures that one effect falls on; effects are drawn one by one, so that some meet."""


def weathered(image: Image, chance: np.random.Generator, *, share: float = SHARE) -> Image:
    """The picture as a worse camera, hour or weather would have given it."""
    for effect in EFFECTS:
        if chance.random() < share:
            image = effect(image, chance)
    return image


def relit(image: Image, chance: np.random.Generator) -> Image:
    """Brighter or darker, with more or less contrast and colour."""
    contrast, lift = chance.uniform(0.6, 1.4), chance.uniform(-40, 40)
    colours = _clipped((image.astype(np.float32) - 128) * contrast + 128 + lift)
    return _saturated(colours, chance.uniform(0.4, 1.5))


def night(image: Image, chance: np.random.Generator) -> Image:
    """Darker by a gamma curve, nearly without colour, with the noise of a sensor that amplifies."""
    dark = 255 * (image.astype(np.float32) / 255) ** chance.uniform(1.5, 3.0)
    grain = chance.normal(0, chance.uniform(2, 10), image.shape[:2])[..., None]
    return _saturated(_clipped(dark * chance.uniform(0.6, 1.0) + grain), chance.uniform(0, 0.5))


def moved(image: Image, chance: np.random.Generator) -> Image:
    """Blurred along a direction, as by a long exposure."""
    length = int(chance.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), chance.uniform(0, 180), 1)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
    return np.asarray(cv2.filter2D(image, -1, kernel / max(float(kernel.sum()), 1e-6)), np.uint8)


def unfocused(image: Image, chance: np.random.Generator) -> Image:
    """Out of focus, or enlarged from fewer pixels."""
    if chance.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), chance.uniform(0.5, 2.0)), np.uint8)
    height, width = image.shape[:2]
    share = chance.uniform(0.35, 0.8)
    small = (max(1, round(width * share)), max(1, round(height * share)))
    fewer = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(fewer, (width, height)), np.uint8)


def rained_on(image: Image, chance: np.random.Generator) -> Image:
    """Bright streaks, all in nearly one direction."""
    height, width = image.shape[:2]
    streaks = np.zeros((height, width), np.uint8)
    lean, length = chance.uniform(-0.4, 0.4), max(4, round(height * chance.uniform(0.02, 0.06)))
    for _ in range(int(height * width / chance.uniform(600, 3000))):
        x, y = int(chance.integers(width)), int(chance.integers(height))
        cv2.line(streaks, (x, y), (round(x + lean * length), y + length), 255, 1)
    soft = cv2.GaussianBlur(streaks, (3, 3), 0)[..., None].astype(np.float32) / 255
    return _clipped(image + soft * chance.uniform(40, 120))


def fogged(image: Image, chance: np.random.Generator) -> Image:
    """Grey that grows denser towards the top, where most cameras look further."""
    height = image.shape[0]
    near = chance.uniform(0.0, 0.3)
    dense = np.linspace(near + chance.uniform(0.1, 0.5), near, height, dtype=np.float32)
    veil = dense[:, None, None]
    return _clipped(image * (1 - veil) + chance.uniform(150, 220) * veil)


def compressed(image: Image, chance: np.random.Generator) -> Image:
    """As a substream of few bits shows it."""
    # OpenCV takes the channels for blue, green, red both ways, so that the order stays.
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(15, 60))]
    _, data = cv2.imencode(".jpg", image, quality)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


EFFECTS: tuple[Effect, ...] = (relit, night, moved, unfocused, rained_on, fogged, compressed)


def _saturated(image: Image, share: float) -> Image:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    return _clipped(grey + (image - grey) * share)


def _clipped(values: "np.ndarray[tuple[int, ...], np.dtype[np.floating]]") -> Image:
    return np.asarray(np.clip(values, 0, 255), np.uint8)
