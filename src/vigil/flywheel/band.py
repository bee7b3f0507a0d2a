"""Where a head must not rule by itself, from what it said of examples it had not seen."""

import numpy as np
from jaxtyping import Float64

from vigil.infer.head import Marks
from vigil.infer.head_folder import DOUBTFUL
from vigil.stages.verify.bands import fit_band

MOST_WRONG = 0.1
"""Share of true pictures that may lie below the band, and of false ones above it …"""
CONFIDENCE = 0.8
"""… with so much confidence: without a mistake that takes 16 examples of each word. With fewer the
head is unsure of everything, and somebody else rules."""


def unsure_band(shares: Float64[np.ndarray, "n k"], marks: Marks) -> tuple[float, float]:
    """Probabilities, from and to, at which a head is unsure; each word against the others.

    `shares`: what heads said of examples that neither fit nor calibration had seen.
    """
    words = [0] if shares.shape[1] == 2 else list(range(shares.shape[1]))
    said = np.concatenate([shares[:, word] for word in words])
    true = np.concatenate([marks == word for word in words])
    band = fit_band(list(said), list(true), MOST_WRONG, confidence=CONFIDENCE).band
    return min(band.low, DOUBTFUL[0]), max(band.high, DOUBTFUL[1])
