"""A sentry whose run is elsewhere learns on from its file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.train import toys
from tests.train.seeing import seeing
from torch import nn

from vigil.core import ModelCard, ModelError
from vigil.infer.fitting import fitted_image
from vigil.infer.golden import golden_picture
from vigil.infer.registry import Registry
from vigil.infer.session import open_session
from vigil.models.sentry import Exported, Sentry
from vigil.models.yolox import YoloxNano
from vigil.train.continuing import After
from vigil.train.exporting import export
from vigil.train.networks import Start, learner
from vigil.train.norms import idle_norms, settle
from vigil.train.unfolding import unfolded

SENTRY = "vigil-sentry"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelCard, Path]:
    """The file of a `Sentry` whose norms differ from channel to channel."""
    torch.manual_seed(0)
    network = Sentry(2).eval()
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.uniform_(norm.bias, -0.5, 0.5)
            norm.get_buffer("running_var").uniform_(0.5, 1.5)
    nn.init.normal_(network.word_logits.bias, -1.0)
    nn.init.uniform_(network.reach, 0.1, 0.5)
    folder = tmp_path_factory.mktemp("plain")
    card = replace(toys.CARD, labels=("disc",), options={"column/disc": 1})
    export(Exported(network), card, folder, [golden_picture(card)])
    return card, folder


def test_the_shipped_model_goes_on_with_its_words(tmp_path: Path) -> None:
    old = After.of(SENTRY, Registry(tmp_path), runs=tmp_path / "runs", data=tmp_path / "data")
    assert old.card.labels == ("person", "vehicle")
    assert old.before is None
    assert set(old.weights) == set(YoloxNano(2).state_dict())


def test_a_column_that_is_not_told_is_left_out(plain: tuple[ModelCard, Path]) -> None:
    weights = unfolded(*plain)
    assert set(weights) == set(Sentry(1).state_dict())
    assert len(weights["word_logits.bias"]) == 1


def test_it_answers_as_its_file_does_also_while_it_learns(plain: tuple[ModelCard, Path]) -> None:
    card, folder = plain
    grown = replace(card, labels=("disc", "toy"), options={})
    found = learner(Start(weights=unfolded(card, folder)), grown)
    image = fitted_image(golden_picture(card), card.input)
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
