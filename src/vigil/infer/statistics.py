"""Colours, textures and edges of a picture, counted: what costs no weights and no training.

Small networks that learnt from few pictures see less of these than counting does, so that a card
may ask for both side by side (`options: {beside/statistics: 1}`).
"""

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from vigil.core import Image

BESIDE = "beside/statistics"
"""The option of a card that asks for them."""
STATISTICS = 1
"""Part of the mark of vectors with statistics: another number whenever they are made otherwise."""
SIDE = 128
"""Pixels of the square that is counted."""
COLOURS = (8, 4, 4)
"""Bins of hue, saturation and value."""
CELLS, DIRECTIONS = 4, 9
Grey = UInt8[np.ndarray, "h w"]


def statistics(picture: Image) -> list[Float32[np.ndarray, " d"]]:
    """Of an RGB picture of any size: 128 colours, 256 patterns and 144 edges, each by itself.

    Counts are given as roots, so that a large plain area does not drown the rest.
    """
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    square = np.asarray(small, np.uint8)
    grey = np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), np.uint8)
    found = [np.sqrt(_colours(square)), np.sqrt(_patterns(grey)), _edges(grey)]
    return [each.astype(np.float32) for each in found]


def _colours(picture: Image) -> Float32[np.ndarray, " d"]:
    hues = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([hues], [0, 1, 2], None, list(COLOURS), [0, 180, 0, 256, 0, 256])
    return np.asarray(counts, np.float32).ravel()


def _patterns(grey: Grey) -> Int64[np.ndarray, " d"]:
    """How many pixels have each of the 256 sets of neighbours as bright as they are, or brighter.

    Local binary patterns: Ojala, Pietikäinen and Mäenpää 2002.
    """
    height, width = grey.shape
    middle = grey[1:-1, 1:-1]
    around = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
    code = np.zeros(middle.shape, np.uint8)
    for bit, (y, x) in enumerate(around):
        beside = grey[1 + y : height - 1 + y, 1 + x : width - 1 + x]
        code |= (beside >= middle).astype(np.uint8) << bit
    return np.bincount(code.ravel(), minlength=256).astype(np.int64)


def _edges(grey: Grey) -> Float32[np.ndarray, " d"]:
    """How strong edges of each direction are in each cell of a grid (Dalal and Triggs 2005)."""
    light = grey.astype(np.float32)
    across, down = cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)
    turn = ((np.arctan2(down, across) % np.pi) / np.pi * DIRECTIONS).astype(int) % DIRECTIONS
    strong = np.hypot(across, down)
    found = [
        cv2.resize(np.where(turn == each, strong, 0), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
        for each in range(DIRECTIONS)
    ]
    return np.stack(found, -1).ravel().astype(np.float32)
