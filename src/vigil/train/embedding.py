"""From pictures and embedders to one small embedder in a checked file, in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from vigil.core import DataError, ModelCard, ModelInput
from vigil.data.freezing import HOLDOUT, Frozen
from vigil.infer.cards import check_card
from vigil.infer.embed import ModelEmbedder
from vigil.infer.embedders import NamedEmbedder
from vigil.infer.vectors import joined
from vigil.train.asking import Asked, Vectors, vectors_of
from vigil.train.collages import collages
from vigil.train.directions import strongest
from vigil.train.exporting import export, in_eight_bits, latency_ms
from vigil.train.features import Measure, Network, Taught, fit_likeness
from vigil.train.fitting import Fit, Told
from vigil.train.recipe import MOST_COMPARED, Trained
from vigil.train.shown import Shown, shown_in
from vigil.train.teaching import PIECES, with_pieces

GOAL = "neighbours"
NEIGHBOURS = 5
"""Of each picture; so few are mostly of its kind."""
MOST_JUDGED = 1000
"""Pictures by which files are judged: all are compared with all."""

Splits = Mapping[str, Sequence[Shown]]
"""`train`, `val`, and `holdout`, which may be empty."""


def train_embedder(
    frozen: Frozen,
    root: Path,
    card: ModelCard,
    folder: Path,
    *,
    teachers: Sequence[NamedEmbedder],
    fit: Fit,
    network: Network = "likeness",
    measure: Measure = "cosine",
    begin: Path | None = None,
    collaged: int = 0,
    made: Asked = lambda done, total: None,
    asked: Asked = lambda done, total: None,
    told: Told = lambda done, total, best: None,
) -> Trained:
    """An embedder that finds alike what its teachers find alike, from pictures without a word.

    It learns from all pictures of a frozen data set whose files are below `root`, and from so many
    collages of them; where `collaged` is 0, from pieces of them. `begin`: weights of a published
    MobileNetV2 that `likeness` begins from; None: from nothing. `folder` is the run's. Raises
    `DataError`, or `ModelError` when a file answers otherwise than its network.
    """
    splits = {
        split: list(shown_in(frozen.things(split), root, {}, frames=root / "frames"))
        for split in ("train", "val", HOLDOUT)
    }
    return distil_embedder(
        splits, card, folder,
        teachers=teachers, fit=fit, network=network, measure=measure, begin=begin,
        collaged=collaged, made=made, asked=asked, told=told,
    )  # fmt: skip


def embedder_card(
    name: str, *, side: int, licence: str, source: str, dataset: str = "", parent: str = ""
) -> ModelCard:
    """Of an embedder that heads are learnt on. `licence`: of the weights. Raises `ConfigError`."""
    card = ModelCard(
        name=name,
        file=f"{name}.onnx",
        head="embedding",
        labels=(),
        input=ModelInput(width=side, height=side, fit="stretch"),
        licence_code="Apache-2.0",
        licence_weights=licence,
        source=source,
        dataset=dataset,
        parent=parent,
    )
    check_card(card)
    return card


def distil_embedder(
    splits: Splits,
    card: ModelCard,
    folder: Path,
    *,
    teachers: Sequence[NamedEmbedder],
    fit: Fit,
    network: Network = "likeness",
    measure: Measure = "cosine",
    begin: Path | None = None,
    pieces: int = PIECES,
    collaged: int = 0,
    made: Asked = lambda done, total: None,
    asked: Asked = lambda done, total: None,
    told: Told = lambda done, total, best: None,
) -> Trained:
    """The same of pictures at hand. Raises the same.

    The files are judged by the hold-out; without one, by the split that chose the best epoch.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    val, held = list(splits["val"]), list(splits[HOLDOUT])
    if not splits["train"] or not val:
        raise DataError("train and val: each needs a picture")
    if collaged:
        more = collages(splits["train"], folder, count=collaged, seed=fit.seed, told=made)
        learnt = [*splits["train"], *more]
    else:
        learnt = with_pieces(splits["train"], folder, count=pieces)
    rows = vectors_of([*learnt, *val, *held], teachers, folder, told=asked)
    ends = (len(learnt), len(learnt) + len(val))
    goals = [strongest(each, ends[0]) for each in rows] if network == "gist" else rows
    fitted = fit_likeness(
        Taught(pictures=learnt, vectors=[each[: ends[0]] for each in goals]),
        Taught(pictures=val, vectors=[each[ends[0] : ends[1]] for each in goals]),
        card, folder, fit=fit, network=network, measure=measure, begin=begin, told=told,
    )  # fmt: skip
    pictures = [each.image() for each in splits["train"][:: _step(len(splits["train"]))]]
    export(fitted.network, card, folder, pictures)
    small = in_eight_bits(card, folder, folder, pictures)
    judged = held or val
    vectors = [each[ends[1] :] if held else each[ends[0] : ends[1]] for each in rows]
    return Trained(
        full=_measured(card, folder, judged, vectors),
        small=_measured(small, folder, judged, vectors),
        folder=folder,
        learnt=len(splits["train"]),
        unseen=len(judged),
        judged_by=HOLDOUT if held else "val",
        steps=fitted.steps,
        goal=GOAL,
    )


def shared_neighbours(
    ours: Float[np.ndarray, "n d"], theirs: Float[np.ndarray, "n e"], count: int = NEIGHBOURS
) -> float:
    """Share of each picture's nearest ones in which two embedders agree, mean over the pictures.

    Vectors of unit length; `count` nearest by cosine. By luck it is `count` in n - 1.
    """
    count = min(count, len(ours) - 1)
    if count < 1:
        raise ValueError(f"{len(ours)} pictures; two are needed")
    near = [_nearest(each, count) for each in (ours, theirs)]
    both = (near[0][:, :, None] == near[1][:, None, :]).any(2)
    return float(both.mean())


def _nearest(vectors: Float[np.ndarray, "n d"], count: int) -> np.ndarray:
    # Of less their mean: all pictures of one network are near to each other.
    centred = vectors.astype(np.float32) - vectors.mean(0, dtype=np.float32)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    alike = centred @ centred.T
    np.fill_diagonal(alike, -np.inf)
    return np.argsort(-alike, axis=1, kind="stable")[:, :count]


def _measured(
    card: ModelCard, folder: Path, judged: Sequence[Shown], vectors: Sequence[Vectors]
) -> ModelCard:
    """The card with what its own file reaches and costs on this machine."""
    images = [each.image() for each in judged[:MOST_JUDGED]]
    ours = ModelEmbedder(card, folder).embed(images)
    theirs = _together(vectors, len(images))
    return replace(
        card,
        metrics={GOAL: round(shared_neighbours(ours, theirs), 4)},
        latency_ms={"cpu": latency_ms(card, folder, images[0])},
    )


def _together(vectors: Sequence[Vectors], count: int) -> Float32[np.ndarray, "n d"]:
    rows = zip(*(each[:count].astype(np.float32) for each in vectors), strict=True)
    return np.stack([joined(row) for row in rows])


def _step(count: int) -> int:
    """Between pictures that check and compress an export: from all sources, not the first alone."""
    return max(1, count // MOST_COMPARED)
