"""Heads: fit and calibrate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.flywheel.clouds import WORDS, clouds

from vigil.flywheel.heads import calibrated, fit_linear, fit_prototypes, platt


@pytest.mark.parametrize("loss", ["logistic", "squared_hinge"])
def test_a_line_tells_new_pictures_of_both_words(loss: str) -> None:
    head = fit_linear(*clouds(seed=1), WORDS, embedder="e", loss=loss)  # type: ignore[arg-type]
    vectors, marks = clouds(200, seed=2)
    assert np.mean(head.decide(vectors) == marks) > 0.97


def test_several_words_each_get_a_row_and_probabilities_sum_to_one() -> None:
    words = ("glass", "metal", "paper")
    head = fit_linear(*clouds(60, words=3, seed=1), words, embedder="e")
    vectors, marks = clouds(90, words=3, seed=2)
    shares = head.probabilities(vectors)
    assert shares.shape == (90, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert np.mean(head.decide(vectors) == marks) > 0.95


def test_the_line_is_where_a_search_in_all_directions_puts_it() -> None:
    """The span of the examples loses nothing: no step in any direction lowers the cost."""
    vectors, marks = clouds(24, apart=1.0)
    strength = 5.0
    head = fit_linear(vectors, marks, WORDS, embedder="e", strength=strength, loss="logistic")

    def cost(weights: np.ndarray, bias: float) -> float:
        margins = np.where(marks == 0, 1, -1) * (vectors @ weights + bias)
        return float(np.mean(np.logaddexp(0, -margins)) + 0.5 * weights @ weights / strength)

    weights, bias = head.weights[0].astype(float), float(head.bias[0])
    best = cost(weights, bias)
    chance = np.random.default_rng(3)
    for _ in range(50):
        step = chance.normal(size=len(weights)) * 0.05
        assert cost(weights + step, bias + chance.normal() * 0.05) > best - 1e-6


def test_how_many_pictures_of_a_word_there_are_does_not_move_the_line_its_way() -> None:
    vectors, marks = clouds(60, apart=1.0, seed=4)
    many = np.concatenate([np.flatnonzero(marks == 0), np.flatnonzero(marks == 1)[:6]])
    head = fit_linear(vectors[many], marks[many], WORDS, embedder="e")
    new, truth = clouds(400, apart=1.0, seed=5)
    told = head.decide(new)
    recalls = [float(np.mean(told[truth == mark] == mark)) for mark in (0, 1)]
    assert abs(recalls[0] - recalls[1]) < 0.25


def test_prototypes_work_from_one_picture_a_word_and_from_text_alone() -> None:
    vectors, marks = clouds(200, seed=2)
    rows = [int(np.flatnonzero(marks == mark)[0]) for mark in (0, 1)]
    head = fit_prototypes(vectors[rows], marks[rows], WORDS, embedder="e")
    assert np.mean(head.decide(vectors) == marks) > 0.9
    texts = np.eye(2, vectors.shape[1], dtype=np.float32)
    told = fit_prototypes(vectors[:0], marks[:0], WORDS, embedder="e", texts=texts)
    assert np.mean(told.decide(vectors) == marks) > 0.9
    with pytest.raises(ValueError, match="needs a picture, or a text"):
        fit_prototypes(vectors[:0], marks[:0], WORDS, embedder="e")


def test_texts_are_where_a_line_begins_and_examples_correct_it() -> None:
    vectors, marks = clouds(6, apart=0.6, seed=6)
    new, truth = clouds(600, apart=0.6, seed=7)
    texts = np.eye(2, vectors.shape[1], dtype=np.float32)
    alone = fit_linear(vectors, marks, WORDS, embedder="e", loss="logistic")
    helped = fit_linear(vectors, marks, WORDS, embedder="e", loss="logistic", texts=texts)
    right = [float(np.mean(head.decide(new) == truth)) for head in (alone, helped)]
    assert right[1] > right[0] + 0.05


@given(seed=st.integers(0, 10_000), slope=st.floats(0.5, 5), offset=st.floats(-1, 1))
@settings(max_examples=20, deadline=None)
def test_calibration_finds_the_odds_that_margins_have(
    seed: int, slope: float, offset: float
) -> None:
    chance = np.random.default_rng(seed)
    margins = chance.normal(size=4000)
    odds = 1 / (1 + np.exp(-(slope * margins + offset)))
    yes = chance.random(4000) < odds
    found, moved = platt(margins, yes)
    # Both words weigh the same, so that their frequency is no part of the offset.
    moved += np.log(yes.mean() / (1 - yes.mean()))
    assert found == pytest.approx(slope, rel=0.25)
    assert moved == pytest.approx(offset, abs=0.3)


def test_calibration_never_turns_a_head_around() -> None:
    margins = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    head = fit_linear(*clouds(8), WORDS, embedder="e")
    wrong_way = calibrated(head, margins, np.array([1, 0, 1, 0]))
    assert wrong_way.slope[0] >= 0


def test_what_cannot_be_learnt_is_told() -> None:
    vectors, marks = clouds(10)
    with pytest.raises(ValueError, match="with and without"):
        fit_linear(vectors, np.zeros_like(marks), WORDS, embedder="e")
