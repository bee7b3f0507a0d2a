"""How far probabilities may be believed."""

import numpy as np
import pytest

from vigil.infer.calibration import calibration_error


def test_calibration_error_of_sure_and_wrong_is_what_was_claimed_too_much() -> None:
    shares = np.tile([0.9, 0.1], (100, 1))
    assert calibration_error(shares, np.zeros(100, np.int64)) == pytest.approx(0.1)
    half = np.arange(100) % 2
    assert calibration_error(shares, half) == pytest.approx(0.4, abs=0.02)
