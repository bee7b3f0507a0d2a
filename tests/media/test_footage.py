"""The pictures of clips: at their times, upright, masked, and as far as they are on the disk."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from vigil.core import Box, Footage, Frame, Packet, SourceError
from vigil.media.clip import ClipWriter, growing_beside, write_clip
from vigil.media.encode import Encoder, VideoWriter
from vigil.media.footage import ClipFootage
from vigil.media.limits import Limits
from vigil.media.opening import open_file

START_S = 1_700_000_000.0
RATE = 25
CORNER = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))


def recorded(count: int, *, width: int = 160, height: int = 96) -> list[Packet]:
    """Ever brighter pictures, with a key every two seconds."""
    encoder = Encoder(source="door", width=width, height=height, rate=RATE)
    packets: list[Packet] = []
    for index in range(count):
        rgb = np.full((height, width, 3), 40 + index % 200, np.uint8)
        packets += encoder.encode(rgb, START_S + index / RATE)
    return packets + encoder.flush()


PACKETS = recorded(150)


@pytest.fixture
def clip(tmp_path: Path) -> ClipFootage:
    return ClipFootage(write_clip(tmp_path / "event", PACKETS).path, START_S)


def brightness(frame: Frame) -> float:
    return float(frame.luma(16).mean())


def shown(footage: Footage, start_s: float, end_s: float, every_s: float = 0.0) -> list[float]:
    """Seconds since the clip's start of the frames given out."""
    return [f.time_s - START_S for f in footage.frames(start_s, end_s, every_s=every_s)]


def test_it_begins_and_ends_with_the_clip(clip: ClipFootage) -> None:
    assert clip.start_s == START_S
    assert clip.end_s == pytest.approx(START_S + 149 / RATE)
    assert shown(clip, 0.0, 1e12) == pytest.approx([n / RATE for n in range(150)])


def test_each_picture_is_the_one_of_its_moment(clip: ClipFootage) -> None:
    (frame,) = clip.frames(START_S + 3.0, START_S + 3.0)
    assert frame.time_s == pytest.approx(START_S + 3.0)
    assert brightness(frame) == pytest.approx(40 + 75, abs=3)


def test_frames_are_at_least_so_far_apart(clip: ClipFootage) -> None:
    times = shown(clip, START_S + 1.0, START_S + 4.0, every_s=0.5)
    assert times == pytest.approx([1.0, 1.52, 2.04, 2.56, 3.08, 3.6])


def test_a_stretch_outside_the_clip_has_no_frames(clip: ClipFootage) -> None:
    assert shown(clip, START_S + 100, START_S + 200) == []
    assert shown(clip, START_S - 9, START_S - 1) == []


def test_reading_can_stop_at_any_frame(clip: ClipFootage) -> None:
    frames = clip.frames(START_S, START_S + 5)
    first = next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert first.time_s == START_S
    assert list(frames) == []


def test_pictures_of_b_frames_come_in_order(tmp_path: Path) -> None:
    path = tmp_path / "b.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"bf": "3", "g": "25"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for index in range(60):
            rgb = np.full((96, 160, 3), 40 + index, np.uint8)
            rgb[:, index : index + 20] = 250
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode(None))
    footage = ClipFootage(path, START_S)
    whole = shown(footage, START_S, START_S + 10)
    assert whole == pytest.approx([n / RATE for n in range(60)], abs=1e-3)
    part = shown(footage, START_S + 1.5, START_S + 10)
    assert part == pytest.approx([t for t in whole if t > 1.5 - 1e-3], abs=1e-3)


def test_a_growing_clip_shows_what_is_on_the_disk_by_now(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "event")
    first = writer.begin(PACKETS[:30])
    footage = ClipFootage(first.path, START_S)
    assert footage.end_s == pytest.approx(START_S + 29 / RATE)
    for packet in PACKETS[30:120]:
        writer.append(packet)
    # The third group of pictures has not ended; all but its last third of a second is there.
    assert START_S + 119 / RATE - 0.4 <= footage.end_s < START_S + 119 / RATE
    seen = shown(footage, START_S + 3.9, 1e12)
    assert seen[:3] == pytest.approx([3.92, 3.96, 4.0])
    assert seen[-1] == pytest.approx(footage.end_s - START_S)
    for packet in PACKETS[120:]:
        writer.append(packet)
    writer.close()
    assert not growing_beside(first.path).exists()
    assert footage.end_s == pytest.approx(START_S + 149 / RATE)


def test_what_a_crash_left_unreadable_does_not_hide_the_first_version(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "event", PACKETS[:60])
    growing_beside(clip.path).write_bytes(b"\0" * 50)
    assert shown(ClipFootage(clip.path, START_S), START_S, 1e12)[-1] == pytest.approx(59 / RATE)


def test_a_clip_that_is_finished_while_it_is_opened_is_found(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "event", PACKETS[:60])
    growing = growing_beside(clip.path)
    growing.write_bytes(write_clip(tmp_path / "longer", PACKETS).path.read_bytes())
    footage = ClipFootage(clip.path, START_S)
    frames = footage.frames(START_S, 1e12)
    assert footage.end_s == pytest.approx(START_S + 149 / RATE)
    growing.unlink()
    assert len(list(frames)) == 60


def test_a_clip_cut_off_in_the_middle_shows_what_is_left(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "event")
    first = writer.begin(PACKETS[:120])
    growing = growing_beside(first.path)
    growing.write_bytes(growing.read_bytes()[:-300])
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(growing.read_bytes())
    writer.abandon()
    times = shown(ClipFootage(cut, START_S), START_S, 1e12)
    assert 100 <= len(times) < 118
    assert times == sorted(times)


def test_masks_are_black_in_every_picture(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "event", PACKETS).path
    footage = ClipFootage(path, START_S, masks=(CORNER,))
    (frame,) = footage.frames(START_S + 2, START_S + 2)
    assert frame.luma(160)[:48, :80].max() == 0
    assert frame.luma(160)[54:, 86:].min() > 60
    assert frame.rgb(320)[:96, :160].max() == 0
    part = frame.rgb(100, region=Box(60, 24, 160, 74))
    assert part[:22, :18].max() == 0
    assert part[30:, 30:].min() > 60
    inside = frame.rgb(40, region=Box(10, 10, 50, 40))
    assert inside.max() == 0


def test_masks_follow_the_upright_picture(data: Callable[[str], Path]) -> None:
    path = data("robust/decord/video_90.mov")
    with open_file(path) as demuxer:
        assert demuxer.video.rotation in (90, 270)
    plain = next(iter(ClipFootage(path, 0.0).frames(0, 1)))
    masked = next(iter(ClipFootage(path, 0.0, masks=(CORNER,)).frames(0, 1)))
    assert (masked.width, masked.height) == (plain.width, plain.height)
    small = masked.luma(80)
    height = small.shape[0]
    assert small[: height // 2, :40].max() == 0
    assert np.array_equal(small[height // 2 + 4 :, 44:], plain.luma(80)[height // 2 + 4 :, 44:])


def test_what_is_no_clip_is_refused_in_one_line(tmp_path: Path) -> None:
    missing = ClipFootage(tmp_path / "nothing.mp4", START_S)
    with pytest.raises(SourceError, match=r"nothing\.mp4: no such file"):
        list(missing.frames(START_S, START_S + 1))
    text = tmp_path / "text.mp4"
    text.write_text("no video at all")
    with pytest.raises(SourceError, match="not a video"):
        _ = ClipFootage(text, START_S).end_s


def test_a_picture_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "event", PACKETS[:10]).path
    small = ClipFootage(path, START_S, limits=Limits(pixels=100 * 100))
    with pytest.raises(SourceError, match="more than the allowed"):
        list(small.frames(START_S, START_S + 1))


def test_real_footage_is_read_where_it_is_asked_for(
    data: Callable[[str], Path], tmp_path: Path
) -> None:
    with open_file(data("videos/one-by-one-person-detection.mp4")) as demuxer:
        packets = demuxer.packets(lambda _encoding, pts_s, _now: START_S + (pts_s or 0.0))
        kept = [packet for packet in packets if packet.time_s < START_S + 20]
    clip = write_clip(tmp_path / "event", kept)
    footage = ClipFootage(clip.path, clip.start_s)
    frames = list(footage.frames(START_S + 7, START_S + 9, every_s=0.2))
    assert len(frames) >= 8
    assert all(START_S + 7 - 1e-3 <= frame.time_s <= START_S + 9 + 1e-3 for frame in frames)
    # Somebody walks in at 6.4 s.
    empty = next(iter(footage.frames(START_S + 2, START_S + 3)))
    assert np.abs(frames[-1].luma(64).astype(int) - empty.luma(64)).max() > 40


def test_a_matroska_clip_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    with VideoWriter(path, 160, 96, RATE) as writer:
        for index in range(50):
            writer.write(np.full((96, 160, 3), 50 + index, np.uint8))
    footage = ClipFootage(path, START_S)
    assert footage.end_s == pytest.approx(START_S + 49 / RATE, abs=2e-3)
    assert len(shown(footage, START_S + 1, START_S + 1.2)) in (5, 6)
