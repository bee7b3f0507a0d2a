"""Fits logistic scores to labelled samples, calibrates them, and finds where they may rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int64

from vigil.stages.verify.bands import Band, fit_band
from vigil.stages.verify.features import Features
from vigil.stages.verify.scoring import FARTHEST, Score, Weight, sigmoid

RIDGE = 8.0
"""Strength of the pull of coefficients towards 0, in units of one sample."""
FOLDS = 7
MISS_RATE = 0.015
PASS_RATE = 0.08
CONFIDENCE = 0.9
"""Bands hold the rates as an upper bound."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A score without a band yet, and what it says of samples that its fold had not seen."""

    weights: tuple[Weight, ...]
    bias: float
    stretch: float
    shift: float
    likelihoods: Float64[np.ndarray, "n"]
    true: Bool[np.ndarray, "n"]
    ages: Sequence[str]
    proven: Bool[np.ndarray, "n"]
    told: Mapping[str, Any]


def fit(
    names: Sequence[str],
    samples: Sequence[Features],
    truths: Sequence[bool],
    groups: Sequence[int],
    *,
    ages: Sequence[str] = (),
    plain: Sequence[bool] = (),
    proven: Sequence[bool] = (),
    doubts: Sequence[Features] = (),
    told: Mapping[str, Any] | None = None,
) -> Fit:
    """Fit coefficients to labelled samples, and calibrate them.

    `groups`: samples of one film share a number, and are never on both sides of a fold.
    Calibration is fitted on samples that the coefficients of their fold had not seen. `ages`: one
    event may be a sample of each age once. `plain`: those whose truth is beyond doubt; the
    coefficients learn of them alone, calibration and band of all. `proven`: those that are not
    rejected, whatever their likelihood. `doubts` are no samples but what true events might look
    like elsewhere: the coefficients heed them, calibration and band do not. `told` is kept with the
    score. Raises `ValueError` unless both truths occur.
    """
    true, group = np.asarray(truths, bool), np.asarray(groups, np.int64)
    if true.all() or not true.any():
        raise ValueError("both true and false samples are needed")
    sure = np.asarray(plain, bool) if len(plain) else np.full(len(true), True)
    table = _Table(names, samples)
    what_if = table.of(doubts)
    odds = _held_out(table, true, group, sure, what_if)
    stretch, shift = _logistic(odds[:, None], true, ridge=1.0)
    coefficients, bias = _doubtful(table.standard[sure], true[sure], what_if)
    columns = (names, table.means.tolist(), table.scales.tolist(), coefficients.tolist())
    return Fit(
        weights=tuple(
            Weight(name=name, mean=mean, scale=scale, weight=weight)
            for name, mean, scale, weight in zip(*columns, strict=True)
        ),
        bias=bias,
        stretch=float(stretch[0]),
        shift=shift,
        likelihoods=np.asarray(sigmoid(stretch[0] * odds + shift), np.float64),
        true=true,
        ages=ages if len(ages) else [""] * len(true),
        proven=np.asarray(proven, bool) if len(proven) else np.full(len(true), False),
        told={"groups": len(set(group.tolist())), **(told or {})},
    )


def banded(fits: Sequence[Fit]) -> list[Score]:
    """The scores with a band in common, whose rates hold for all of their samples together.

    At each age by itself: an event that was seen at two ages is still one event.
    """
    likelihoods = np.concatenate([one.likelihoods for one in fits])
    true = np.concatenate([one.true for one in fits])
    proven = np.concatenate([one.proven for one in fits])
    ages = np.array([age for one in fits for age in one.ages])
    # What is proven is not rejected: to the lower end it is as good as certain.
    heeded = np.where(proven & true, 1.0, likelihoods)
    bands = [
        fit_band(
            heeded[ages == age].tolist(),
            true[ages == age].tolist(),
            MISS_RATE,
            pass_rate=PASS_RATE,
            confidence=CONFIDENCE,
        )
        for age in np.unique(ages)
    ]
    band = Band(low=min(one.band.low for one in bands), high=max(one.band.high for one in bands))
    together = {
        "confidence": CONFIDENCE,
        "miss_bound": max(one.miss_bound for one in bands),
        "samples_of_the_band": len(true),
    }
    return [_score(one, band, together) for one in fits]


def _score(one: Fit, band: Band, together: Mapping[str, Any]) -> Score:
    likely, true = one.likelihoods, one.true
    return Score(
        weights=one.weights,
        bias=one.bias,
        stretch=one.stretch,
        shift=one.shift,
        band=band,
        fitted={
            "samples": len(true),
            "true": int(true.sum()),
            "missed": int((likely[true & ~one.proven] < band.low).sum()),
            "passed": int((likely[~true] > band.high).sum()),
            "unsure": float(((likely >= band.low) & (likely <= band.high)).mean()),
            "calibration_error": calibration_error(likely.tolist(), true.tolist()),
            **together,
            **one.told,
        },
    )


def calibration_error(
    likelihoods: Sequence[float], truths: Sequence[bool], *, bins: int = 10
) -> float:
    """Expected calibration error (Naeini et al., 2015), in bins of equal width."""
    scores, true = np.asarray(likelihoods, np.float64), np.asarray(truths, np.float64)
    which = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [
        abs(scores[here].mean() - true[here].mean()) * here.mean()
        for here in (which == number for number in range(bins))
        if here.any()
    ]
    return float(sum(gaps))


class _Table:
    """Samples as deviations from the mean; what was not measured is 0."""

    def __init__(self, names: Sequence[str], samples: Sequence[Features]) -> None:
        self._names = names
        raw = self._raw(samples)
        self.means = np.nan_to_num(np.nanmean(raw, axis=0))
        self.scales = np.maximum(np.nan_to_num(np.nanstd(raw, axis=0)), 1e-3)
        self.standard = self.of(samples)

    def of(self, samples: Sequence[Features]) -> Float64[np.ndarray, "n d"]:
        """Any samples, against the mean of these."""
        standard = (self._raw(samples) - self.means) / self.scales
        return np.asarray(np.clip(np.nan_to_num(standard), -FARTHEST, FARTHEST))

    def _raw(self, samples: Sequence[Features]) -> Float64[np.ndarray, "n d"]:
        rows = [[sample.get(name, np.nan) for name in self._names] for sample in samples]
        return np.array(rows, np.float64).reshape(-1, len(self._names))


def _held_out(
    table: _Table,
    true: Bool[np.ndarray, "n"],
    group: Int64[np.ndarray, "n"],
    sure: Bool[np.ndarray, "n"],
    doubts: Float64[np.ndarray, "k d"],
) -> Float64[np.ndarray, "n"]:
    """Log-odds of each sample by coefficients of sure ones that never saw its group."""
    odds = np.zeros(len(true))
    fold = np.searchsorted(np.unique(group), group) % FOLDS
    for number in np.unique(fold):
        away = fold == number
        learned = ~away & sure
        coefficients, bias = _doubtful(table.standard[learned], true[learned], doubts)
        odds[away] = table.standard[away] @ coefficients + bias
    return odds


def _doubtful(
    table: Float64[np.ndarray, "n d"],
    true: Bool[np.ndarray, "n"],
    doubts: Float64[np.ndarray, "k d"],
) -> tuple[Float64[np.ndarray, "d"], float]:
    """Coefficients by the samples and by what else may be true."""
    all_true = np.concatenate([true, np.ones(len(doubts), bool)])
    return _logistic(np.vstack([table, doubts]), all_true, ridge=RIDGE)


def _logistic(
    table: Float64[np.ndarray, "n d"], true: Bool[np.ndarray, "n"], *, ridge: float
) -> tuple[Float64[np.ndarray, "d"], float]:
    """Coefficients and bias of the largest penalised likelihood, by Newton's method."""
    rows = np.hstack([table, np.ones((len(table), 1))])
    pull = np.full(rows.shape[1], ridge)
    pull[-1] = 1e-6
    found = np.zeros(rows.shape[1])
    for _ in range(50):
        likely = sigmoid(rows @ found)
        slope = rows.T @ (true - likely) - pull * found
        bend = (rows * (likely * (1 - likely))[:, None]).T @ rows + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        found += np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-8:
            break
    return found[:-1], float(found[-1])
