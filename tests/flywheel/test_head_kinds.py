"""Heads of several kinds, learnt with scikit-learn where it is, told by numpy alone."""

from pathlib import Path

import numpy as np
import pytest
from tests.flywheel.clouds import WORDS, clouds

from vigil.flywheel.folds import best_kind, deal
from vigil.flywheel.head_kinds import KINDS, HeadKind, fit_head
from vigil.flywheel.verdict import fit_judged
from vigil.infer.head import load_head


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def crossed(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two words that no line parts: one to the left and right of the other."""
    chance = np.random.default_rng(seed)
    quarter = np.arange(count) % 4
    turn = quarter * np.pi / 2 + chance.normal(0, 0.2, count)
    rows = np.column_stack([np.cos(turn), np.sin(turn), np.full(count, 0.5)])
    return unit(rows), (quarter % 2).astype(np.int64)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", [2, 3])
def test_each_kind_tells_clear_words_apart(kind: HeadKind, words: int) -> None:
    chance = np.random.default_rng(0)
    middles = chance.normal(size=(words, 16))
    marks = np.arange(60) % words
    vectors = unit(middles[marks] + 0.3 * chance.normal(size=(60, 16)))
    head = fit_head(vectors[:30], marks[:30], "abc"[:words], embedder="e", kind=kind)
    assert np.mean(head.decide(vectors[30:]) == marks[30:]) > 0.9
    assert head.probabilities(vectors).sum(axis=1) == pytest.approx(np.ones(60))


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_comes_back_from_its_file_as_it_was(kind: HeadKind, tmp_path: Path) -> None:
    vectors, marks = crossed(40, 0)
    head = fit_head(vectors, marks, WORDS, embedder="e", kind=kind)
    head.save(tmp_path / "head.npz")
    again = load_head(tmp_path / "head.npz")
    assert again.version == head.version
    assert again.margins(vectors) == pytest.approx(head.margins(vectors), abs=1e-6)


def test_support_vectors_say_what_scikit_learn_says() -> None:
    svm = pytest.importorskip("sklearn.svm")
    vectors, marks = crossed(40, 0)
    head = fit_head(vectors, marks, WORDS, embedder="e", kind="svm")
    machine = svm.SVC(C=10.0, gamma=head.sharpness / 2, class_weight="balanced")
    wanted = machine.fit(vectors, marks == 0).decision_function(vectors)
    assert head.margins(vectors)[:, 0] == pytest.approx(wanted, abs=1e-3)


def test_neighbours_outvote_by_how_near_they_are_and_rare_words_count_as_much() -> None:
    vectors = unit(np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9], [0.2, 0.8], [0.15, 0.9]]))
    marks = np.array([0, 0, 1, 1, 1, 1])
    head = fit_head(vectors, marks, WORDS, embedder="e", kind="knn")
    assert head.decide(unit(np.array([[0.95, 0.1], [0.1, 0.95]]))).tolist() == [0, 1]
    assert np.abs(head.margins(vectors)).max() <= 1.5


def test_a_kernel_is_chosen_where_no_line_parts_the_words_and_a_line_where_one_does() -> None:
    vectors, marks = crossed(60, 0)
    views = np.stack([vectors, vectors])
    folds = deal(marks, np.arange(60), np.random.default_rng(0))
    assert best_kind(views, marks, folds, WORDS) in {"svm", "knn"}
    head, verdict = fit_judged(views, marks, np.arange(60), WORDS, embedder="e", kind="best")
    assert verdict.kind in {"svm", "knn"}
    if head is not None:
        new, true = crossed(60, 1)
        assert np.mean(head.decide(new) == true) > 0.9
    plain, said = clouds(40, apart=3.0)
    both = np.stack([plain, plain])
    folds = deal(said, np.arange(40), np.random.default_rng(0))
    assert best_kind(both, said, folds, WORDS) == "line"
