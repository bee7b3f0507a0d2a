"""What a detector is shown, and how it learns from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from vigil.core import DataError, ModelCard, ModelInput
from vigil.infer.fitting import fitted_image
from vigil.models.yolox import YoloxNano
from vigil.train import fitting
from vigil.train.cutting import cuttings_of
from vigil.train.drawing import Drawn, varied
from vigil.train.fitting import Answered, Fit, Lesson, Told, run_fit
from vigil.train.judging import judge
from vigil.train.networks import FROM_NOTHING, Learner, Start, learner
from vigil.train.norms import idle_norms, settle
from vigil.train.repeating import repeated
from vigil.train.stills import Still

GOAL = "average_precision_50"
NO_WORD = -1
SETTLING = 48
"""Pictures from which norms that came from a file learn what is usual."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedDetector:
    """A network as it was when it was best on pictures that it did not learn from."""

    learner: Learner
    steps: int


def fit_detector(
    learnt: Sequence[Still],
    judged: Sequence[Still],
    card: ModelCard,
    folder: Path,
    *,
    fit: Fit,
    start: Start = FROM_NOTHING,
    rare: float = 0.0,
    told: Told = lambda done, total, best: None,
) -> FittedDetector:
    """Fit `card.labels` to stills, and judge by others after each epoch.

    Pictures of words that are on less than a share `rare` of them are repeated (see `repeating`).
    Raises `DataError` without a box on either side, and `ModelError` when the weights to start
    from do not fit.
    """
    for stills, what in ((learnt, "train"), (judged, "val")):
        if not any(len(still.boxes) for still in stills):
            raise DataError(f"split {what!r}: no box of {', '.join(card.labels)}")
    fitting.prepare(fit)
    begun = learner(start, card)
    if start.weights is not None and (idle := idle_norms(begun.network)):
        settle(begun.network, idle, _plain(learnt[:SETTLING], card.input))
    answer = Answered(begun.exported)

    def metrics() -> dict[str, float]:
        found = judge(judged, answer, card)
        return {
            GOAL: found.average_precision_50,
            "average_precision": found.average_precision,
            "recall": found.recall,
            "precision": found.precision,
        }

    lesson = Lesson(
        model=begun.model,
        pictures=_Pictures(learnt, card.input, rare=rare, seed=fit.seed),
        together=_together,
        judged=metrics,
        goal=GOAL,
    )
    steps = run_fit(lesson, card, folder, fit=fit, told=told)
    if begun.published is not None:
        assert isinstance(begun.network, YoloxNano)
        begun.published.halfway(begun.network)
    return FittedDetector(learner=begun, steps=steps)


class _Pictures(Dataset[Drawn]):
    """Stills, otherwise each time, but the same for the same seed, number and epoch."""

    def __init__(
        self, stills: Sequence[Still], size: ModelInput, *, rare: float, seed: int
    ) -> None:
        self._stills, self._size = stills, size
        self._cuttings = cuttings_of(stills)
        self._rows = repeated(stills, rare, np.random.default_rng(seed))
        self._chance = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> Drawn:
        row = int(self._rows[number])
        return varied(self._stills, row, self._size, self._chance, self._cuttings)


def _plain(stills: Sequence[Still], size: ModelInput) -> Tensor:
    """(b, 3, h, w), 0 to 255: as they are."""
    images = np.stack([fitted_image(still.image(), size) for still in stills])
    return torch.from_numpy(images.transpose(0, 3, 1, 2).copy()).float()


def _together(drawn: Sequence[Drawn]) -> dict[str, Tensor]:
    """A batch: rows after a picture's last box say so."""
    most = max(1, *(len(each.boxes) for each in drawn))
    boxes = np.zeros((len(drawn), most, 4), np.float32)
    words = np.full((len(drawn), most), NO_WORD, np.int64)
    weights = np.zeros((len(drawn), most), np.float32)
    for row, each in enumerate(drawn):
        boxes[row, : len(each.boxes)] = each.boxes
        words[row, : len(each.boxes)] = each.words
        weights[row, : len(each.boxes)] = each.weights
    pictures = np.stack([each.image for each in drawn]).transpose(0, 3, 1, 2)
    return {
        "pictures": torch.from_numpy(np.ascontiguousarray(pictures)),
        "boxes": torch.from_numpy(boxes),
        "words": torch.from_numpy(words),
        "weights": torch.from_numpy(weights),
    }
