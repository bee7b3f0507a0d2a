"""How good a network is on clips that it has not learnt from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Int64
from sklearn.metrics import average_precision_score, f1_score, r2_score

from vigil.infer.calibration import calibration_error
from vigil.train.video.settings import Task

LEAST = 1e-6
TOP = 5
Shares = Float32[np.ndarray, "n k"]

GOALS: Mapping[Task, str] = {
    "one": "likelihood", "several": "mean_ap", "when": "mean_ap", "number": "r2",
}  # fmt: skip
"""The metric that chooses the best epoch; it moves where accuracy stands still."""


@dataclass(frozen=True, kw_only=True, eq=False)
class JudgedClips:
    """What a network reached."""

    clips: int
    metrics: Mapping[str, float]
    """By name; `/word` at the end: of that word."""
    confusion: Int64[np.ndarray, "k k"] | None = None
    """Rows are what is true, columns what was said; only where clips have one word."""
    said: Shares | None = None
    """Probabilities of each clip, where clips have one word."""
    report: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Precision, recall, F1 and clips of each word."""


def judge_clips(said: Shares, truth: Shares, words: Sequence[str], task: Task) -> JudgedClips:
    """Compare (n, k) with (n, k): probabilities and 1 where a word holds, or numbers."""
    match task:
        case "one":
            return _one(said, truth.argmax(1), words)
        case "number":
            return _numbers(said, truth, words)
        case _:
            return _several(said, truth, words)


def _one(said: Shares, marks: Int64[np.ndarray, " n"], words: Sequence[str]) -> JudgedClips:
    count = len(words)
    told = said.argmax(1)
    confusion = np.zeros((count, count), np.int64)
    np.add.at(confusion, (marks, told), 1)
    better = (said > said[np.arange(len(marks)), marks][:, None]).sum(1)
    likely = np.maximum(said[np.arange(len(marks)), marks], LEAST)
    there = sorted(set(marks.tolist()))
    report = _report(confusion, words)
    metrics = {
        "accuracy": float((told == marks).mean()),
        "f1": float(np.mean([report[words[mark]]["f1"] for mark in there])),
        "mean_ap": _mean_ap(said, np.eye(count, dtype=np.float32)[marks]),
        "calibration_error": calibration_error(said, marks),
        "likelihood": float(np.exp(np.log(likely).mean())),
    }
    if count > TOP:
        metrics[f"top_{TOP}"] = float((better < TOP).mean())
    metrics |= {
        f"recall/{word}": report[word]["recall"] for word in report if report[word]["clips"]
    }
    return JudgedClips(
        clips=len(marks), metrics=_rounded(metrics), confusion=confusion, said=said, report=report
    )


def _several(said: Shares, truth: Shares, words: Sequence[str]) -> JudgedClips:
    told, true = said >= 0.5, truth >= 0.5
    report = {}
    for at, word in enumerate(words):
        right = float((told[:, at] & true[:, at]).sum())
        report[word] = _rates(right, float(told[:, at].sum()), float(true[:, at].sum()))
    metrics = {
        "mean_ap": _mean_ap(said, truth),
        "f1": float(f1_score(true, told, average="macro", zero_division=0)),
        "exact": float((told == true).all(1).mean()),
    }
    return JudgedClips(clips=len(said), metrics=_rounded(metrics), report=report)


def _numbers(said: Shares, truth: Shares, words: Sequence[str]) -> JudgedClips:
    metrics = {
        "r2": float(r2_score(truth, said)) if len(said) > 1 else 0.0,
        "mean_error": float(np.abs(said - truth).mean()),
    }
    if len(words) > 1:
        errors = np.abs(said - truth).mean(0)
        metrics |= {f"mean_error/{w}": float(e) for w, e in zip(words, errors, strict=True)}
    return JudgedClips(clips=len(said), metrics=_rounded(metrics))


def _mean_ap(said: Shares, truth: Shares) -> float:
    """Over the words that some clip has and some has not."""
    found = [
        float(average_precision_score(truth[:, at] >= 0.5, said[:, at]))
        for at in range(said.shape[1])
        if 0 < (truth[:, at] >= 0.5).sum() < len(truth)
    ]
    return float(np.mean(found)) if found else 0.0


def _report(
    confusion: Int64[np.ndarray, "k k"], words: Sequence[str]
) -> dict[str, Mapping[str, float]]:
    return {
        word: _rates(float(confusion[at, at]), float(confusion[:, at].sum()),
                     float(confusion[at].sum()))
        for at, word in enumerate(words)
    }  # fmt: skip


def _rates(right: float, told: float, true: float) -> dict[str, float]:
    precision, recall = right / max(told, 1.0), right / max(true, 1.0)
    f1 = 2 * precision * recall / max(precision + recall, LEAST)
    return _rounded({"precision": precision, "recall": recall, "f1": f1, "clips": true})


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}
