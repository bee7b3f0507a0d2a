"""What a classifier is told of its mistakes, and what of a body that it begins as it learns."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.train import sights, toys
from tests.train.bodies import body_card, write_body

from vigil.models.glance import Exported, Glance
from vigil.models.namer import Namer
from vigil.train.beginning import Begin
from vigil.train.classifying import ClassifierLoss, counts_of, fit_classifier, worths
from vigil.train.distilling import student_card
from vigil.train.fitting import Fit
from vigil.train.shown import NOBODY, PEOPLE, Shown

EVEN = torch.ones(2)
NOT_ASKED = [0.0, 0.0]


def loss_of(
    logits: list[list[float]], words: list[int], taught: list[list[float]],
    *, weights: list[float] | None = None, worth: torch.Tensor = EVEN,
) -> float:  # fmt: skip
    given = torch.tensor(weights or [1.0] * len(words))
    return float(
        ClassifierLoss(worth)(
            torch.tensor(logits), torch.tensor(words), given, torch.tensor(taught)
        )
    )


def test_a_teacher_is_followed_as_far_as_it_is_sure() -> None:
    """The best answer to 0.7 is 0.7, not 1."""
    odds = float(np.log(0.7 / 0.3))
    as_sure = loss_of([[odds, 0.0]], [NOBODY], [[0.7, 0.3]])
    assert as_sure == pytest.approx(0, abs=1e-6)
    assert loss_of([[4.0, 0.0]], [NOBODY], [[0.7, 0.3]]) > 0.1
    assert loss_of([[0.0, 0.0]], [NOBODY], [[0.7, 0.3]]) > 0.01


def test_a_word_is_learnt_without_a_teacher_and_against_it() -> None:
    right, wrong = [[3.0, 0.0]], [[0.0, 3.0]]
    assert loss_of(right, [0], [NOT_ASKED]) < loss_of(wrong, [0], [NOT_ASKED])
    against = [0.4, 0.6]
    assert loss_of(right, [0], [against]) < loss_of(wrong, [0], [against])


def test_what_nobody_knows_is_not_learnt() -> None:
    assert loss_of([[3.0, 0.0]], [NOBODY], [NOT_ASKED]) == 0
    both = loss_of([[3.0, 0.0], [0.0, 9.0]], [0, NOBODY], [NOT_ASKED, NOT_ASKED])
    assert both == pytest.approx(loss_of([[3.0, 0.0]], [0], [NOT_ASKED]))


def test_people_and_rare_words_weigh_more() -> None:
    logits = [[2.0, 0.0], [2.0, 0.0]]
    even = loss_of(logits, [0, 1], [NOT_ASKED] * 2)
    assert loss_of(logits, [0, 1], [NOT_ASKED] * 2, weights=[1.0, PEOPLE]) > even
    rare = torch.from_numpy(worths(np.array([30.0, 10.0])))
    assert rare[1] == 3 * rare[0]
    assert loss_of(logits, [0, 1], [NOT_ASKED] * 2, worth=rare) > even


def test_what_only_a_teacher_saw_counts_by_its_probabilities() -> None:
    shown = [
        Shown(path=None, word=0, weight=PEOPLE),  # type: ignore[arg-type]
        Shown(path=None, taught=np.array([0.25, 0.75], np.float32)),  # type: ignore[arg-type]
        Shown(path=None),  # type: ignore[arg-type]
    ]
    assert counts_of(shown, 2) == pytest.approx([PEOPLE + 0.25, 0.75])


def test_the_network_is_small_and_its_export_says_probabilities() -> None:
    network = Glance(3)
    assert sum(each.numel() for each in network.parameters()) < 1_000_000
    shares = Exported(network).eval()(torch.rand(2, 3, 64, 96) * 255)
    assert shares.shape == (2, 3)
    assert torch.allclose(shares.sum(1), torch.ones(2))


def test_of_a_body_that_it_begins_as_the_kept_blocks_stay(tmp_path: Path) -> None:
    body = write_body(tmp_path / "body.onnx")
    card = student_card("toys", toys.WORDS, side=64, licence="CC0-1.0", source="a test")
    fitted = fit_classifier(
        sights.sights(tmp_path, 12), sights.sights(tmp_path, 4, seed=1), card, tmp_path / "run",
        begin=Begin(card=body_card(), folder=tmp_path, keep="middle", maps=tmp_path / "maps"),
        fit=Fit(side=64, epochs=1, batch=8, rate=1e-2, threads=torch.get_num_threads()),
    )  # fmt: skip
    network = fitted.network
    assert isinstance(network, Namer)
    shown = torch.rand(2, 3, 64, 64) * 255
    with torch.no_grad():
        early = network.early(shown)
        assert torch.allclose(early, body.trunk[:14]((shown - 128) / 128), atol=1e-3)
        learnt = network.late(early)
        assert not torch.allclose(learnt, body.last(body.trunk((shown - 128) / 128)).mean((2, 3)))
    assert len(list((tmp_path / "maps").glob("*/*.npy"))) == 16
