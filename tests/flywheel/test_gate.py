"""Better on the whole, and worse nowhere: each way of being worse is a reason of its own."""

from dataclasses import replace

import pytest

from vigil.flywheel.gate import Bounds, Shadow, compare
from vigil.train.judging import Judged

OLD = Judged(
    pictures=100,
    boxes=200,
    average_precision=0.4,
    average_precision_50=0.60,
    score=0.3,
    precision=0.80,
    recall=0.70,
    recall_by={"camera/gate": 0.7, "camera/yard": 0.7, "camera/shed": 0.9, "size/small": 0.5},
    things_by={"camera/gate": 100, "camera/yard": 95, "camera/shed": 5, "size/small": 60},
)
BETTER = replace(OLD, average_precision_50=0.70, precision=0.82, recall=0.75)


def test_better_and_worse_nowhere_passes() -> None:
    found = compare(OLD, BETTER, Shadow(events=50, old=48, new=48))
    assert found.passed
    assert found.unjudged == ("camera/shed",)


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (replace(BETTER, average_precision_50=0.60), "AP50 0.600 is not above 0.600"),
        (replace(BETTER, precision=0.77), "precision 0.770, was 0.800"),
        (
            replace(BETTER, recall_by=OLD.recall_by | {"camera/yard": 0.67}),
            "camera/yard: recall 0.670, was 0.700",
        ),
        (replace(BETTER, recall_by={}), "camera/gate: recall 0.000, was 0.700"),
    ],
)
def test_each_way_of_being_worse_is_told(new: Judged, reason: str) -> None:
    found = compare(OLD, new)
    assert not found.passed
    assert reason in found.reasons


def test_all_reasons_are_told_at_once() -> None:
    worse = replace(OLD, average_precision_50=0.5, precision=0.5, recall_by={})
    assert len(compare(OLD, worse, Shadow(events=50, old=48, new=10)).reasons) == 6


def test_a_little_worse_is_within_the_bound_and_few_things_prove_nothing() -> None:
    recall = {"camera/gate": 0.69, "camera/yard": 0.69, "camera/shed": 0.1, "size/small": 0.49}
    assert compare(OLD, replace(BETTER, recall_by=recall)).passed
    strict = Bounds(slice_loss=0.0, slice_things=1)
    assert len(compare(OLD, replace(BETTER, recall_by=recall), bounds=strict).reasons) == 4


def test_a_lost_event_counts_as_its_share() -> None:
    assert compare(OLD, BETTER, Shadow(events=100, old=90, new=88)).passed
    found = compare(OLD, BETTER, Shadow(events=100, old=90, new=87))
    assert found.reasons == ("sees 87 of 100 confirmed events; the model in use 90",)


def test_a_small_hold_out_proves_nothing() -> None:
    few = replace(OLD, boxes=49)
    assert "has 49 things of these words; needed: 50" in compare(few, BETTER).reasons[0]
