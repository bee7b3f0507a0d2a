"""From a source to the clip of an event on the disk, as a shard does it."""

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import psutil
import pytest

from vigil.config import open_home, parse
from vigil.core import Clip, Step, StepKind
from vigil.media.encode import Encoder, H264Options, HevcOptions
from vigil.pipeline.build import Builder
from vigil.pipeline.camera import Camera
from vigil.pipeline.shard import Shard
from vigil.pipeline.stats import camera_stats
from vigil.store import EventStore, Retention, SteadyStore
from vigil.testing.rtsp_server import RtspServer, looped

RATE = 12
PRESENCE = {"kind": "presence", "labels": ["object"], "inertia": 2}


@functools.cache
def wall(width: int) -> np.ndarray:
    """Brightness of a textured wall."""
    rows, columns = np.mgrid[0 : width * 9 // 16, 0:width]
    waves = np.sin(columns * 40 / width) + np.sin(rows * 71 / width)
    return (90 + 20 * waves).astype(np.uint8)


def picture(at_s: float, *, width: int, comes_s: float, goes_s: float) -> np.ndarray:
    """The wall, and a bright square that crosses it from `comes_s` to `goes_s`."""
    height = width * 9 // 16
    rgb = np.repeat(wall(width)[:, :, None], 3, axis=2)
    if comes_s <= at_s < goes_s:
        side = height // 4
        left = round((at_s - comes_s) / (goes_s - comes_s) * (width - side))
        rgb[height // 2 : height // 2 + side, left : left + side] = 235
    return rgb


def write_film(
    path: Path,
    *,
    seconds: float,
    width: int = 320,
    sound: bool = False,
    codec: str = "libx264",
) -> Path:
    """A key a second; a square is there from 10 s to 14 s. Sound: a tone in AAC."""
    height = width * 9 // 16
    options = {"libx264": {"preset": "ultrafast"}, "libvpx": {"deadline": "realtime"}}
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=RATE, options=options.get(codec))
        video.width, video.height = width, height
        video.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        video.bit_rate = 2_000_000
        video.codec_context.gop_size = RATE
        audio = container.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for index in range(round(seconds * RATE)):
            rgb = picture(index / RATE, width=width, comes_s=10, goes_s=14)
            container.mux(video.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(video.encode(None))
        if audio is not None:
            for index in range(round(seconds * 16_000 / 1024)):
                at = (np.arange(1024) + index * 1024) / 16_000
                wave = (0.3 * np.sin(at * 2 * np.pi * 440)).astype(np.float32)[None]
                frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                frame.sample_rate, frame.pts = 16_000, index * 1024
                frame.time_base = Fraction(1, 16_000)
                container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path


@dataclass
class Recorded:
    """An outbox that writes into a store at once, and the shard's camera."""

    store: SteadyStore
    steps: list[Step] = field(default_factory=list)
    camera: Camera | None = None

    def put(self, step: Step, clip: Clip | None) -> None:
        self.store.record(step, clip)
        self.steps.append(step)

    @property
    def clips(self) -> list[Clip]:
        return [each.clip for each in self.store.store.events() if each.clip is not None]

    def path(self, clip: Clip) -> Path:
        path = self.store.store.clip_path(clip.uri)
        assert path.stat().st_size == clip.size_bytes
        return path


@contextmanager
def recording(**camera: Any) -> Iterator[tuple[Recorded, Shard]]:
    settings = {"rules": [PRESENCE], "detector": "motion", **camera}
    app = parse({"cameras": {"gate": settings}})
    home = open_home()
    events = EventStore(home.database, home.clips)
    store = SteadyStore(events, Retention(events, reserve_mb=0), home.spill)
    store.start()
    recorded = Recorded(store)
    recorded.camera, detector = Builder(home).camera(app.cameras["gate"])
    yield recorded, Shard(cameras=[(recorded.camera, detector)], outbox=recorded)
    assert store.retention.reconcile(time.time() + 3600).files_removed == 0
    store.close()


def probed(path: Path) -> dict[str, Any]:
    """What ffprobe says of a file, every picture decoded."""
    if shutil.which("ffprobe") is None and not os.environ.get("CI"):
        pytest.skip("ffprobe is not installed")
    question = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format"]
    command = [*question, "-of", "json", str(path)]
    answer = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True)
    assert answer.stderr == ""
    found = json.loads(answer.stdout)
    streams = {stream["codec_type"]: stream for stream in found["streams"]}
    return {**streams, "seconds": float(found["format"]["duration"])}


def first_is_key(path: Path) -> bool:
    with av.open(str(path)) as container:
        return bool(next(container.demux(video=0)).is_keyframe)


def test_a_clip_of_a_file_shows_its_event_with_sound(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=25, sound=True)
    with recording(source=str(film)) as (recorded, shard):
        shard.run(threading.Event())
        event = next(step.event for step in recorded.steps if step.kind is StepKind.END)
        (clip,) = recorded.clips
        path = recorded.path(clip)

        assert 9.5 <= event.start_s <= 11.5
        assert event.start_s - 6.1 <= clip.start_s <= event.start_s - 5  # a key a second
        assert clip.end_s == pytest.approx(event.end_s + 5, abs=1.5 / RATE)
        assert clip.audio
        found = probed(path)
        assert found["audio"]["codec_name"] == "aac"
        pictures = round((clip.end_s - clip.start_s) * RATE) + 1
        assert int(found["video"]["nb_read_frames"]) == pictures
        assert found["seconds"] == pytest.approx(clip.end_s - clip.start_s, abs=0.2)
        assert float(found["audio"]["duration"]) == pytest.approx(found["seconds"], abs=0.3)
        assert first_is_key(path)
        data = path.read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")


def test_a_camera_with_a_main_stream_keeps_its_clips_in_full_size(tmp_path: Path) -> None:
    sub = write_film(tmp_path / "sub.mp4", seconds=22)
    main = write_film(tmp_path / "main.mp4", seconds=22, width=640, sound=True)
    with recording(sub=str(sub), main=str(main)) as (recorded, shard):
        shard.run(threading.Event())
        (clip,) = recorded.clips
        found = probed(recorded.path(clip))
        assert (found["video"]["width"], clip.audio) == (640, True)
        assert clip.end_s - clip.start_s > 13
        assert recorded.camera is not None
        figures = camera_stats(recorded.camera)
        assert figures["main_ring_bytes"] > figures["ring_bytes"] > 0


@pytest.mark.parametrize(
    ("codec", "written", "kept"), [("libvpx", ".webm", ".webm"), ("mjpeg", ".avi", ".mkv")]
)
def test_a_source_of_another_codec_has_clips_that_are_found_and_let_go(
    tmp_path: Path, codec: str, written: str, kept: str
) -> None:
    film = write_film(tmp_path / f"film{written}", seconds=22, codec=codec)
    with recording(source=str(film)) as (recorded, shard):
        shard.run(threading.Event())
        (clip,) = recorded.clips
        path = recorded.path(clip)
        assert path.suffix == kept
        pictures = round((clip.end_s - clip.start_s) * RATE) + 1
        assert int(probed(path)["video"]["nb_read_frames"]) == pictures > 13 * RATE
        days = Retention(recorded.store.store, days=1, reserve_mb=0)
        assert days.sweep(time.time() + 2 * 86_400).clips == 1
        assert not path.exists()


def test_a_folder_of_png_images_has_events_without_clips(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for index in range(20 * 4):
        rgb = picture(index / 4, width=320, comes_s=10, goes_s=14)
        cv2.imwrite(str(folder / f"{index}.png"), rgb)
    source = {"kind": "images", "path": str(folder), "rate": 4}
    with recording(source=source) as (recorded, shard):
        shard.run(threading.Event())
        assert [step.kind for step in recorded.steps][-1] is StepKind.END
        assert recorded.clips == []


def test_a_main_stream_that_cannot_be_opened_costs_nothing_but_its_size(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=20)
    nothing = tmp_path / "nothing.mp4"
    nothing.write_text("no film")
    with recording(sub=str(film), main=str(nothing)) as (recorded, shard):
        shard.run(threading.Event())
        (clip,) = recorded.clips
        assert probed(recorded.path(clip))["video"]["width"] == 320
        assert recorded.camera is not None
        recorded.camera.check()
        assert camera_stats(recorded.camera)["main_state"] == "ended"


def live(width: int, options_of: type[H264Options | HevcOptions] = H264Options) -> Any:
    """A feed with a square that comes again and again."""
    options = options_of(key_every=RATE, repeat_headers=True, live=True)
    encoder = Encoder(
        source="gate", width=width, height=width * 9 // 16, rate=RATE, options=options
    )
    return looped(
        packet
        for index in range(8 * RATE)
        for packet in encoder.encode(
            picture(index / RATE, width=width, comes_s=4, goes_s=6), index / RATE
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_camera_that_sends_hevc_is_watched_and_kept(transport: str) -> None:
    with RtspServer({"cam": live(320, HevcOptions)}) as server:
        source = {"kind": "stream", "url": server.url("cam"), "transport": transport}
        record = {"pre_capture": 1, "post_capture": 1}
        with recording(source=source, record=record) as (recorded, shard):
            stop = threading.Event()
            thread = threading.Thread(target=shard.run, args=(stop,))
            thread.start()
            try:
                wait_for(lambda: any(step.kind is StepKind.END for step in recorded.steps))
                ended = next(s.event for s in recorded.steps if s.kind is StepKind.END)
                wait_for(lambda: recorded.clips[-1].end_s >= ended.end_s + 0.9)
            finally:
                stop.set()
                thread.join()
            clip = recorded.clips[-1]
            path = recorded.path(clip)
            video = probed(path)["video"]
            assert (video["codec_name"], video["codec_tag_string"]) == ("hevc", "hvc1")
            assert (video["width"], video["height"]) == (320, 180)
            assert int(video["nb_read_frames"]) == round((clip.end_s - clip.start_s) * RATE) + 1
            assert first_is_key(path)


@pytest.mark.slow
def test_a_stop_in_the_middle_of_an_event_leaves_whole_clips_of_both_streams() -> None:
    """Over RTSP: first with its main stream, which then freezes, so that the next is the sub's."""
    with RtspServer({"sub": live(320)}) as server, RtspServer({"main": live(640)}) as other:
        sub, main = server.url("sub"), other.url("main")
        record = {"pre_capture": 1, "post_capture": 1}
        with recording(sub=sub, main=main, record=record) as (recorded, shard):
            stop = threading.Event()
            thread = threading.Thread(target=shard.run, args=(stop,))
            thread.start()
            try:
                wait_for(lambda: len(began(recorded)) == 1)
                wait_for(lambda: recorded.clips[0].end_s > began(recorded)[0].event.end_s + 0.5)
                other.freeze()
                wait_for(lambda: len(began(recorded)) == 2)
                time.sleep(0.5)
            finally:
                asked_s = time.monotonic()
                stop.set()
                thread.join()
            assert time.monotonic() - asked_s < 2.0
            widths = [
                probed(recorded.path(clip))["video"]["width"]
                for clip in sorted(recorded.clips, key=lambda clip: clip.start_s)
            ]
            assert widths == [640, 320]


def run_vigil(config: Path) -> subprocess.Popen[bytes]:
    program = "from vigil.cli import main; main()"
    with (config.parent / "log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-c", program, "run", str(config)], stdout=log, stderr=log
        )


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """The program and its shards, as if the machine had gone down."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for each in family:
        each.kill()
    process.wait()


@pytest.mark.slow
def test_after_a_crash_the_clip_of_a_lasting_event_is_whole_and_known(tmp_path: Path) -> None:
    events = EventStore(open_home().database, open_home().clips)
    with RtspServer({"sub": live(320)}) as server, RtspServer({"main": live(640)}) as other:
        config = tmp_path / "vigil.yaml"
        config.write_text(
            f"home: {open_home().path}\nmetrics: off\ndetector: motion\n"
            "record: {pre_capture: 1, post_capture: 60}\n"
            "rules: [{kind: presence, labels: [object], inertia: 2}]\n"
            f"cameras: {{gate: {{sub: '{server.url('sub')}', main: '{other.url('main')}'}}}}\n"
        )
        process = run_vigil(config)
        try:
            wait_for(lambda: clips_of(events) != [])
            time.sleep(4)
        finally:
            kill_all(process)
        cut_short = clips_of(events)[-1]
        process = run_vigil(config)
        try:
            wait_for(lambda: clips_of(events)[-1].end_s > cut_short.end_s + 2)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0
    for clip in clips_of(events):
        path = events.clip_path(clip.uri)
        found = probed(path)
        assert path.stat().st_size == clip.size_bytes
        assert found["seconds"] == pytest.approx(clip.end_s - clip.start_s, abs=0.5)
        assert first_is_key(path)
    events.close()
    files = [each.name for each in open_home().clips.rglob("*.*") if each.suffix == ".mp4"]
    assert len(files) == len(clips_of(events))


def clips_of(events: EventStore) -> list[Clip]:
    """Newest first."""
    return [each.clip for each in events.events() if each.clip is not None]


def began(recorded: Recorded) -> list[Step]:
    return [step for step in recorded.steps if step.kind is StepKind.NEW]


def wait_for(what: Any, *, at_most_s: float = 30.0) -> None:
    end_s = time.monotonic() + at_most_s
    while not what():
        assert time.monotonic() < end_s, "it never happened"
        time.sleep(0.05)
