"""Clips on disk: playable, whole, and never half a file under their name."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vigil.core import Encoding, Packet, StoreError, durable
from vigil.media.clip import ClipFile, ClipWriter, clip_at, finish_growing, write_clip
from vigil.media.encode import Encoder
from vigil.media.opening import open_file

START_S = 1_700_000_000.0


def recorded(count: int = 150, *, start_s: float = START_S, width: int = 160) -> list[Packet]:
    """25 pictures a second with a key every two seconds."""
    encoder = Encoder(source="door", width=width, height=96, rate=25)
    packets: list[Packet] = []
    for index in range(count):
        rgb = np.full((96, width, 3), index % 200, np.uint8)
        packets += encoder.encode(rgb, start_s + index / 25)
    return packets + encoder.flush()


PACKETS = recorded()


def read(path: Path) -> list[Packet]:
    with open_file(path) as demuxer:
        return list(demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0))


def top_boxes(path: Path) -> list[bytes]:
    """Kinds of the outermost boxes of an MP4 (ISO/IEC 14496-12)."""
    data, at, kinds = path.read_bytes(), 0, []
    while at < len(data):
        kinds.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return kinds


def test_a_clip_holds_the_very_bytes_of_the_pictures(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "event", PACKETS)
    assert clip == ClipFile(
        path=tmp_path / "event.mp4",
        start_s=START_S,
        end_s=pytest.approx(START_S + 149 / 25),
        size_bytes=(tmp_path / "event.mp4").stat().st_size,
        audio=False,
    )
    again = read(clip.path)
    assert [p.time_s for p in again] == pytest.approx([index / 25 for index in range(150)])
    # MP4 writes each slice's length where the stream has a start code of as many bytes.
    assert [p.data[4:] for p in again[1:50]] == [p.data[4:] for p in PACKETS[1:50]]


def test_the_index_comes_first_and_nothing_else_is_left(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "event", PACKETS)
    kinds = top_boxes(clip.path)
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert os.listdir(tmp_path) == ["event.mp4"]


def test_the_room_kept_for_the_index_is_enough_at_the_worst(tmp_path: Path) -> None:
    """Every picture a key, shown out of order, at its own distance, each with sound after it."""
    random = np.random.default_rng(0)
    speech = Encoding(
        kind="audio",
        codec="aac",
        extradata=b"\x12\x08",
        time_base=Fraction(1, 44_100),
        sample_rate=44_100,
        channels=1,
    )
    packets: list[Packet] = []
    time_s = START_S
    for _ in range(3000):
        time_s += random.uniform(0.001, 0.2)
        reordered = int(random.integers(0, 9000))
        packets.append(replace(PACKETS[0], time_s=time_s, pts=reordered, dts=0, data=bytes(9)))
        packets.append(replace(PACKETS[0], encoding=speech, time_s=time_s, data=bytes(9)))
    clip = write_clip(tmp_path / "event", packets)
    kinds = top_boxes(clip.path)
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert clip.size_bytes < sum(len(p.data) for p in packets) + 8192 + 48 * len(packets) + 500


def test_a_clip_begins_with_a_key(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "event", PACKETS[30:])
    assert clip.start_s == START_S + 2
    assert read(clip.path)[0].key


def test_without_a_key_there_is_no_clip_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no key picture"):
        write_clip(tmp_path / "event", PACKETS[1:40])
    assert os.listdir(tmp_path) == []


def test_missing_and_jumping_stream_times_do_not_matter(tmp_path: Path) -> None:
    odd = [
        replace(p, pts=None if index % 3 else 10**9 * index, dts=None)
        for index, p in enumerate(PACKETS)
    ]
    clip = write_clip(tmp_path / "event", odd)
    assert [p.time_s for p in read(clip.path)] == pytest.approx([n / 25 for n in range(150)])


def test_a_reconnect_to_the_same_stream_stays_in_one_clip(tmp_path: Path) -> None:
    later = recorded(60, start_s=START_S + 20)
    clip = write_clip(tmp_path / "event", PACKETS + later[5:])
    times = [p.time_s for p in read(clip.path)]
    assert len(times) == 150 + 10  # the new connection counts from its first key
    assert times[150] == pytest.approx(22.0)


def test_a_picture_of_another_size_ends_the_clip(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "event", PACKETS + recorded(50, start_s=START_S + 9, width=192))
    assert clip.end_s == pytest.approx(START_S + 149 / 25)


def test_a_rotated_stream_stays_rotated(tmp_path: Path) -> None:
    turned = replace(PACKETS[0].encoding, rotation=90)
    clip = write_clip(tmp_path / "event", [replace(p, encoding=turned) for p in PACKETS])
    with open_file(clip.path) as demuxer:
        assert demuxer.video.rotation == 90


def test_a_codec_that_no_container_takes_is_named(tmp_path: Path) -> None:
    gif = replace(PACKETS[0], encoding=replace(PACKETS[0].encoding, codec="gif"))
    with pytest.raises(StoreError, match="'gif' cannot be kept"):
        write_clip(tmp_path / "event", [gif])


def test_a_clip_is_found_whatever_its_container(tmp_path: Path) -> None:
    assert clip_at(tmp_path / "event.mp4") is None
    mjpeg = replace(PACKETS[0].encoding, codec="mjpeg", extradata=b"")
    jpeg = cv2.imencode(".jpg", np.zeros((96, 160, 3), np.uint8))[1].tobytes()
    clip = write_clip(tmp_path / "event.mp4", [replace(PACKETS[0], encoding=mjpeg, data=jpeg)])
    assert clip.path == tmp_path / "event.mkv" == clip_at(tmp_path / "event.mp4")


def test_a_disk_that_refuses_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "sync", full)
    with pytest.raises(StoreError, match="No space left"):
        write_clip(tmp_path / "event", PACKETS)
    assert os.listdir(tmp_path) == []


def test_file_is_synced_before_it_is_named_and_its_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []
    sync = durable.sync

    def watched(path: Path) -> None:
        seen.append((path.name, (tmp_path / "event.mp4").exists()))
        sync(path)

    monkeypatch.setattr(durable, "sync", watched)
    write_clip(tmp_path / "event", PACKETS)
    assert seen == [(".event.new.mp4", False), (tmp_path.name, True)]


def test_a_growing_clip_is_there_at_once_and_whole_at_the_end(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "event")
    first = writer.begin(PACKETS[:70])
    assert len(read(first.path)) == 70
    for packet in PACKETS[70:]:
        writer.append(packet)
    assert len(read(first.path)) == 70
    whole = writer.close()

    assert whole.path == first.path
    assert (whole.start_s, whole.end_s) == (START_S, pytest.approx(START_S + 149 / 25))
    assert [p.time_s for p in read(whole.path)] == pytest.approx([n / 25 for n in range(150)])
    assert top_boxes(whole.path)[1] == b"moov"
    assert os.listdir(tmp_path) == ["event.mp4"]


def test_a_disk_that_is_full_at_the_end_costs_no_footage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    writer = ClipWriter(tmp_path / "event")
    writer.begin(PACKETS[:70])
    for packet in PACKETS[70:]:
        writer.append(packet)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "sync", full)
        with pytest.raises(StoreError, match="No space left"):
            writer.close()
    assert len(read(tmp_path / "event.mp4")) == 70

    whole = finish_growing(tmp_path / "event.mp4", START_S)
    assert whole is not None
    assert len(read(whole.path)) == 150
    assert os.listdir(tmp_path) == ["event.mp4"]


def test_an_abandoned_clip_keeps_its_first_version(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "event")
    writer.begin(PACKETS[:70])
    writer.append(PACKETS[70])
    writer.abandon()
    assert len(read(tmp_path / "event.mp4")) == 70
    assert os.listdir(tmp_path) == ["event.mp4"]
    with pytest.raises(StoreError, match="has not begun"):
        writer.append(PACKETS[71])


def test_a_killed_writer_leaves_a_clip_that_can_be_completed(tmp_path: Path) -> None:
    code = f"""
import importlib.util, os, signal, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("there", {__file__!r})
there = importlib.util.module_from_spec(spec); spec.loader.exec_module(there)
writer = there.ClipWriter(Path({str(tmp_path)!r}) / "event")
writer.begin(there.PACKETS[:70])
for packet in there.PACKETS[70:]:
    writer.append(packet)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert len(read(tmp_path / "event.mp4")) == 70

    whole = finish_growing(tmp_path / "event.mp4", START_S)
    assert whole is not None
    # What was in the making is lost: a third of a second.
    assert len(PACKETS) - 10 <= len(read(whole.path)) < len(PACKETS)
    assert os.listdir(tmp_path) == ["event.mp4"]
    assert finish_growing(whole.path, START_S) is None


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("videos/car-detection.mp4", True),
        ("videos/aboda_video4.avi", False),
        ("robust/moviepy/fire2.mp4", True),
        ("robust/moviepy/no_duration.webm", True),
        ("robust/torchcodec/av1_video.mkv", False),
        ("robust/torchcodec/h265_10bits.mp4", False),
        ("robust/torchcodec/sine_stereo_mp2.mpg", True),
        ("robust/torchcodec/nasa_13013.mp4", True),
    ],
)
def test_real_footage_stays_playable_with_its_sound(
    data: Callable[[str], Path], tmp_path: Path, name: str, sound: bool
) -> None:
    with open_file(data(name)) as demuxer:
        packets = list(demuxer.packets(lambda _encoding, pts_s, _now: START_S + (pts_s or 0.0)))
    pictures = [p for p in packets if p.encoding.kind == "video"]
    clip = write_clip(tmp_path / "event", packets)

    assert clip.audio is sound
    with av.open(str(clip.path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == len(pictures)
        assert len(container.streams.audio) == sound
    if shutil.which("ffprobe") is None and not os.environ.get("CI"):
        pytest.skip("ffprobe is not installed")
    question = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json"]
    answer = subprocess.run([*question, clip.path], capture_output=True, check=True, timeout=60)
    streams = {s["codec_type"]: s for s in json.loads(answer.stdout)["streams"]}
    assert int(streams["video"]["nb_read_frames"]) == len(pictures)
    assert ("audio" in streams) is sound


@pytest.mark.parametrize("codec", ["pcm_alaw", "pcm_mulaw"])
def test_telephone_sound_is_kept_as_aac_in_step_with_the_pictures(
    tmp_path: Path, codec: str
) -> None:
    g711 = Encoding(
        kind="audio",
        codec=codec,
        extradata=b"",
        time_base=Fraction(1, 8000),
        sample_rate=8000,
        channels=1,
    )
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 8000, "mono", "s16"
    packets = list(PACKETS)
    for index in range(200):  # 20 ms each; a tone from the third second on
        at = np.arange(160) + index * 160
        loud = 12_000 if index >= 100 else 0
        wave = (np.sin(at / 8000 * 2 * np.pi * 440) * loud).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        frame.sample_rate = 8000
        (data,) = (bytes(packet) for packet in encoder.encode(frame))
        time_s = START_S + index / 50
        packets.append(
            replace(PACKETS[0], encoding=g711, data=data, pts=index * 160, time_s=time_s)
        )
    packets = [PACKETS[0], *sorted(packets[1:], key=lambda packet: packet.time_s)]
    clip = write_clip(tmp_path / "event", packets)

    assert clip.audio
    with av.open(str(clip.path)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        waves = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    wave = np.concatenate(waves)
    loud_from = np.argmax(np.abs(wave) > 0.1) / 8000
    assert loud_from == pytest.approx(2.0, abs=0.15)
    assert len(wave) / 8000 == pytest.approx(4.0, abs=0.3)


def test_sound_without_a_place_is_left_out(tmp_path: Path) -> None:
    odd = replace(PACKETS[0].encoding, kind="audio", codec="amr_nb", sample_rate=8000, channels=1)
    packets = [PACKETS[0], replace(PACKETS[0], encoding=odd), *PACKETS[1:]]
    clip = write_clip(tmp_path / "event", packets)
    assert not clip.audio
    assert len(read(clip.path)) == 150
