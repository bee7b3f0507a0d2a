"""Heads on frozen features, joined late, all chosen within the clips that are learnt from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Float64
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from benchmarks.fight_clips import Marks, parted
from benchmarks.report import cpu_s

HeadKind = Literal["softmax", "SVM"]
HEADS: tuple[HeadKind, ...] = ("softmax", "SVM")
COSTS = {"softmax": (1e-4, 1e-3, 1e-2, 1e-1), "SVM": (0.1, 0.3, 1.0, 3.0)}
"""The inverse strength of regularisation; the best one is chosen by folds within what is learnt."""
STACKED = 0.1
"""The same where what several heads say is weighed; set once."""
INNER = 4
COLUMNS = (
    "what is looked at", "accuracy", "spread", "F1", "AUC", "AUC spread", "parameters learnt",
    "CPU s to learn",
)  # fmt: skip
Tables = Mapping[str, Float32[np.ndarray, "n d"]]
"""Features of each stream; NaN where a clip lacks it."""
LogOdds = Float64[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Way:
    """What is looked at, and what is fitted to it."""

    streams: tuple[str, ...]
    head: HeadKind

    @property
    def name(self) -> str:
        return f"{' + '.join(self.streams)}, {self.head}"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How right the log-odds of a fight were, over clips that were not learnt from."""

    accuracy: float
    f1: float
    auc: float

    @classmethod
    def of(cls, said: LogOdds, marks: Marks) -> "Judged":
        told = (said > 0).astype(int)
        return cls(
            accuracy=float((told == marks).mean()),
            f1=float(f1_score(marks, told)),
            auc=float(roc_auc_score(marks, said)),
        )


def row(name: str, judged: Sequence[Judged], learnt: int, seconds: float) -> tuple[object, ...]:
    """One line of the table: means over seeds, and their spread."""
    accuracy, auc = [each.accuracy for each in judged], [each.auc for each in judged]
    return (
        name, f"{mean(accuracy):.3f}", f"{spread(accuracy):.3f}",
        f"{mean(each.f1 for each in judged):.3f}", f"{mean(auc):.3f}", f"{spread(auc):.3f}",
        learnt, f"{seconds:.2f}",
    )  # fmt: skip


def spread(values: Sequence[float]) -> float:
    """Standard deviation over seeds; of one seed 0."""
    return stdev(values) if len(values) > 1 else 0.0


class Heads:
    """Log-odds by stream and head, for learnt and judged clips of one fold.

    A head is fitted to what its stream says; folds within the learnt clips, by scenes too, choose
    its cost and how far its log-odds may be trusted (a line through 0, as Platt 1999 has it).
    """

    def __init__(self, tables: Tables, marks: Marks, scenes: Marks, learnt: Marks, judged: Marks,
                 seed: int) -> None:  # fmt: skip
        self._tables, self._marks, self._scenes = tables, marks, scenes
        self._learnt, self._judged, self._seed = learnt, judged, seed
        self._known: dict[tuple[str, HeadKind], tuple[LogOdds, LogOdds]] = {}
        self._seconds: dict[tuple[str, HeadKind], float] = {}

    def said(self, way: Way) -> LogOdds:
        """Of the judged clips: the mean over the streams that a clip has."""
        return self._joined(way)[1]

    def chosen(self, ways: Sequence[Way]) -> Way:
        """The one that folds within the learnt clips find the likeliest."""
        truth = self._marks[self._learnt]

        return min(ways, key=lambda way: doubt(self._joined(way)[0], truth))

    def stacked(self, ways: Sequence[Way]) -> LogOdds:
        """Of the judged clips: what these ways say, weighed together (Wolpert 1992).

        Weights are fitted to what was said of learnt clips by folds that had not learnt them. Few
        clips cannot tell many weights, so that they stay near each other.
        """
        inside, outside = zip(*(self._joined(way) for way in ways), strict=True)
        line = LogisticRegression(C=STACKED, class_weight="balanced")
        line.fit(np.stack(inside, 1), self._marks[self._learnt])
        return np.asarray(line.decision_function(np.stack(outside, 1)), np.float64)

    def cost_s(self, ways: Sequence[Way]) -> float:
        """Seconds of processor to choose and fit all that these ways need, once each."""
        needed = {(stream, way.head) for way in ways for stream in way.streams}
        return sum(self._seconds[each] for each in needed)

    def learnt(self, way: Way) -> int:
        """Parameters: a weight of each number that is looked at, or of each clip for an SVM."""
        widths = [self._tables[stream].shape[1] for stream in way.streams]
        counts = [len(self._learnt)] * len(widths) if way.head == "SVM" else widths
        return sum(count + 1 for count in counts)

    def _joined(self, way: Way) -> tuple[LogOdds, LogOdds]:
        parts = [self._one(stream, way.head) for stream in way.streams]
        return _mean([inner for inner, _ in parts]), _mean([outer for _, outer in parts])

    def _one(self, stream: str, head: HeadKind) -> tuple[LogOdds, LogOdds]:
        if (stream, head) not in self._known:
            began_s = cpu_s()
            self._known[stream, head] = self._fitted(stream, head)
            self._seconds[stream, head] = cpu_s() - began_s
        return self._known[stream, head]

    def _fitted(self, stream: str, head: HeadKind) -> tuple[LogOdds, LogOdds]:
        table = self._tables[stream]
        there = ~np.isnan(table).any(1)
        learnt, judged = self._learnt[there[self._learnt]], self._judged[there[self._judged]]
        marks = self._marks[learnt]
        costs = COSTS[head]
        said = np.zeros((len(costs), len(learnt)))
        for some, others in parted(marks, self._scenes[learnt], folds=INNER, seed=self._seed):
            axes = _axes().fit(table[learnt[some]])
            shown, asked = (
                axes.transform(table[learnt[some]]),
                axes.transform(table[learnt[others]]),
            )
            for at, cost in enumerate(costs):
                said[at, others] = (
                    _machine(head, cost).fit(shown, marks[some]).decision_function(asked)
                )
        trusted = [_trust(each, marks) * each for each in said]
        best = int(np.argmin([doubt(each, marks) for each in trusted]))
        axes = _axes().fit(table[learnt])
        machine = _machine(head, costs[best]).fit(axes.transform(table[learnt]), marks)
        outside = np.zeros(len(judged))
        if len(judged):  # else none of them has the stream
            asked = machine.decision_function(axes.transform(table[judged]))
            outside = _trust(said[best], marks) * asked
        inside = trusted[best]
        return (
            _laid(inside, there[self._learnt]),
            _laid(outside, there[self._judged]),
        )


def doubt(said: LogOdds, marks: Marks) -> float:
    """How unlikely the truth is by these log-odds, in the mean."""
    return float(log_loss(marks, 1 / (1 + np.exp(-said)), labels=[0, 1]))


def _axes() -> Pipeline:
    # As many axes as clips lose nothing of a linear head, and make long rows cheap.
    return make_pipeline(StandardScaler(), PCA(svd_solver="full"))


def _machine(head: HeadKind, cost: float) -> LogisticRegression | SVC:
    if head == "softmax":
        return LogisticRegression(C=cost, class_weight="balanced", max_iter=500)
    return SVC(C=cost, kernel="rbf", class_weight="balanced")


def _trust(said: LogOdds, marks: Marks) -> float:
    line = LogisticRegression(fit_intercept=False).fit(said[:, None], marks)
    return max(float(line.coef_[0, 0]), 0.0)


def _laid(values: LogOdds, there: Bool[np.ndarray, " n"]) -> LogOdds:
    whole = np.full(len(there), np.nan)
    whole[there] = values
    return whole


def _mean(parts: Sequence[LogOdds]) -> LogOdds:
    """Who lacks a stream is judged by the others; who lacks them all, not at all: even odds."""
    stacked = np.stack(parts)
    there = ~np.isnan(stacked)
    total: LogOdds = np.nansum(stacked, 0) / np.maximum(there.sum(0), 1)
    return total
