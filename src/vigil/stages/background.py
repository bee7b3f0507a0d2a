"""What a fixed camera sees when nothing happens: arithmetic that gates and detectors share."""

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Image, Luma
from vigil.stages.blobs import Blob, Mask, over

FIRST_PICTURES = 4
"""So many are simply averaged: the first may be an odd one."""
EXPOSURE_STEP = 0.01
"""A change of brightness under one percent is left to the running average."""

SURPRISE = 4.0
"""A difference teaches noise as if it were no more than so many times what is usual there …"""
FIRST_SURPRISE = 2.0
"""… and so many levels more."""

SHIFT_EVERY_S = 0.5
"""A camera that stood still is asked again so often, and only while something differs."""
SMALLEST_SHIFT = 0.4
"""Pixels of the background."""
LARGEST_SHIFT = 0.08
"""Of the picture's width; more than that is another view."""
SHIFT_EXPLAINS = 0.85
"""A shift is believed when no more than this share of the foreground is left."""


class Background:
    """Mean and noise of every pixel, learnt at any rate of pictures.

    The running average of Wren et al., "Pfinder" (1997): pixels near their mean teach it within
    `settle_s`; pixels that differ do so within `absorb_s`, and if they keep changing they make
    their place count as noisy within `tire_s`, so that swaying leaves and rain stop to be news.
    Changes of exposure and movements of the camera are followed at once.

    Args:
        settle_s: seconds within which the mean follows slow change.
        absorb_s: seconds after which a thing that stays is taken for background.
        tire_s: seconds after which a place that keeps changing is taken for noisy.
        contrast: difference in levels (0 to 255) below which nothing is news.
        sigmas: and how many times the usual deviation of the pixel it must be.
        rest_s: the same for a thing that does not stir at all; None: no difference.
        calm_s: seconds after which a noisy place that calmed down counts as calm; None: `settle_s`.
        shake: pixels by which the camera may tremble without news.
    """

    def __init__(
        self,
        *,
        settle_s: float,
        absorb_s: float,
        tire_s: float,
        contrast: float,
        sigmas: float,
        rest_s: float | None = None,
        calm_s: float | None = None,
        shake: int = 0,
    ) -> None:
        self.settle_s = settle_s
        self.absorb_s = absorb_s
        self.rest_s = absorb_s if rest_s is None else rest_s
        self.tire_s = tire_s
        self.calm_s = settle_s if calm_s is None else calm_s
        self.contrast = contrast
        self.sigmas = sigmas
        self.shake = shake
        self.pictures = 0
        self._shift_due_s = 0.0
        self._rim = 0  # pixels that a moving camera brings in: nothing is known of them
        self._rim_until_s = 0.0
        self.time_s = 0.0
        self.mean: Float32[np.ndarray, ...] = np.zeros((0, 0), np.float32)
        self.noise: Float32[np.ndarray, "height width"] = np.zeros((0, 0), np.float32)
        self.gain: Float32[np.ndarray, channels] = np.ones(1, np.float32)
        self.last: Luma | Image = np.zeros((0, 0), np.uint8)
        self.difference: Luma = np.zeros((0, 0), np.uint8)

    def restart(self, picture: Luma | Image, time_s: float) -> None:
        """Take `picture` for the background; what was learnt about noise stays."""
        if self.noise.shape != picture.shape[:2]:
            self.noise = np.full(picture.shape[:2], self.contrast / self.sigmas / 2, np.float32)
        self.mean = picture.astype(np.float32)
        self.difference = np.zeros(picture.shape[:2], np.uint8)
        self.last = picture
        self.pictures, self.time_s = 1, time_s

    def compare(self, picture: Luma | Image, time_s: float) -> Mask:
        """Where `picture` differs from the background by more than noise; learns nothing yet."""
        if self.mean.shape != picture.shape:
            self.restart(picture, time_s)
        self.follow_exposure(picture)
        if time_s > self._rim_until_s:
            self._rim = 0
        foreground = self._foreground(picture)
        if time_s >= self._shift_due_s and cv2.countNonZero(foreground):
            explained = self._follow_shift(picture, foreground)
            if explained is foreground:
                self._shift_due_s = time_s + SHIFT_EVERY_S
            return explained
        return foreground

    def _foreground(self, picture: Luma | Image) -> Mask:
        self.difference = largest_channel(self._apart(picture))
        threshold = cv2.convertScaleAbs(self.noise, alpha=self.sigmas)
        threshold = np.maximum(threshold, np.uint8(self.contrast))
        foreground = np.asarray(cv2.compare(self.difference, threshold, cv2.CMP_GT), np.uint8)
        if self._rim:
            high, wide = foreground.shape
            cv2.rectangle(foreground, (0, 0), (wide - 1, high - 1), 0, 2 * self._rim - 1)
        return foreground

    def _apart(self, picture: Luma | Image) -> Luma | Image:
        """Levels by which each value leaves the range of its neighbourhood in the background.

        A neighbourhood forgives a camera that trembles by `shake` pixels (the displacement of
        Elgammal et al., "Non-parametric model for background subtraction", 2000).
        """
        mean = self.mean.astype(np.uint8)
        if not self.shake:
            return np.asarray(cv2.absdiff(picture, mean), np.uint8)
        kernel = np.ones((2 * self.shake + 1,) * 2, np.uint8)
        brighter = cv2.subtract(picture, cv2.dilate(mean, kernel))
        darker = cv2.subtract(cv2.erode(mean, kernel), picture)
        return np.asarray(cv2.max(brighter, darker), np.uint8)

    def learn(
        self, picture: Luma | Image, time_s: float, foreground: Mask, held: Mask | None = None
    ) -> None:
        """Adapt to the picture last compared; pixels of `held` teach nothing."""
        gone_s = min(max(0.0, time_s - self.time_s), self.settle_s)
        self.time_s = max(time_s, self.time_s)
        self.pictures += 1
        first = 1 / self.pictures if self.pictures <= FIRST_PICTURES else 0.0
        still = cv2.bitwise_not(foreground)
        if held is not None:
            free = cv2.bitwise_not(held)
            still, foreground = cv2.bitwise_and(still, free), cv2.bitwise_and(foreground, free)
        rate = max(first, share(gone_s, self.settle_s))
        cv2.accumulateWeighted(picture, self.mean, rate, still)
        calm_rate = max(first, share(gone_s, self.calm_s))
        cv2.accumulateWeighted(self.difference, self.noise, calm_rate, still)
        if cv2.countNonZero(foreground):
            restless = cv2.bitwise_and(foreground, self.moved(picture))
            resting = cv2.subtract(foreground, restless)
            rate = max(first, share(gone_s, self.rest_s))
            cv2.accumulateWeighted(picture, self.mean, rate, resting)
            rate = max(first, share(gone_s, self.absorb_s))
            cv2.accumulateWeighted(picture, self.mean, rate, restless)
            # One look speaks for a second at most: a passer-by on a key frame is not rain.
            rate = max(first, share(min(gone_s, 1.0), self.tire_s))
            cv2.accumulateWeighted(self._believable(), self.noise, rate, restless)
        self.last = picture

    def _believable(self) -> Luma:
        """The difference as far as it may be noise: who walks by once makes no place noisy."""
        most = cv2.convertScaleAbs(self.noise, alpha=SURPRISE, beta=FIRST_SURPRISE)
        return np.asarray(cv2.min(self.difference, most), np.uint8)

    def moved(self, picture: Luma | Image) -> Mask:
        """Where `picture` differs from the one before it."""
        step = largest_channel(np.asarray(cv2.absdiff(picture, self.last), np.uint8))
        return over(step, self.contrast / 2)

    def heal(self, blob: Blob, picture: Luma | Image) -> None:
        """Take the picture for the background where the blob is."""
        inside = blob.shape > 0
        blob.of(self.mean)[inside] = blob.of(picture)[inside]

    def _follow_shift(self, picture: Luma | Image, foreground: Mask) -> Mask:
        """Move the mean when the camera has moved and that explains much of the foreground.

        The shift is the peak of the phase correlation (Kuglin and Hines, 1975).
        """
        now, was = (plane(image)[::2, ::2].astype(np.float32) for image in (picture, self.mean))
        window = cv2.createHanningWindow(now.shape[::-1], cv2.CV_32F)
        (x, y), _ = cv2.phaseCorrelate(was, now, window)
        if not SMALLEST_SHIFT < max(abs(x), abs(y)) * 2 < LARGEST_SHIFT * picture.shape[1]:
            return foreground
        before, seen = self.mean, self.difference
        move = np.array([[1, 0, 2 * x], [0, 1, 2 * y]])
        self.mean = cv2.warpAffine(
            before, move, before.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
        )
        was_blind, self._rim = self._rim, max(self._rim, int(np.ceil(max(abs(x), abs(y)) * 2)))
        better = self._foreground(picture)
        if cv2.countNonZero(better) < cv2.countNonZero(foreground) * SHIFT_EXPLAINS:
            self._rim_until_s = self.time_s + 2 * self.settle_s
            return better
        self.mean, self.difference, self._rim = before, seen, was_blind
        return foreground

    def follow_exposure(self, picture: Luma | Image) -> None:
        """Scale the mean, channel by channel, by the change that most of the picture shares."""
        self.gain = np.ones(1, np.float32)
        step = max(1, picture.shape[1] // 24)
        channels = 1 if picture.ndim == 2 else picture.shape[2]
        now = picture[::step, ::step].reshape(-1, channels).astype(np.float32) + 1
        gains = now / (self.mean[::step, ::step].reshape(-1, channels) + 1)
        gains.sort(axis=0)  # a third of the time that np.median takes
        gain = gains[len(gains) // 2]
        if np.abs(gain - 1).max() > EXPOSURE_STEP:
            self.gain = np.clip(gain, 0.5, 2) if channels > 1 else np.clip(gain[:1], 0.5, 2)
            self.mean = np.minimum(self.mean * self.gain, 255.0, dtype=np.float32)


def plane(picture: "np.ndarray") -> "np.ndarray":
    """Brightness, or the green channel, which is nearly the same."""
    return picture if picture.ndim == 2 else picture[..., 1]


def largest_channel(picture: Luma | Image) -> Luma:
    """The largest value of each pixel over its channels."""
    if picture.ndim == 2:
        return picture
    first, *others = cv2.split(picture)  # thirty times faster than max(axis=2)
    for other in others:
        cv2.max(first, other, first)
    return np.asarray(first, np.uint8)


def share(gone_s: float, constant_s: float) -> float:
    """How much of a new value enters an average with this time constant."""
    return float(1 - np.exp(-gone_s / constant_s))
