"""From which score on a teacher is believed."""

import numpy as np
import pytest

from vigil.core import Detections
from vigil.flywheel.label_thresholds import (
    NOTHING,
    Judged,
    accept_from,
    add_example,
    fit_limits,
    hits_of,
)


def found(*rows: tuple[str, float, tuple[float, float, float, float]]) -> Detections:
    return Detections(
        boxes=np.array([box for _, _, box in rows], np.float32).reshape(-1, 4),
        scores=np.array([score for _, score, _ in rows], np.float32),
        labels=tuple(word for word, _, _ in rows),
    )


def judged(chance: np.random.Generator, count: int, *, blur: float) -> Judged:
    """Scores that say the truth, but for some blur."""
    hits = chance.random(count) < 0.5
    scores = np.clip(0.35 + 0.3 * hits + chance.normal(0, blur, count), 0, 1)
    return Judged(
        scores=list(map(float, scores)),
        hits=list(map(bool, hits)),
        groups=list(range(count)),
        truths=int(hits.sum()),
        examples=count,
    )


def test_a_thing_is_found_once_by_the_surest_box_of_its_word() -> None:
    here, near, away = (0, 0, 10, 10), (1, 0, 11, 10), (50, 50, 60, 60)
    said = found(("a", 0.5, here), ("a", 0.9, near), ("b", 0.9, here), ("a", 0.9, away))
    truth = found(("a", 1, here))
    assert hits_of(said, truth).tolist() == [False, True, False, False]
    assert hits_of(said, found()).tolist() == [False] * 4
    assert hits_of(found(), truth).tolist() == []


def test_whole_pictures_are_judged_by_their_word() -> None:
    said, truth = found(("a", 0.5, (0, 0, 9, 9))), found(("a", 1, (0, 0, 0, 0)))
    assert hits_of(said, truth, whole=True).tolist() == [True]


def test_the_threshold_is_the_lowest_that_keeps_what_is_wanted() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
    hits = np.array([True, True, True, True, True, False, False])
    assert accept_from(scores, hits, 1.0) == pytest.approx(0.45)
    assert accept_from(scores, hits, 5 / 6) == pytest.approx(0.35)
    assert accept_from(scores, hits, 0.5) == pytest.approx(0.3)
    assert accept_from(scores, ~hits, 0.5) == NOTHING
    assert accept_from(scores[:0], hits[:0], 0.5) == NOTHING


def test_equal_scores_stand_or_fall_together() -> None:
    scores = np.array([0.9] * 5 + [0.5] * 4)
    hits = np.array([True] * 5 + [True, False, False, False])
    assert accept_from(scores, hits, 0.9) == pytest.approx(0.7)


def test_a_few_true_ones_at_the_top_carry_nothing() -> None:
    scores, hits = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True] * 4)
    assert accept_from(scores, hits, 0.5) == NOTHING


def test_precision_of_fresh_pictures_is_what_was_wanted() -> None:
    chance = np.random.default_rng(1)
    precisions = []
    for _ in range(40):
        (limits,) = fit_limits({"a": judged(chance, 300, blur=0.15)}, wanted=0.9, usual=0.5)
        fresh = judged(chance, 2000, blur=0.15)
        told = np.array(fresh.scores) >= limits.accept
        precisions.append(np.array(fresh.hits)[told].mean())
        assert limits.precision is not None
        assert limits.precision.low <= precisions[-1] + 0.03
        assert 0 < limits.reject <= limits.accept
    assert np.mean(precisions) == pytest.approx(0.9, abs=0.02)


def test_too_few_examples_fall_back_and_say_so() -> None:
    few = Judged(scores=[0.9] * 4, hits=[True] * 4, groups=[1, 2, 3, 4], truths=4, examples=4)
    (limits,) = fit_limits({"a": few}, wanted=0.9, usual=0.4)
    assert (limits.accept, limits.reject, limits.precision) == (0.4, 0.2, None)
    assert "fewer than 5 examples speak: 4 of 4 found in 4 examples" in str(limits)


def test_what_cannot_be_reached_is_said() -> None:
    mixed = Judged(
        scores=list(np.linspace(0.1, 0.9, 40)), hits=[True, False] * 20,
        groups=list(range(40)), truths=20, examples=40,
    )  # fmt: skip
    (limits,) = fit_limits({"a": mixed}, wanted=0.9, usual=0.4)
    assert limits.accept > 1
    assert "nothing unchecked" in str(limits)
    assert "no threshold is right in 90%" in str(limits)


def test_pictures_of_one_camera_are_never_on_both_sides() -> None:
    # All that is true of one camera scores high, and all that is false there, too.
    one = Judged(
        scores=[0.9] * 20 + [0.2] * 20, hits=[True] * 20 + [False] * 20,
        groups=[7] * 40, truths=20, examples=40,
    )  # fmt: skip
    (limits,) = fit_limits({"a": one}, wanted=0.9, usual=0.5)
    # With one camera there is no other one to fit on: nothing is promised.
    assert limits.precision is None
    assert "all are of one camera" in limits.why


def test_the_promise_is_kept_by_cameras_that_were_not_seen() -> None:
    # One camera's scores say nothing about the other's: what is true there is false here.
    two = Judged(
        scores=[0.9] * 20 + [0.5] * 20 + [0.5] * 20 + [0.2] * 20,
        hits=[True] * 20 + [False] * 20 + [True] * 20 + [False] * 20,
        groups=[1] * 40 + [2] * 40, truths=40, examples=80,
    )  # fmt: skip
    (limits,) = fit_limits({"a": two}, wanted=0.9, usual=0.5)
    assert limits.precision is not None
    # Fitted to the second camera alone, half of what is told of the first is false.
    assert (limits.precision.hits, limits.precision.total) == (20, 40)


def test_an_example_counts_what_was_missed() -> None:
    each = {"a": Judged(), "b": Judged()}
    here = (0.0, 0.0, 10.0, 10.0)
    add_example(each, found(("a", 0.5, here)), found(("a", 1, here), ("b", 1, here)), group=1)
    assert (each["a"].hits, each["a"].truths, each["b"].truths) == ([True], 1, 1)
    assert each["b"].examples == 1
    assert each["b"].scores == []
