"""The log-mel spectrogram that YAMNet was trained on.

After its published parameters (Plakal and Ellis, tensorflow/models, research/audioset/yamnet):
frames of 25 ms every 10 ms under a periodic Hann window, magnitudes of a 512-point transform, 64
triangles between 125 and 7500 Hz on the HTK mel scale, log(x + 0.001).
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Float64

from vigil.media.hearing import RATE, Samples

FRAME, HOP, POINTS = 400, 160, 512
BANDS, LOW_HZ, HIGH_HZ = 64, 125.0, 7500.0
OFFSET = 0.001
FRAMES = 96
"""In a patch: 0.96 s."""
PATCH = FRAME + (FRAMES - 1) * HOP
"""Samples of a patch."""
PATCH_HOP = FRAMES // 2 * HOP
"""Samples from one patch to the next."""

Patch = Float32[np.ndarray, "96 64"]


def log_mel(samples: Samples) -> Float32[np.ndarray, "frames 64"]:
    """One row for each whole frame in the samples."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    magnitudes = np.abs(np.fft.rfft(frames * _window(), POINTS, axis=1)).astype(np.float32)
    return np.asarray(np.log(magnitudes @ triangles() + OFFSET), np.float32)


@lru_cache(maxsize=1)
def triangles() -> Float32[np.ndarray, "257 64"]:
    """Weight of each point of the transform in each band; shared: do not write to it."""
    points = _mel(np.linspace(0.0, RATE / 2, POINTS // 2 + 1))[:, None]
    lowest, highest = _mel(np.array([LOW_HZ, HIGH_HZ]))
    edges = np.linspace(lowest, highest, BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (points - lower) / (centre - lower)
    falling = (upper - points) / (upper - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0  # a constant is no sound
    return np.asarray(weights, np.float32)


@lru_cache(maxsize=1)
def _window() -> Samples:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME), np.float32)


def _mel(hertz: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    return np.asarray(1127.0 * np.log1p(hertz / 700.0))
