"""Packets are never lost unseen: received = processed + dropped + waiting, at every moment."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import pytest

from vigil.core import Encoding, Packet, SourceRefused
from vigil.pipeline.reader import FILE_AHEAD, Account, Reader

PICTURES = Encoding(
    kind="video", codec="h264", extradata=b"", time_base=Fraction(1, 10), width=16, height=16
)
SOUND = Encoding(kind="audio", codec="aac", extradata=b"", time_base=Fraction(1, 10))


def packet(index: int, *, encoding: Encoding = PICTURES) -> Packet:
    """Ten a second, a key a second, a hundred bytes."""
    return Packet(
        source="gate",
        encoding=encoding,
        data=bytes(100),
        pts=index,
        dts=index,
        duration=1,
        key=index % 10 == 0 or encoding is SOUND,
        time_s=index / 10,
        received_s=index / 10,
    )


class Given:
    """A source of given packets; afterwards it stays silent until closed, or fails."""

    name = "gate"
    live = True

    def __init__(self, packets: Sequence[Packet], error: SourceRefused | None = None) -> None:
        self.given = 0
        self.closed = threading.Event()
        self._packets = packets
        self._error = error

    def packets(self) -> Iterator[Packet]:
        for each in self._packets:
            yield each
            self.given += 1
        if self._error is not None:
            raise self._error
        self.closed.wait()

    def close(self) -> None:
        self.closed.set()


def wait_for(what: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end_s, "it never happened"
        time.sleep(0.002)


def balanced(account: Account) -> bool:
    return account.received == account.processed + account.dropped + account.waiting


def test_a_live_source_that_is_left_waiting_comes_back_at_its_newest_second() -> None:
    source = Given([packet(index) for index in range(60)])
    reader = Reader(source, name="gate", live=True, backlog_s=1.95)
    reader.start()
    wait_for(lambda: source.given == 60)
    taken = []
    while (each := reader.take()) is not None:
        taken.append(each)
        assert balanced(reader.account())
    reader.stop()
    kept = [each.packet.time_s for each in taken if not each.dropped]
    assert len(taken) == 60
    assert kept == [index / 10 for index in range(40, 60)]
    assert reader.account() == Account(received=60, processed=20, dropped=40)


def test_without_a_newer_key_nothing_is_dropped() -> None:
    source = Given([packet(index) for index in range(1, 10)])
    reader = Reader(source, name="gate", live=True, backlog_s=0.1)
    reader.start()
    wait_for(lambda: source.given == 9)
    assert [reader.take().dropped for _ in range(9)] == [False] * 9
    reader.stop()


def test_a_file_waits_and_loses_nothing() -> None:
    source = Given([packet(index) for index in range(500)])
    reader = Reader(source, name="gate", live=False, backlog_s=0.1)
    reader.start()
    wait_for(lambda: reader.account().waiting == FILE_AHEAD)
    times = [reader.take(wait=True).packet.time_s for _ in range(500)]
    assert times == [index / 10 for index in range(500)]
    assert reader.account() == Account(received=500, processed=500)
    reader.stop()
    assert reader.take(wait=True) is None
    wait_for(lambda: reader.ended)


def test_memory_is_bounded_and_what_it_costs_is_counted() -> None:
    source = Given([packet(index) for index in range(100)])
    reader = Reader(source, name="gate", live=True, queue_bytes=2000)
    reader.start()
    wait_for(lambda: source.given == 100)
    account = reader.account()
    assert (account.waiting, account.dropped) == (21, 79)
    assert balanced(account)
    reader.stop()


def test_after_a_loss_the_next_picture_is_a_key() -> None:
    packets = [packet(index) for index in range(100)]
    resume = threading.Event()

    class Interrupted(Given):
        def packets(self) -> Iterator[Packet]:
            for each in super().packets():
                if each.time_s == 5.5:
                    resume.wait()
                yield each

    source = Interrupted(packets)
    reader = Reader(source, name="gate", live=True, queue_bytes=2000)
    reader.start()
    wait_for(lambda: source.given == 55)
    before = [reader.take() for _ in range(21)]
    resume.set()
    wait_for(lambda: source.given == 100)
    after = reader.take()
    reader.stop()
    assert before[-1].packet.time_s == 2.0
    assert (after.packet.time_s, after.packet.key) == (6.0, True)


def test_the_account_is_exact_at_every_moment() -> None:
    mixed = [packet(n, encoding=SOUND if n % 3 == 1 else PICTURES) for n in range(6000)]
    source = Given(mixed)
    reader = Reader(source, name="gate", live=True, backlog_s=1.0, queue_bytes=40_000)
    reader.start()
    wrong = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            account = reader.account()
            if not balanced(account):
                wrong.append(account)

    watcher = threading.Thread(target=watch)
    watcher.start()
    while source.given < 6000 or reader.account().waiting:
        reader.take()
    done.set()
    watcher.join()
    reader.stop()
    assert wrong == []
    assert reader.account().received == 4000


def test_what_ended_a_source_is_known() -> None:
    reader = Reader(Given([packet(0)], SourceRefused("gate: no")), name="gate", live=True)
    reader.start()
    wait_for(lambda: reader.failure is not None)
    assert (reader.ended, reader.state) == (False, "watching")  # a packet still waits
    assert reader.take() is not None
    wait_for(lambda: reader.ended)
    assert reader.state == "ended"
    with pytest.raises(SourceRefused, match="gate: no"):
        raise reader.failure


class Pushed(Given):
    """Hands its packets over in a thread of its own, and cannot be iterated."""

    def packets(self) -> Iterator[Packet]:
        raise AssertionError("who can hand over is not iterated")

    def deliver(self, take: Callable[[Packet], bool]) -> None:
        def run() -> None:
            for each in self._packets:
                self.given += 1
                if not take(each):
                    return
            self.closed.wait()

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()


def test_a_source_that_hands_over_is_read_where_its_packets_arrive() -> None:
    source = Pushed([packet(index) for index in range(30)])
    reader = Reader(source, name="gate", live=True, backlog_s=1.95)
    awakened = []
    reader.start(lambda: awakened.append(threading.current_thread().name))
    wait_for(lambda: source.given == 30 and reader.account().waiting == 30)
    taken = [reader.take() for _ in range(30)]
    assert [each.dropped for each in taken] == [True] * 10 + [False] * 20
    assert reader.account() == Account(received=30, processed=20, dropped=10)
    assert "read-gate" not in awakened
    reader.stop()
    wait_for(lambda: reader.ended)


def test_a_source_that_hands_over_is_told_when_reading_stops() -> None:
    source = Pushed([packet(index) for index in range(10)])
    reader = Reader(source, name="gate", live=True)
    reader.stop()
    reader.start()
    wait_for(lambda: reader.state == "ended")
    assert source.given == 1
    assert reader.account() == Account()
