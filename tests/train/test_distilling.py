"""A student learns from a teacher what nobody labelled, and the watch opens it."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.train import sights, toys

from vigil.core import DataError
from vigil.data.freezing import HOLDOUT
from vigil.infer.classify import Classifier
from vigil.train.distilling import distil, student_card
from vigil.train.fitting import Fit
from vigil.train.recipe import Trained
from vigil.train.shown import NOBODY, Shown
from vigil.train.teaching import PIECES_FOLDER

CARD = student_card("toys", toys.WORDS, side=64, licence="CC0-1.0", source="a test")
QUICK = Fit(side=64, epochs=8, batch=16, rate=4e-3)
Splits = dict[str, list[Shown]]


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> Splits:
    """Four examples, and many pictures of which nobody said anything."""
    folder = tmp_path_factory.mktemp("sights")
    given = sights.sights(folder, 48)
    unsaid = [replace(each, word=NOBODY) for each in given[4:]]
    return {
        "train": [*given[:4], *unsaid],
        "val": [replace(each, word=NOBODY) for each in sights.sights(folder, 12, seed=1)],
        HOLDOUT: sights.sights(folder, 24, seed=2),
    }


@pytest.fixture(scope="module")
def made(splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    threads = torch.get_num_threads()
    folder = tmp_path_factory.mktemp("run")
    yield distil(splits, CARD, folder, teacher=sights.teacher(), fit=QUICK, pieces=1)
    torch.set_num_threads(threads)


def test_it_learns_what_nobody_said(made: Trained) -> None:
    assert made.judged_by == HOLDOUT
    assert made.full.metrics["accuracy"] > 0.85
    assert made.small.metrics["accuracy"] > 0.8
    assert {"f1", "calibration_error", "recall/disc", "accuracy/camera/camera-0"} <= set(
        made.full.metrics
    )


def test_the_watch_opens_what_was_made(made: Trained) -> None:
    classifier = Classifier(made.full, made.folder)
    chance = np.random.default_rng(9)
    seen = [sights.sight(word, chance) for word in toys.WORDS * 4]
    told = [classifier.classify(image)[0][0] for image in seen]
    assert sum(a == b for a, b in zip(told, toys.WORDS * 4, strict=True)) >= 6
    shares = classifier.probabilities(seen)
    assert [toys.WORDS[mark] for mark in shares.argmax(1)] == told
    assert shares.sum(1) == pytest.approx(np.ones(8), abs=1e-5)


def test_a_run_says_what_it_was(made: Trained) -> None:
    assert json.loads((made.folder / "run.json").read_text())["labels"] == list(toys.WORDS)
    with (made.folder / "log.csv").open() as file:
        figures = {row["figure"] for row in csv.DictReader(file)}
    assert {"loss", "eval_accuracy", "eval_likelihood"} <= figures
    assert not (made.folder / PIECES_FOLDER).exists()


def test_a_run_that_ended_is_not_run_again(made: Trained, splits: Splits) -> None:
    asked = sights.Colours()
    again = distil(splits, CARD, made.folder, teacher=sights.teacher(asked), fit=QUICK, pieces=1)
    assert asked.asked == 0
    assert again.steps == made.steps
    assert again.full.metrics == made.full.metrics


def test_mistakes_are_told_in_one_line(splits: Splits, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the teacher's words are"):
        distil(splits, CARD, tmp_path, teacher=sights.teacher(words=("a", "b")), fit=QUICK)
    discs = splits | {"train": splits["train"][:1]}
    with pytest.raises(DataError, match="split 'train': no picture of square"):
        distil(discs, CARD, tmp_path, teacher=None, fit=QUICK)
    boxed = replace(CARD, input=replace(CARD.input, fit="letterbox"))
    with pytest.raises(DataError, match="fit 'letterbox'; a classifier learns with: stretch"):
        distil(splits, boxed, tmp_path, teacher=None, fit=QUICK)
