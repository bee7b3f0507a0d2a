"""More views of the few pictures that there are, and which of them show the same thing twice."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float32, Int64
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from vigil.core import Image

HASH_SIDE = 8
"""The hash tells, 8 × 8 times, whether the right neighbour is brighter: 64 bits."""
NEAR_BITS = 6
"""Copies that were cropped a little, scaled or compressed differ in fewer bits."""
NEAR_COSINE = 0.93
"""Frames of one shot, and pictures of one hole in a road, are nearer in a MobileNet's eyes;
pictures of one kind of thing are not."""


def views_of(image: Image, count: int, chance: np.random.Generator) -> list[Image]:
    """The picture, then its mirror image, then drawn variations: `count` in all.

    A variation is a piece of half the area or more, perhaps mirrored, brighter or darker, softer,
    and compressed again, as other cameras would have shown it.
    """
    if count < 1:
        raise ValueError(f"count: {count}; allowed: 1 or more")
    views = [image, mirrored(image)][:count]
    return views + [varied(image, chance) for _ in range(count - len(views))]


def mirrored(image: Image) -> Image:
    """Left and right exchanged."""
    return np.ascontiguousarray(image[:, ::-1])


def varied(image: Image, chance: np.random.Generator) -> Image:
    """One variation, of its own size."""
    view = _piece(image, chance)
    view = mirrored(view) if chance.random() < 0.5 else view
    view = _relit(view, chance)
    if chance.random() < 0.3:
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), chance.uniform(0.5, 1.2)), np.uint8)
    return _compressed(view, int(chance.integers(30, 85))) if chance.random() < 0.3 else view


def duplicate_groups(
    images: Sequence[Image], vectors: Float32[np.ndarray, "n d"] | None = None
) -> Int64[np.ndarray, " n"]:
    """A number for each picture; pictures that show nearly the same have the same number.

    Near in the hash of their brightness, or, where `vectors` (unit length) are given, in those.
    Whoever is near to one of a group belongs to it.
    """
    hashes = np.array([difference_hash(image) for image in images], np.uint64).reshape(-1)
    near = np.bitwise_count(hashes[:, None] ^ hashes[None, :]) <= NEAR_BITS
    if vectors is not None and len(vectors):
        near |= vectors @ vectors.T >= NEAR_COSINE
    _, groups = connected_components(csr_matrix(near), directed=False)
    return np.asarray(groups, np.int64)


def difference_hash(image: Image) -> int:
    """64 bits that hardly change when a picture is scaled, relit or compressed (dHash)."""
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(luma, (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA)
    bits = np.packbits(small[:, 1:] > small[:, :-1])
    return int.from_bytes(bits.tobytes())


def _piece(image: Image, chance: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    area, stretch = chance.uniform(0.5, 1.0), np.exp(chance.uniform(-0.25, 0.25))
    across = max(1, min(width, round(width * np.sqrt(area * stretch))))
    down = max(1, min(height, round(height * np.sqrt(area / stretch))))
    x, y = chance.integers(0, width - across + 1), chance.integers(0, height - down + 1)
    return np.ascontiguousarray(image[y : y + down, x : x + across])


def _relit(image: Image, chance: np.random.Generator) -> Image:
    contrast, lift = chance.uniform(0.8, 1.25), chance.uniform(-25, 25)
    steps = (np.arange(256) - 128) * contrast + 128 + lift
    return np.asarray(cv2.LUT(image, np.clip(steps, 0, 255).astype(np.uint8)), np.uint8)


def _compressed(image: Image, quality: int) -> Image:
    # OpenCV takes the channels for blue, green, red both ways, so that the order stays.
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
