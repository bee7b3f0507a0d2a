"""A clip whose writer was killed is completed, and its row says so."""

import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from growing_writer import KEY_EVERY, RATE
from store_values import a_step, an_event

from vigil.config.home import Home, clip_place, open_home
from vigil.core import Clip, Encoding, Packet, StoreError, uuid7
from vigil.media.clip import ClipWriter, write_clip
from vigil.media.encode import Encoder
from vigil.media.opening import open_file
from vigil.store import EventStore, Retention, SteadyStore, Swept
from vigil.testing.hands import NOON_S, Hands

WRITER = Path(__file__).with_name("growing_writer.py")


def recorded(count: int = 150) -> list[Packet]:
    """25 pictures a second with a key every two seconds, from noon on."""
    encoder = Encoder(source="gate", width=160, height=96, rate=25)
    packets: list[Packet] = []
    for index in range(count):
        packets += encoder.encode(np.full((96, 160, 3), index % 200, np.uint8), NOON_S + index / 25)
    return packets


PACKETS = recorded()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def store(home: Home, clock: Hands) -> EventStore:
    return EventStore(home.database, home.clips, clock=clock)


def pictures(path: Path) -> list[float]:
    with open_file(path) as demuxer:
        found = list(demuxer.packets(lambda _encoding, pts_s, _now: NOON_S + (pts_s or 0.0)))
    assert found[0].key
    return [packet.time_s for packet in found]


def begin(home: Home, store: EventStore, packets: list[Packet]) -> tuple[ClipWriter, Clip]:
    """The first version of an event's clip, in its place and in the database."""
    event = an_event(id=uuid7(NOON_S))
    uri = f"clip:local/{event.id}"
    writer = ClipWriter(home.clip_file(uri, NOON_S))
    made = writer.begin(packets)
    clip = Clip(
        uri=uri, source="gate", start_s=NOON_S, end_s=made.end_s, size_bytes=made.size_bytes
    )
    store.record(a_step(event), clip)
    return writer, clip


def as_if_killed(writer: ClipWriter) -> None:
    """What the kernel does for a killed process: let go of its locks, and write nothing more."""
    assert writer._growing is not None
    writer._growing._let_go()


def test_a_kill_in_the_middle_of_a_clip_costs_less_than_a_group_of_pictures(home: Home) -> None:
    start_s = float(int(time.time()))
    event_id = uuid7(start_s)
    command = [sys.executable, str(WRITER), str(home.path), event_id, str(start_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        index = 0
        while index < 95:
            line = process.stdout.readline()
            assert line, "the writer died by itself"
            index = int(line)
        process.kill()
    assert process.returncode == -signal.SIGKILL

    with closing(EventStore(home.database, home.clips)) as store:
        first = store.event(event_id).clip
        assert first.end_s == pytest.approx(start_s + 30 / RATE)
        retention = Retention(store, reserve_mb=0)
        healed = SteadyStore(store, retention, home.spill).start()
        assert healed.clips_completed == 1

        clip, path = store.event(event_id).clip, store.clip_path(first.uri)
        assert clip.end_s >= start_s + (index - KEY_EVERY) / RATE
        assert clip.size_bytes == path.stat().st_size > first.size_bytes
        assert len(pictures(path)) == round((clip.end_s - start_s) * RATE) + 1
        assert [file.name for file in home.clips.rglob("*.mp4")] == [path.name]
        assert retention.reconcile(time.time() + 3600).files_removed == 0


def test_a_clip_whose_writer_lives_is_left_alone(home: Home, store: EventStore) -> None:
    writer, clip = begin(home, store, PACKETS[:70])
    for packet in PACKETS[70:]:
        writer.append(packet)
    assert Retention(store, reserve_mb=0).reconcile(NOON_S).clips_completed == 0
    assert store.events()[0].clip == clip
    assert writer.close().end_s == pytest.approx(NOON_S + 149 / 25)


def test_a_sweep_completes_what_a_dead_shard_left(home: Home, store: EventStore) -> None:
    writer, clip = begin(home, store, PACKETS[:70])
    for packet in PACKETS[70:]:
        writer.append(packet)
    as_if_killed(writer)
    assert Retention(store, reserve_mb=0).sweep(NOON_S) == Swept()
    longer = store.events()[0].clip
    # What came within the last third of a second is lost.
    kept = len(pictures(store.clip_path(clip.uri)))
    assert 150 - 25 / 3 - 1 <= kept <= 150
    assert longer.end_s == pytest.approx(NOON_S + (kept - 1) / 25)
    assert longer.end_s > clip.end_s


def test_a_clip_that_is_no_mp4_is_completed_likewise(home: Home, store: EventStore) -> None:
    packets = jpegs(150)
    writer, clip = begin(home, store, packets[:20])
    for packet in packets[20:]:
        writer.append(packet)
    as_if_killed(writer)
    assert Retention(store, reserve_mb=0).reconcile(NOON_S).clips_completed == 1
    path = store.clip_path(clip.uri)
    assert path.suffix == ".mkv"
    completed = store.events()[0].clip
    assert completed.end_s == pytest.approx(pictures(path)[-1])
    assert completed.end_s > packets[-1].time_s - 6


def test_what_was_appended_is_let_go_when_the_first_version_is_as_long(
    home: Home, store: EventStore
) -> None:
    writer, clip = begin(home, store, PACKETS[:70])
    writer.append(PACKETS[70])
    as_if_killed(writer)  # before one more group of pictures was whole
    assert Retention(store, reserve_mb=0).reconcile(NOON_S).clips_completed == 0
    assert store.events()[0].clip == clip
    assert len(pictures(store.clip_path(clip.uri))) == 70
    assert list(store.folder.growing()) == []


def test_a_clip_that_no_event_knows_is_removed_with_all_that_belongs_to_it(
    home: Home, store: EventStore
) -> None:
    writer, known = begin(home, store, PACKETS)
    unknown = ClipWriter(home.clip_file("clip:local/unknown", NOON_S))
    unknown.begin(PACKETS[:70])
    as_if_killed(unknown)
    (home.clips / "2023-11-15" / ".unknown.new.mp4").write_bytes(b"half a first version")
    healed = Retention(store, reserve_mb=0).reconcile(time.time() + 3600)
    left = sorted(file.name for file in (home.clips / "2023-11-15").iterdir())
    assert healed.files_removed == 3
    assert left == [f".{known.uri[11:]}.growing.mp4", f"{known.uri[11:]}.mp4"]
    writer.close()


def test_a_clip_replaced_just_before_a_crash_gets_its_true_length(
    home: Home, store: EventStore
) -> None:
    writer, clip = begin(home, store, PACKETS[:70])
    for packet in PACKETS[70:]:
        writer.append(packet)
    writer.close()  # and the crash comes before the row
    healed = Retention(store, reserve_mb=0).reconcile(NOON_S)
    corrected = store.events()[0].clip
    assert healed.sizes_corrected == 1
    assert corrected.end_s == pytest.approx(NOON_S + 150 / 25, abs=0.05)
    assert corrected.size_bytes == store.clip_path(clip.uri).stat().st_size


@pytest.mark.parametrize(("codec", "extension"), [("mjpeg", ".mkv"), ("h264", ".mp4")])
def test_a_clip_is_found_whatever_its_container(
    home: Home, store: EventStore, codec: str, extension: str
) -> None:
    packets = PACKETS if codec == "h264" else jpegs(20)
    event = an_event(id=uuid7(NOON_S))
    uri = f"clip:local/{event.id}"
    made = write_clip(home.clip_file(uri, NOON_S), packets)
    clip = Clip(
        uri=uri, source="gate", start_s=NOON_S, end_s=made.end_s, size_bytes=made.size_bytes
    )
    store.record(a_step(event), clip)

    retention = Retention(store, days=1, reserve_mb=0)
    assert retention.reconcile(time.time() + 3600).files_removed == 0
    assert store.clip_path(uri) == (home.clips / clip_place(uri, NOON_S)).with_suffix(extension)
    assert len(pictures(store.clip_path(uri))) == len(packets)
    assert retention.sweep(NOON_S + 2 * 86_400.0).clips == 1
    with pytest.raises(StoreError, match="no clip"):
        store.clip_path(uri)
    assert [file for file in home.clips.rglob("*") if file.suffix == extension] == []


def jpegs(count: int) -> list[Packet]:
    encoding = Encoding(
        kind="video",
        codec="mjpeg",
        extradata=b"",
        time_base=PACKETS[0].encoding.time_base,
        width=160,
        height=96,
    )
    data = cv2.imencode(".jpg", np.zeros((96, 160, 3), np.uint8))[1].tobytes()
    return [
        Packet(
            source="gate",
            encoding=encoding,
            data=data,
            pts=None,
            dts=None,
            duration=0,
            key=True,
            time_s=NOON_S + index / 5,
            received_s=NOON_S + index / 5,
        )
        for index in range(count)
    ]
