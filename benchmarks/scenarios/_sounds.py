"""Sounds for films: recorded ones of the shared data, and a tune."""

from functools import lru_cache

import av
import numpy as np

from benchmarks.footage import DATA
from vigil.testing.sounds import RATE, Wave

FILES = {
    "speech": "torchcodec/nasa_13013.mp4.audio.mp3",
    "rain": "moviepy/rain.mp3",
    "footsteps": "moviepy/crunching.mp3",
}
"""Real sound, below `robust` of the shared data."""


@lru_cache(maxsize=8)
def recorded(name: str) -> Wave:
    """All of it, mono, at `RATE`."""
    with av.open(str(DATA / "robust" / FILES[name])) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
        parts = [
            part.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts).astype(np.float32)


def tune(seconds: float, *, level: float, seed: int) -> Wave:
    """Plucked notes of one scale, a chord now and then."""
    random = np.random.default_rng(seed)
    wave = np.zeros(round(seconds * RATE))
    base_hz, steps = float(random.choice([196, 220, 262])), (0, 2, 4, 7, 9, 12, 14, 16)
    for number in range(int(seconds / 0.3)):
        start = round(number * 0.3 * RATE)
        t = np.arange(min(round(1.2 * RATE), len(wave) - start)) / RATE
        for step in random.choice(steps, 1 if number % 4 else 2).tolist():
            hertz = base_hz * 2 ** (step / 12)
            tones = sum(np.sin(2 * np.pi * hertz * k * t) / k**1.5 for k in range(1, 6))
            wave[start : start + len(t)] += tones * np.exp(-3 * t)
    return np.asarray(level * wave / np.abs(wave).max(), np.float32)
