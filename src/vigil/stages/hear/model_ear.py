"""An ear with a model that knows sounds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field

from vigil.core import Image, ModelError, SystemClock, part
from vigil.infer.live import LiveModel, OpenModel
from vigil.infer.registry import Registry, models_folder
from vigil.media.hearing import RATE, Heard
from vigil.stages.hear.diary import Piece
from vigil.stages.hear.logmel import BANDS, FRAMES, PATCH, PATCH_HOP, Patch, log_mel
from vigil.stages.hear.packet_ear import PacketEar
from vigil.stages.hear.vocabulary import Vocabulary

SILENCE = 3e-4
"""Loudest sample of a patch in which there is nothing to be told: a few steps of 16 bits."""


@part
class ModelEar(PacketEar):
    """Knows the words of a model of the registry with the head sounds, and `loud` besides.

    `name`: in the registry. `least`: a word is told from this score on; rules ask for more.
    """

    name: str = "yamnet-spectra"
    least: Annotated[float, Field(gt=0, le=1)] = 0.15
    registry: Path | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._model: LiveModel | None = None
        self._vocabulary: tuple[tuple[str, ...], Vocabulary] | None = None
        self._held = np.zeros(0, np.float32)
        self.asked = 0
        """Patches that the model has seen."""

    def warm_up(self) -> None:
        """Open the weights now; raises `ModelError`."""
        self._current()

    def twin(self) -> Self:
        other = type(self)(
            rise_db=self.rise_db,
            floor_db=self.floor_db,
            name=self.name,
            least=self.least,
            registry=self.registry,
        )
        self._current()
        other._model = self._model
        return other

    def pieces(self, heard: Heard, *, gap: bool) -> Iterator[Piece]:
        if gap:
            self._held = np.zeros(0, np.float32)
        start_s = heard.time_s - len(self._held) / RATE
        self._held = np.concatenate([self._held, heard.samples])
        while len(self._held) >= PATCH:
            patch = self._held[:PATCH]
            if np.abs(patch).max() > SILENCE:
                for word, score in self._words(log_mel(patch)).items():
                    yield Piece(word, start_s, start_s + PATCH / RATE, score)
            self._held = self._held[PATCH_HOP:]
            start_s += PATCH_HOP / RATE

    def _words(self, patch: Patch) -> dict[str, float]:
        model = self._current()
        labels = model.card.labels
        if self._vocabulary is None or self._vocabulary[0] is not labels:
            self._vocabulary = labels, Vocabulary(labels)
        self.asked += 1
        scores = model.session.run(as_picture(patch, model))[0].reshape(-1)
        return self._vocabulary[1].scored(scores.astype(np.float32), least=self.least)

    def _current(self) -> OpenModel:
        if self._model is None:
            registry = Registry(self.registry or models_folder())
            self._model = LiveModel(registry, self.name, check=_check, clock=SystemClock())
        return self._model.current()


def as_picture(patch: Patch, model: OpenModel) -> Image:
    """A patch in the 256 levels that the card's mean and scale make values again."""
    (mean, *_), (scale, *_) = model.card.input.mean, model.card.input.scale
    levels = np.clip(np.rint(patch / scale + mean), 0, 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)


def _check(model: OpenModel) -> None:
    card = model.card
    size = (card.input.width, card.input.height, card.input.colour)
    if card.head != "sounds" or size != (BANDS, FRAMES, "gray"):
        raise ModelError(
            f"{card.id}: head {card.head!r}, input {size}; needed: head sounds, and patches of "
            f"{FRAMES} frames by {BANDS} bands, grey"
        )
    scores = model.session.run(np.zeros((FRAMES, BANDS, 3), np.uint8))[0]
    if scores.size != len(card.labels):
        raise ModelError(f"{card.id}: {scores.size} scores for {len(card.labels)} labels")
