"""Streams against a real RTSP server that misbehaves."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter, ValidationError
from tests.stages.ingest.following import Follower

from vigil.core import Packet, SourceRefused, SystemClock
from vigil.media.decoding import Decoder
from vigil.media.encode import Encoder, H264Options, VideoWriter
from vigil.media.opening import open_stream
from vigil.stages.ingest.connection import Connection
from vigil.stages.ingest.stream import LONGEST_WAIT_S, SHORTEST_WAIT_S, StreamSource, wait_s
from vigil.testing.rtsp_server import RtspServer, looped

RATE = 20
PASSWORD = "p@ss:w0rd"


def picture(index: int) -> np.ndarray:
    return np.full((48, 64, 3), 5 * (index % 50), np.uint8)


def recorded() -> list[Packet]:
    encoder = Encoder(
        source="feed",
        width=64,
        height=48,
        rate=RATE,
        options=H264Options(key_every=10, repeat_headers=True, live=True),
    )
    return [p for index in range(40) for p in encoder.encode(picture(index), index / RATE)]


FEED = recorded()


@pytest.fixture
def server() -> Iterator[RtspServer]:
    with RtspServer({"cam": looped(FEED)}) as server:
        yield server


@pytest.fixture
def reader(server: RtspServer) -> Iterator[Follower]:
    reader = Follower(StreamSource(url=server.url("cam"), name="door", stall_s=1.0))
    yield reader
    reader.close()


@pytest.mark.parametrize("iterate", [False, True])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_packets_come_with_utc_times_and_decode(
    server: RtspServer, transport: str, iterate: bool
) -> None:
    adapter = TypeAdapter(StreamSource)
    source = adapter.validate_python({"url": server.url("cam"), "transport": transport})
    reader = Follower(source, iterate=iterate)
    reader.wait_for_more(30)
    reader.close()

    decoder = Decoder(reader.packets[0].encoding)
    assert sum(len(decoder.decode(packet)) for packet in reader.packets) >= 30
    times = [packet.time_s for packet in reader.packets]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(time.time(), abs=5)
    assert times[-1] - times[-11] == pytest.approx(10 / RATE, abs=0.1)
    assert source.name == "127.0.0.1"


def test_after_a_restart_the_pictures_go_on(server: RtspServer, reader: Follower) -> None:
    reader.wait_for_more()
    server.stop()
    reader.wait_for(lambda: not reader.source.connected)
    reader.wait_for(lambda: "refused" in (reader.source.last_error or ""))
    assert reader.source.last_packet_s == reader.packets[-1].received_s
    before = len(reader.packets)
    server.start()
    reader.wait_for_more()

    assert reader.source.reconnects == 1
    assert reader.source.last_error is None
    again = reader.packets[before:]
    assert again[0].key
    assert again[0].encoding is not reader.packets[0].encoding
    times = [packet.time_s for packet in reader.packets]
    assert times == sorted(times)


def test_silence_counts_as_loss_though_the_connection_stands(
    server: RtspServer, reader: Follower
) -> None:
    reader.wait_for_more()
    server.freeze()
    reader.wait_for(lambda: not reader.source.connected)
    assert reader.source.last_error == "door: no packet for 1 s; is the camera on?"
    server.recover()
    reader.wait_for_more()
    assert reader.source.reconnects >= 1


def test_a_trickle_counts_as_loss(server: RtspServer, reader: Follower) -> None:
    reader.wait_for_more()
    server.trickle(20)
    reader.wait_for(lambda: not reader.source.connected)
    server.recover()
    reader.wait_for_more()


def test_a_cut_connection_is_made_anew(server: RtspServer, reader: Follower) -> None:
    reader.wait_for_more()
    server.drop_clients()
    reader.wait_for(lambda: reader.source.reconnects == 1)
    reader.wait_for_more()


@pytest.mark.parametrize("iterate", [False, True])
def test_close_ends_it_at_once_whatever_the_server_does(server: RtspServer, iterate: bool) -> None:
    def follower() -> Follower:
        return Follower(StreamSource(url=server.url("cam"), name="door"), iterate=iterate)

    playing = follower()
    playing.wait_for_more()
    assert playing.close() < 1.0

    server.freeze()
    opening = follower()
    time.sleep(0.3)
    assert opening.close() < 1.0

    server.recover()
    server.stop()
    waiting = follower()
    waiting.wait_for(lambda: waiting.source.last_error is not None)
    assert waiting.close() < 1.0


def test_whoever_wants_no_more_packets_gets_no_more(server: RtspServer) -> None:
    source = StreamSource(url=server.url("cam"), name="door")
    taken: list[Packet] = []

    def take(packet: Packet) -> bool:
        taken.append(packet)
        return len(taken) < 3

    source.deliver(take)
    assert len(taken) == 3
    assert not source.connected


def test_leaving_the_packets_early_ends_the_connection(server: RtspServer) -> None:
    packets = StreamSource(url=server.url("cam"), name="door").packets()
    next(packets)
    packets.close()
    end_s = time.monotonic() + 10
    while server.clients:
        assert time.monotonic() < end_s, "the connection stays"
        time.sleep(0.02)


def test_a_connection_that_was_given_up_hands_nothing_over_any_more(server: RtspServer) -> None:
    """It still flows: whoever reads was too slow once, and another connection took its place."""
    arrived: list[Packet] = []
    connection = Connection(
        lambda: open_stream(server.url("cam"), name="door"),
        lambda packet: arrived.append(packet) is None,
        name="door",
        clock=SystemClock(),
        not_before_s=float("-inf"),
    )
    connection.start()
    end_s = time.monotonic() + 10
    while not arrived:
        assert time.monotonic() < end_s, "no packet came"
        time.sleep(0.02)
    connection.stop()
    count = len(arrived)
    time.sleep(5 / RATE)
    assert len(arrived) == count


def test_a_wrong_password_is_said_once_and_tried_again_without_being_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with RtspServer({"cam": looped(FEED)}, user="admin", password="right") as server:
        url = server.url("cam").replace("right", PASSWORD.replace("@", "%40"))
        source = StreamSource(url=url, name="door")
        reader = Follower(source)
        reader.wait_for(lambda: source.last_error is not None)
        time.sleep(1.3)  # two more attempts
        reader.close()

    assert "401" in (source.last_error or "")
    said = capsys.readouterr()
    assert (said.out + said.err).count("trying again") == 1
    for text in (said.out, said.err, repr(source), str(source.last_error)):
        assert "w0rd" not in text


def test_addresses_of_other_kinds_are_refused() -> None:
    source = StreamSource(url=SecretStr("file:///etc/passwd"))
    with pytest.raises(SourceRefused, match="scheme 'file' is not allowed"):
        next(iter(source.packets()))


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="trasnport"):
        TypeAdapter(StreamSource).validate_python({"url": "rtsp://a/b", "trasnport": "udp"})


@given(failures=st.integers(0, 10_000), seed=st.integers())
def test_waits_are_jittered_and_bounded(failures: int, seed: int) -> None:
    wait = wait_s(failures, random.Random(seed))
    assert SHORTEST_WAIT_S <= wait <= min(LONGEST_WAIT_S, 2.0 ** min(failures, 10))


def serve(path: Path, port: int = 0) -> tuple[subprocess.Popen[str], str]:
    """The server as a process, and its address."""
    command = [sys.executable, "-m", "vigil.testing.rtsp_server", str(path), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    process.stdout.close()
    return process, url


@pytest.mark.slow
def test_a_killed_and_a_stopped_process_are_outlived(tmp_path: Path) -> None:
    path = tmp_path / "feed.mp4"
    with VideoWriter(path, 64, 48, RATE, options=H264Options(key_every=10)) as writer:
        for index in range(40):
            writer.write(picture(index))
    process, url = serve(path)
    port = int(url.split(":")[2].split("/")[0])
    reader = Follower(StreamSource(url=url, name="door", stall_s=2.0))
    try:
        reader.wait_for_more()
        for outage in ("kill", "stop", "kill", "stop", "kill", "stop"):
            process.send_signal(signal.SIGKILL if outage == "kill" else signal.SIGSTOP)
            reader.wait_for(lambda: not reader.source.connected)
            if outage == "kill":
                process.wait(5)
                process, _ = serve(path, port)
            else:
                process.send_signal(signal.SIGCONT)
            reader.wait_for(lambda: reader.source.connected, timeout_s=10.0)
            reader.wait_for_more()
        assert reader.source.reconnects >= 6
    finally:
        reader.close()
        process.kill()
        process.wait(5)
