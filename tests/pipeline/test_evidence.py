"""What a clip shows, from when to when, of which stream, and what happens when it cannot be cut."""

import itertools
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from structlog.testing import capture_logs

from vigil.config.home import Home, open_home
from vigil.core import Clip, Encoding, Event, Packet, Step, StepKind, uuid7
from vigil.media.clip import clip_at
from vigil.media.encode import Encoder, H264Options
from vigil.media.opening import open_file
from vigil.media.ring import PacketRing
from vigil.pipeline.build import LOOK_BACK_S
from vigil.pipeline.clip_desk import ClipDesk
from vigil.pipeline.evidence import Evidence
from vigil.store import EventStore, Retention

NOON_S = 1_700_049_600.0
RATE = 10


def film(
    seconds: float, *, start_s: float = NOON_S, key_every_s: float = 2.0, width: int = 160
) -> list[Packet]:
    """Ten pictures a second, each a little brighter than the one before."""
    options = H264Options(key_every=round(key_every_s * RATE), repeat_headers=True, live=True)
    encoder = Encoder(source="gate", width=width, height=96, rate=RATE, options=options)
    packets: list[Packet] = []
    for index in range(round(seconds * RATE)):
        picture = np.full((96, width, 3), index % 200, np.uint8)
        packets += encoder.encode(picture, start_s + index / RATE)
    return packets


@dataclass
class Camera:
    """A stream and its evidence, moved by hand. Times count from noon."""

    home: Home
    ring: PacketRing = field(default_factory=lambda: PacketRing(5 + LOOK_BACK_S, 10 << 20))
    main_ring: PacketRing | None = None
    longest_s: float = 300.0
    finished: dict[str, Clip] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.evidence = Evidence(
            self.ring, self.home, main=self.main_ring, longest_s=self.longest_s
        )
        self._desk = ClipDesk(self)
        self._told: dict[str, Clip | None] = {}

    def put(self, step: Step, clip: Clip | None) -> None:
        """What leaves the desk: each event first with its first clip."""
        if step.event.id in self._told and clip is not None:
            self.finished[step.event.id] = clip
        self._told.setdefault(step.event.id, clip)

    def feed(self, packets: Iterable[Packet]) -> None:
        for packet in packets:
            self.ring.append(packet)
            self.evidence.append(packet)
            self._collect()

    def feed_main(self, packets: Iterable[Packet]) -> None:
        assert self.main_ring is not None
        for packet in packets:
            self.main_ring.append(packet)
            self.evidence.append(packet, main=True)
            self._collect()

    def begin(self, start_s: float, *, told_s: float | None = None) -> tuple[Event, Clip | None]:
        start_s += NOON_S
        event = Event(
            id=uuid7(start_s), source="gate", rule="r", claim="c", start_s=start_s, end_s=start_s
        )
        told_s = start_s if told_s is None else NOON_S + told_s
        step = Step(kind=StepKind.NEW, event=event, time_s=told_s)
        self.evidence.tell(step)
        self._collect()
        return event, self._told[event.id]

    def end(self, event: Event, end_s: float) -> None:
        ended = replace(event, end_s=NOON_S + end_s)
        self.evidence.tell(Step(kind=StepKind.END, event=ended, time_s=ended.end_s))
        self._collect()

    def pass_time(self, to_s: float) -> None:
        self.evidence.pass_time(NOON_S + to_s)
        self._collect()

    def close(self) -> None:
        self.evidence.close()
        self._collect()

    def path(self, clip: Clip) -> Path:
        found = clip_at(self.home.clip_file(clip.uri, clip.start_s))
        assert found is not None
        assert found.stat().st_size == clip.size_bytes
        return found

    def files(self) -> list[str]:
        return sorted(each.name for each in self.home.clips.rglob("*") if each.is_file())

    def _collect(self) -> None:
        for order in self.evidence.orders():
            self._desk.carry_out(order)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def camera(home: Home) -> Camera:
    return Camera(home)


def between(packets: Sequence[Packet], start_s: float, end_s: float) -> list[Packet]:
    return [p for p in packets if NOON_S + start_s <= p.time_s < NOON_S + end_s]


def span(clip: Clip) -> tuple[float, float]:
    return round(clip.start_s - NOON_S, 3), round(clip.end_s - NOON_S, 3)


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        assert next(container.demux(video=0)).is_keyframe
        container.seek(0)
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def test_a_clip_shows_the_event_with_five_seconds_before_and_after(camera: Camera) -> None:
    packets = film(40)
    camera.feed(between(packets, 0, 17))
    event, first = camera.begin(16)
    assert first is not None
    assert len(decoded(camera.path(first))) == 70  # a first version is there at once
    camera.feed(between(packets, 17, 21))
    camera.end(event, 20)
    camera.feed(between(packets, 21, 40))

    clip = camera.finished[event.id]
    assert span(clip) == (10, 25)  # from the last key at or before the eleventh second
    pictures = decoded(camera.path(clip))
    shown = [(100 + index) % 200 for index in range(151)]
    assert [picture.mean() for picture in pictures] == pytest.approx(shown, abs=3)
    boxes = camera.path(clip).read_bytes()
    assert boxes.index(b"moov") < boxes.index(b"mdat")
    assert camera.files() == [f"{event.id}.mp4"]


def test_the_lead_is_kept_with_keys_every_five_seconds_and_late_rules(camera: Camera) -> None:
    packets = film(31, key_every_s=4.8)
    camera.feed(packets)
    late_s = LOOK_BACK_S - 0.1
    _, clip = camera.begin(30.9 - late_s, told_s=30.9)
    assert clip is not None
    assert clip.start_s <= NOON_S + 30.9 - late_s - 5


def test_an_event_told_too_late_for_the_ring_begins_with_what_is_there(camera: Camera) -> None:
    camera.feed(film(60))
    event, clip = camera.begin(20, told_s=59.9)
    assert clip is not None
    assert clip.start_s == camera.ring.oldest_s > event.start_s
    camera.feed(film(5, start_s=NOON_S + 60))
    camera.close()
    assert span(camera.finished[event.id]) == (clip.start_s - NOON_S, 64.9)


def test_a_long_event_keeps_the_first_of_its_footage(home: Home) -> None:
    camera = Camera(home, longest_s=20.0)
    packets = film(60)
    camera.feed(between(packets, 0, 9))
    event, _ = camera.begin(8)
    camera.feed(between(packets, 9, 60))
    assert span(camera.finished.pop(event.id)) == (2, 22)
    camera.end(event, 59)
    camera.close()
    assert camera.finished == {}


def test_a_stream_that_ends_ends_its_clips_with_what_there_is(camera: Camera) -> None:
    camera.feed(film(8))
    event, _ = camera.begin(6)
    camera.end(event, 7)
    camera.close()
    assert span(camera.finished[event.id]) == (0, 7.9)
    assert len(decoded(camera.path(camera.finished[event.id]))) == 80


def test_events_that_overlap_have_a_clip_each(camera: Camera) -> None:
    packets = film(40)
    camera.feed(between(packets, 0, 10))
    one, _ = camera.begin(9)
    camera.feed(between(packets, 10, 14))
    two, _ = camera.begin(13)
    camera.feed(between(packets, 14, 20))
    camera.end(two, 16)
    camera.end(one, 19)
    camera.feed(between(packets, 20, 40))
    assert span(camera.finished[one.id]) == (4, 24)
    assert span(camera.finished[two.id]) == (8, 21)
    assert len(camera.files()) == 2


def test_a_new_connection_to_the_same_stream_goes_on_in_the_clip(camera: Camera) -> None:
    camera.feed(film(8))
    event, _ = camera.begin(7)
    camera.feed(film(8, start_s=NOON_S + 11)[3:])  # joined in the middle of a group
    camera.end(event, 14)
    camera.close()
    clip = camera.finished[event.id]
    assert span(clip) == (2, 18.9)
    assert len(decoded(camera.path(clip))) == 60 + 60  # from the first new key on


def test_a_new_connection_with_another_size_ends_the_clip(camera: Camera) -> None:
    camera.feed(film(8))
    event, _ = camera.begin(7)
    camera.feed(film(8, start_s=NOON_S + 11, width=192))
    camera.end(event, 14)
    camera.close()
    assert span(camera.finished[event.id]) == (2, 7.9)
    other, _ = camera.begin(18)
    camera.close()
    assert decoded(camera.path(camera.finished[other.id]))[0].shape == (96, 192)


@pytest.mark.data
@pytest.mark.parametrize(
    "name", ["car-detection.mp4", "aboda_video4.avi", "one-by-one-person-detection.mp4"]
)
def test_clips_of_real_footage_show_every_picture_at_its_time(
    camera: Camera, data: Callable[[str], Path], name: str
) -> None:
    with open_file(data(f"videos/{name}"), name="gate") as demuxer:
        stamped = demuxer.packets(lambda _encoding, pts_s, _now: NOON_S + (pts_s or 0.0))
        packets = list(itertools.takewhile(lambda packet: packet.time_s < NOON_S + 25, stamped))
    told = next(n for n, packet in enumerate(packets) if packet.time_s >= NOON_S + 12)
    camera.feed(packets[:told])
    event, _ = camera.begin(11, told_s=12)
    camera.feed(packets[told:])
    camera.end(event, 14)
    camera.close()

    clip = camera.finished[event.id]
    assert clip.start_s <= NOON_S + 6
    first = next(n for n, packet in enumerate(packets) if packet.time_s == clip.start_s)
    times = sorted(p.time_s for p in packets[first:] if p.encoding.kind == "video")
    with av.open(str(camera.path(clip))) as container:
        shown = [clip.start_s + (frame.time or 0.0) for frame in container.decode(video=0)]
        offset_s = shown[0] - clip.start_s
    assert len(shown) == len(times)
    assert [time_s - offset_s for time_s in shown] == pytest.approx(times, abs=0.002)


def encoded(codec: str, count: int) -> list[Packet]:
    """A second or so of one picture after the other in some other codec."""
    extension = {"mjpeg": ".jpg", "png": ".png"}.get(codec)
    encoding = Encoding(
        kind="video",
        codec=codec,
        extradata=b"",
        time_base=Fraction(1, 90_000),
        width=160,
        height=96,
    )
    context = av.CodecContext.create("libvpx", "w") if codec == "vp8" else None
    if isinstance(context, av.VideoCodecContext):
        context.width, context.height, context.pix_fmt = 160, 96, "yuv420p"
        context.time_base = Fraction(1, RATE)
        context.options = {"lag-in-frames": "0", "deadline": "realtime"}
    packets = []
    for index in range(count):
        picture = np.full((96, 160, 3), index % 200, np.uint8)
        if isinstance(context, av.VideoCodecContext):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = index
            (out,) = context.encode(frame)
            data, key = bytes(out), out.is_keyframe
        else:
            data, key = cv2.imencode(extension, picture)[1].tobytes(), True
        time_s = NOON_S + index / RATE
        packets.append(
            Packet(
                source="gate",
                encoding=encoding,
                data=data,
                pts=index * 9000,
                dts=index * 9000,
                duration=9000,
                key=key,
                time_s=time_s,
                received_s=time_s,
            )
        )
    return packets


@pytest.mark.parametrize(("codec", "extension"), [("mjpeg", "mkv"), ("vp8", "webm")])
def test_other_codecs_are_kept_in_containers_of_their_own(
    camera: Camera, codec: str, extension: str
) -> None:
    packets = encoded(codec, 100)
    camera.feed(packets[:60])
    event, _ = camera.begin(5)
    camera.feed(packets[60:])
    camera.close()
    path = camera.path(camera.finished[event.id])
    assert camera.files() == [path.name] == [f"{event.id}.{extension}"]
    assert len(decoded(path)) == 100


def test_pictures_that_no_clip_can_hold_cost_the_clip_only_and_are_named_once(
    camera: Camera,
) -> None:
    camera.feed(encoded("png", 30))
    with capture_logs() as logs:
        assert [camera.begin(2)[1], camera.begin(2.5)[1]] == [None, None]
    assert [entry["event"] for entry in logs] == ["events stay without clips"]
    assert camera.files() == []


def test_without_any_packet_there_is_no_clip(camera: Camera) -> None:
    with capture_logs() as logs:
        event, clip = camera.begin(2)
    assert clip is None
    assert logs[0]["event"] == "no clip: nothing is in the ring"
    camera.end(event, 3)
    camera.close()
    assert camera.finished == {}


@pytest.fixture
def two_streams(home: Home) -> Camera:
    return Camera(home, main_ring=PacketRing(5 + LOOK_BACK_S, 10 << 20))


def size(path: Path) -> tuple[int, int]:
    height, width = decoded(path)[0].shape
    return width, height


def test_a_clip_is_cut_from_the_main_stream_while_it_flows(two_streams: Camera) -> None:
    camera = two_streams
    camera.feed(film(12))
    camera.feed_main(film(11.5, width=320))  # it comes half a second later
    event, first = camera.begin(11)
    assert first is not None
    camera.end(event, 12)
    camera.feed(film(10, start_s=NOON_S + 12))
    assert camera.finished == {}
    camera.feed_main(film(10, start_s=NOON_S + 11.5, width=320))
    clip = camera.finished[event.id]
    assert span(clip) == (6, 17)
    assert size(camera.path(clip)) == (320, 96)
    assert clip.scale == 2.0


@pytest.mark.parametrize(
    "main",
    [[], film(5, width=320), film(0.4, start_s=NOON_S + 11.6, width=320)],
    ids=["down", "broken off before", "just back"],
)
def test_a_main_stream_that_does_not_show_the_event_is_replaced_by_the_analysed_one(
    two_streams: Camera, main: list[Packet]
) -> None:
    camera = two_streams
    camera.feed(film(12))
    camera.feed_main(main)
    with capture_logs() as logs:
        event, _ = camera.begin(11)
    assert logs[0]["event"] == "the main stream does not show it: the analysed one is kept"
    camera.feed(film(5, start_s=NOON_S + 12))
    camera.close()
    clip = camera.finished[event.id]
    assert span(clip) == (6, 16.9)
    assert size(camera.path(clip)) == (160, 96)
    assert clip.scale == 1.0


def test_a_main_stream_that_falls_silent_holds_no_clip_open(two_streams: Camera) -> None:
    camera = two_streams
    camera.feed(film(12))
    camera.feed_main(film(12, width=320))
    event, _ = camera.begin(11)
    camera.end(event, 12)
    camera.pass_time(18)
    camera.feed(film(10, start_s=NOON_S + 12))
    assert camera.finished == {}
    camera.pass_time(22)
    assert span(camera.finished[event.id]) == (6, 11.9)
    assert camera.files() == [f"{event.id}.mp4"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Four megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = f"a small disk cannot be mounted: {done.stderr.strip()}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def noise(seconds: float, start_s: float) -> list[Packet]:
    """Pictures that do not compress: a megabyte in a few seconds."""
    options = H264Options(crf=18, key_every=RATE, repeat_headers=True, live=True)
    encoder = Encoder(source="gate", width=320, height=192, rate=RATE, options=options)
    random = np.random.default_rng(0)
    packets: list[Packet] = []
    for index in range(round(seconds * RATE)):
        picture = random.integers(0, 255, (192, 320, 3), np.uint8)
        packets += encoder.encode(picture, start_s + index / RATE)
    return packets


def fill_up(disk: Path) -> Path:
    filler = disk / "somebody-elses"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 512)
    return filler


def test_a_clip_that_found_no_room_at_its_end_is_completed_when_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    home = open_home(small_disk / "home")
    camera = Camera(home)
    camera.feed(film(8))
    event, first = camera.begin(7)
    with closing(EventStore(tmp_path / "events.db", home.clips)) as store:
        store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), first)
        camera.feed(film(5, start_s=NOON_S + 8))
        filler = fill_up(small_disk)
        with capture_logs() as logs:
            camera.close()
        assert [entry["event"] for entry in logs] == ["clip not finished"]
        assert len(decoded(camera.path(first))) == 60

        retention = Retention(store, days=None, gb=None, reserve_mb=0)
        retention.sweep(NOON_S)  # there is no room yet
        assert store.events()[0].clip == first
        filler.unlink()
        retention.sweep(NOON_S)
        clip = store.events()[0].clip
        assert span(clip) == (2, 12.9)
        assert len(decoded(camera.path(clip))) == 110
        assert len(camera.files()) == 2  # the clip, and the folder's mark


def test_a_disk_that_fills_up_costs_the_clip_and_clips_go_on_when_there_is_room(
    small_disk: Path,
) -> None:
    camera = Camera(open_home(small_disk / "home"))
    camera.feed(noise(1, NOON_S))
    event, first = camera.begin(0.9)
    assert first is not None
    with capture_logs() as logs:
        camera.feed(noise(20, NOON_S + 1))
    assert [entry["event"] for entry in logs] == ["clip cut short"]
    assert len(decoded(camera.path(first))) == 10  # the first version stands
    assert camera.files() == [f"{event.id}.mp4"]

    filler = fill_up(small_disk)
    with capture_logs() as logs:
        assert camera.begin(8.5, told_s=8.9)[1] is None
    assert [entry["event"] for entry in logs] == ["no clip"]
    assert camera.files() == [f"{event.id}.mp4"]

    filler.unlink()
    camera.ring.clear()
    camera.feed(film(3, start_s=NOON_S + 9))
    after, clip = camera.begin(10)
    camera.close()
    assert clip is not None
    assert len(decoded(camera.path(camera.finished[after.id]))) == 30
