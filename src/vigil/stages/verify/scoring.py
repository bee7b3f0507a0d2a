"""A logistic score with a few named coefficients, kept as a small JSON; `fitting` makes it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from vigil.stages.verify.bands import Band
from vigil.stages.verify.features import Features

FILE = "second_look.json"
FARTHEST = 3.0
"""A feature counts for no more than so many deviations from its mean: nothing is extrapolated."""


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
        return float(sigmoid(self.stretch * self.bias + self.shift + added))


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


def sigmoid(odds: Any) -> Any:
    """Likelihood of log-odds."""
    return 1.0 / (1.0 + np.exp(-np.clip(odds, -35.0, 35.0)))
