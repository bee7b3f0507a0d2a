"""What a case is about: the sort of its rule, and the words that would prove it."""

from typing import Literal

from vigil.core import ANYTHING, Case

Family = Literal["moving", "named", "left", "camera", "view", "heard"]
"""How a claim is looked into: something moves, a model has named it as well, something was left,
the camera itself ails, it shows another view than usual, or something was heard.
"""

CAMERA_KINDS = frozenset({"camera_offline", "camera_frozen", "camera_clock"})
VIEW_KINDS = frozenset({"camera_dark", "camera_covered", "camera_blurred", "camera_moved"})
"""Sorts of claims about the picture as a whole: a judge with words may see them, pixels of a few
moments tell less than the watch, which compared every one."""
HEARD = "sound"
COUNTING_KINDS = frozenset({"absence", "action", "count", "slope_collapse"})
"""Sorts of claims that a thing in the picture does not prove; it may even refute them."""
PEOPLE = frozenset({"person", "face"})
VEHICLES = frozenset(
    {
        "bicycle", "bike", "boat", "bus", "car", "motorcycle", "non-vehicle", "train", "truck",
        "van", "vehicle",
    }
)  # fmt: skip
BAGS = frozenset({"backpack", "handbag", "suitcase"})
ANIMALS = frozenset(
    {
        "bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra",
    }
)  # fmt: skip
GROUPS = (PEOPLE, VEHICLES, BAGS)


def kind_of(case: Case) -> str:
    """The sort of rule; for a case that does not say, the rule's name."""
    return case.kind or case.event.rule


def family_of(case: Case) -> Family:
    """How to look into it."""
    kind = kind_of(case)
    if kind == HEARD:
        return "heard"
    if kind in VIEW_KINDS:
        return "view"
    if kind in CAMERA_KINDS:
        return "camera"
    if case.event.box is None and not case.event.path:
        return "moving"
    if kind == "abandoned_object":
        return "left"
    return "moving" if case.event.label in {"", ANYTHING} else "named"


def wanted(case: Case) -> frozenset[str]:
    """Labels of which any would prove the claim; models confuse a car with a van.

    `object` stands for people and vehicles, and for people alone where somebody loiters: nobody
    is called for a cat or a swaying branch.
    """
    kind, label = kind_of(case), case.event.label
    if kind == "stopped_vehicle":
        return VEHICLES
    if kind == "abandoned_object":
        return BAGS if label in {"", ANYTHING} else BAGS | {label}
    if label not in {"", ANYTHING}:
        return _with_kin(frozenset({label}))
    named = case.labels - {ANYTHING}
    if named and (ANYTHING not in case.labels or kind == "loitering"):
        return _with_kin(named)
    return PEOPLE if kind == "loitering" else PEOPLE | VEHICLES


def _with_kin(labels: frozenset[str]) -> frozenset[str]:
    return labels.union(*(group for group in GROUPS if labels & group))
