"""A sentry whose run is elsewhere learns on from its file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.train import toys
from tests.train.seeing import seeing

from vigil.core import ModelError
from vigil.infer.fitting import fitted_image
from vigil.infer.registry import Registry
from vigil.infer.session import open_session
from vigil.models.sentry import Exported, Sentry
from vigil.train.continuing import After
from vigil.train.networks import Start, learner
from vigil.train.norms import idle_norms, settle
from vigil.train.stills import rgb_of
from vigil.train.unfolding import unfolded

SENTRY = "vigil-sentry"


def test_the_shipped_model_goes_on_with_its_words(tmp_path: Path) -> None:
    old = After.of(SENTRY, Registry(tmp_path), runs=tmp_path / "runs", data=tmp_path / "data")
    assert old.card.labels == ("vehicle",)
    assert old.before is None
    assert set(old.weights) == set(Sentry(1).state_dict())
    assert len(old.weights["word_logits.bias"]) == 1  # people, the other column, are not told


def test_it_answers_as_its_file_does_also_while_it_learns(tmp_path: Path) -> None:
    card, folder = Registry(tmp_path).resolve(SENTRY)
    grown = replace(card, labels=("vehicle", "toy"), options={})
    found = learner(Start(weights=unfolded(card, folder)), grown)
    image = fitted_image(rgb_of(folder / "golden.png"), card.input)
    pictures = torch.from_numpy(image.transpose(2, 0, 1).copy()).float()[None]
    wanted = open_session(card, folder).run(image)[0][0, :, 5]
    sure = wanted > 0.1
    assert sure.any()
    assert isinstance(found.network, Sentry)
    settle(found.network, idle_norms(found.network), pictures)
    for mode in (False, True):
        with torch.no_grad():
            answers = Exported(found.network.train(mode))(pictures)[0, :, 4].numpy()
        # Levels share the norms of the head; each level alone has another spread.
        assert np.abs(answers - wanted)[sure].max() < (0.2 if mode else 1e-3)


def test_another_file_is_refused_in_one_line(tmp_path: Path) -> None:
    seeing(tmp_path / toys.CARD.file, 1.0)
    with pytest.raises(ModelError, match=r"^toys@1: its file is no sentry in full numbers, which"):
        unfolded(toys.CARD, tmp_path)
    with pytest.raises(ModelError, match="no sentry in full numbers"):
        unfolded(replace(toys.CARD, head="yolox"), tmp_path)
