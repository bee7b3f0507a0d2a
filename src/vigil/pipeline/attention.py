"""Where the looks of a camera go, and what in their answers is news."""

import math

import numpy as np
from jaxtyping import Bool

from vigil.core import Boxes, Detections, Track, areas, as_array, intersections, iou

STIRRING = 0.1
"""A thing that moves has so much of itself where it moves …"""
NEARNESS = 0.25
"""… itself being taken for so much larger on each side: of the dark, gates see parts."""
EXPLAINED = 0.6
"""A thing that overlaps a track by so much (IoU) is that track's."""
SETTLED = 5
"""Hits after which a track needs no closer look: rules ask for three of five looks."""
SURE = 0.5
"""A detection below it is worth a second look soon."""
FAST = 0.2
"""Own heights a second from which a thing counts as moving."""
PEOPLE = ("person", "pedestrian")


class Attention:
    """Compares what moves, what was seen and what is believed of one camera.

    `labels`: words that its rules read; empty: all. `wake_score`: detections from this score on
    count as seen, however weakly.
    """

    def __init__(self, labels: frozenset[str], wake_score: float) -> None:
        self.labels = labels
        self.tracks: tuple[Track, ...] = ()
        """What is believed now."""
        self._wake_score = wake_score
        self._doubtful = False

    @property
    def wanted(self) -> bool:
        """Whether another look soon would tell the rules more.

        True when the last one saw something, but nothing surely, or when a track is new.
        """
        fresh = [track for track in self.tracks if track.hits < SETTLED]
        return self._doubtful or any(_is_lively(track) for track in fresh)

    def believed(self) -> Boxes:
        """Boxes of all tracks."""
        return as_array([track.box for track in self.tracks])

    def restless(self) -> Boxes:
        """People, and what moves: nothing that could have been left behind."""
        return as_array([t.box for t in self.tracks if t.label in PEOPLE or moves(t)])

    def regions(self, moving: Boxes) -> Boxes:
        """What a look must show: where it moves, and the tracks whose place is news.

        A thing long at rest, far from all motion, keeps its place unseen; when nothing moves,
        all tracks are looked at.
        """
        boxes = self.believed()
        if not len(moving) or not len(boxes):
            return np.concatenate([moving, boxes])
        lively = np.array([_is_lively(track) for track in self.tracks], bool)
        lively |= intersections(boxes, moving).any(axis=1)
        return np.concatenate([moving, boxes[lively]])

    def note(self, detections: Detections) -> None:
        """Take in what a look saw."""
        scores = detections.scores[self._are_wanted(detections)]
        self._doubtful = self._wake_score <= max(scores, default=0.0) < SURE

    def seen(self, detections: Detections) -> Boxes:
        """Boxes of wanted things, weakly seen ones too."""
        sure = detections.scores >= self._wake_score
        return detections.boxes[self._are_wanted(detections) & sure]

    def glimpses(self, detections: Detections, moving: Boxes) -> Boxes:
        """Boxes of wanted things, weakly seen ones too, that are where it moves."""
        seen = self.seen(detections)
        return np.asarray(seen[stir(seen, moving)], np.float32)

    def is_sure(self, detections: Detections, moving: Boxes) -> bool:
        """Whether a wanted thing was seen surely where it moves."""
        return bool(len(self.glimpses(detections.where(detections.scores >= SURE), moving)))

    def is_woken(self, detections: Detections, moving: Boxes) -> bool:
        """Whether a closed eye must open: something new was seen, or something believed stirs."""
        return self._has_news(detections, moving) or self._believed_stirs(moving)

    def _has_news(self, detections: Detections, moving: Boxes) -> bool:
        """Whether a wanted thing was seen where it moves, that no standing track explains."""
        seen, believed = self.seen(detections), self.believed()
        if len(seen) and len(moving):
            seen = seen[stir(seen, moving)]
        if len(seen) and len(believed):
            seen = seen[iou(seen, believed).max(axis=1) < EXPLAINED]
        return bool(len(seen))

    def _believed_stirs(self, moving: Boxes) -> bool:
        """Whether it moves where a track is believed: it goes, or is covered, or does something."""
        believed = self.believed()
        return bool(len(moving) and len(believed) and intersections(moving, believed).any())

    def _are_wanted(self, detections: Detections) -> Bool[np.ndarray, "n"]:
        wanted = [not self.labels or label in self.labels for label in detections.labels]
        return np.array(wanted, bool)


def stir(seen: Boxes, moving: Boxes) -> Bool[np.ndarray, "n"]:
    """Of each box, whether enough of it lies where it moves."""
    sizes = (seen[:, 2:] - seen[:, :2]) * NEARNESS
    near = np.concatenate([seen[:, :2] - sizes, seen[:, 2:] + sizes], axis=1)
    shares = intersections(near, moving).sum(axis=1) / np.maximum(areas(near), 1e-6)
    return np.asarray(shares >= STIRRING, bool)


def _is_lively(track: Track) -> bool:
    """Whether it moves, or is somebody who has just come; the same of a car must have moved."""
    return moves(track) or (track.label in PEOPLE and track.hits < SETTLED)


def moves(track: Track) -> bool:
    """Whether it covers a good part of its own height in a second."""
    return math.hypot(*track.velocity) > FAST * track.box.height
