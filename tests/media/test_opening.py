"""What may be opened, and that refusals are one line without secrets."""

import http.server
import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import SourceError, SourceLost, SourceRefused
from vigil.media.access import FILE, HTTP
from vigil.media.demux import Demuxer
from vigil.media.encode import VideoWriter
from vigil.media.limits import Limits
from vigil.media.opening import open_device, open_file, open_stream
from vigil.media.probe import describe


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty pictures, three seconds."""
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    write_film(path)
    return path


def write_film(path: Path) -> None:
    with VideoWriter(path, 64, 48, 10) as writer:
        for index in range(30):
            writer.write(np.full((48, 64, 3), index * 8, np.uint8))


def count(demuxer: Demuxer) -> int:
    with demuxer:
        return sum(1 for _ in demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0))


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{film}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile {film}\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>\n',
    "subtitles": "1\n00:00:01,000 --> 00:00:02,000\nhello\n",
    "plain text": "root:x:0:0:root:/root:/bin/bash\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("extension", [".mp4", ".m3u8", ".txt", ".ts"])
def test_text_is_refused_whatever_it_is_called(
    film: Path, tmp_path: Path, kind: str, extension: str
) -> None:
    path = tmp_path / f"innocent{extension}"
    path.write_text(PLAYLISTS[kind].format(film=film))
    with pytest.raises(SourceRefused, match=r"^innocent\.\w+: not a video in an allowed container"):
        open_file(path)


def test_single_images_and_patterns_are_no_films(tmp_path: Path) -> None:
    av.VideoFrame(16, 16, "rgb24").save(tmp_path / "image%03d.png")
    with pytest.raises(SourceRefused):
        open_file(tmp_path / "image%03d.png")


def test_a_file_that_is_not_there_or_not_a_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "empty.mp4").touch()
    for name, why in {
        "absent.mp4": "no such file or directory",
        "pipe.mp4": "not a regular file",
        "empty.mp4": "the file is empty",
        ".": "not a regular file",
    }.items():
        with pytest.raises(SourceRefused, match=why):
            open_file(tmp_path / name)


@pytest.mark.parametrize("name", ["http:host.mp4", "-v.mp4", "a|b.mp4", "pipe:0", "a\nb.mp4"])
def test_no_file_name_is_taken_for_an_address(film: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(film.read_bytes())
    assert count(open_file(path)) == 30


def test_caps_count_before_anything_is_decoded(film: Path) -> None:
    size = film.stat().st_size
    for limits, why in [
        (Limits(pixels=1000), "64x48 has more than the allowed 1000 pixels"),
        (Limits(seconds=2), "3 s are longer than the allowed 2 s"),
        (Limits(size_bytes=size - 1), f"{size} bytes are more than the allowed {size - 1}"),
    ]:
        with pytest.raises(SourceRefused, match=why):
            open_file(film, limits=limits)


def test_a_probe_describes_a_file(film: Path) -> None:
    probe = describe(film)
    assert (probe.codec, probe.width, probe.height, probe.rotation) == ("h264", 64, 48, 0)
    assert probe.duration_s == pytest.approx(3.0)
    assert (probe.frame_rate, probe.audio_codec) == (10.0, None)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 3000), junk=st.binary(min_size=1, max_size=64), cut=st.booleans())
def test_damaged_files_end_in_packets_or_in_one_line(
    film: Path, tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes, cut: bool
) -> None:
    data = film.read_bytes()
    at %= len(data)
    path = tmp_path_factory.mktemp("damaged") / "film.mp4"
    path.write_bytes(data[:at] + junk + (b"" if cut else data[at + len(junk) :]))
    with suppress(SourceError):
        assert count(open_file(path)) <= 31


def test_an_error_is_one_line_even_if_the_name_is_not(tmp_path: Path) -> None:
    (tmp_path / "a\n\x1b[31mb.mp4").touch()
    with pytest.raises(SourceRefused, match=r"^a\?\?\[31mb\.mp4: the file is empty$"):
        open_file(tmp_path / "a\n\x1b[31mb.mp4")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    handler = partial(Quiet, directory=str(tmp_path))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_http_streams_are_read(web: str, tmp_path: Path) -> None:
    write_film(tmp_path / "live.ts")
    assert count(open_stream(f"{web}/live.ts", name="door")) == 30
    with pytest.raises(SourceLost, match="404"):
        open_stream(f"{web}/absent.ts", name="door")


def test_a_playlist_is_followed_only_where_the_user_wrote_one(web: str, tmp_path: Path) -> None:
    write_film(tmp_path / "part.ts")
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\npart.ts\n#EXT-X-ENDLIST\n"
    (tmp_path / "list.m3u8").write_text(playlist)
    (tmp_path / "list.mp4").write_text(playlist)
    assert count(open_stream(f"{web}/list.m3u8", name="door")) == 30
    with pytest.raises(SourceError):
        open_stream(f"{web}/list.mp4", name="door")


def test_a_playlist_cannot_reach_local_files(web: str, tmp_path: Path, film: Path) -> None:
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://{film}\n#EXT-X-ENDLIST\n"
    (tmp_path / "list.m3u8").write_text(text)
    with pytest.raises(SourceError):
        count(open_stream(f"{web}/list.m3u8", name="door"))


def test_an_absent_device_is_lost() -> None:
    with pytest.raises(SourceError, match="door: "):
        open_device("/dev/video99", name="door", options={})


def test_lists_never_allow_what_reads_other_files() -> None:
    assert not {"hls", "concat", "image2", "dash", "lavfi", "sdp"} & {*FILE.containers}
    assert FILE.protocols == ("file",)
    assert not {"file", "concat", "data", "pipe"} & {*HTTP.protocols}
