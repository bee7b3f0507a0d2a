"""Doubt, distance and coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import jensenshannon
from tests.flywheel.clouds import clouds

from vigil.flywheel import mining
from vigil.flywheel.mining import (
    Herding,
    KCentre,
    bell_width,
    disagreement,
    entropy_doubt,
    margin_doubt,
    threshold_doubt,
)

SHARES = arrays(np.float64, (6, 4), elements=st.floats(0.001, 1)).map(
    lambda a: a / a.sum(axis=1, keepdims=True)
)


def test_sure_and_unsure_rows_have_the_doubts_of_the_books() -> None:
    shares = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.6, 0.3, 0.1]])
    assert margin_doubt(shares) == pytest.approx([0, 1, 1, 0.7])
    assert entropy_doubt(shares)[:3] == pytest.approx([0, np.log(2) / np.log(3), 1])
    near = threshold_doubt(np.array([0.0, 0.4, 0.8, 0.9, 1.0]), 0.8)
    assert near == pytest.approx([0, 0.5, 1, 0.5, 0])
    with pytest.raises(ValueError, match="between 0 and 1"):
        threshold_doubt(shares[:, 0], 1.0)


@given(SHARES, SHARES)
def test_disagreement_is_the_divergence_of_jensen_and_shannon(
    small: np.ndarray, large: np.ndarray
) -> None:
    assert disagreement(small, large) == pytest.approx(
        jensenshannon(small, large, axis=1, base=2) ** 2, abs=1e-9
    )
    assert disagreement(small, small) == pytest.approx(np.zeros(6), abs=1e-9)


def test_models_that_contradict_each_other_are_wholly_apart() -> None:
    assert disagreement(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])) == pytest.approx([1])


def chosen(chooser: Herding | KCentre, count: int, turns: int) -> list[int]:
    left = np.ones(count, bool)
    found = []
    for _ in range(turns):
        found.append(row := chooser.best(left))
        left[row] = False
        chooser.took(row)
    return found


def test_k_centre_halves_no_optimum() -> None:
    """Its farthest candidate is at most twice as far as with the best centres (Gonzalez 1985)."""
    vectors, marks = clouds(60, words=4, apart=8.0, width=10)
    found = chosen(KCentre(vectors, chance=np.random.default_rng(0)), 60, 4)
    assert len(set(marks[found])) == 4
    known = KCentre(vectors, labelled=vectors[found[:3]], chance=np.random.default_rng(5))
    assert chosen(known, 60, 1) == found[3:]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.booleans(), st.booleans())
def test_herding_is_greedy_on_the_sum_that_it_says(seed: int, told: bool, labels: bool) -> None:
    """What it saves by bounds, it may not lose in worth."""
    vectors, _ = clouds(70, words=3, apart=1.5, seed=seed, width=6)
    doubt = np.random.default_rng(seed).random(70) if told else None
    labelled = vectors[:3] if labels else None
    chooser = Herding(vectors, doubt, 70, labelled=labelled, chance=np.random.default_rng(0))
    weight = np.ones(70) if doubt is None else doubt
    bells = np.exp((2 * vectors @ vectors.T - 2) / bell_width(vectors) ** 2)
    covered = bells[:3].max(axis=0) if labels else np.zeros(70)
    for row in chosen(chooser, 70, 25):
        worth = np.maximum(bells - covered, 0) @ weight
        assert worth[row] >= worth.max() - 1e-4
        covered = np.maximum(covered, bells[row])


def test_cold_starts_begin_with_the_typical_of_each_kind() -> None:
    # Not so close together that they are near-duplicates of one another.
    vectors, marks = clouds(90, words=3, apart=3.0, width=8)
    first = chosen(Herding(vectors, None, 90, chance=np.random.default_rng(0)), 90, 3)
    assert set(marks[first]) == {0, 1, 2}
    for row in first:
        kind = vectors[marks == marks[row]]
        mean = kind.mean(axis=0)
        assert np.mean(kind @ mean < vectors[row] @ mean) > 0.7


def test_few_references_choose_nearly_as_well_as_all(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, _ = clouds(900, words=6, apart=3.0, width=8)
    bells = np.exp((2 * vectors @ vectors.T - 2) / bell_width(vectors) ** 2)

    def covered(references: int) -> float:
        monkeypatch.setattr(mining, "REFERENCES", references)
        chooser = Herding(vectors, None, 900, chance=np.random.default_rng(1))
        return float(bells[chosen(chooser, 900, 12)].max(axis=0).mean())

    chance = np.mean([
        bells[np.random.default_rng(seed).choice(900, 12)].max(axis=0).mean() for seed in range(9)
    ])  # fmt: skip
    assert covered(300) > chance + 0.6 * (covered(900) - chance)


def test_a_candidate_without_a_vector_counts_by_its_own_doubt() -> None:
    vectors, _ = clouds(20)
    vectors[[4, 5]] = 0
    doubt = np.full(20, 1e-3)
    doubt[[4, 5]] = 0.5, 0.6
    assert chosen(Herding(vectors, doubt, 20, chance=np.random.default_rng(0)), 20, 2) == [5, 4]
