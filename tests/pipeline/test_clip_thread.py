"""Clips are written away from the loop, in exact order, and steps wait for them."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from vigil.config import open_home, parse
from vigil.config.home import Home
from vigil.core import Clip, Event, Packet, Step, StepKind, uuid7
from vigil.media.clip import clip_at
from vigil.media.encode import Encoder
from vigil.media.opening import open_file
from vigil.pipeline.build import Builder
from vigil.pipeline.clip_desk import Begin, Finish, Grow, Order, Tell
from vigil.pipeline.clip_thread import ClipThread
from vigil.pipeline.shard import Shard
from vigil.testing.films import RATE, write_tiny_film

NOON_S = 1_700_049_600.0


def film() -> list[Packet]:
    """Three seconds, a key each."""
    encoder = Encoder(source="gate", width=64, height=48, rate=10)
    pictures = (np.full((48, 64, 3), index, np.uint8) for index in range(30))
    packets = [
        packet
        for index, picture in enumerate(pictures)
        for packet in encoder.encode(picture, NOON_S + index / 10)
    ]
    return packets + encoder.flush()


PACKETS = film()


@dataclass
class Told:
    """An outbox that looks at the disk whenever a step leaves."""

    home: Home
    steps: list[tuple[Step, Clip | None]] = field(default_factory=list)

    def put(self, step: Step, clip: Clip | None) -> None:
        if clip is not None:
            path = clip_at(self.home.clip_file(clip.uri, clip.start_s))
            assert path is not None
            assert path.stat().st_size == clip.size_bytes
        self.steps.append((step, clip))

    def words(self) -> list[tuple[str, str, bool]]:
        return [(step.event.id, str(step.kind), clip is not None) for step, clip in self.steps]


@dataclass
class Disk:
    """Hangs in every sync until it is released."""

    free: threading.Event = field(default_factory=threading.Event)
    syncing: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk, fsync = Disk(), os.fsync

    def slow(handle: int) -> None:
        disk.syncing.set()
        disk.free.wait()
        fsync(handle)

    monkeypatch.setattr(os, "fsync", slow)
    yield disk
    disk.free.set()


@pytest.fixture
def told() -> Told:
    return Told(open_home())


def step(event: Event, kind: StepKind) -> Step:
    return Step(kind=kind, event=event, time_s=event.start_s)


def an_event(name: str) -> Event:
    return Event(
        id=uuid7(NOON_S), source="gate", rule=name, claim="c", start_s=NOON_S, end_s=NOON_S
    )


def begin(event: Event, packets: list[Packet] = PACKETS[:20]) -> Begin:
    clip = Clip(
        uri=f"clip:local/{event.id}", source="gate", start_s=NOON_S, end_s=NOON_S, size_bytes=0
    )
    return Begin(step=step(event, StepKind.NEW), clip=clip, home=open_home(), packets=packets)


def test_whoever_orders_does_not_wait_for_the_disk_but_steps_do(told: Told, disk: Disk) -> None:
    one, other = an_event("one"), an_event("other")
    clips = ClipThread(told)
    clips.put([Tell(step=step(other, StepKind.NEW))])
    clips.put([begin(one), *(Grow(event_id=one.id, packet=p) for p in PACKETS[20:])])
    clips.put([Tell(step=step(other, StepKind.END)), Finish(step=step(one, StepKind.END))])
    disk.syncing.wait(10)
    # What comes after a clip waits for it, also when it is about another event.
    assert told.words() == [(other.id, "new", False)]

    disk.free.set()
    clips.close()
    assert told.words()[1:] == [
        (one.id, "new", True),
        (other.id, "end", False),
        (one.id, "end", True),
    ]
    first, whole = (clip for _, clip in told.steps if clip is not None)
    assert (first.end_s, whole.end_s) == (NOON_S + 1.9, NOON_S + 2.9)
    with open_file(clip_at(told.home.clip_file(whole.uri, NOON_S)) or Path()) as demuxer:
        assert sum(1 for _ in demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0)) == 30


def test_orders_of_many_events_come_out_as_they_went_in(told: Told) -> None:
    clips = ClipThread(told)
    events = [an_event(str(number)) for number in range(12)]
    expected: list[tuple[str, str, bool]] = []
    orders: list[Order] = []
    for number, event in enumerate(events):
        with_clip = number % 3 != 1
        new = begin(event) if with_clip else Tell(step=step(event, StepKind.NEW))
        orders += [new, Tell(step=step(event, StepKind.UPDATE))]
        expected += [(event.id, "new", with_clip), (event.id, "update", False)]
    for event in events:
        orders += [Tell(step=step(event, StepKind.END)), Finish(step=step(event, StepKind.END))]
        expected.append((event.id, "end", False))
        if events.index(event) % 3 != 1:
            expected.append((event.id, "end", True))
    for order in orders:
        clips.put([order])
    clips.close()
    assert told.words() == expected


def test_a_clip_that_cannot_begin_costs_neither_its_step_nor_the_next(told: Told) -> None:
    broken, sound = an_event("broken"), an_event("sound")
    clips = ClipThread(told)
    clips.put([begin(broken, PACKETS[1:5]), Grow(event_id=broken.id, packet=PACKETS[5])])
    clips.put([begin(sound), Finish(step=step(broken, StepKind.END))])
    clips.close()
    assert told.words() == [(broken.id, "new", False), (sound.id, "new", True)]


def test_beyond_its_bound_whoever_orders_waits(told: Told, disk: Disk) -> None:
    event = an_event("one")
    clips = ClipThread(told, queue_bytes=len(PACKETS[0].data) + 999)
    small = replace(PACKETS[25], data=bytes(100))
    clips.put([begin(event, PACKETS[:1])])
    handed_over = []

    def order() -> None:
        for number in range(200):
            clips.put([Grow(event_id=event.id, packet=small)])
            handed_over.append(number)

    thread = threading.Thread(target=order)
    thread.start()
    disk.syncing.wait(10)
    end_s = time.monotonic() + 10
    while len(handed_over) < 10:
        assert time.monotonic() < end_s
        time.sleep(0.01)
    time.sleep(0.2)
    assert len(handed_over) < 12
    disk.free.set()
    thread.join(20)
    assert len(handed_over) == 200
    clips.close()


def test_an_outbox_that_fails_is_heard_of(told: Told) -> None:
    class Broken:
        def put(self, _step: Step, _clip: Clip | None) -> None:
            raise RuntimeError("nobody takes it")

    clips = ClipThread(Broken())
    clips.put([begin(an_event("one"))])
    with pytest.raises(RuntimeError, match="nobody takes it"):
        clips.close()
    with pytest.raises(RuntimeError, match="nobody takes it"):
        clips.put([begin(an_event("two"))])


def test_a_disk_that_hangs_holds_up_no_camera(told: Told, disk: Disk, tmp_path: Path) -> None:
    """The film is watched to its end while its first clip waits for the disk."""
    seconds = 12
    source = write_tiny_film(tmp_path / "film.mp4", seconds, [(4, 7)])
    rule = {"kind": "presence", "labels": ["object"], "inertia": 2}
    app = parse({"cameras": {"gate": {"source": str(source), "rules": [rule]}}})
    camera, detector = Builder(open_home()).camera(app.cameras["gate"])
    shard = Shard(cameras=[(camera, detector)], outbox=told)
    thread = threading.Thread(target=shard.run, args=[threading.Event()])
    thread.start()
    try:
        end_s = time.monotonic() + 60
        while camera.accounted().processed < seconds * RATE or not disk.syncing.is_set():
            assert time.monotonic() < end_s, camera.accounted()
            time.sleep(0.02)
        assert told.steps == []
    finally:
        disk.free.set()
        thread.join(30)
    kinds = [kind for _, kind, _ in told.words()]
    assert kinds[0] == "new"
    assert kinds[-2:] == ["end", "end"]
    assert [with_clip for _, _, with_clip in told.words()][-1]
