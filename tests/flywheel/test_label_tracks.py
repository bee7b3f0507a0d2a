"""Proposals of frames become things through a video."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box, Detections, iou
from vigil.flywheel.label_tracks import courses_of, trimmed

Row = tuple[str, float, Box]


def look(*rows: Row) -> Detections:
    return Detections(
        boxes=np.array([box for _, _, box in rows], np.float32).reshape(-1, 4),
        scores=np.array([score for _, score, _ in rows], np.float32),
        labels=tuple(word for word, _, _ in rows),
    )


def walk(frame: int, *, speed: float = 3.0, y: float = 20.0) -> Box:
    return Box(speed * frame, y, speed * frame + 30, y + 60)


def test_a_vote_gives_a_thing_one_word() -> None:
    words = ["car", "phone", "car", "car", "phone", "car"]
    looks = [(5 * n, look((word, 0.8, walk(5 * n)))) for n, word in enumerate(words)]
    (course,) = courses_of(looks, most_gap=10)
    assert course.word == "car"
    assert course.score == pytest.approx(0.8 * 4 / 6)


def test_votes_weigh_by_score() -> None:
    words = [("phone", 0.2), ("phone", 0.2), ("phone", 0.2), ("car", 0.9)]
    looks = [(n, look((word, score, walk(n)))) for n, (word, score) in enumerate(words)]
    assert courses_of(looks, most_gap=3)[0].word == "car"


def test_what_is_seen_in_one_frame_only_is_an_outlier() -> None:
    looks = [(n, look(("car", 0.8, walk(n)))) for n in range(6)]
    looks[3] = (3, look(("car", 0.8, walk(3)), ("car", 0.99, Box(200, 200, 260, 260))))
    assert len(courses_of(looks, most_gap=3)) == 1


def test_a_box_that_swallows_a_neighbour_for_a_frame_is_left_out() -> None:
    boxes = [Box(100, 50, 140, 90)] * 7
    boxes[3] = Box(90, 40, 160, 110)
    looks = [(n, look(("car", 0.8, box))) for n, box in enumerate(boxes)]
    (course,) = courses_of(looks, most_gap=3)
    assert course.removed == 1
    assert 3 not in [sight.frame for sight in course.sights]


def test_gaps_between_sure_boxes_are_filled_and_long_ones_are_not() -> None:
    seen = [0, 5, 10, 20, 60, 65, 70]
    looks = [(n, look(("car", 0.8, walk(n, speed=0.5)))) for n in seen]
    first, second = courses_of(looks, most_gap=15)
    path = first.path(1, frames=100, most_gap=15)
    between = path.at(15)
    assert between is not None
    assert between.box == pytest.approx(walk(15, speed=0.5))
    assert path.at(21) is None
    assert [sight.frame for sight in second.sights] == [60, 65, 70]


def test_sure_sights_vouch_for_unsure_ones_and_guesses_at_the_ends_are_cut() -> None:
    scores = [0.1, 0.3, 0.9, 0.1, 0.9, 0.9, 0.3, 0.1]
    looks = [(n, look(("car", score, walk(n)))) for n, score in enumerate(scores)]
    (course,) = courses_of(looks, most_gap=3)
    kept = trimmed(course, accept=0.5, reject=0.2)
    assert kept is not None
    assert [sight.frame for sight in kept.sights] == [1, 2, 3, 4, 5, 6]
    assert trimmed(course, accept=0.95, reject=0.2) is None


def test_two_who_pass_each_other_keep_their_own_way() -> None:
    looks = []
    for n in range(0, 60, 2):
        one, other = walk(n), Box(200 - 3 * n, 24, 230 - 3 * n, 84)
        looks.append((n, look(("person", 0.9, one), ("person", 0.9, other))))
    courses = courses_of(looks, most_gap=6)
    assert len(courses) == 2
    starts = sorted(course.sights[0].box.x1 for course in courses)
    ends = sorted(course.sights[-1].box.x1 for course in courses)
    assert starts == [0, 200]
    assert ends == [26, 174]
    assert sorted(len(course.sights) for course in courses) == [30, 30]
    rightward = next(course for course in courses if course.sights[0].box.x1 == 0)
    assert rightward.sights[-1].box.x1 == 174


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=30))
def test_every_sight_is_one_proposal_and_none_is_used_twice(spots: list[tuple[int, int]]) -> None:
    rows = [("a", 0.5, Box(x, y, x + 20, y + 20)) for x, y in spots]
    looks = [(n, look(*rows[n::5])) for n in range(5)]
    courses = courses_of(looks, most_gap=2)
    used = [(sight.frame, sight.proposal) for course in courses for sight in course.sights]
    assert len(used) == len(set(used))
    for course in courses:
        for sight in course.sights:
            box = dict(looks)[sight.frame].boxes[sight.proposal]
            assert iou(np.array([sight.box], np.float32), box[None])[0, 0] > 0.99
