"""From which score on a teacher is believed, word by word, and how many examples say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float64, Int64

from vigil.core import Detections, iou
from vigil.flywheel.verdict import Share

SAME_IOU = 0.5
"""From which overlap on a proposal shows what an example marks."""
FEWEST = 5
"""True proposals of a word, below which its examples say nothing about a threshold."""
FOLDS = 5
KEPT = 0.98
"""Of what is true, so much lies above the threshold below which nobody looks."""
UNSURE_SHARE = 0.5
"""Without examples: the unsure begin at this share of the score that is believed."""
NOTHING = 2.0
"""No score reaches it."""


@dataclass(kw_only=True)
class Judged:
    """What became of the proposals of one word on the examples."""

    scores: list[float] = field(default_factory=list)
    hits: list[bool] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    """Which camera, video or picture each is from: folds never cross one."""
    truths: int = 0
    """How many of it there are."""
    examples: int = 0
    """Pictures and frames that were looked at."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Of one word: proposals from `accept` on are believed, those from `reject` on unsure."""

    word: str
    accept: float
    """Above 1: none is believed unchecked."""
    reject: float
    why: str
    """Where the numbers come from, with the number of examples."""
    precision: Share | None = None
    """Of unseen examples that are believed, so much is true; None: no examples say."""
    recall: Share | None = None

    def __str__(self) -> str:
        sure = "nothing unchecked" if self.accept > 1 else f"from {self.accept:.2f}"
        return f"{self.word}: believed {sure}, unsure from {self.reject:.2f}; {self.why}"


def hits_of(found: Detections, truth: Detections, *, whole: bool = False) -> Bool[np.ndarray, "n"]:
    """Which proposals are true: the surest first, each thing once, by word and overlap."""
    hits = np.zeros(len(found), bool)
    left = np.ones(len(truth), bool)
    near = np.ones((len(found), len(truth))) if whole else iou(found.boxes, truth.boxes)
    words, wanted = np.array(found.labels, object), np.array(truth.labels, object)
    for index in np.argsort(-found.scores, kind="stable"):
        open_ = np.where(left & (wanted == words[index]), near[index], 0.0)
        best = int(np.argmax(open_)) if len(open_) else -1
        if best >= 0 and open_[best] >= SAME_IOU:
            hits[index], left[best] = True, False
    return hits


def add_example(
    judged: Mapping[str, Judged],
    found: Detections,
    truth: Detections,
    *,
    group: int,
    whole: bool = False,
) -> None:
    """Judge the proposals of one picture by what an example says is on it."""
    hits = hits_of(found, truth, whole=whole)
    for word, each in judged.items():
        each.examples += 1
        each.truths += truth.labels.count(word)
        for index in (at for at, label in enumerate(found.labels) if label == word):
            each.scores.append(float(found.scores[index]))
            each.hits.append(bool(hits[index]))
            each.groups.append(group)


def fit_limits(
    judged: Mapping[str, Judged], *, wanted: float, usual: float, seed: int = 0
) -> list[Limits]:
    """For each word the lowest threshold from which on a share of `wanted` is true.

    `usual`: what is believed of words that have too few examples. Precision and recall are those
    of thresholds that did not see the example.
    """
    return [_of_word(word, each, wanted, usual, seed) for word, each in judged.items()]


def accept_from(
    scores: Float64[np.ndarray, " n"], hits: Bool[np.ndarray, " n"], wanted: float
) -> float:
    """The lowest score from which on a share of `wanted` is true; `NOTHING` if there is none.

    Halfway to what was turned away, so that a threshold is not one example's own score; where
    nothing was, that score itself, for nobody knows what is below. A share that fewer than
    `FEWEST` true proposals carry is luck.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, right = scores[order], np.cumsum(hits[order])
    count = np.arange(1, len(order) + 1)
    # Equal scores stand or fall together.
    last = np.append(ranked[1:] < ranked[:-1], True) if len(ranked) else np.zeros(0, bool)
    good = np.flatnonzero(last & (right / count >= wanted) & (right >= FEWEST))
    if not len(good):
        return NOTHING
    at = int(good[-1])
    below = ranked[at + 1] if at + 1 < len(ranked) else ranked[at]
    return float((ranked[at] + below) / 2)


def _of_word(word: str, judged: Judged, wanted: float, usual: float, seed: int) -> Limits:
    scores, hits = np.array(judged.scores, np.float64), np.array(judged.hits, bool)
    right = int(hits.sum())
    told = f"{right} of {judged.truths} found in {judged.examples} examples"
    if right < FEWEST:
        return Limits(
            word=word, accept=usual, reject=UNSURE_SHARE * usual,
            why=f"the teacher's own threshold, since fewer than {FEWEST} examples speak: {told}",
        )  # fmt: skip
    accept = accept_from(scores, hits, wanted)
    reject = min(_reject(scores, hits), accept)
    precision = recall = None
    unseen = "all are of one camera or video, so that others may differ"
    if len(set(judged.groups)) > 1:
        precision, recall = _unseen(scores, hits, judged, wanted, seed)
        unseen = f"unseen examples: precision {precision}, recall {recall}"
    if accept > 1:
        why = f"no threshold is right in {wanted:.0%} of {len(scores)} proposals; {told}"
    else:
        why = f"{unseen}; {told}"
    return Limits(
        word=word, accept=accept, reject=reject, why=why, precision=precision, recall=recall
    )


def _reject(scores: Float64[np.ndarray, " n"], hits: Bool[np.ndarray, " n"]) -> float:
    """The score above which nearly all that is true lies."""
    true = np.sort(scores[hits])
    return float(true[int((1 - KEPT) * len(true))])


def _unseen(
    scores: Float64[np.ndarray, " n"],
    hits: Bool[np.ndarray, " n"],
    judged: Judged,
    wanted: float,
    seed: int,
) -> tuple[Share, Share]:
    """Precision and recall of thresholds fitted to the other groups."""
    folds = _folds(judged.groups, seed)
    told = np.zeros(len(scores), bool)
    for fold in range(FOLDS):
        out = folds == fold
        told[out] = scores[out] >= accept_from(scores[~out], hits[~out], wanted)
    true = int((told & hits).sum())
    return Share(hits=true, total=int(told.sum())), Share(hits=true, total=judged.truths)


def _folds(groups: Sequence[int], seed: int) -> Int64[np.ndarray, " n"]:
    numbers, places = np.unique(np.array(groups, np.int64), return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(numbers)) % FOLDS
    return np.asarray(dealt[places], np.int64)
