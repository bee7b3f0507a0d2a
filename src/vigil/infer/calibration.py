"""How far probabilities may be believed. Needs only numpy."""

import numpy as np
from jaxtyping import Float, Int64


def calibration_error(
    shares: Float[np.ndarray, "n k"], marks: Int64[np.ndarray, " n"], bins: int = 10
) -> float:
    """Expected calibration error of what is told, in bins of equal count (Nixon et al. 2019).

    `shares`: probabilities of each word; `marks`: the number of the right one.
    """
    told = np.argmax(shares, axis=1)
    sure, right = shares.max(axis=1), told == marks
    parts = np.array_split(np.argsort(sure, kind="stable"), min(bins, len(marks)))
    gaps = [abs(float(sure[part].mean() - right[part].mean())) * len(part) for part in parts]
    return sum(gaps) / len(marks)
