"""The front end of YAMNet, checked against its published definition, term by term."""

import math

import numpy as np
import pytest

from vigil.stages.hear.logmel import BANDS, FRAME, FRAMES, HOP, PATCH, log_mel, triangles
from vigil.testing.sounds import RATE, beeps, noise


def mel(hertz: float) -> float:
    return 1127.0 * math.log(1 + hertz / 700.0)


def defined(samples: np.ndarray, frame: int, band: int) -> float:
    """One value, from sums over samples: no transform of a library, no matrix."""
    window = [0.5 - 0.5 * math.cos(2 * math.pi * n / FRAME) for n in range(FRAME)]
    piece = samples[frame * HOP : frame * HOP + FRAME] * window
    step = (mel(7500) - mel(125)) / (BANDS + 1)
    low, centre, high = (mel(125) + step * (band + n) for n in range(3))
    total = 0.0
    for point in range(1, 257):
        at = mel(point * RATE / 512)
        weight = min((at - low) / (centre - low), (high - at) / (high - centre))
        if weight > 0:
            turns = np.exp(-2j * np.pi * point / 512 * np.arange(FRAME))
            total += weight * abs((piece * turns).sum())
    return math.log(total + 0.001)


@pytest.mark.parametrize("band", [0, 1, 7, 20, 41, 63])
def test_each_value_is_what_the_definition_says(band):
    samples = beeps(1.0, hertz=1234, on_s=0.4, off_s=0.1) + noise(1.0, level=0.05)
    found = log_mel(samples)
    for frame in (0, 13, 60):
        assert found[frame, band] == pytest.approx(defined(samples, frame, band), abs=1e-3)


def test_a_patch_has_96_frames_and_silence_lies_at_the_floor():
    silence = log_mel(np.zeros(PATCH, np.float32))
    assert silence.shape == (FRAMES, BANDS)
    assert silence == pytest.approx(math.log(0.001))


def test_a_tone_stands_in_the_band_of_its_pitch():
    for hertz in (300, 1000, 3000, 6000):
        tone = log_mel(beeps(1.0, hertz=hertz, on_s=1.0, off_s=0.0))
        step = (mel(7500) - mel(125)) / (BANDS + 1)
        band = (mel(hertz) - mel(125)) / step - 1
        assert abs(tone.mean(axis=0).argmax() - band) <= 1


def test_every_band_but_none_of_the_constant_is_heard():
    weights = triangles()
    assert weights.shape == (257, BANDS)
    assert not weights[0].any()
    assert (weights.max(axis=0) > 0).all()
