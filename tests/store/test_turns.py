"""Turns are fair, are given back, and never stop anybody for good."""

import threading
import time
from pathlib import Path

from store_values import a_step, an_event

from vigil.store import EventStore
from vigil.store.turns import Turns


def test_one_has_it_and_the_next_waits() -> None:
    turns = Turns()
    assert turns.take(0)
    got: list[bool] = []
    thread = threading.Thread(target=lambda: got.append(turns.take(10)))
    thread.start()
    time.sleep(0.05)
    assert got == []
    turns.give()
    thread.join()
    assert got == [True]


def test_first_come_first_served() -> None:
    turns = Turns()
    turns.take(0)
    order: list[int] = []

    def wait(number: int) -> None:
        turns.take(10)
        order.append(number)
        turns.give()

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads):
        thread.start()
        while len(turns._waiting) <= number:
            time.sleep(0.001)
    turns.give()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_who_has_it_does_not_wait_for_itself() -> None:
    turns = Turns()
    assert turns.take(0)
    assert not turns.take(60)
    turns.give()
    assert turns.take(0)


def test_who_waited_long_enough_goes_on_without() -> None:
    turns = Turns()
    turns.take(0)
    got: list[bool] = []
    thread = threading.Thread(target=lambda: got.append(turns.take(0.01)))
    thread.start()
    thread.join()
    assert got == [False]
    turns.give()
    assert turns.take(0), "nobody is waited for who has left"


def test_many_writers_and_readers_of_one_file_all_come_to_their_turn(tmp_path: Path) -> None:
    store = EventStore(tmp_path / "events.db", tmp_path / "clips", busy_s=10)
    store.open()
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            for at in range(10):
                store.record(a_step(an_event(id=f"{number}-{at}")), None)
                store.count()
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert store.count() == 120
    store.close()
