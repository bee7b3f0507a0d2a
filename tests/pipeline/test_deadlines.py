"""Nothing is called for too early, nothing is forgotten, and clocks may jump."""

import threading
import time
from collections.abc import Iterator

import pytest

from vigil.core import StoreError, StoreUnavailable
from vigil.pipeline import deadlines as module
from vigil.pipeline.deadlines import Deadlines


class Called:
    """Writes down who was called for, and when; may refuse."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.times_s: list[float] = []
        self.errors: list[StoreError] = []
        self.changed = threading.Condition()

    def __call__(self, event_id: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        with self.changed:
            self.ids.append(event_id)
            self.times_s.append(time.monotonic())
            self.changed.notify_all()

    def wait_for(self, number: int, within_s: float = 10.0) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.ids) >= number, within_s)


@pytest.fixture
def called() -> Called:
    return Called()


@pytest.fixture
def deadlines(called: Called) -> Iterator[Deadlines]:
    made = Deadlines(called)
    yield made
    made.close()


def test_each_is_called_for_when_it_is_due_and_not_before(
    deadlines: Deadlines, called: Called
) -> None:
    deadlines.start({}, deadline_s=10)
    began_s = time.monotonic()
    deadlines.add("later", 0.3)
    deadlines.add("soon", 0.1)
    called.wait_for(2)
    assert called.ids == ["soon", "later"]
    assert called.times_s[0] - began_s >= 0.1
    assert called.times_s[1] - began_s >= 0.3


def test_what_is_overdue_is_called_for_at_once(deadlines: Deadlines, called: Called) -> None:
    now_s = time.time()
    deadlines.start({"old": now_s - 3600, "young": now_s + 3600}, deadline_s=7200)
    called.wait_for(1)
    assert called.ids == ["old"]


def test_a_date_of_a_clock_that_was_wrong_is_not_waited_for(
    deadlines: Deadlines, called: Called
) -> None:
    deadlines.start({"next year": time.time() + 365 * 86_400}, deadline_s=0.1)
    called.wait_for(1)


def test_what_is_added_before_the_start_counts_from_then(
    deadlines: Deadlines, called: Called
) -> None:
    deadlines.add("a", 0.05)
    time.sleep(0.1)
    assert called.ids == []
    deadlines.start({}, deadline_s=10)
    called.wait_for(1)


def test_a_database_that_is_down_is_asked_again(
    deadlines: Deadlines, called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    called.errors = [StoreUnavailable("down"), StoreUnavailable("down")]
    deadlines.start({"a": 0.0}, deadline_s=10)
    called.wait_for(1)
    assert called.ids == ["a"]


def test_one_that_can_never_be_decided_does_not_hold_up_the_others(
    deadlines: Deadlines, called: Called
) -> None:
    called.errors = [StoreError("the database refused a row")]
    deadlines.start({"bad": 0.0, "good": 1.0}, deadline_s=10)
    called.wait_for(1)
    assert len(called.ids) == 1


def test_it_ends_while_somebody_is_waited_for(called: Called) -> None:
    deadlines = Deadlines(called)
    deadlines.start({"a": time.time() + 3600}, deadline_s=7200)
    deadlines.close()
    assert called.ids == []
