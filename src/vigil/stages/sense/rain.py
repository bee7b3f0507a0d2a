"""Whether it rains: by bright streaks that stand in one picture alone, side by side."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32, Int32

from vigil.core import Frame, Luma, Scene, Signals, part
from vigil.stages.blobs import Mask, Polygon, over, polygons_mask

WIDTH = 640
"""Pixels at which pictures are compared, at most: in smaller ones a streak is gone."""
EVERY_S = 10.0
"""Three pictures in so many seconds: rain lasts."""
LONGEST_GAP_S = 0.5
"""Between two of the three; over a longer one too much else has changed."""
SMALLEST = 64
"""Pixels of the shorter side of a picture in which anything can be told."""
FAINTEST, SIGMAS = 4.0, 3.0
"""Levels by which a streak is brighter, and how many times the mean change between the two other
pictures, whichever is more."""
AROUND, CROWDED = 9, 40
"""Where so many pixels of a square of that side changed for good, something moves …"""
MARGIN = 25
"""… and nothing within half of this around it counts, pixels."""
LEAST_STILL = 0.3
"""With less of the picture still there is nothing to be told."""
SHORTEST, SPECK = 5.0, 5
"""Pixels of a streak: its length, and all of them."""
LONGEST = 0.4
"""Of the picture's height."""
SLIM = 2.0
"""So many times longer than wide."""
STEEPEST = 40.0
"""Degrees from upright: the strongest wind beside the fall of a drop."""
BESIDE, AGREEING = 12.0, 0.7
"""So many degrees from the usual slant, and the share of streaks within."""
FEWEST = 6
"""Streaks of a picture in rain."""
CLEARLY = 3.0
"""So many times more than of what rain makes none of: dark streaks, and lying ones."""
ACROSS, DOWN, SPREAD = 4, 3, 0.33
"""Cells of the picture, and the share of them that rain is seen in."""
MOST_LIT = 0.05
"""Of the picture: with more, its light or its coding changed."""
SHARE = 1 / 3
"""What one burst counts: it rains after three in a row, and is over after four."""
BEGINS, ENDS = 0.6, 0.2
FORGOTTEN_S = 600.0
"""After so long without pictures nobody knows any more whether it rains."""

Streaks = Float32[np.ndarray, "n 3"]
"""Of each streak its slant (degrees from upright, -90 to 90) and its middle x, y, pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What three pictures in a row show in the second that neither other shows."""

    fallen: Streaks
    """Bright and steep, as drops are."""
    dark: int
    """As steep and slim, but darker: noise and coding make as many of them, rain none."""
    lying: int
    """Bright, but nearer to level than to upright."""
    cells: float
    """Share of the picture's cells in which something fell."""

    @property
    def rains(self) -> bool:
        """Many, alike, everywhere, and not for a reason that would make others too."""
        if len(self.fallen) < max(FEWEST, CLEARLY * self.dark, CLEARLY * self.lying):
            return False
        slant = self.fallen[:, 0]
        alike = np.abs(slant - np.median(slant)) <= BESIDE
        return self.cells >= SPREAD and float(alike.mean()) >= AGREEING


@part
class RainSense:
    """Fills `Signals.rain`.

    A drop is seen in one picture only, and is brighter than what is behind it, for it gathers
    light of the whole sky (the photometric constraint of Garg and Nayar, "Detection and removal of
    rain from videos", 2004; "Vision and rain", 2007). That holds at any rate of pictures while
    what is behind stands still, so where two pictures differ for good nothing is asked. Streaks of
    one rain slant alike (Bossu, Hautière, Tarel, "Rain or snow detection in image sequences through
    use of a histogram of orientation of streaks", 2011). What else flickers, noise, coding, a lamp,
    leaves, darkens as often as it brightens, or has no slant.

    Every ten seconds three pictures in a row are compared, while pictures are decoded at all.
    """

    masks: tuple[Polygon, ...] = ()
    """Polygons, in fractions of the picture, in which nothing is sought."""

    def __post_init__(self) -> None:
        self._pictures: list[Luma] = []
        self._last_s = float("-inf")
        self._next_s = float("-inf")
        self._share = 0.0
        self._rains = False
        self._awake = False

    @property
    def rains(self) -> bool:
        """Whether it rained when last looked."""
        return self._rains

    @property
    def every_picture(self) -> bool:
        """The three are to follow each other closely."""
        return True

    def see(self, frame: Frame, scene: Scene | None) -> None:
        """Keep it if a burst is due; with the third, look for rain."""
        self._awake = True
        gap_s, self._last_s = frame.time_s - self._last_s, frame.time_s
        if gap_s > FORGOTTEN_S:
            self._share, self._rains = 0.0, False
        if frame.time_s < self._next_s:
            return
        # What a decoder reads into is written anew with the next picture.
        picture = frame.luma(min(WIDTH, frame.width)).copy()
        follows = 0 < gap_s <= LONGEST_GAP_S
        if self._pictures and not (follows and picture.shape == self._pictures[0].shape):
            self._pictures.clear()
        self._pictures.append(picture)
        if len(self._pictures) == 3:
            before, now, after = self._pictures
            self.learn(burst_of(before, now, after, self.masks))
            self._pictures.clear()
            self._next_s = frame.time_s + EVERY_S

    def learn(self, burst: Burst | None) -> None:
        """Take in what three pictures showed; None changes nothing."""
        if burst is None:
            return
        self._share += SHARE * (float(burst.rains) - self._share)
        self._rains = self._share >= (ENDS if self._rains else BEGINS)

    def tell(self, signals: Signals) -> Signals:
        """With whether it rains; of a sleeping camera's key frames nothing is told."""
        told, self._awake = self._rains and self._awake, False
        return replace(signals, rain=True) if told else signals


def burst_of(before: Luma, now: Luma, after: Luma, masks: tuple[Polygon, ...] = ()) -> Burst | None:
    """Three pictures of one size, in a row. None: too small, too little at rest, or all changed."""
    if min(now.shape) < SMALLEST:
        return None
    change = cv2.absdiff(before, after)
    level = max(FAINTEST, SIGMAS * cv2.mean(change)[0])
    changed = over(np.asarray(change, np.uint8), level)
    still = cv2.bitwise_and(_still(changed), polygons_mask(masks, now.shape[1], now.shape[0]))
    if cv2.countNonZero(still) < LEAST_STILL * still.size:
        return None
    behind = cv2.bitwise_and(still, cv2.bitwise_not(changed))
    brighter = over(_by(now, cv2.max(before, after)), level) & behind
    darker = over(_by(cv2.min(before, after), now), level) & behind
    if max(cv2.countNonZero(brighter), cv2.countNonZero(darker)) > MOST_LIT * still.size:
        return None
    bright, dark = _streaks(brighter), _streaks(darker)
    steep = np.abs(bright[:, 0]) <= STEEPEST
    fallen = bright[steep]
    return Burst(
        fallen=fallen,
        dark=int((np.abs(dark[:, 0]) <= STEEPEST).sum()),
        lying=int((np.abs(bright[:, 0]) > 90 - STEEPEST).sum()),
        cells=_cells(fallen, still),
    )


def _by(one: np.ndarray, other: np.ndarray) -> Luma:
    """By how much one picture is brighter than another; 0 where it is not."""
    return np.asarray(cv2.subtract(one, other), np.uint8)


def _still(changed: Mask) -> Mask:
    """Where nothing moves; single streaks of the other two pictures do not count as moving."""
    lit = np.asarray(cv2.boxFilter(changed // 255, -1, (AROUND, AROUND), normalize=False), np.uint8)
    moving = cv2.dilate(over(lit, CROWDED), np.ones((MARGIN, MARGIN), np.uint8))
    return np.asarray(cv2.bitwise_not(moving), np.uint8)


def _streaks(mask: Mask) -> Streaks:
    """What is slim and long, by the second moments of its pixels."""
    _, labels, rows, middles = cv2.connectedComponentsWithStats(mask)
    sides = rows[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1)
    fits = (rows[:, cv2.CC_STAT_AREA] >= SPECK) & (sides <= LONGEST * mask.shape[0])
    fits &= sides >= SHORTEST
    fits[0] = False
    if not fits.any():
        return np.zeros((0, 3), np.float32)
    spread = _moments(np.asarray(labels, np.int32), middles, rows[:, cv2.CC_STAT_AREA])
    wide, high, both = spread[:, fits]
    apart = np.hypot(wide - high, 2 * both)
    length, width = np.sqrt(6 * (wide + high + apart)), np.sqrt(6 * (wide + high - apart))
    slant = (np.degrees(0.5 * np.arctan2(2 * both, wide - high)) % 180) - 90
    slim = (length >= SHORTEST) & (length >= SLIM * width)
    return np.asarray(np.column_stack((slant, middles[fits]))[slim], np.float32)


def _moments(
    labels: Int32[np.ndarray, "height width"], middles: np.ndarray, areas: np.ndarray
) -> np.ndarray:
    """Variances across and down and the covariance of each component, (3, n); 1/12: of a pixel."""
    y, x = np.nonzero(labels)
    own = labels[y, x]
    x, y = x - middles[own, 0], y - middles[own, 1]
    sums = [np.bincount(own, each, minlength=len(areas)) for each in (x * x, y * y, x * y)]
    return np.asarray(np.stack(sums) / areas + [[1 / 12], [1 / 12], [0.0]])


def _cells(streaks: Streaks, still: Mask) -> float:
    """Share of the cells that are still for the most part in which a streak has its middle."""
    calm = cv2.resize(still, (ACROSS, DOWN), interpolation=cv2.INTER_AREA) >= 128
    high, wide = still.shape
    x, y = (streaks[:, 1] * ACROSS / wide).astype(int), (streaks[:, 2] * DOWN / high).astype(int)
    seen = np.zeros_like(calm)
    seen[y, x] = True
    return float((seen & calm).sum() / max(1, calm.sum()))
