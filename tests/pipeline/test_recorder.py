"""Steps reach the store in order, each once, and none is lost on the way."""

from typing import Any

import pytest

from vigil.core import DiskFull, Event, Step, StepKind, StoreError, StoreUnavailable
from vigil.pipeline.recorder import Recorder


def step(kind: str, event_id: str = "e1", end_s: float = 5.0) -> Step:
    event = Event(
        id=event_id, source="gate", rule="presence", claim="A person.", start_s=1.0, end_s=end_s
    )
    return Step(kind=StepKind(kind), event=event, time_s=end_s)


def test_a_step_is_acknowledged_when_the_store_has_it(notebook: Any) -> None:
    recorder, safe = Recorder(notebook), []
    recorder.take(1, step("new"), None, lambda: safe.append(1))
    assert (safe, recorder.events, recorder.waiting) == ([1], 1, 0)


@pytest.mark.parametrize("error", [DiskFull("full"), StoreUnavailable("locked")])
def test_what_the_store_cannot_take_now_is_written_later_in_order(
    notebook: Any, error: StoreError
) -> None:
    recorder, safe = Recorder(notebook), []
    notebook.error = error
    for number, kind in enumerate(("new", "update", "end")):
        recorder.take(1, step(kind), None, lambda number=number: safe.append(number))
    assert (safe, recorder.events, recorder.waiting) == ([], 0, 3)
    assert notebook.refusals == 1, "a store that is down is not asked for every step"
    recorder.retry()
    assert recorder.waiting == 3
    notebook.error = None
    recorder.retry()
    assert [each.kind for each in notebook.steps] == ["new", "update", "end"]
    assert (safe, recorder.events, recorder.waiting) == ([0, 1, 2], 1, 0)


def test_a_step_that_the_store_will_never_take_does_not_hold_up_the_others(notebook: Any) -> None:
    recorder, safe = Recorder(notebook), []
    notebook.error = StoreError("the database refused a row")
    recorder.take(1, step("new", "bad"), None, lambda: safe.append("bad"))
    notebook.error = None
    recorder.take(1, step("new", "good"), None, lambda: safe.append("good"))
    assert [each.event.id for each in notebook.steps] == ["good"]
    assert (safe, recorder.refused, recorder.events) == (["bad", "good"], 1, 1)


def test_the_last_step_of_an_event_may_come_twice_and_counts_once(notebook: Any) -> None:
    recorder = Recorder(notebook)
    for kind in ("new", "new", "end", "end"):
        recorder.take(1, step(kind), None)
    assert recorder.events == 1


def test_the_open_events_of_a_shard_that_is_gone_get_their_end(notebook: Any) -> None:
    recorder = Recorder(notebook)
    recorder.take(1, step("new", "open"), None)
    recorder.take(1, step("update", "open", end_s=9.0), None)
    recorder.take(1, step("new", "over"), None)
    recorder.take(1, step("end", "over"), None)
    recorder.take(2, step("new", "elsewhere"), None)
    recorder.end_open(1)
    recorder.end_open(1)
    assert [(each.kind.value, each.event.id) for each in notebook.steps[5:]] == [("end", "open")]
    assert notebook.steps[-1].event.end_s == 9.0
