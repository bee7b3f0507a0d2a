"""What people say of a library's things: the examples by which teachers are judged."""

from collections.abc import Iterable, Sequence

import numpy as np

from vigil.core import Box, Detections, Label, Labeler, Labelled, TrackPath
from vigil.data.library import Library

TRUSTED = frozenset({Labeler.HUMAN, Labeler.IMPORT})
"""Whose labels are examples, and are never added to."""


def trusted_labels(thing: Labelled, *, whole: bool) -> tuple[Label, ...]:
    """What people say about boxes in a thing, or about the whole of it."""
    return tuple(
        label
        for label in thing.labels
        if label.origin.labeler in TRUSTED
        and (label.shape is None if whole else isinstance(label.shape, Box | TrackPath))
    )


def trusted_words(library: Library, *, whole: bool) -> set[str]:
    """Words that people use there at all: what bears none of them shows none of them."""
    things: Iterable[Labelled] = library.things()
    return {label.word for thing in things for label in trusted_labels(thing, whole=whole)}


def truth_at(labels: Sequence[Label], frame: int | None) -> Detections:
    """What labels say of a picture, or of a frame of a video."""
    boxes, words = [], []
    for label in labels:
        box: Box | None = None
        if isinstance(label.shape, Box):
            box = label.shape
        elif isinstance(label.shape, TrackPath) and frame is not None:
            place = label.shape.at(frame)
            box = place.box if place is not None else None
        elif label.shape is None:
            box = Box(0.0, 0.0, 0.0, 0.0)
        if box is not None:
            boxes.append(box)
            words.append(label.word)
    return Detections(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.ones(len(boxes), np.float32),
        labels=tuple(words),
    )
