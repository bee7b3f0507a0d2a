import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import iou
from vigil.stages.detect.nms import groups_of, survivors

LABELS = ("person", "car", "truck", "bicycle", "motorcycle", "dog")


def kept(*found: tuple[str, float, tuple[float, ...]], limit: float = 0.5) -> list[int]:
    """Indices of (label, score, box) that stay, in the order given."""
    groups = groups_of(tuple(label for label, _, _ in found))
    boxes = np.array([box for _, _, box in found], np.float32).reshape(-1, 4)
    scores = np.array([score for _, score, _ in found], np.float32)
    return sorted(survivors(boxes, scores, groups, iou=limit).tolist())


def test_of_two_boxes_on_one_object_the_surer_stays() -> None:
    assert kept(("dog", 0.6, (0, 0, 10, 10)), ("dog", 0.9, (1, 0, 11, 10))) == [1]


def test_different_things_in_one_place_both_stay() -> None:
    assert kept(("person", 0.9, (0, 0, 10, 10)), ("dog", 0.6, (0, 0, 10, 10))) == [0, 1]


def test_a_car_is_not_a_truck_too() -> None:
    assert kept(("car", 0.9, (0, 0, 10, 10)), ("truck", 0.6, (0, 0, 10, 10))) == [0]


def test_a_box_inside_a_vehicle_is_the_same_vehicle() -> None:
    assert kept(("truck", 0.9, (0, 0, 40, 20)), ("car", 0.6, (2, 2, 14, 14))) == [0]


def test_a_child_before_its_mother_is_not_her_duplicate() -> None:
    assert kept(("person", 0.9, (0, 0, 40, 100)), ("person", 0.6, (10, 50, 30, 98))) == [0, 1]


def test_nothing_in_nothing_out() -> None:
    assert kept() == []


boxes = st.tuples(*[st.integers(0, 80)] * 2, *[st.integers(1, 40)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.floats(0.1, 1), boxes), max_size=30))
def test_no_two_survivors_are_rivals_and_every_loser_lost_to_one(
    found: list[tuple[str, float, tuple[int, ...]]],
) -> None:
    stay = kept(*found)
    groups = groups_of(tuple(label for label, _, _ in found))
    overlap = iou(*[np.array([box for _, _, box in found], np.float32).reshape(-1, 4)] * 2)

    for index in stay:
        assert all(
            overlap[index, other] <= 0.5
            for other in stay
            if other != index and groups[other] == groups[index]
        )
    for index in set(range(len(found))) - set(stay):
        assert any(groups[other] == groups[index] and overlap[index, other] > 0 for other in stay)
