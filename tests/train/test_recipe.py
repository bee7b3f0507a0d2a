"""A detector learns toys, is exported, compressed and kept, and goes on where it was cut short."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
import pytest
import torch
from tests.train import toys
from transformers import TrainerCallback

from vigil.core import DataError, Look, ModelError, Rung
from vigil.data.freezing import HOLDOUT, Frozen, freeze
from vigil.media.pixels import frame_of_array
from vigil.models.sentry import Exported, Sentry
from vigil.stages.detect.model import ModelDetector
from vigil.train import fitting
from vigil.train.detecting import fit_detector
from vigil.train.exporting import export, largest_difference
from vigil.train.fitting import Fit
from vigil.train.recipe import Trained, train_detector, words_of
from vigil.train.stills import stills_of

QUICK = Fit(side=toys.SIDE, epochs=12, batch=8, rate=3e-3)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    library = toys.library(tmp_path_factory.mktemp("toys"), 56)
    return freeze(library.things(), library.frozen)


@pytest.fixture(scope="module")
def made(frozen: Frozen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    threads = torch.get_num_threads()
    folder = tmp_path_factory.mktemp("run")
    card = replace(toys.CARD, dataset=frozen.version)
    yield train_detector(frozen, frozen.path.parents[1], card, folder, fit=QUICK)
    torch.set_num_threads(threads)


def test_it_learns_and_says_how_well(made: Trained, frozen: Frozen) -> None:
    assert made.judged_by == HOLDOUT
    assert made.unseen == frozen.counts[HOLDOUT]
    assert made.full.metrics["ap50"] > 0.7
    assert made.full.metrics["recall"] > 0.6
    assert made.full.dataset == frozen.version


def test_eight_bits_keep_what_was_learnt(made: Trained) -> None:
    assert made.small.metrics["ap50"] > made.full.metrics["ap50"] - 0.1
    full, small = (made.folder / card.file for card in (made.full, made.small))
    assert small.stat().st_size < 0.5 * full.stat().st_size
    assert made.best in (made.full, made.small)


def test_the_watch_opens_what_was_made(made: Trained) -> None:
    image = np.full((240, 320, 3), 120, np.uint8)
    toys.draw(image, "square", 40, 50, 90)
    toys.draw(image, "disc", 190, 110, 100)
    detector = ModelDetector.of(made.full, made.folder)
    (found,) = detector.detect([Look.whole(frame_of_array(image), Rung.DETECT)])
    sure = found.where(found.scores >= made.full.score)
    assert sorted(sure.labels) == ["disc", "square"]


def test_a_run_says_what_it_was(made: Trained) -> None:
    about = json.loads((made.folder / "run.json").read_text())
    assert about["fit"]["seed"] == 0
    assert about["torch"] == torch.__version__
    with (made.folder / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {"loss", "eval_average_precision_50"} <= {row["figure"] for row in rows}


class _Cut(TrainerCallback):  # type: ignore[misc]
    """Stands for a kill after two epochs' checkpoints."""

    def on_epoch_begin(self, _args: object, state: Any, *_: object, **__: object) -> None:
        if state.epoch and state.epoch >= 2:
            raise KeyboardInterrupt


def test_a_run_that_was_cut_goes_on(
    frozen: Frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {word: number for number, word in enumerate(toys.WORDS)}
    root = frozen.path.parents[1]
    stills = list(stills_of(frozen.things("val"), root, numbers, frames=tmp_path / "frames"))
    fit = replace(QUICK, epochs=3, patience=0)
    folder = tmp_path / "run"
    with monkeypatch.context() as cut:
        cut.setattr(fitting, "_patience", lambda _fit: [_Cut()])
        with pytest.raises(KeyboardInterrupt):
            fit_detector(stills, stills, toys.CARD, folder, fit=fit)
    assert [path.name for path in folder.glob("checkpoint-*")]
    fit_detector(stills, stills, toys.CARD, folder, fit=fit)
    with (folder / "log.csv").open() as file:
        epochs = [
            float(row["epoch"])
            for row in csv.DictReader(file)
            if row["figure"] == "eval_average_precision_50"
        ]
    assert epochs == [1, 2, 3]


def test_a_file_that_answers_otherwise_is_refused(
    made: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    other = Exported(Sentry(2)).eval()
    pictures = [np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)]
    assert largest_difference(other, made.full, made.folder, pictures) > 0.1
    others = made.folder / made.full.file
    monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: copy(others, tmp_path))
    with pytest.raises(ModelError, match=r"toys\.onnx: differs from its network"):
        export(other, toys.CARD, tmp_path, pictures)


def test_mistakes_are_told_in_one_line(frozen: Frozen, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"split 'train': no box of cow"):
        train_detector(
            frozen, frozen.path.parents[1], replace(toys.CARD, labels=("cow",)), tmp_path, fit=QUICK
        )
    with pytest.raises(DataError, match="side: 100; allowed: a multiple of 32"):
        Fit(side=100)
    with pytest.raises(DataError, match=r"split 'train': no box"):
        fit_detector([], [], toys.CARD, tmp_path, fit=QUICK)


def test_words_are_those_with_a_box(frozen: Frozen) -> None:
    assert words_of(frozen) == toys.WORDS
