"""Streams over HTTP against a real server that misbehaves."""

import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stages.ingest.following import Follower

from vigil.media.decoding import Decoder
from vigil.media.opening import open_stream
from vigil.pipeline.reader import Reader
from vigil.stages.ingest.stream import StreamSource
from vigil.testing.films import RATE, WIDTH, pictures, tiny_stream, write_tiny_film
from vigil.testing.http_camera import HttpCamera
from vigil.testing.http_streams import (
    LivePlaylist,
    Stream,
    fragmented_mp4,
    motion_jpeg,
    mpeg_ts,
)
from vigil.testing.rtsp_server import looped

FEED = looped(tiny_stream(6))
STREAMS: dict[str, Stream] = {
    "video.mjpg": motion_jpeg(pictures(2), RATE),
    "live.ts": mpeg_ts(FEED),
    "live.mp4": fragmented_mp4(FEED),
}
PASSWORD = "p4ss-w0rd"


@pytest.fixture
def camera() -> Iterator[HttpCamera]:
    with HttpCamera(STREAMS, files=LivePlaylist(FEED)) as camera:
        yield camera


@pytest.mark.parametrize("path", [*STREAMS, "live.m3u8"])
def test_pictures_come_at_the_speed_of_life_and_decode(camera: HttpCamera, path: str) -> None:
    """Also where the container has no times, and where they arrive a segment at a time."""
    follower = Follower(StreamSource(url=camera.url(path), name="door"))
    follower.wait_for_more(45)
    follower.close()

    decoder = Decoder(follower.packets[0].encoding)
    frames = [frame for packet in follower.packets for frame in decoder.decode(packet)]
    assert len(frames) >= 45
    assert {frame.width for frame in frames} == {WIDTH}
    times = [packet.time_s for packet in follower.packets]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(time.time(), abs=2)
    assert times[44] - times[4] == pytest.approx(40 / RATE, abs=0.5)
    assert len(set(times)) == len(times)


@pytest.mark.parametrize("path", [*STREAMS, "live.m3u8"])
@pytest.mark.parametrize("fault", ["stop", "freeze"])
def test_after_an_outage_the_pictures_go_on(camera: HttpCamera, path: str, fault: str) -> None:
    follower = Follower(StreamSource(url=camera.url(path), name="door", stall_s=2.0))
    try:
        follower.wait_for_more(5)
        if fault == "stop":
            camera.stop()
            follower.wait_for(lambda: "refused" in (follower.source.last_error or ""))
            camera.start()
        else:
            camera.freeze()
            follower.wait_for(lambda: not follower.source.connected)
            camera.recover()
        follower.wait_for_more(5)
        assert follower.source.reconnects >= 1
        times = [packet.time_s for packet in follower.packets]
        assert times == sorted(times)
    finally:
        follower.close()


def test_a_cut_connection_is_made_anew(camera: HttpCamera) -> None:
    follower = Follower(StreamSource(url=camera.url("live.ts"), name="door"))
    follower.wait_for_more(5)
    camera.drop_clients()
    follower.wait_for(lambda: follower.source.reconnects == 1)
    follower.wait_for_more(5)
    follower.close()


def test_no_picture_of_a_long_segment_is_left_behind() -> None:
    """A segment brings more at once than a watch may be behind."""
    with HttpCamera(files=LivePlaylist(FEED, segment_s=3.0)) as camera:
        source = StreamSource(url=camera.url("live.m3u8"), name="door")
        reader = Reader(source, name="door", live=True, backlog_s=2.0)
        reader.start()
        end_s = time.monotonic() + 20
        while reader.account().processed < 50:
            reader.take()
            time.sleep(0.005)
            assert time.monotonic() < end_s, reader.account()
        reader.stop()
    assert reader.account().dropped == 0


def test_a_recording_plays_at_the_speed_of_life(tmp_path: Path) -> None:
    film = write_tiny_film(tmp_path / "film.mp4", 3).read_bytes()
    with HttpCamera(files=lambda path: film if path == "film.mp4" else None) as camera:
        follower = Follower(StreamSource(url=camera.url("film.mp4"), name="door"))
        follower.wait_for_more(2 * RATE)
        follower.close()
    packets = follower.packets
    assert packets[2 * RATE - 1].time_s - packets[0].time_s == pytest.approx(1.9, abs=0.2)
    assert packets[2 * RATE - 1].time_s == pytest.approx(time.time(), abs=1)


@pytest.mark.parametrize("path", ["old", "old.m3u8"])
def test_a_redirect_is_not_followed(camera: HttpCamera, path: str) -> None:
    camera.redirects = {"old": camera.url("live.ts"), "old.m3u8": camera.url("live.m3u8")}
    follower = Follower(StreamSource(url=camera.url(path), name="door"))
    follower.wait_for(lambda: follower.source.last_error is not None)
    follower.close()
    assert "a redirect, give the address that it leads to" in (follower.source.last_error or "")
    assert set(camera.requests) == {path}


@pytest.mark.parametrize("path", ["live.ts", "live.m3u8"])
def test_proxies_of_the_environment_are_not_asked(
    camera: HttpCamera, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with open_stream(camera.url(path), name="door") as demuxer:
        assert next(demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0)).key


@pytest.mark.parametrize("path", ["live.ts", "live.m3u8"])
def test_a_password_is_asked_for_and_never_shown(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = LivePlaylist(FEED)
    with HttpCamera(STREAMS, files=files, user="admin", password=PASSWORD) as camera:
        follower = Follower(StreamSource(url=camera.url(path), name="door"))
        follower.wait_for_more(5)
        follower.close()
        wrong = camera.url(path).replace(PASSWORD, f"not-{PASSWORD}")
        refused = Follower(StreamSource(url=wrong, name="door"))
        refused.wait_for(lambda: "401" in (refused.source.last_error or ""))
        refused.close()
    said = capsys.readouterr()
    for text in (said.out, said.err, repr(refused.source), str(refused.source.last_error)):
        assert PASSWORD not in text


def test_a_camera_with_a_certificate_of_its_own_is_read(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    form = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=cam"
    command = ["openssl", *form.split(), "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with HttpCamera(STREAMS, files=LivePlaylist(FEED), tls=tls) as camera:
        for path in ("live.ts", "live.m3u8"):
            assert camera.url(path).startswith("https://")
            with open_stream(camera.url(path), name="door") as demuxer:
                assert next(demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0)).key
