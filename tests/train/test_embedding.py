"""A small embedder is made from embedders and pictures without a word."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.train import sights, toys
from tests.train.test_asking import Counting

from vigil.core import DataError
from vigil.data.freezing import HOLDOUT
from vigil.infer.embed import ModelEmbedder
from vigil.train.embedding import distil_embedder, embedder_card, shared_neighbours
from vigil.train.fitting import Fit
from vigil.train.recipe import Trained

CARD = embedder_card("toys", side=64, licence="CC0-1.0", source="a test")
QUICK = Fit(side=64, epochs=1, batch=16, rate=2e-3)


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[sights.Shown]]:
    folder = tmp_path_factory.mktemp("sights")
    return {
        split: sights.sights(folder, count, seed=seed)
        for seed, (split, count) in enumerate((("train", 48), ("val", 12), (HOLDOUT, 24)))
    }


@pytest.fixture(scope="module")
def made(
    splits: dict[str, list[sights.Shown]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trained]:
    threads = torch.get_num_threads()
    folder = tmp_path_factory.mktemp("run")
    yield distil_embedder(splits, CARD, folder, teachers=[Counting()], fit=QUICK, pieces=0)
    torch.set_num_threads(threads)


def test_heads_are_learnt_on_what_was_made(made: Trained) -> None:
    embedder = ModelEmbedder(made.best, made.folder)
    chance = np.random.default_rng(9)
    found = embedder.embed([sights.sight(word, chance) for word in toys.WORDS * 2])
    assert found.shape == (4, 640)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(4), abs=1e-5)


def test_its_card_says_what_its_files_reach(made: Trained) -> None:
    assert made.goal == "neighbours"
    assert made.judged_by == HOLDOUT
    for card in (made.full, made.small):
        assert 0 < card.metrics["neighbours"] <= 1
        assert card.latency_ms["cpu"] > 0
    assert json.loads((made.folder / "run.json").read_text())["fit"]["side"] == 64


def test_a_run_that_ended_is_not_run_again(
    made: Trained, splits: dict[str, list[sights.Shown]]
) -> None:
    teacher = Counting()
    again = distil_embedder(splits, CARD, made.folder, teachers=[teacher], fit=QUICK, pieces=0)
    assert teacher.asked == 0
    assert again.full.metrics == made.full.metrics


def test_neighbours_are_shared_wholly_or_by_luck() -> None:
    chance = np.random.default_rng(0)
    one, other = chance.normal(size=(400, 8)), chance.normal(size=(400, 8))
    assert shared_neighbours(one, 3 * one + 1) == 1.0
    assert shared_neighbours(one, other) < 0.05
    with pytest.raises(ValueError, match="1 pictures; two are needed"):
        shared_neighbours(one[:1], other[:1])


def test_mistakes_are_told_in_one_line(
    splits: dict[str, list[sights.Shown]], tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="train and val: each needs a picture"):
        distil_embedder(
            splits | {"val": []}, CARD, tmp_path, teachers=[Counting()], fit=QUICK, pieces=0
        )
    boxed = replace(CARD, input=replace(CARD.input, fit="letterbox"))
    with pytest.raises(DataError, match="fit 'letterbox'; an embedder learns with: stretch"):
        distil_embedder(splits, boxed, tmp_path, teachers=[Counting()], fit=QUICK, pieces=0)
