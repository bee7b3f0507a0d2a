"""What may be said of a head before it is used: how often it is right, or why that cannot be said.

Every figure comes from pictures that the head in question was not fitted to: the examples are
dealt into folds, pictures that show the same thing into one, and each fold is judged by a head of
the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64
from scipy.special import betaincinv

from vigil.core import DataError
from vigil.flywheel.band import unsure_band
from vigil.flywheel.folds import best_kind, deal, flat, unseen_margins, unseen_shares
from vigil.flywheel.head_kinds import HeadChoice, HeadKind, fit_head
from vigil.flywheel.heads import Texts, calibrated
from vigil.flywheel.luck import balanced, luck_of
from vigil.infer.calibration import calibration_error
from vigil.infer.head import Head, Marks
from vigil.infer.head_folder import ALWAYS_UNSURE

FEWEST = 5
"""Different pictures of each word. With four of each all right is still what luck does in one of
seventy draws, and an interval says next to nothing."""
CONFIDENCE = 0.95
LEAST_RIGHT = 0.7
"""Mean share of each word that is told right, below which nobody would want the algorithm."""
LUCK = 0.01
"""A head is refused when luck alone would do as well in more than this share of draws."""
USUAL_THRESHOLD = 0.5


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share that was counted, and where the true one lies (Clopper and Pearson 1934)."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        """0 to 1; 0 of nothing is 0."""
        return self.hits / self.total if self.total else 0.0

    @property
    def low(self) -> float:
        if self.hits == 0:
            return 0.0
        return float(betaincinv(self.hits, self.total - self.hits + 1, (1 - CONFIDENCE) / 2))

    @property
    def high(self) -> float:
        if self.hits == self.total:
            return 1.0
        return float(betaincinv(self.hits + 1, self.total - self.hits, (1 + CONFIDENCE) / 2))

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, kw_only=True)
class WordVerdict:
    """How well one word is told."""

    word: str
    precision: Share
    """Of what is told to be it, so much is."""
    recall: Share
    """Of what is it, so much is told."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the examples say about a head, or why they cannot say it."""

    refused: str = ""
    """Why it must not be used yet; empty: it may."""
    unmeasured: str = ""
    """Why nothing is known of it, though it may be used; empty: it was measured."""
    words: tuple[WordVerdict, ...] = ()
    right: float = 0.0
    """Mean over the words of the share that is told right, 0 to 1."""
    luck: float = 1.0
    """In so large a share of draws, labels dealt out at random do as well."""
    calibration: float = 1.0
    """Expected difference of probability and truth, 0 to 1, ten bins of equal count."""
    band: tuple[float, float] = ALWAYS_UNSURE
    """Probabilities, from and to, at which the head is unsure of unseen examples."""
    kind: HeadKind = "line"
    """Of head."""
    folds: int = 0
    examples: int = 0
    different: int = 0
    """Examples, counting near-duplicates once."""

    def __str__(self) -> str:
        if self.refused:
            return f"can't yet, because {self.refused}"
        if self.unmeasured:
            return self.unmeasured
        told = "; ".join(
            f"{w.word}: precision {w.precision}, recall {w.recall}" for w in self.words
        )
        return (
            f"{told}; from {self.different} different examples, each judged by a head of others, "
            "where words are as frequent as among them"
        )


def fit_judged(
    views: Float32[np.ndarray, "v n d"],
    marks: Marks,
    groups: Int64[np.ndarray, " n"],
    words: Sequence[str],
    *,
    embedder: str,
    wanted: float | None = None,
    seed: int = 0,
    texts: Texts | None = None,
    kind: HeadChoice = "line",
) -> tuple[Head | None, Verdict]:
    """Fit a head on all examples, and say what others like it did on examples they did not see.

    `views`: vectors of each example in v views, the picture itself first. `groups`: examples of
    one number show the same thing. `wanted`: precision of the first of two words to choose the
    threshold for. `texts`: as `fit_head`. `kind`: of head; "best": as `best_kind`. The head is
    None when the verdict refuses.
    """
    few = _too_few(marks, groups, words)
    counted = Verdict(refused=few, examples=len(marks), different=len(np.unique(groups)))
    if few:
        return None, counted
    chance = np.random.default_rng(seed)
    firsts = np.unique(groups, return_index=True)[1]
    folds = deal(marks, groups, chance)
    if kind == "best":
        kind = best_kind(views, marks, folds, words)
    margins = unseen_margins(views, marks, folds, words, texts, kind=kind)
    shares = unseen_shares(margins, marks, folds)
    right = balanced(_decided(shares, USUAL_THRESHOLD), marks, len(words))
    told, threshold = _told(shares, marks, folds, wanted)
    luck = luck_of(views[0], marks, groups, folds, len(words), chance)
    verdict = Verdict(
        refused=_unfit(right, luck, len(words)) or _unreached(threshold, wanted, words[0]),
        words=tuple(_of_word(number, word, told, marks) for number, word in enumerate(words)),
        right=right,
        luck=luck,
        calibration=calibration_error(shares, marks),
        band=unsure_band(shares[firsts], marks[firsts]),
        kind=kind,
        folds=int(folds.max()) + 1,
        examples=len(marks),
        different=len(np.unique(groups)),
    )
    if verdict.refused or threshold is None:
        return None, verdict
    return _fitted(views, marks, words, embedder, margins, threshold, kind, texts), verdict


def right_without(
    views: Float32[np.ndarray, "v n d"],
    marks: Marks,
    groups: Int64[np.ndarray, " n"],
    words: Sequence[str],
    *,
    left_out: Bool[np.ndarray, " n"],
    seed: int = 0,
    kind: HeadKind = "line",
) -> float:
    """What `right` of `fit_judged` would be, of the same unseen pictures, had some taught nothing.

    Raises `DataError` when those that are left do not show each word in every fold's rest.
    """
    folds = deal(marks, groups, np.random.default_rng(seed))
    for fold in np.unique(folds):
        rest = marks[(folds != fold) & ~left_out]
        if len(np.unique(rest)) < len(words):
            raise DataError("too few of the earlier examples are still there to compare with")
    margins = unseen_margins(views, marks, folds, words, teachers=~left_out, kind=kind)
    shares = unseen_shares(margins, marks, folds)
    return balanced(_decided(shares, USUAL_THRESHOLD), marks, len(words))


def right_of(head: Head, vectors: Float32[np.ndarray, "n d"], marks: Marks) -> float:
    """The same of a head that has seen none of these, as it decides."""
    return balanced(head.decide(vectors), marks, len(head.words))


def fit_unjudged(
    views: Float32[np.ndarray, "v n d"],
    marks: Marks,
    groups: Int64[np.ndarray, " n"],
    words: Sequence[str],
    *,
    embedder: str,
    seed: int = 0,
    kind: HeadChoice = "line",
) -> Head:
    """The calibrated head of `fit_judged` without a word on how good it is: for measurements.

    Each word needs examples of two groups; raises ValueError otherwise.
    """
    folds = deal(marks, groups, np.random.default_rng(seed))
    if kind == "best":
        kind = best_kind(views, marks, folds, words)
    margins = unseen_margins(views, marks, folds, words, kind=kind)
    return _fitted(views, marks, words, embedder, margins, USUAL_THRESHOLD, kind)


def threshold_for(
    shares: Float64[np.ndarray, " n"], yes: np.ndarray, precision: float
) -> float | None:
    """The lowest probability from which on at least this share of what is told is true.

    `shares`: of the first word. None when none reaches it. Each word weighs the same.
    """
    best = None
    for limit in np.unique(shares)[::-1]:
        told = shares >= limit
        hits = np.mean(told[yes]) if yes.any() else 0.0
        false = np.mean(told[~yes]) if (~yes).any() else 0.0
        if hits and hits / (hits + false) >= precision:
            best = float(limit)
    # Halfway to what was turned away, so that a threshold is not one example's own probability.
    below = shares[shares < best] if best is not None else shares[:0]
    return best if best is None or not len(below) else float((best + below.max()) / 2)


def _fitted(
    views: Float32[np.ndarray, "v n d"],
    marks: Marks,
    words: Sequence[str],
    embedder: str,
    margins: Float64[np.ndarray, "n r"],
    threshold: float,
    kind: HeadKind,
    texts: Texts | None = None,
) -> Head:
    head = fit_head(*flat(views, marks), words, embedder=embedder, kind=kind, texts=texts)
    return calibrated(head, margins, marks, threshold=threshold)


def _too_few(marks: Marks, groups: Int64[np.ndarray, " n"], words: Sequence[str]) -> str:
    counts = [len(np.unique(groups[marks == number])) for number in range(len(words))]
    if min(counts) >= FEWEST:
        return ""
    word, count = min(zip(words, counts, strict=True), key=lambda pair: pair[1])
    return (
        f"there are too few different examples of {word!r}: {count}, at least {FEWEST} are needed"
    )


def _unfit(right: float, luck: float, words: int) -> str:
    said = f"only {right:.0%} of unseen examples are told right, a coin tells {1 / words:.0%}"
    if luck > LUCK:
        return f"{said}: the labels may be mixed up, or the pictures do not show the difference"
    if right < LEAST_RIGHT:
        return f"{said}: the difference hardly shows; more or clearer examples may help"
    return ""


def _unreached(threshold: float | None, wanted: float | None, word: str) -> str:
    if threshold is not None or wanted is None:
        return ""
    return f"no threshold tells {word!r} with a precision of {wanted:.2f} on unseen examples"


def _told(
    shares: Float64[np.ndarray, "n k"],
    marks: Marks,
    folds: Int64[np.ndarray, " n"],
    wanted: float | None,
) -> tuple[Marks, float | None]:
    """What each example is told to be, by a threshold of the others; and the threshold of all."""
    if wanted is None:
        return _decided(shares, USUAL_THRESHOLD), USUAL_THRESHOLD
    told = np.zeros(len(marks), np.int64)
    for fold in np.unique(folds):
        out = folds == fold
        limit = threshold_for(shares[~out, 0], marks[~out] == 0, wanted)
        told[out] = _decided(shares[out], 1.0 if limit is None else limit)
    found = threshold_for(shares[:, 0], marks == 0, wanted)
    return told, None if found is None else min(max(found, 0.01), 0.99)


def _decided(shares: Float64[np.ndarray, "n k"], threshold: float) -> Marks:
    if shares.shape[1] == 2:
        return np.asarray(shares[:, 0] < threshold, np.int64)
    return np.asarray(np.argmax(shares, axis=1), np.int64)


def _of_word(number: int, word: str, told: Marks, marks: Marks) -> WordVerdict:
    hits = int(np.sum((told == number) & (marks == number)))
    return WordVerdict(
        word=word,
        precision=Share(hits=hits, total=int(np.sum(told == number))),
        recall=Share(hits=hits, total=int(np.sum(marks == number))),
    )
