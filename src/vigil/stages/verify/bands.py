"""Where a judge must not rule: bands of likelihood, and how sure we are that they are right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from vigil.core import Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Likelihoods from `low` to `high` are unsure: below is rejected, above is confirmed."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.low <= self.high <= 1.0:
            raise ValueError(f"a band goes up, within 0 to 1; found {self.low} to {self.high}")

    def ruling(self, likelihood: float) -> Ruling:
        """What a likelihood rules."""
        if likelihood < self.low:
            return Ruling.REJECTED
        return Ruling.CONFIRMED if likelihood > self.high else Ruling.UNSURE


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedBand:
    """A band with what it promises on the samples it was fitted to."""

    band: Band
    missed: int
    """True samples below the band."""
    miss_bound: float
    """Upper bound of the share of true events below it, at the confidence asked for."""
    passed: int
    """False samples above the band."""
    unsure: float
    """Share of all samples inside."""


def fit_band(
    likelihoods: Sequence[float],
    truths: Sequence[bool],
    miss_rate: float,
    *,
    pass_rate: float | None = None,
    confidence: float = 0.9,
) -> FittedBand:
    """The narrowest band that rejects at most `miss_rate` of what is true.

    And that confirms at most `pass_rate` of what is false; None: the same rate. Rates are bounded
    from above by Clopper and Pearson's exact limit ("The use of confidence or fiducial limits",
    1934), one sided, so that few samples give a wide band: without a single miss, 0.02 at 0.9
    takes 114 true samples. Where there are too few, nothing is rejected, or nothing confirmed.
    Raises `ValueError` for no samples, or a rate or confidence that is none.
    """
    scores, true = _checked(likelihoods, truths, miss_rate, confidence)
    passing = miss_rate if pass_rate is None else pass_rate
    low = _lowest_edge(scores[true], miss_rate, confidence)
    high = 1.0 - _lowest_edge(1.0 - scores[~true], passing, confidence)
    if low > high:
        # The samples part cleanly: rule on either side of the middle of the gap.
        low = high = (low + high) / 2
    missed = int((scores[true] < low).sum())
    return FittedBand(
        band=Band(low=low, high=high),
        missed=missed,
        miss_bound=upper_bound(missed, int(true.sum()), confidence),
        passed=int((scores[~true] > high).sum()),
        unsure=float(((scores >= low) & (scores <= high)).mean()),
    )


def upper_bound(hits: int, of: int, confidence: float) -> float:
    """The largest share that would still give so few hits with probability 1 - `confidence`."""
    if hits >= of:
        return 1.0
    low, high = hits / of, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(hits, of, middle) > 1.0 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(hits: int, of: int, share: float) -> float:
    """Probability of no more than `hits` of `of`."""
    if share <= 0.0:
        return 1.0
    if share >= 1.0:
        return 0.0
    total = 0.0
    for k in range(hits + 1):
        ways = math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)
        total += math.exp(ways + k * math.log(share) + (of - k) * math.log1p(-share))
    return min(1.0, total)


def _lowest_edge(scores: Float64[np.ndarray, "n"], rate: float, confidence: float) -> float:
    """The highest threshold with at most `rate` of the scores below it; 0 when there is none."""
    allowed = -1
    while allowed + 1 < len(scores) and (upper_bound(allowed + 1, len(scores), confidence) <= rate):
        allowed += 1
    return float(np.sort(scores)[allowed]) if allowed >= 0 else 0.0


def _checked(
    likelihoods: Sequence[float], truths: Sequence[bool], miss_rate: float, confidence: float
) -> tuple[Float64[np.ndarray, "n"], Bool[np.ndarray, "n"]]:
    scores, true = np.asarray(likelihoods, np.float64), np.asarray(truths, bool)
    if len(scores) != len(true) or not len(scores):
        raise ValueError(
            f"one truth for each likelihood, and at least one: {len(scores)}, {len(true)}"
        )
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("likelihoods go from 0 to 1")
    if not 0 < miss_rate < 1 or not 0 < confidence < 1:
        raise ValueError(f"rates lie between 0 and 1: {miss_rate = }, {confidence = }")
    return scores, true
