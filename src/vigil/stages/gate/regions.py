"""A few rectangles that cover what moves."""

import numpy as np

from vigil.core import Box, Boxes, as_array, intersections


def merged(boxes: list[Box], *, margin: float, most: int, width: int, height: int) -> Boxes:
    """Grow every box by `margin`, join those that overlap, and then the nearest until `most` stay.

    All in pixels of a picture of `width` x `height`, which no box leaves.
    """
    grown = as_array(
        [Box(b.x1 - margin, b.y1 - margin, b.x2 + margin, b.y2 + margin) for b in boxes]
    )
    grown = np.clip(grown, 0, np.array([width, height, width, height], np.float32))
    while len(grown) > 1:
        pair = _overlapping(grown)
        if pair is None:
            if len(grown) <= most:
                break
            pair = _nearest(grown)
        grown = _joined(grown, *pair)
    return grown


def _overlapping(boxes: Boxes) -> tuple[int, int] | None:
    shared = np.triu(intersections(boxes, boxes), 1)
    first, second = np.unravel_index(int(shared.argmax()), shared.shape)
    return (int(first), int(second)) if shared[first, second] > 0 else None


def _nearest(boxes: Boxes) -> tuple[int, int]:
    """The pair whose common rectangle is smallest."""
    low = np.minimum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.maximum(boxes[:, None, 2:], boxes[None, :, 2:])
    cost = (high - low).prod(axis=2)
    cost[np.tril_indices(len(boxes))] = np.inf
    first, second = np.unravel_index(int(cost.argmin()), cost.shape)
    return int(first), int(second)


def _joined(boxes: Boxes, first: int, second: int) -> Boxes:
    a, b = boxes[first], boxes[second]
    both = np.concatenate([np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])])
    rest = np.delete(boxes, [first, second], axis=0)
    return np.concatenate([rest, both[None]]).astype(np.float32)
