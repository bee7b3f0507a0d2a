"""A line behind a published body: learnt in seconds, and one file with it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.infer.test_openvino_features import card, network, saved
from tests.train import sights, toys
from tests.train.bodies import body_card, write_body

from vigil.core import DataError, ModelError
from vigil.data.freezing import HOLDOUT
from vigil.infer import open_session
from vigil.infer.fitting import fitted_image
from vigil.train.beginning import Begin
from vigil.train.body import fit_line, line_behind
from vigil.train.distilling import distil, student_card
from vigil.train.fitting import Fit
from vigil.train.shown import NOBODY, Shown

CARD = student_card("toys", toys.WORDS, side=64, licence="CC0-1.0", source="a test")
EVEN = np.ones(2, np.float32)


def shown(word: int = NOBODY, taught: tuple[float, float] | None = None) -> Shown:
    said = None if taught is None else np.array(taught, np.float32)
    return Shown(path=Path("nowhere"), word=word, taught=said)


def test_a_line_says_what_was_said_and_is_as_sure_as_its_teacher() -> None:
    away = np.full((4, 1, 3), 50, np.float32)  # what all vectors share tells nothing
    vectors = away + np.array([[[9, 0, 0]], [[-9, 0, 0]], [[0, 9, 0]], [[0, -9, 0]]], np.float32)
    told = [shown(0), shown(1), shown(taught=(0.7, 0.3)), shown(taught=(0.3, 0.7))]
    line = fit_line(vectors, told, EVEN)
    logits = vectors[:, 0] @ line.weights.T + line.bias
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert shares[0, 0] > 0.95
    assert shares[1, 1] > 0.95
    assert shares[2:, 0] == pytest.approx([0.7, 0.3], abs=0.03)
    assert line.steps > 1


def test_a_student_of_a_body_is_one_file_that_the_watch_opens(tmp_path: Path) -> None:
    write_body(tmp_path / "body.onnx")
    begin = Begin(card=body_card(), folder=tmp_path, keep="body", maps=tmp_path / "maps")
    given = sights.sights(tmp_path / "seen", 24)
    splits = {
        "train": [*given[:4], *(replace(each, word=NOBODY) for each in given[4:])],
        "val": [],
        HOLDOUT: sights.sights(tmp_path / "unseen", 16, seed=2),
    }
    made = distil(
        splits, CARD, tmp_path / "run", teacher=sights.teacher(), begin=begin, pieces=0,
        fit=Fit(side=64, threads=torch.get_num_threads()),
    )  # fmt: skip
    assert made.small is None  # the body computes in full numbers only
    assert made.best.file == "toys.xml"
    assert made.best.metrics["accuracy"] > 0.7  # behind a body that has learnt nothing
    assert len(list((tmp_path / "maps").glob("*/*.npy"))) == len(given)
    assert (tmp_path / "run" / "run.json").is_file()
    shares = open_session(made.best, made.folder).run(fitted_image(given[0].image(), CARD.input))
    assert shares[0].shape == (1, 2)
    assert float(shares[0].sum()) == pytest.approx(1, abs=1e-5)


def test_a_body_in_bytes_stays_so_and_the_line_is_learnt_on_them(tmp_path: Path) -> None:
    saved(network(in_bytes=True), tmp_path)
    begin = Begin(card=card(), folder=tmp_path, keep="body")
    small = replace(CARD, input=replace(CARD.input, width=96, height=96))  # not the body's own
    given = sights.sights(tmp_path, 6)
    folder = tmp_path / "run"
    folder.mkdir()
    written = line_behind(begin, given, small, folder, fit=Fit(side=96))
    assert written.small is not None
    in_full, in_bytes = (
        open_session(each, folder).run(fitted_image(given[0].image(), each.input))[0]
        for each in (written.full, written.small)
    )
    assert in_full == pytest.approx(in_bytes, abs=0.1)
    signed = [
        'element_type="i8"' in (folder / each.file).read_text()
        for each in (written.full, written.small)
    ]
    assert signed == [False, True]


def test_what_cannot_be_learnt_is_told_in_one_line(tmp_path: Path) -> None:
    saved(network(in_bytes=False, own_size_only=True), tmp_path)
    begin = Begin(card=card(), folder=tmp_path, keep="body")
    given = sights.sights(tmp_path, 4)
    with pytest.raises(DataError, match="split 'train': no picture of square"):
        line_behind(begin, given[::2], CARD, tmp_path, fit=Fit(side=64))
    with pytest.raises(ModelError, match=r"small\.xml: no body at 64 × 64"):
        line_behind(begin, given, CARD, tmp_path, fit=Fit(side=64))


def test_vectors_are_of_the_picture_and_of_its_mirror_image(tmp_path: Path) -> None:
    saved(network(in_bytes=False), tmp_path)
    begin = Begin(card=card(), folder=tmp_path, keep="body")
    (one,) = sights.sights(tmp_path, 1)
    written = line_behind(
        begin, [one, replace(one, word=1)], CARD, tmp_path, fit=Fit(side=64)
    )  # fmt: skip
    assert written.small is None
    (kept,) = (tmp_path / "maps").glob("*/*.npy")
    found = np.load(kept).astype(np.float32)
    assert found.shape[0] == 2
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1], abs=1e-2)
    assert not np.array_equal(found[0], found[1])
