"""A logistic score with a few named coefficients, fitted, calibrated, kept as a small JSON."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int64

from vigil.stages.verify.bands import Band, fit_band
from vigil.stages.verify.features import Features

FILE = "second_look.json"
RIDGE = 8.0
"""Strength of the pull of coefficients towards 0, in units of one sample."""
FOLDS = 7
FARTHEST = 3.0
"""A feature counts for no more than so many deviations from its mean: nothing is extrapolated."""
MISS_RATE = 0.0075
PASS_RATE = 0.035
CONFIDENCE = 0.5
"""Bands hold the rates as a median estimate; the bound at 0.9 is told beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What one feature says."""

    name: str
    mean: float
    """Over the samples; a feature that could not be measured counts as this."""
    scale: float
    """Its deviation."""
    weight: float
    """Log-odds for one deviation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one feature of one case says."""

    name: str
    odds: float
    """Calibrated log-odds that it adds."""
    high: bool
    """Whether it is above its mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Turns features into a likelihood."""

    weights: tuple[Weight, ...]
    bias: float
    stretch: float
    """Platt's calibration of the log-odds (1999), fitted on samples that were held out."""
    shift: float
    band: Band
    fitted: Mapping[str, Any]
    """On how many samples, of which films, and what the band did to them."""

    @property
    def version(self) -> str:
        """Changes whenever a number does."""
        text = json.dumps(score_json(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def parts(self, features: Features) -> list[Part]:
        """What each measured feature adds."""
        return [
            Part(
                name=one.name,
                odds=self.stretch * one.weight * _standard(features[one.name], one),
                high=features[one.name] > one.mean,
            )
            for one in self.weights
            if one.name in features
        ]

    def likelihood(self, features: Features) -> float:
        """Probability that the claim is true."""
        added = sum(part.odds for part in self.parts(features))
        return float(_sigmoid(self.stretch * self.bias + self.shift + added))


def _standard(value: float, one: Weight) -> float:
    return float(np.clip((value - one.mean) / one.scale, -FARTHEST, FARTHEST))


@lru_cache(maxsize=1)
def fitted_scores() -> Mapping[str, Score]:
    """The scores in the package, by `<family>/<evidence>`."""
    text = files("vigil.stages.verify").joinpath(FILE).read_text(encoding="utf-8")
    return {name: score_from(found) for name, found in json.loads(text).items()}


def score_from(found: Mapping[str, Any]) -> Score:
    """Read what `score_json` wrote."""
    return Score(
        weights=tuple(Weight(**one) for one in found["weights"]),
        bias=found["bias"],
        stretch=found["stretch"],
        shift=found["shift"],
        band=Band(**found["band"]),
        fitted=found["fitted"],
    )


def score_json(score: Score) -> dict[str, Any]:
    """For the package's file; numbers to four digits."""
    return _rounded(asdict(score))  # type: ignore[no-any-return]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value


def fit(
    names: Sequence[str],
    samples: Sequence[Features],
    truths: Sequence[bool],
    groups: Sequence[int],
    *,
    doubts: Sequence[Features] = (),
    told: Mapping[str, Any] | None = None,
) -> Score:
    """Fit a score to labelled samples.

    `groups`: samples of one film share a number, and are never on both sides of a fold.
    Calibration and band are fitted on likelihoods of samples that the coefficients of their fold
    had not seen. `doubts` are no samples but what true events might look like elsewhere: the
    coefficients heed them, calibration and band do not. `told` is kept with the score. Raises
    `ValueError` unless both truths occur.
    """
    true, group = np.asarray(truths, bool), np.asarray(groups, np.int64)
    if true.all() or not true.any():
        raise ValueError("both true and false samples are needed")
    table = _Table(names, samples)
    what_if = table.of(doubts)
    odds = _held_out(table, true, group, what_if)
    stretch, shift = _logistic(odds[:, None], true, ridge=1.0)
    coefficients, bias = _doubtful(table.standard, true, what_if)
    likelihoods = _sigmoid(stretch[0] * odds + shift)
    band = fit_band(
        likelihoods.tolist(), true.tolist(), MISS_RATE, pass_rate=PASS_RATE, confidence=CONFIDENCE
    )
    strict = fit_band(likelihoods.tolist(), true.tolist(), MISS_RATE, confidence=0.9)
    columns = (names, table.means.tolist(), table.scales.tolist(), coefficients.tolist())
    return Score(
        weights=tuple(
            Weight(name=name, mean=mean, scale=scale, weight=weight)
            for name, mean, scale, weight in zip(*columns, strict=True)
        ),
        bias=bias,
        stretch=float(stretch[0]),
        shift=shift,
        band=band.band,
        fitted={
            "samples": len(true),
            "true": int(true.sum()),
            "groups": len(set(group.tolist())),
            "missed": band.missed,
            "passed": band.passed,
            "unsure": band.unsure,
            "low_with_bound": strict.band.low,
            "calibration_error": calibration_error(likelihoods.tolist(), true.tolist()),
            **(told or {}),
        },
    )  # fmt: skip


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
    doubts: Float64[np.ndarray, "k d"],
) -> Float64[np.ndarray, "n"]:
    """Log-odds of each sample by coefficients that never saw its group."""
    odds = np.zeros(len(true))
    fold = np.searchsorted(np.unique(group), group) % FOLDS
    for number in np.unique(fold):
        away = fold == number
        coefficients, bias = _doubtful(table.standard[~away], true[~away], doubts)
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
        likely = _sigmoid(rows @ found)
        slope = rows.T @ (true - likely) - pull * found
        bend = (rows * (likely * (1 - likely))[:, None]).T @ rows + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        found += np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-8:
            break
    return found[:-1], float(found[-1])


def _sigmoid(odds: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-np.clip(odds, -35.0, 35.0)))
