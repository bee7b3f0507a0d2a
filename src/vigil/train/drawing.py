"""Pictures of a data set as a network is to see them: placed, mirrored, pasted on, weathered."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Int64

from vigil.core import Image, ModelInput
from vigil.infer.fitting import natural_scale
from vigil.train.cutting import Cutting, pasted
from vigil.train.stills import Still
from vigil.train.weathering import weathered

FOURS = 0.4
"""Share of pictures that are put together from four (Bochkovskiy et al. 2020, arXiv 2004.10934)."""
SCALES = (0.5, 1.6)
"""Of what fills the input."""
SEEN = 0.3
"""Of a box at least so much must be in the picture; else nobody could tell what it is."""
LEAST_PX = 2.0
"""Of a side: smaller things are noise."""
PASTED, MOST_PASTED = 0.6, 4
"""Share of pictures into which things of other pictures are put, and how many at most."""
HEIGHTS = (0.06, 0.6)
"""Of what is put in, shares of the input's height; small ones are drawn more often."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """A picture of the size that a network takes, with its boxes."""

    image: Image
    boxes: Float32[np.ndarray, "m 4"]
    words: Int64[np.ndarray, " m"]
    weights: Float32[np.ndarray, " m"]


def varied(
    stills: Sequence[Still],
    number: int,
    size: ModelInput,
    chance: np.random.Generator,
    cuttings: Sequence[Cutting] = (),
) -> Drawn:
    """One picture, but scaled, moved, mirrored and weathered, perhaps as one of four.

    `cuttings`: things that may be put in besides.
    """
    if chance.random() < FOURS and len(stills) > 1:
        numbers = [number, *(int(chance.integers(len(stills))) for _ in range(3))]
        drawn = _four([stills[each] for each in numbers], size, chance)
    else:
        drawn = _placed(stills[number], size, chance)
    drawn = _mirrored(drawn) if chance.random() < 0.5 else drawn
    if cuttings and chance.random() < PASTED:
        drawn = _with_more(drawn, cuttings, chance)
    return Drawn(
        image=weathered(drawn.image, chance),
        boxes=drawn.boxes,
        words=drawn.words,
        weights=drawn.weights,
    )


def _placed(still: Still, size: ModelInput, chance: np.random.Generator) -> Drawn:
    """Anywhere, at another scale."""
    image = still.image()
    height, width = image.shape[:2]
    fill = min(natural_scale(width, height, size))
    scale = fill * float(np.exp(chance.uniform(*np.log(SCALES))))
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    x = int(chance.integers(min(0, size.width - wide), max(0, size.width - wide) + 1))
    y = int(chance.integers(min(0, size.height - high), max(0, size.height - high) + 1))
    canvas = np.full((size.height, size.width, 3), size.pad, np.uint8)
    boxes = _paste(canvas, image, (wide, high), (x, y), still.boxes)
    return _visible(canvas, boxes, still.words, still.weights, size)


def _four(stills: Sequence[Still], size: ModelInput, chance: np.random.Generator) -> Drawn:
    """Four pictures around a point near the middle: more things a picture, and smaller ones."""
    middle_x = int(size.width * chance.uniform(0.35, 0.65))
    middle_y = int(size.height * chance.uniform(0.35, 0.65))
    canvas = np.full((size.height, size.width, 3), size.pad, np.uint8)
    found = []
    for place, still in enumerate(stills):
        right, low = place % 2, place // 2
        part = canvas[
            (middle_y if low else 0) : (size.height if low else middle_y),
            (middle_x if right else 0) : (size.width if right else middle_x),
        ]
        image = still.image()
        scale = max(part.shape[1] / image.shape[1], part.shape[0] / image.shape[0])
        drawn = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        x = int(chance.integers(min(0, part.shape[1] - drawn[0]), 1))
        y = int(chance.integers(min(0, part.shape[0] - drawn[1]), 1))
        boxes = _paste(part, image, drawn, (x, y), still.boxes)
        limit = ModelInput(width=part.shape[1], height=part.shape[0])
        quarter = _visible(part, boxes, still.words, still.weights, limit)
        shift = np.array([middle_x if right else 0, middle_y if low else 0] * 2, np.float32)
        found.append((quarter.boxes + shift, quarter.words, quarter.weights))
    boxes_of, words_of, weights_of = zip(*found, strict=True)
    return Drawn(
        image=canvas,
        boxes=np.concatenate(boxes_of),
        words=np.concatenate(words_of),
        weights=np.concatenate(weights_of),
    )


def _paste(
    canvas: Image,
    image: Image,
    drawn: tuple[int, int],
    at: tuple[int, int],
    boxes: Float32[np.ndarray, "m 4"],
) -> Float32[np.ndarray, "m 4"]:
    """Draw the image at a size and place, as far as it fits; its boxes in canvas pixels."""
    scale = np.array([drawn[0] / image.shape[1], drawn[1] / image.shape[0]] * 2, np.float32)
    resized = np.asarray(cv2.resize(image, drawn, interpolation=cv2.INTER_LINEAR), np.uint8)
    x, y = at
    height, width = canvas.shape[:2]
    left, top, right, low = (
        max(x, 0),
        max(y, 0),
        min(x + drawn[0], width),
        min(y + drawn[1], height),
    )
    canvas[top:low, left:right] = resized[top - y : low - y, left - x : right - x]
    return boxes * scale + np.array([x, y] * 2, np.float32)


def _visible(
    image: Image,
    boxes: Float32[np.ndarray, "m 4"],
    words: Int64[np.ndarray, " m"],
    weights: Float32[np.ndarray, " m"],
    size: ModelInput,
) -> Drawn:
    """Without the boxes that are cut off, or too small to see."""
    limit = np.array([size.width, size.height] * 2, np.float32)
    cut = np.clip(boxes, 0, limit)
    sides, whole = cut[:, 2:] - cut[:, :2], boxes[:, 2:] - boxes[:, :2]
    share = sides.prod(1) / np.maximum(whole.prod(1), 1e-6)
    keep = (share >= SEEN) & (sides >= LEAST_PX).all(1)
    return Drawn(image=image, boxes=cut[keep], words=words[keep], weights=weights[keep])


def _with_more(drawn: Drawn, cuttings: Sequence[Cutting], chance: np.random.Generator) -> Drawn:
    """With a few things of other pictures, beside those that are there."""
    boxes, words, weights = list(drawn.boxes), list(drawn.words), list(drawn.weights)
    for _ in range(int(chance.integers(1, MOST_PASTED + 1))):
        cutting = cuttings[int(chance.integers(len(cuttings)))]
        high = drawn.image.shape[0] * float(np.exp(chance.uniform(*np.log(HEIGHTS))))
        clear = np.array(boxes, np.float32).reshape(-1, 4)
        box = pasted(drawn.image, cutting, chance, height_px=high, clear=clear)
        if box is not None:
            boxes.append(box)
            words.append(np.int64(cutting.word))
            weights.append(np.float32(cutting.weight))
    return Drawn(
        image=drawn.image,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        words=np.array(words, np.int64),
        weights=np.array(weights, np.float32),
    )


def _mirrored(drawn: Drawn) -> Drawn:
    width = drawn.image.shape[1]
    boxes = drawn.boxes[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1], np.float32)
    return Drawn(
        image=np.ascontiguousarray(drawn.image[:, ::-1]),
        boxes=boxes + np.array([width, 0, width, 0], np.float32),
        words=drawn.words,
        weights=drawn.weights,
    )
