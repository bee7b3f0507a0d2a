"""The loopback RTSP server, read by FFmpeg."""

import base64
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from vigil.core import Packet, SourceError, SourceLost
from vigil.media.decoding import Decoder
from vigil.media.encode import Encoder, H264Options, HevcOptions, VideoWriter
from vigil.media.opening import open_file, open_stream
from vigil.testing.rtp import Packetizer, session_description
from vigil.testing.rtsp_server import RtspServer, looped, looped_file

RATE = 20
PASSWORD = "s3cret"


def picture(index: int) -> np.ndarray:
    """Noise, so that pictures need several RTP packets; the first row counts."""
    rgb = np.random.default_rng(index).integers(0, 255, (120, 160, 3), np.uint8)
    rgb[:16] = 12 * (index % 20)
    return rgb


def recorded(options: H264Options | HevcOptions, count: int = 40) -> list[Packet]:
    encoder = Encoder(source="feed", width=160, height=120, rate=RATE, options=options)
    pictures = (encoder.encode(picture(index), index / RATE) for index in range(count))
    return [packet for packets in pictures for packet in packets] + encoder.flush()


FEED = recorded(H264Options(key_every=10, repeat_headers=True, live=True))
HEVC_FEED = recorded(HevcOptions(key_every=10, repeat_headers=True, live=True))


@pytest.fixture
def server() -> Iterator[RtspServer]:
    feeds = {"cam": looped(FEED), "site/other": looped(FEED), "hevc": looped(HEVC_FEED)}
    with RtspServer(feeds) as server:
        yield server


def take(url: str, count: int, transport: str = "tcp") -> list[Packet]:
    with open_stream(url, name="door", transport=transport, read_s=2.0) as demuxer:
        packets = []
        for packet in demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0):
            packets.append(packet)
            if len(packets) == count:
                break
        return packets


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("path", "codec"), [("cam", "h264"), ("hevc", "hevc")])
def test_pictures_arrive_whole_and_in_time(
    server: RtspServer, path: str, codec: str, transport: str
) -> None:
    packets = take(server.url(path), 25, transport)
    decoder = Decoder(packets[0].encoding)
    frames = [frame for packet in packets for frame in decoder.decode(packet)]

    encoding = packets[0].encoding
    assert (encoding.codec, encoding.width, encoding.height) == (codec, 160, 120)
    assert len(frames) == 25
    assert decoder.failures == 0
    rows = [int(frame.luma(160)[4:12].mean()) for frame in frames]
    steps = {(b - a + 6) // 12 for a, b in pairwise(rows)}
    assert steps <= {1, -19}  # each picture follows the one before it
    times = [packet.time_s for packet in packets]
    assert times[-1] - times[0] == pytest.approx(24 / RATE, abs=0.06)


def test_many_clients_and_paths_are_served_at_once(server: RtspServer) -> None:
    first = open_stream(server.url("cam"), name="a")
    second = open_stream(server.url("site/other"), name="b", transport="udp")
    third = open_stream(server.url("cam"), name="c")
    assert server.clients == 3
    for demuxer in (first, second, third):
        packets = demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0)
        assert sum(1 for _, _packet in zip(range(10), packets, strict=False)) == 10
        demuxer.close()


def test_an_unknown_path_is_not_found(server: RtspServer) -> None:
    with pytest.raises(SourceError, match="404"):
        take(server.url("nothing"), 1)


def test_a_password_is_asked_for_and_never_shown() -> None:
    with RtspServer({"cam": looped(FEED)}, user="admin", password=PASSWORD) as server:
        assert len(take(server.url("cam"), 3)) == 3
        wrong = server.url("cam").replace(PASSWORD, "other")
        with pytest.raises(SourceLost, match="401") as caught:
            take(wrong, 1)
    assert "other" not in str(caught.value)


def test_a_live_feed_needs_no_file() -> None:
    def camera() -> Iterator[Packet]:
        encoder = Encoder(source="sim", width=160, height=120, rate=RATE)
        for index in range(10_000):
            yield from encoder.encode(picture(index), index / RATE)

    with RtspServer({"sim": camera}) as server:
        assert len(take(server.url("sim"), 12)) == 12


@pytest.mark.parametrize("options", [H264Options(), HevcOptions()])
def test_a_file_with_headers_out_of_band_is_served(
    tmp_path: Path, options: H264Options | HevcOptions
) -> None:
    with VideoWriter(tmp_path / "a.mp4", 160, 120, RATE, options=options) as writer:
        for index in range(20):
            writer.write(picture(index))
    with RtspServer({"cam": looped_file(tmp_path / "a.mp4")}) as server:
        packets = take(server.url("cam"), 30)
    decoder = Decoder(packets[0].encoding)
    assert sum(len(decoder.decode(packet)) for packet in packets) == 30


def test_a_frozen_server_is_silent_and_recovers(server: RtspServer) -> None:
    server.freeze()
    with pytest.raises(SourceLost):
        open_stream(server.url("cam"), name="door", open_s=0.5, read_s=0.5)
    server.recover()
    assert len(take(server.url("cam"), 3)) == 3


def test_it_comes_back_on_the_same_port(server: RtspServer) -> None:
    url = server.url("cam")
    server.stop()
    with pytest.raises(SourceLost, match="refused"):
        take(url, 1)
    server.start()
    assert len(take(url, 3)) == 3


def test_as_a_process_it_can_be_killed(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 160, 120, RATE) as writer:
        for index in range(20):
            writer.write(picture(index))
    command = [sys.executable, "-m", "vigil.testing.rtsp_server", str(tmp_path / "a.mp4")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            assert len(take(url, 5)) == 5
            process.send_signal(signal.SIGKILL)
            process.wait(5)
            with pytest.raises(SourceLost):
                take(url, 1)
        finally:
            process.kill()


def test_fragments_are_marked_and_numbered() -> None:
    """RFC 6184, 5.8: the first fragment has the start bit, the last one the end bit."""
    datagrams = numbered(FEED[0])
    fragments = [d[13] for d in datagrams if d[12] & 31 == 28]
    assert (fragments[0] >> 7, fragments[-1] >> 6 & 1) == (1, 1)


def test_hevc_fragments_put_together_are_the_unit_again() -> None:
    """RFC 7798, 4.4.3: type 49, then start bit, end bit and the type of the unit."""
    datagrams = [d[12:] for d in numbered(HEVC_FEED[0])]
    sets = [d for d in datagrams if d[0] >> 1 in (32, 33, 34)]
    assert [d[0] >> 1 for d in sets] == [32, 33, 34]
    fragments = [d for d in datagrams if d[0] >> 1 == 49]
    assert [d[2] >> 6 for d in fragments] == [0b10, *[0] * (len(fragments) - 2), 0b01]
    header = bytes([(fragments[0][2] & 63) << 1, fragments[0][1]])
    assert header + b"".join(d[3:] for d in fragments) in HEVC_FEED[0].data


def numbered(key: Packet) -> list[bytes]:
    """The RTP packets of a key picture, their headers checked."""
    datagrams = list(Packetizer(7, first_sequence=65_535).packets(key))
    numbers = [int.from_bytes(d[2:4], "big") for d in datagrams]
    assert numbers == [65_535, *range(len(datagrams) - 1)]
    assert [d[1] >> 7 for d in datagrams] == [0] * (len(datagrams) - 1) + [1]
    assert all(len(d) <= 1412 for d in datagrams)
    return datagrams


@pytest.mark.parametrize(
    ("feed", "options", "names"),
    [(FEED, H264Options(), ["parameter-sets"]), (HEVC_FEED, HevcOptions(), ["vps", "sps", "pps"])],
)
def test_the_description_holds_all_parameter_sets(
    tmp_path: Path, feed: list[Packet], options: H264Options | HevcOptions, names: list[str]
) -> None:
    """Whether they stand in the stream, or beside it as in a file."""
    with VideoWriter(tmp_path / "a.mp4", 160, 120, RATE, options=options) as writer:
        writer.write(picture(0))
    with open_file(tmp_path / "a.mp4") as demuxer:
        key = next(demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0))
    for packet, place in ((feed[0], feed[0].data), (key, key.encoding.extradata)):
        found = re.findall(r"sprop-([a-z-]+)=([^;\r]+)", session_description(packet))
        assert [name for name, _ in found] == names
        units = [base64.b64decode(word) for _, words in found for word in words.split(",")]
        assert len(units) == {"h264": 2, "hevc": 3}[options.codec]
        assert all(unit in place for unit in units)


def test_other_codecs_are_not_sent() -> None:
    other = replace(FEED[0], encoding=replace(FEED[0].encoding, codec="mjpeg"))
    with pytest.raises(ValueError, match="mjpeg is not sent over RTP; allowed: h264, hevc"):
        list(Packetizer(7).packets(other))


def test_reports_of_the_cameras_clock_reach_the_packets(server: RtspServer) -> None:
    assert all(packet.camera_s is None for packet in take(server.url("cam"), 15))
    server.tell_time(-90.0)
    keys = [packet for packet in take(server.url("cam"), 45) if packet.key]
    told = [packet.camera_s - packet.received_s for packet in keys if packet.camera_s is not None]
    assert len(told) >= 2
    assert told == pytest.approx([-90.0] * len(told), abs=0.5)
