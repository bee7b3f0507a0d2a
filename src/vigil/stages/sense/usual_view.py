"""One of the views that a camera usually shows, and how another picture differs from it."""

from dataclasses import dataclass

import cv2
import numpy as np

from vigil.core import Luma
from vigil.stages.sense.edges import LASTING, Edges, Grid, blend, cells, edges_of, likeness, weighed

GONE = 0.5
"""A cell has lost its detail when less than this of its steepness is left …"""
UNLIKE = 0.35
"""… and what is left is not like what was there."""
COARSE = 4
"""By so much coarser is the detail that a blur leaves."""
LEAST_COARSE = 0.3
"""Levels a pixel, squared, below which a cell is too smooth to tell how sharp it is."""
TRUE_SHIFT = 0.4
"""A shift is believed when moving the usual view by it makes the two so alike."""
FALLS = 0.02
"""How sharp the view can be is learnt so much more slowly when it is less sharp than before."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glance:
    """What is taken from one picture."""

    edges: Edges
    fine: Grid
    """Energy of the finest detail above that of noise, squared levels."""
    coarse: Grid
    """The same of detail that a slight blur leaves as it is."""
    allowed: Grid
    """1 where nothing is masked, else 0."""

    @classmethod
    def at(cls, luma: Luma, allowed: Grid) -> "Glance":
        """Take in a picture."""
        bent = cv2.Laplacian(luma, cv2.CV_32F)
        fine = cells(np.asarray(bent * bent, np.float32))
        # The smoothest cells hold nothing but noise.
        tenth = fine.size // 10
        noise = np.partition(fine, tenth, axis=None)[tenth]
        size = max(1, luma.shape[1] // COARSE), max(1, luma.shape[0] // COARSE)
        small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
        across = cv2.Sobel(small, cv2.CV_32F, 1, 0, scale=1 / 8)
        down = cv2.Sobel(small, cv2.CV_32F, 0, 1, scale=1 / 8)
        coarse = cv2.resize(
            across * across + down * down, fine.shape[::-1], interpolation=cv2.INTER_AREA
        )
        return cls(
            edges=edges_of(luma),
            fine=np.maximum(fine - noise, 0).astype(np.float32),
            coarse=np.asarray(coarse, np.float32),
            allowed=allowed,
        )

    @property
    def flat(self) -> float:
        """Share of the picture without detail: hardly steeper than its smoothest parts."""
        steep = self.edges.steepness
        tenth = steep.size // 10
        floor = float(np.partition(steep, tenth, axis=None)[tenth])
        return weighed((steep < min(1.0 + floor, 3.0)).astype(np.float32), self.allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a picture differs from a usual view."""

    likeness: float
    lost: float
    sharpness: float
    strange: float


class UsualView:
    """What a camera showed for a while, averaged, so that only what lasts is left."""

    def __init__(self, first: Glance, time_s: float) -> None:
        self.since_s = self.seen_s = time_s
        self.looks = 1
        self._edges = first.edges
        self._fine, self._coarse = first.fine, first.coarse
        self._weights: Grid = first.edges.lasting * first.allowed

    @property
    def structure(self) -> float:
        """Share of its cells that have edges to go by."""
        return float(np.count_nonzero(self._weights)) / self._weights.size

    @property
    def fineness(self) -> float:
        """How much of its detail is fine, over all."""
        return float(np.sqrt(self._fine.sum() / (self._coarse.sum() + 1e-6)))

    def learn(self, glance: Glance, time_s: float, rate: float) -> None:
        """Move towards what is seen now by `rate`, and at first by as much as its share."""
        self.looks += 1
        rate = max(rate, 1 / self.looks)
        self._edges = blend(self._edges, glance.edges, rate)
        # Dirt gathers over weeks: who learnt it as fast as light would never tell of it.
        sharper = float(np.sqrt(glance.fine.sum() / (glance.coarse.sum() + 1e-6))) > self.fineness
        slowly = rate if sharper or self.looks < 10 else rate * FALLS
        self._fine = self._fine + np.float32(slowly) * (glance.fine - self._fine)
        self._coarse = self._coarse + np.float32(slowly) * (glance.coarse - self._coarse)
        self._weights = self._edges.lasting * glance.allowed
        self.seen_s = time_s

    def alike(self, glance: Glance) -> float:
        """How alike they are, -1 to 1."""
        return weighed(likeness(glance.edges, self._edges), self._weights)

    def compare(self, glance: Glance) -> Difference:
        """Compare a picture with it, cell by cell."""
        alike = likeness(glance.edges, self._edges)
        left = glance.edges.steepness / (self._edges.steepness + np.float32(1e-3))
        lost = ((alike < UNLIKE) & (left < GONE)).astype(np.float32)
        return Difference(
            likeness=weighed(alike, self._weights),
            lost=weighed(lost, self._weights),
            sharpness=self._sharpness(glance),
            strange=self._strange(glance, alike),
        )

    def _strange(self, glance: Glance, alike: Grid) -> float:
        there = (glance.edges.power >= LASTING) & (alike < UNLIKE)
        return weighed(there.astype(np.float32), glance.allowed)

    def shift(self, glance: Glance) -> tuple[float, float]:
        """By how much it seems to have moved, fractions of the picture; 0, 0 when it has not.

        The peak of the phase correlation (Kuglin and Hines, 1975) of the edges at half size.
        """
        height, width = self._edges.x.shape
        was, now = (_half_power(edges) for edges in (self._edges, glance.edges))
        window = cv2.createHanningWindow(was.shape[::-1], cv2.CV_32F)
        (x, y), _ = cv2.phaseCorrelate(was, now, window)
        move = np.array([[1, 0, 2 * x], [0, 1, 2 * y]])
        moved_x, moved_y = (
            np.asarray(cv2.warpAffine(plane, move, (width, height)), np.float32)
            for plane in (self._edges.x, self._edges.y)
        )
        power = cells(moved_x * moved_x + moved_y * moved_y)
        moved = Edges(x=moved_x, y=moved_y, power=power, steepness=self._edges.steepness)
        weights = moved.lasting * glance.allowed
        enough = np.count_nonzero(weights) >= 0.4 * np.count_nonzero(self._weights)
        if not enough or weighed(likeness(glance.edges, moved), weights) < TRUE_SHIFT:
            return 0.0, 0.0
        return 2 * x / width, 2 * y / height

    def _sharpness(self, glance: Glance) -> float:
        """Fine over coarse detail against that of this view, over cells that still have coarse.

        Fog and dusk take both away, a blur only the fine one.
        """
        fit = (self._weights > 0) & (self._coarse > LEAST_COARSE) & (self._fine > LEAST_COARSE)
        fit &= glance.coarse > LEAST_COARSE
        if np.count_nonzero(fit) < 0.1 * np.count_nonzero(self._weights) or not fit.any():
            return 1.0
        now = glance.fine[fit] / glance.coarse[fit]
        usual = self._fine[fit] / self._coarse[fit]
        share = np.sqrt(now / usual)
        return float(np.average(np.minimum(share, 1.5), weights=self._weights[fit]))


def _half_power(edges: Edges) -> Grid:
    power = cv2.magnitude(edges.x, edges.y)
    size = (power.shape[1] // 2, power.shape[0] // 2)
    return np.asarray(cv2.resize(power, size, interpolation=cv2.INTER_AREA), np.float32)
