"""What may be said of a head, and when nothing may."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from tests.flywheel.clouds import WORDS, clouds

from vigil.flywheel.verdict import (
    Share,
    deal,
    fit_judged,
    fit_unjudged,
    threshold_for,
    unseen_margins,
)
from vigil.infer.calibration import calibration_error


def views(vectors: np.ndarray) -> np.ndarray:
    return np.stack([vectors, vectors])


def test_a_clear_difference_is_learnt_and_its_figures_hold_on_new_pictures() -> None:
    inside = 0
    new, truth = clouds(600, apart=0.8, seed=99)
    for seed in range(8):
        vectors, marks = clouds(50, apart=0.8, seed=seed)
        head, verdict = fit_judged(
            views(vectors), marks, np.arange(50), WORDS, embedder="e", seed=seed
        )
        assert head is not None
        assert verdict.refused == ""
        told = head.decide(new)
        recall, said = np.mean(told[truth == 0] == 0), verdict.words[0].recall
        inside += said.low <= recall <= said.high
        assert "precision" in str(verdict)
    assert inside >= 6


def test_shuffled_labels_are_refused_and_true_ones_are_not() -> None:
    refused = []
    for seed in range(10):
        vectors, marks = clouds(50, apart=1.0, seed=seed)
        mixed = np.random.default_rng(seed).permutation(marks)
        for given_marks in (mixed, marks):
            head, verdict = fit_judged(
                views(vectors), given_marks, np.arange(50), WORDS, embedder="e"
            )
            refused.append(head is None)
            assert (verdict.refused != "") == (head is None)
    assert refused == [True, False] * 10


def test_a_copied_example_does_not_make_shuffled_labels_look_learnt() -> None:
    """Ten copies of each of five pictures: with copies in one fold there is nothing to remember."""
    vectors, _ = clouds(10, apart=0.0, seed=3)
    copies = np.repeat(vectors, 10, axis=0)
    groups = np.repeat(np.arange(10), 10)
    marks = np.repeat(np.random.default_rng(0).permutation(np.arange(10) % 2), 10)
    head, verdict = fit_judged(views(copies), marks, groups, WORDS, embedder="e")
    assert head is None
    assert verdict.different == 10
    blind, _ = fit_judged(views(copies), marks, np.arange(100), WORDS, embedder="e")
    assert blind is not None  # which shows that the groups are what holds it back


@pytest.mark.parametrize("count", [2, 4, 8])
def test_too_few_different_examples_are_refused_with_the_word_that_lacks_them(count: int) -> None:
    vectors, marks = clouds(count)
    head, verdict = fit_judged(views(vectors), marks, np.arange(count), WORDS, embedder="e")
    assert head is None
    assert f"too few different examples of 'fire': {count // 2}" in str(verdict)
    assert str(verdict).startswith("can't yet, because")


def test_a_wanted_precision_raises_the_threshold() -> None:
    vectors, marks = clouds(200, apart=0.6, seed=2)
    heads = [
        fit_judged(views(vectors), marks, np.arange(200), WORDS, embedder="e", wanted=wanted)
        for wanted in (None, 0.95)
    ]
    (plain, first), (strict, second) = heads
    assert plain is not None
    assert strict is not None
    assert strict.threshold > plain.threshold
    assert second.words[0].precision.value > first.words[0].precision.value
    assert second.words[0].recall.value < first.words[0].recall.value


def test_a_precision_out_of_reach_is_refused() -> None:
    vectors, marks = clouds(100, apart=0.6, seed=2)
    # The surest of each word is the other one, so that no threshold is free of it.
    order = np.argsort(vectors[:, 0] - vectors[:, 1])
    marks[order[[0, -1]]] = 1 - marks[order[[0, -1]]]
    head, verdict = fit_judged(
        views(vectors), marks, np.arange(100), WORDS, embedder="e", wanted=0.999
    )
    assert head is None
    assert "no threshold tells 'fire' with a precision of 1.00" in verdict.refused


def test_without_a_verdict_a_head_is_fitted_from_two_examples_a_word() -> None:
    vectors, marks = clouds(4, seed=1)
    head = fit_unjudged(views(vectors), marks, np.arange(4), WORDS, embedder="e")
    new, truth = clouds(100, seed=2)
    assert np.mean(head.decide(new) == truth) > 0.8


@given(
    sizes=st.lists(st.integers(1, 6), min_size=4, max_size=20),
    words=st.integers(2, 3),
    seed=st.integers(0, 1000),
)
@settings(max_examples=50, deadline=None)
def test_folds_keep_groups_whole_and_each_word_in_the_rest(
    sizes: list[int], words: int, seed: int
) -> None:
    groups = np.repeat(np.arange(len(sizes) * words), np.tile(sizes, words))
    marks = groups % words
    folds = deal(marks, groups, np.random.default_rng(seed))
    for group in np.unique(groups):
        assert len(np.unique(folds[groups == group])) == 1
    for fold in np.unique(folds):
        assert set(marks[folds != fold].tolist()) == set(range(words))


def test_a_fold_is_judged_by_a_head_that_never_saw_it() -> None:
    vectors, marks = clouds(20, apart=1.0)
    folds = np.arange(20) // 2
    before = unseen_margins(views(vectors), marks, folds, WORDS)
    turned = marks.copy()
    turned[:2] = 1 - turned[:2]
    after = unseen_margins(views(vectors), turned, folds, WORDS)
    np.testing.assert_allclose(before[:2], after[:2])
    assert not np.allclose(before[2:], after[2:])


@given(hits=st.integers(0, 60), misses=st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_intervals_are_those_of_clopper_and_pearson(hits: int, misses: int) -> None:
    total = hits + misses
    if total == 0:
        return
    share = Share(hits=hits, total=total)
    interval = binomtest(hits, total).proportion_ci(0.95, method="exact")
    assert share.low == pytest.approx(interval.low, abs=1e-9)
    assert share.high == pytest.approx(interval.high, abs=1e-9)


def test_the_lowest_threshold_that_is_precise_enough() -> None:
    shares = np.array([0.9, 0.8, 0.7, 0.6, 0.4, 0.2])
    yes = np.array([True, True, False, True, False, False])
    assert threshold_for(shares, yes, 0.99) == pytest.approx(0.75)
    assert threshold_for(shares, yes, 0.70) == pytest.approx(0.5)
    assert threshold_for(shares, ~yes, 0.99) is None


def test_probabilities_of_several_words_come_true_as_often_as_they_say() -> None:
    words = tuple("abcdef")
    vectors, marks = clouds(120, words=6, apart=0.7, seed=1)
    head, verdict = fit_judged(vectors[None], marks, np.arange(120), words, embedder="e")
    assert head is not None
    assert [said.word for said in verdict.words] == list(words)
    new, truth = clouds(3000, words=6, apart=0.7, seed=2)
    assert calibration_error(head.probabilities(new), truth) < 0.1
