"""Who is paired with whom."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Detections, iou
from vigil.stages.track import matching, motion
from vigil.stages.track.seen import Seen
from vigil.stages.track.words import Words

PEOPLE = st.lists(
    st.tuples(st.floats(30, 600), st.floats(90, 350), st.floats(10, 60), st.floats(10, 90)),
    min_size=1,
    max_size=6,
)


def seen(place: np.ndarray) -> Seen:
    boxes = motion.corners(place)
    scores = np.ones(len(boxes), np.float32)
    found = Detections(boxes=boxes, scores=scores, labels=("person",) * len(boxes))
    return Seen.read(found, Words(()), low_score=0.1, width=0)


@given(PEOPLE, PEOPLE)
def test_overlap_is_intersection_over_union(
    one: list[tuple[float, ...]], other: list[tuple[float, ...]]
) -> None:
    place, there = np.array(one), seen(np.array(other))
    boxes = motion.corners(place)
    expected = iou(boxes, there.box)
    assert matching.overlaps(boxes, place, there) == pytest.approx(expected, abs=1e-3)


@settings(deadline=None)
@given(PEOPLE, st.integers(0, 10**6))
def test_the_plain_pairing_is_the_cheapest_one(people: list[tuple[float, ...]], seed: int) -> None:
    random = np.random.default_rng(seed)
    predicted = motion.predict(motion.begin(np.array(people)), 0.04)
    order = random.permutation(len(people))
    there = seen((predicted.place + random.normal(0, 1, (len(people), 4)))[order])
    boxes = motion.corners(predicted.place)
    overlap = matching.overlaps(boxes, predicted.place, there)
    plain = matching.plain(overlap)
    if plain is not None:
        rows, columns = matching.pair(matching.costs(predicted, there.place, overlap))
        assert dict(zip(*(side.tolist() for side in plain), strict=True)) == dict(
            zip(rows.tolist(), columns.tolist(), strict=True)
        )


def test_a_contested_detection_goes_where_the_total_is_least() -> None:
    cost = np.array([[0.1, 0.65], [0.2, matching.REFUSED]])
    rows, columns = matching.pair(cost)
    assert (rows.tolist(), columns.tolist()) == ([0], [0])
    cost[0, 1] = 0.2
    rows, columns = matching.pair(cost)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [1, 0])


def test_unknown_looks_cost_nothing_and_other_looks_are_refused() -> None:
    known = np.array([[1.0, 0.0], [0.0, 0.0]])
    cost = matching.likeness(known, np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), 0.4)
    assert cost.tolist() == [[0.0, matching.REFUSED, 0.0], [0.0, 0.0, 0.0]]
