"""From outlines to a checked file that says what every pixel shows, in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from vigil.core import DataError, Image, ModelCard, ModelError, ModelInput, Outline
from vigil.data.freezing import HOLDOUT, Frozen
from vigil.infer.session import open_session
from vigil.models import segformer
from vigil.models.bilateral import Bilateral
from vigil.train import fitting
from vigil.train.continuing import keep_weights
from vigil.train.copies import cut, packed, unpacked
from vigil.train.exporting import export, in_eight_bits, latency_ms
from vigil.train.fitting import Answered, Fit, Lesson, Told, run_fit
from vigil.train.judging_maps import judge_maps
from vigil.train.map_loss import TrainedMap
from vigil.train.recipe import MOST_COMPARED, Trained
from vigil.train.regions import OTHER, UNKNOWN, Map, Mapped, mapped_of
from vigil.train.weathering import weathered

BILATERAL, SEGFORMER = "bilateral", "segformer-b0"
RATES: Mapping[str, float] = {BILATERAL: 2e-3, SEGFORMER: 5e-4}
"""Networks that say what each pixel shows, and how fast they learn."""
HEAD = "class_scores"
GOAL = "miou"
LEAST_AREA = 0.3
"""Of a picture that is cut: what is small is seen larger now and then."""


def rate_of(network: str) -> float:
    """Raises `ModelError` for a name that is none."""
    if network not in RATES:
        raise ModelError(f"network: found {network!r}; allowed: {', '.join(RATES)}")
    return RATES[network]


def network_of(name: str, words: int, published: Path | None = None) -> nn.Module:
    """One of `RATES`; `published`: a folder of weights as their publisher laid it out.

    Raises `ModelError`.
    """
    if name == SEGFORMER:
        if published is None:
            return segformer.begun(words)
        return segformer.published(published, words)
    if published is not None:
        raise ModelError(f"weights: {BILATERAL} has no published ones; allowed with: {SEGFORMER}")
    return Bilateral(words)


class Exported(nn.Module):
    """What a watch opens: probabilities of words (b, h, w, k) of every pixel of the input."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        size = pictures.shape[2:]
        logits = functional.interpolate(self.network(pictures), size=size, mode="bilinear")
        return functional.softmax(logits, 1).permute(0, 2, 3, 1)


def train_segmenter(
    frozen: Frozen,
    root: Path,
    card: ModelCard,
    folder: Path,
    *,
    fit: Fit,
    network: str = BILATERAL,
    published: Path | None = None,
    told: Told = lambda done, total, best: None,
) -> Trained:
    """Fit `card.labels`, whose first is `OTHER`, to the outlines of a frozen data set.

    Its files are below `root`; `folder` is the run's. The files are judged by the hold-out, or
    without one by the split that chose the best epoch, which flatters a little. Raises
    `DataError`, or `ModelError` when a file answers otherwise than its network.
    """
    fitting.prepare(fit)
    own = network_of(network, len(card.labels), published)
    numbers = {word: number for number, word in enumerate(card.labels)}
    splits = {
        split: list(mapped_of(frozen.things(split), root, numbers))
        for split in ("train", "val", HOLDOUT)
    }
    learnt, choosing, held = splits["train"], splits["val"], splits[HOLDOUT]
    for split in ("train", "val"):
        if not _outlined(splits[split]):
            raise DataError(f"split {split!r}: no outline of {', '.join(card.labels[1:])}")
    exported = Exported(own)
    model = TrainedMap(own)
    lesson = Lesson(
        model=model,
        pictures=_Pictures(learnt, card.input, seed=fit.seed),
        together=_together,
        judged=lambda: judge_maps(choosing, Answered(exported), card).metrics(),
        goal=GOAL,
    )
    steps = run_fit(lesson, card, folder, fit=fit, told=told)
    keep_weights(model, folder)
    judged_by = HOLDOUT if _outlined(held) else "val"
    exam = held if judged_by == HOLDOUT else choosing
    pictures = [each.image() for each in learnt[:MOST_COMPARED]]
    export(exported, card, folder, pictures)
    small = in_eight_bits(card, folder, folder, pictures)
    return Trained(
        full=_measured(card, folder, exam),
        small=_measured(small, folder, exam),
        folder=folder,
        learnt=len(learnt),
        unseen=len(exam),
        judged_by=judged_by,
        steps=steps,
        goal=GOAL,
    )


def segmenter_card(
    name: str, words: Sequence[str], size: ModelInput, *, licence: str, source: str, dataset: str
) -> ModelCard:
    """Of a segmenter for `words`, `OTHER` before them. `licence`: of the weights.

    Raises `DataError` for more words than a byte can tell apart.
    """
    if len(words) >= UNKNOWN:
        raise DataError(f"{len(words)} words; allowed: {UNKNOWN - 1}")
    return ModelCard(
        name=name,
        file=f"{name}.onnx",
        head=HEAD,
        labels=(OTHER, *(word for word in words if word != OTHER)),
        input=replace(size, fit="stretch"),
        licence_code="Apache-2.0",
        licence_weights=licence,
        source=source,
        dataset=dataset,
    )


def outlined_words(frozen: Frozen) -> tuple[str, ...]:
    """All that has an outline somewhere. Raises `DataError` when nothing has."""
    labels = (label for thing in frozen.things() for label in thing.labels)
    found = {label.word for label in labels if isinstance(label.shape, Outline)}
    if not found:
        raise DataError(f"{frozen.path.name}: nothing is outlined; allowed: polygons, as of COCO")
    return tuple(sorted(found))


def _outlined(mapped: Sequence[Mapped]) -> bool:
    return any(region.word != UNKNOWN for each in mapped for region in each.regions)


def _measured(card: ModelCard, folder: Path, exam: Sequence[Mapped]) -> ModelCard:
    """The card with what its own file reaches and costs on this machine."""
    found = judge_maps(exam, open_session(card, folder).run, card)
    return replace(
        card,
        metrics=found.metrics(),
        latency_ms={"cpu": latency_ms(card, folder, exam[0].image())},
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """A picture of the size that a network takes, and what its pixels show."""

    image: Image
    map: Map


class _Pictures(Dataset[_Seen]):
    """Whole pictures, cut, mirrored and weathered otherwise each time."""

    def __init__(self, mapped: Sequence[Mapped], size: ModelInput, *, seed: int) -> None:
        self._mapped, self._size = mapped, size
        self._copies = [packed(each.image(), size) for each in mapped]
        self._chance = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._mapped)

    def __getitem__(self, number: int) -> _Seen:
        image = unpacked(self._copies[number])
        height, width = image.shape[:2]
        there = self._mapped[number].map(width, height)
        piece = cut(width, height, self._chance, least_area=LEAST_AREA)
        seen = piece.of(image, self._size, interpolation=cv2.INTER_LINEAR)
        return _Seen(
            image=weathered(seen, self._chance),
            map=piece.of(there, self._size, interpolation=cv2.INTER_NEAREST),
        )


def _together(seen: Sequence[_Seen]) -> dict[str, Tensor]:
    pictures = np.stack([each.image for each in seen]).transpose(0, 3, 1, 2)
    return {
        "pictures": torch.from_numpy(np.ascontiguousarray(pictures)),
        "maps": torch.from_numpy(np.stack([each.map for each in seen])),
    }
