"""A model that goes on: its weights, its words, and pictures that it learnt from."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import Float32
from tests.train import toys

from vigil.core import DataError, Image, ModelError
from vigil.data.freezing import freeze
from vigil.infer.content import sha256_of
from vigil.models.sentry import Sentry
from vigil.train.continuing import Before, grown, keep_weights, weights_of
from vigil.train.detector_loss import TrainedSentry


@pytest.fixture
def before(tmp_path: Path) -> Before:
    library = toys.library(tmp_path / "data", 24)
    frozen = freeze(library.things(), library.frozen)
    return Before.of(replace(toys.CARD, dataset=frozen.version), tmp_path / "data")


class Brightness:
    """An embedder of one number."""

    def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
        return np.array([[image.mean()] for image in images], np.float32)


def test_some_of_what_was_learnt_is_learnt_again(before: Before) -> None:
    old = before.stills("train", toys.WORDS)
    chosen = before.replayed(5, toys.WORDS, without=old[:3], embedder=None, seed=0)
    paths = {still.path for still in chosen}
    assert len(paths) == 5
    assert not paths & {still.path for still in old[:3]}
    assert paths <= {still.path for still in old}
    everything = before.replayed(99, toys.WORDS, without=(), embedder=None, seed=0)
    assert len(everything) == len(old)


def test_an_embedder_chooses_those_that_differ_most(before: Before) -> None:
    old = before.stills("train", toys.WORDS)
    light = [still.image().mean() for still in old]
    chosen = before.replayed(3, toys.WORDS, without=(), embedder=Brightness(), seed=0)
    assert {old[int(np.argmin(light))].path, old[int(np.argmax(light))].path} <= {
        still.path for still in chosen
    }


def test_what_a_model_learnt_from_may_be_gone(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"toys@1: learnt from the data set abc; no such below"):
        Before.of(replace(toys.CARD, dataset="abc"), tmp_path)
    with pytest.raises(DataError, match="learnt from the data set none"):
        Before.of(toys.CARD, tmp_path)


def test_weights_are_found_by_the_file_that_was_made_of_them(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = TrainedSentry(Sentry(2))
    for name in ("other", "run"):
        (tmp_path / name).mkdir()
        (tmp_path / name / toys.CARD.file).write_bytes(name.encode())
        keep_weights(model, tmp_path / name)
        with torch.no_grad():
            model.network.reach += 1
    made = tmp_path / "run" / toys.CARD.file
    card = replace(toys.CARD, sha256={toys.CARD.file: sha256_of(made)})
    found = weights_of(card, tmp_path)
    assert set(found) == set(Sentry(2).state_dict())
    assert found["reach"].tolist() == [1, 1, 1]
    made.write_bytes(b"of another run")
    with pytest.raises(ModelError, match=r"toys@1: no run in .* made it"):
        weights_of(card, tmp_path)


def test_old_words_keep_their_places() -> None:
    assert grown(("car", "bus"), ("bike", "car")) == ("car", "bus", "bike")
