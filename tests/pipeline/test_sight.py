"""What a sight makes of what its gate says."""

from types import SimpleNamespace

import pytest

from vigil.core import Signals, as_array
from vigil.pipeline.sight import Sight


class Toggled:
    """Says of each picture in turn whether it is the one before."""

    open, nearness = False, 0.0

    def __init__(self, *same: bool) -> None:
        self._same = iter(same)
        self.identical_to_last = False

    def see(self, frame: object) -> Signals:
        self.identical_to_last = next(self._same)
        return Signals()


def still_s(times: list[float], same: list[bool]) -> list[float]:
    """After each picture, for how long it has been the same."""
    sight = Sight(Toggled(*same), None, ())  # type: ignore[arg-type]
    found = []
    for time_s in times:
        sight.see(SimpleNamespace(time_s=time_s), None, lambda: as_array([]))  # type: ignore[arg-type]
        found.append(sight.still_s(time_s))
    return found


def test_a_picture_is_the_same_from_the_first_of_its_kind_on():
    # A sleeping camera shows a picture every other second: the second of two alike is late.
    told = still_s([0, 2, 4, 6, 8], [False, False, True, True, False])
    assert told == pytest.approx([0, 0, 2, 4, 0])


def test_who_looks_back_in_time_has_not_seen_it_for_less_than_nothing():
    assert still_s([0, 2, 0.2, 0.4], [False, False, True, True]) == pytest.approx([0, 0, 0, 0.2])
