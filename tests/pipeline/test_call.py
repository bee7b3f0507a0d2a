"""Who is told follows the file while everything runs, and what did not arrive is counted."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vigil.config import parse
from vigil.config.app import App
from vigil.core import Event, Step, StepKind
from vigil.pipeline import call as module
from vigil.pipeline.call import Call
from vigil.store import EventStore
from vigil.testing.http_receiver import HttpReceiver, Responds

from .deciding import CAMERA, an_event


def app(**receivers: HttpReceiver) -> App:
    """Without judges, so that everything is told at once."""
    sinks = {
        name: {"to": {"kind": "webhook", "url": f"{receiver.url}/", "allow_private": True}}
        for name, receiver in receivers.items()
    }
    alerts: dict[str, Any] = {"sinks": sinks, "group_s": 0}
    return parse({"metrics": "off", "verify": "off", "cameras": {"gate": CAMERA}, "alerts": alerts})


@contextmanager
def calling(tmp_path: Path, first: App) -> Iterator[tuple[EventStore, Call]]:
    store = EventStore(tmp_path / "events.db", tmp_path / "clips")
    call = Call(store, first)
    try:
        call.start()
        yield store, call
    finally:
        call.close()
        store.close()


def happens(store: EventStore, track: int) -> Event:
    event = an_event(track_ids=(track,))
    store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), None)
    return event


def told(receiver: HttpReceiver) -> list[str]:
    return [each.json()["event"]["id"] for each in receiver.received]


def until(true: Callable[[], bool], within_s: float = 20.0) -> None:
    ends_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends_s
        time.sleep(0.02)


def test_a_changed_file_tells_others_from_then_on(tmp_path: Path) -> None:
    with (
        HttpReceiver() as old,
        HttpReceiver() as new,
        HttpReceiver() as stays,
        calling(tmp_path, app(desk=old, room=stays)) as (store, call),
    ):
        first = happens(store, 1)
        until(lambda: told(old) == [first.id] and told(stays) == [first.id])
        kept = call._lanes.lanes["room"]
        call.apply(app(desk=new, room=stays))
        second = happens(store, 2)
        until(lambda: told(new) == [second.id] and len(told(stays)) == 2)
        assert told(old) == [first.id]
        assert call._lanes.lanes["room"] is kept
        until(lambda: call.status()["alerts"]["room"]["delivered"] == 2)


def test_a_file_without_receivers_can_get_some_and_lose_them(tmp_path: Path) -> None:
    with HttpReceiver() as desk, calling(tmp_path, app()) as (store, call):
        happens(store, 1)
        call.apply(app(desk=desk))
        second = happens(store, 2)
        until(lambda: told(desk) == [second.id])
        call.apply(app())
        until(lambda: call.status()["alerts"] == {})
        happens(store, 3)
        call.apply(app(desk=desk))
        fourth = happens(store, 4)
        until(lambda: len(told(desk)) == 2)
        assert told(desk) == [second.id, fourth.id]


def test_what_waits_for_a_receiver_goes_to_its_new_address(tmp_path: Path) -> None:
    away = HttpReceiver(Responds(status=503))
    with away, HttpReceiver() as new, calling(tmp_path, app(desk=away)) as (store, call):
        event = happens(store, 1)
        until(lambda: len(away.received) > 0)
        call.apply(app(desk=new))
        until(lambda: told(new) == [event.id])


def test_dead_letters_are_counted(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "COUNT_S", 0.0)
    desk = HttpReceiver(Responds(status=400))
    with desk, calling(tmp_path, app(desk=desk)) as (store, call):
        happens(store, 1)

        def counted() -> bool:
            call.tend()
            return bool(call.status()["alerts"]["desk"]["given_up"] == 1)

        until(counted)
