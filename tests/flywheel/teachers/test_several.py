"""Several teachers, and slices."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.flywheel.painted import Reader, picture

from vigil.core import Box, ConfigError, Detections
from vigil.flywheel.teachers.fusion import fused, merged, voted
from vigil.flywheel.teachers.several import Ensemble, Tiled, slices_of
from vigil.flywheel.teachers.teacher import key_of, words_of


def found(*rows: tuple[str, float, tuple[float, float, float, float]]) -> Detections:
    return Detections(
        boxes=np.array([box for _, _, box in rows], np.float32).reshape(-1, 4),
        scores=np.array([score for _, score, _ in rows], np.float32),
        labels=tuple(word for word, _, _ in rows),
    )


def test_boxes_are_fused_by_score_as_in_the_paper() -> None:
    # Solovyev et al., equations 1 to 4: means weighted by score, score times min(T, N) / N.
    one = found(("a", 0.9, (0, 0, 10, 10)))
    two = found(("a", 0.3, (2, 0, 12, 10)), ("a", 0.8, (50, 50, 60, 60)))
    both = fused([one, two], [1, 1])
    assert both.boxes[0].tolist() == pytest.approx([0.5, 0, 10.5, 10])
    assert both.scores.tolist() == pytest.approx([0.6, 0.4])
    assert both.boxes[1].tolist() == [50, 50, 60, 60]


def test_other_words_are_other_things() -> None:
    one, two = found(("a", 0.9, (0, 0, 10, 10))), found(("b", 0.9, (0, 0, 10, 10)))
    assert sorted(fused([one, two], [1, 1]).labels) == ["a", "b"]


def test_who_is_believed_more_moves_the_box_more() -> None:
    one, two = found(("a", 0.5, (0, 0, 10, 10))), found(("a", 0.5, (2, 0, 12, 10)))
    assert fused([one, two], [3, 1]).boxes[0, 0] == pytest.approx(0.5)
    assert fused([one, found()], [3, 1]).scores[0] == pytest.approx(0.5 * 3 / 4)
    assert len(fused([found(), found()], [1, 1])) == 0


def test_words_are_voted_on() -> None:
    whole = (0, 0, 10, 10)
    votes = [
        found(("a", 0.9, whole), ("b", 0.1, whole)),
        found(("a", 0.7, whole)),
        found(("b", 0.8, whole)),
    ]
    said = voted(votes, [1, 1, 1])
    scores = dict(zip(said.labels, said.scores.tolist(), strict=True))
    assert scores == pytest.approx({"a": 1.6 / 3, "b": 0.8 / 3})
    assert len(voted([found(), found()], [1, 1])) == 0


def test_an_ensemble_asks_each_and_one_that_is_silent_does_not_count() -> None:
    class Silent(Reader):
        def propose(self, images):
            return [None for _ in images]

    image = picture([("hen", 0.8, Box(10, 10, 50, 50))])
    (both,) = Ensemble([Reader(), Reader(name="b")]).propose([image])
    (one,) = Ensemble([Reader(), Silent()]).propose([image])
    assert both is not None
    assert one is not None
    assert both.scores[0] == one.scores[0] == pytest.approx(0.8)
    assert Ensemble([Silent(), Silent()]).propose([image]) == [None]


def test_teachers_that_cannot_be_joined_are_refused() -> None:
    with pytest.raises(ConfigError, match="one sort"):
        Ensemble([Reader(), Reader(whole=True)])
    with pytest.raises(ConfigError, match="the same words"):
        Ensemble([Reader(), Reader(["hen"])])
    with pytest.raises(ConfigError, match="whole pictures"):
        Tiled(Reader(whole=True))


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(64, 1000), st.floats(0, 0.8))
def test_slices_cover_the_picture_and_overlap(
    width: int, height: int, side: int, overlap: float
) -> None:
    parts = slices_of(width, height, side, overlap)
    if max(width, height) <= side:
        assert parts == []
        return
    for low, high, length in ((0, 2, width), (1, 3, height)):
        spans = sorted({(part[low], part[high]) for part in parts})
        assert spans[0][0] == 0
        assert spans[-1][1] == length
        for before, after in pairwise(spans):
            assert before[1] - after[0] >= overlap * side - 1.5
        assert all(b - a == min(side, length) for a, b in spans)


def test_a_thing_on_a_border_is_one_thing_again() -> None:
    # The teacher sees both halves whole: a reader knows no context.
    image = picture([("hen", 0.8, Box(50, 20, 110, 60)), ("fox", 0.9, Box(5, 5, 20, 20))])
    teacher = Reader()
    tiled = Tiled(teacher, side_px=96, overlap=0.2)
    (said,) = tiled.propose([image])
    assert said is not None
    assert sorted(said.labels) == ["fox", "hen"]
    hen = said.boxes[said.labels.index("hen")]
    assert hen.tolist() == [50, 20, 110, 60]
    assert teacher.asked == 1 + len(slices_of(160, 120, 96, 0.2))


def test_neighbours_of_one_slice_stay_two() -> None:
    boxes = found(
        ("a", 0.9, (0, 0, 10, 20)), ("a", 0.8, (4, 0, 14, 20)), ("a", 0.7, (0, 10, 10, 20))
    )
    whole, halves = np.zeros(3, bool), np.ones(3, bool)
    assert len(merged(boxes, np.array([0, 0, 1]), whole, "nmm")) == 2
    apart = np.array([0, 1, 2])
    for merge, cut, wanted in (
        ("nms", halves, [[0, 0, 10, 20]]),
        ("nmm", halves, [[0, 0, 14, 20]]),
        ("nmm", whole, [[0, 0, 10, 20]]),
        ("nmm", np.array([True, False, True]), [[4, 0, 14, 20]]),
    ):
        assert merged(boxes, apart, cut, merge).boxes.tolist() == wanted  # type: ignore[arg-type]


def test_words_and_what_teachers_call_them() -> None:
    assert words_of(["hen", "worker=person", "vehicle=car|truck"]) == {
        "hen": ("hen",),
        "worker": ("person",),
        "vehicle": ("car", "truck"),
    }
    for wrong in ([], ["=a"], ["a", "a"], ["a=b||c"]):
        with pytest.raises(ConfigError):
            words_of(wrong)


def test_another_question_is_another_key() -> None:
    teachers = [Reader(), Reader(["hen"]), Reader(name="b"), Reader(whole=True), Tiled(Reader())]
    assert len({key_of(teacher) for teacher in teachers}) == len(teachers)
    assert key_of(Reader()) == key_of(Reader())
