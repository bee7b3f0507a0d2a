"""What a camera's quiet pictures teach."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.brain.quiet import HORIZON, KEPT, Ruler, Sketch, fitted
from vigil.brain.quiet_store import MOST_CLAIMS, QuietStore

MARGINS = st.floats(-20, 20)
QUIET = st.lists(MARGINS, min_size=50, max_size=90)


def ruler_of(margins: list[float], *, looks: int = 1, false_rate: float = 0.02) -> Ruler:
    return fitted(Sketch().with_(margins), looks=looks, false_rate=false_rate, sure=0.8)


def said(ruler: Ruler, margin: float) -> str:
    likelihood = ruler.likelihood(margin)
    return "yes" if likelihood >= 0.8 else "no" if likelihood <= 0.2 else "unclear"


@given(QUIET, MARGINS, st.floats(-50, 50), st.integers(1, 8))
def test_a_shift_of_a_camera_changes_no_likelihood(
    quiet: list[float], margin: float, shift: float, looks: int
) -> None:
    here = ruler_of(quiet, looks=looks).likelihood(margin)
    there = ruler_of([one + shift for one in quiet], looks=looks).likelihood(margin + shift)
    assert there == pytest.approx(here, abs=1e-6)


@given(QUIET, st.integers(1, 8), st.floats(0.2, 5))
def test_a_camera_with_twice_the_spread_needs_twice_the_margin(
    quiet: list[float], looks: int, times: float
) -> None:
    ruler = ruler_of(quiet, looks=looks)
    wider = ruler_of([times * one for one in quiet], looks=looks)
    width, widened = (each.margin(0.8) - each.margin(0.2) for each in (ruler, wider))
    assert widened == pytest.approx(max(0.05, times * width), rel=0.02, abs=0.06)


@given(QUIET, MARGINS, MARGINS, st.integers(1, 8))
def test_a_larger_margin_is_never_less_likely(
    quiet: list[float], first: float, second: float, looks: int
) -> None:
    ruler = ruler_of(quiet, looks=looks)
    low, high = sorted((first, second))
    assert 0 <= ruler.likelihood(low) <= ruler.likelihood(high) <= 1
    assert ruler.margin(0.8) > ruler.margin(0.2)


@pytest.mark.parametrize("looks", [1, 4])
@pytest.mark.parametrize(
    "shape",
    ["normal", "exponential", "uniform", "two_lamps"],
)
def test_quiet_looks_are_confirmed_no_more_often_than_was_allowed(shape: str, looks: int) -> None:
    random = np.random.default_rng(7)

    def draw(count: int) -> np.ndarray:
        lamp = random.choice([-4.0, 3.0], count)
        shapes = {
            "normal": random.normal(1, 2, count),
            "exponential": random.exponential(1.5, count),
            "uniform": random.uniform(-1, 1, count),
            "two_lamps": lamp + random.normal(0, 0.3, count),
        }
        return shapes[shape]

    wrong, dismissed = [], []
    for _ in range(60):
        ruler = ruler_of(draw(250).tolist(), looks=looks, false_rate=0.05)
        held_out = draw(400 * looks).reshape(400, looks).max(axis=1)
        answers = [said(ruler, margin) for margin in held_out.tolist()]
        wrong.append(answers.count("yes") / 400)
        dismissed.append(answers.count("no") / 400)
    # 60 cameras of 400 looks: 0.05 + three standard errors of the mean over cameras.
    assert np.mean(wrong) <= 0.05 + 3 * np.std(wrong) / np.sqrt(60)
    assert np.mean(dismissed) >= 0.6


def test_ignoring_that_the_best_of_several_pictures_counts_breaks_the_bound() -> None:
    random = np.random.default_rng(3)
    ruler = ruler_of(random.normal(size=250).tolist(), looks=1, false_rate=0.05)
    held_out = random.normal(size=(4000, 4)).max(axis=1)
    assert np.mean([said(ruler, one) == "yes" for one in held_out.tolist()]) > 0.1


def test_a_camera_that_never_changes_still_has_a_ruler() -> None:
    ruler = ruler_of([1.25] * 60)
    assert said(ruler, 1.0) == "no"
    assert said(ruler, 1.5) == "yes"


@given(st.lists(MARGINS, min_size=1, max_size=KEPT))
def test_a_sketch_holds_the_mean_and_the_variance(margins: list[float]) -> None:
    sketch = Sketch().with_(margins)
    assert sketch.count == len(margins)
    assert sketch.mean == pytest.approx(np.mean(margins), abs=1e-9)
    assert sketch.variance == pytest.approx(np.var(margins), abs=1e-9)
    assert sketch.kept == tuple(sorted(margins))


def test_a_sketch_stays_small_and_forgets_slowly() -> None:
    random = np.random.default_rng(5)
    sketch = Sketch().with_(random.normal(0, 1, 4000).tolist())
    assert len(sketch.kept) == KEPT
    assert np.quantile(sketch.kept, 0.9) == pytest.approx(1.28, abs=0.25)
    later = sketch.with_(random.normal(10, 1, 3 * HORIZON).tolist())
    assert later.mean == pytest.approx(10, abs=0.6)
    assert np.quantile(later.kept, 0.2) > 5


@settings(max_examples=20)
@given(st.lists(MARGINS, min_size=1, max_size=400), st.integers(1, 400))
def test_it_does_not_matter_in_how_many_goes_it_learns(margins: list[float], cut: int) -> None:
    at_once = Sketch().with_(margins)
    assert Sketch().with_(margins[:cut]).with_(margins[cut:]) == at_once


def test_what_was_learnt_is_there_after_a_restart(tmp_path: Path) -> None:
    QuietStore(tmp_path / "quiet").add("gate", {"a": [1.0, 2.0], "b": [3.0]})
    QuietStore(tmp_path / "quiet").add("gate", {"a": [4.0]})
    found = QuietStore(tmp_path / "quiet").read("gate")
    assert found["a"].kept == (1.0, 2.0, 4.0)
    assert found["b"].count == 1
    assert QuietStore(tmp_path / "quiet").read("yard") == {}


@pytest.mark.parametrize("scope", ["../../etc/passwd", "a/b", "门口", "", "x" * 999])
def test_a_camera_may_be_called_anything(tmp_path: Path, scope: str) -> None:
    store = QuietStore(tmp_path / "quiet")
    store.add(scope, {"a": [1.0]})
    (file,) = (tmp_path / "quiet").iterdir()
    assert file.suffix == ".json"
    assert scope == "" or scope not in file.name
    assert store.read(scope)["a"].count == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"a": {"count": -1}}', b'{"a": {"mean": NaN}}', b"\xff", b" " * 3_000_000],
)
def test_a_damaged_file_is_a_new_beginning(tmp_path: Path, content: bytes) -> None:
    store = QuietStore(tmp_path)
    store.add("gate", {"a": [1.0]})
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert store.read("gate") == {}
    store.add("gate", {"a": [2.0]})
    assert store.read("gate")["a"].kept == (2.0,)


def test_a_folder_that_cannot_be_written_costs_only_what_was_learnt(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = QuietStore(tmp_path / "file" / "quiet")
    store.add("gate", {"a": [1.0]})
    assert store.read("gate") == {}


def test_claims_that_were_not_asked_for_longest_go(tmp_path: Path) -> None:
    store = QuietStore(tmp_path)
    for number in range(MOST_CLAIMS + 3):
        store.add("gate", {"first": [1.0], str(number): [1.0]})
    known = store.read("gate")
    assert len(known) == MOST_CLAIMS
    assert "first" in known
    assert "0" not in known
    assert known["first"].count == MOST_CLAIMS + 3
    json.loads(next(tmp_path.iterdir()).read_text())
