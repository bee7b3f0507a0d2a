"""`vigil dismiss`."""

import pytest

from vigil.config.home import open_home
from vigil.core import Box, Event, Step, StepKind
from vigil.pipeline.dismissals import DismissalFolder
from vigil.store import EventStore

ID = "01a10000-0001-7000-8000-000000000001"


def record(*kinds: StepKind) -> None:
    home = open_home()
    store = EventStore(home.database, home.clips)
    event = Event(
        id=ID, source="gate", rule="left", claim="c", start_s=1.8e9, end_s=1.8e9 + 5,
        box=Box(10, 20, 30, 40),
    )  # fmt: skip
    for kind in kinds:
        store.record(Step(kind=kind, event=event, time_s=1.8e9 + 5), None)
    store.close()


def test_an_open_event_is_dismissed(vigil) -> None:
    record(StepKind.NEW)
    assert vigil("dismiss", ID[:6]).out == f"{ID}: dismissed\n"
    (order,) = DismissalFolder(open_home()).all()
    assert (order.event, order.camera, order.rule, order.for_good) == (ID, "gate", "left", False)


def test_one_that_has_ended_can_only_have_its_place_left_alone(vigil) -> None:
    record(StepKind.NEW, StepKind.END)
    assert "--for-good" in vigil("dismiss", ID).failure
    vigil("dismiss", ID, "--for-good")
    (order,) = DismissalFolder(open_home()).all()
    assert order.for_good
    assert order.box == (10, 20, 30, 40)


def test_it_can_be_taken_back(vigil) -> None:
    record(StepKind.NEW)
    vigil("dismiss", ID, "--for-good")
    assert "heeded" in vigil("dismiss", ID, "--undo").out
    assert list(DismissalFolder(open_home()).all()) == []
    assert "not dismissed" in vigil("dismiss", ID, "--undo").failure


@pytest.mark.parametrize("which", ["nothing", "../x"])
def test_an_event_that_nobody_knows_is_refused(vigil, which: str) -> None:
    record(StepKind.NEW)
    assert "no event" in vigil("dismiss", which).failure
