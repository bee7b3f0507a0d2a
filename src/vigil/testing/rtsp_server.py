"""A real RTSP 1.0 server (RFC 2326) on loopback, for tests and rendered cameras.

It sends H.264 over interleaved TCP or UDP, to many clients and from many paths, and can be made
to misbehave as cameras do: freeze, trickle, drop everyone, stop and come back. As a subprocess,
`python -m vigil.testing.rtsp_server FILE --port N`, it can also be killed.
"""

import argparse
import asyncio
import base64
import random
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from vigil.core import Packet
from vigil.media.opening import open_file
from vigil.testing.rtp import Packetizer, nal_units, parameter_sets, session_description

HOST = "127.0.0.1"
REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 461: "Unsupported Transport"}
SLOW_READER_BYTES = 8_000_000
"""A client that lets this much pile up is dropped, as a camera would."""
TRICKLE_STEP_S = 0.1

Feed = Callable[[], Iterable[Packet]]
"""Begins a stream of H.264 packets; they are sent at the pace of their `time_s`."""


def looped(packets: Iterable[Packet]) -> Feed:
    """The same packets again and again, time going on."""
    held = [packet for packet in packets if packet.encoding.kind == "video"]
    spacing_s = (held[-1].time_s - held[0].time_s) / max(1, len(held) - 1) or 0.04
    length_s = held[-1].time_s - held[0].time_s + spacing_s

    def feed() -> Iterator[Packet]:
        shift_s = 0.0
        while True:
            for packet in held:
                yield replace(packet, time_s=packet.time_s + shift_s)
            shift_s += length_s

    return feed


def looped_file(path: Path | str) -> Feed:
    """The pictures of an H.264 file again and again."""
    with open_file(path) as demuxer:
        return looped(list(demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0)))


class RtspServer:
    """Serves feeds by path, in a thread of its own; a context manager.

    A client begins with the group of pictures that is under way, sent at once.
    """

    def __init__(
        self,
        feeds: Mapping[str, Feed],
        *,
        port: int = 0,
        user: str = "",
        password: str = "",
    ) -> None:
        """`feeds`: by path without the leading slash. `port` 0 takes a free one and keeps it."""
        self.port = port
        self._feeds = dict(feeds)
        self._secret = base64.b64encode(f"{user}:{password}".encode()).decode() if user else None
        self._login = f"{user}:{password}@" if user else ""
        self._faults = _Faults()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connections: set[_Connection] = set()

    def url(self, path: str) -> str:
        """Where a feed is, with user and password if they are asked for."""
        return f"rtsp://{self._login}{HOST}:{self.port}/{path}"

    @property
    def clients(self) -> int:
        """Connections that are playing now."""
        return sum(1 for connection in list(self._connections) if connection.playing)

    def start(self) -> None:
        """Listen; back when ready."""
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="rtsp-server", daemon=True
        )
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError(f"the RTSP server did not start on port {self.port}")

    def stop(self) -> None:
        """Close all connections and stop listening; `start` comes back on the same port."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)
            self._thread = None

    def freeze(self) -> None:
        """Keep the connections but send nothing more; answer no request either."""
        self._faults.running.clear()

    def trickle(self, bytes_per_s: int) -> None:
        """Send so slowly that hardly a picture arrives (TCP)."""
        self._faults.bytes_per_s = bytes_per_s

    def recover(self) -> None:
        """End `freeze` and `trickle`."""
        self._faults.bytes_per_s = None
        self._faults.running.set()

    def drop_clients(self) -> None:
        """Cut every connection and go on listening."""
        if self._loop is not None:
            for connection in list(self._connections):
                self._loop.call_soon_threadsafe(connection.cut)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        channels = {path: _Channel(feed, self._faults) for path, feed in self._feeds.items()}
        tasks = {asyncio.create_task(channel.play()) for channel in channels.values()}

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = _Connection(reader, writer, channels, self._secret, self._faults)
            self._connections.add(connection)
            talk = asyncio.create_task(connection.talk())
            tasks.add(talk)
            with suppress(asyncio.CancelledError):
                await talk
            tasks.discard(talk)
            self._connections.discard(connection)

        server = await asyncio.start_server(meet, HOST, self.port)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stopping.wait()
        server.close()
        for connection in list(self._connections):
            connection.cut()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # The callbacks of closed connections run before the loop ends.
        await asyncio.sleep(0.01)


class _Faults:
    """How the server misbehaves now; set from any thread."""

    def __init__(self) -> None:
        self.running = threading.Event()
        self.running.set()
        self.bytes_per_s: int | None = None

    async def thawed(self) -> None:
        while not self.running.is_set():
            await asyncio.sleep(0.05)


class _Channel:
    """One path: plays its feed in real time to whoever listens."""

    def __init__(self, feed: Feed, faults: _Faults) -> None:
        self._feed = feed
        self._faults = faults
        self._group: list[Packet] = []
        self._listeners: set[_Connection] = set()
        self.known = asyncio.Event()

    def description(self) -> str:
        """SDP, from the first key on."""
        first = self._group[0]
        return session_description(parameter_sets(first.encoding) or nal_units(first))

    def add(self, listener: "_Connection") -> None:
        for packet in self._group:
            listener.send(packet)
        self._listeners.add(listener)

    def remove(self, listener: "_Connection") -> None:
        self._listeners.discard(listener)

    async def play(self) -> None:
        async for packet in self._paced():
            if packet.key:
                self._group.clear()
            if packet.key or self._group:
                self._group.append(packet)
                self.known.set()
            if self._faults.running.is_set():
                for listener in list(self._listeners):
                    listener.send(packet)

    async def _paced(self) -> AsyncIterator[Packet]:
        packets = iter(self._feed())
        began_s: float | None = None
        # A feed may render its pictures, so it is asked in a thread.
        while (packet := await asyncio.to_thread(next, packets, None)) is not None:
            if began_s is None:
                began_s = time.monotonic() - packet.time_s
            await asyncio.sleep(max(0.0, began_s + packet.time_s - time.monotonic()))
            yield packet


@dataclass
class _Request:
    """One RTSP request; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)


class _Connection:
    """One client: its requests, and where its pictures go."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        channels: Mapping[str, _Channel],
        secret: str | None,
        faults: _Faults,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._channels, self._secret, self._faults = channels, secret, faults
        self._channel: _Channel | None = None
        self._packetizer = Packetizer(random.getrandbits(32), random.getrandbits(16))
        self._udp: asyncio.DatagramTransport | None = None
        self._waiting = bytearray()
        self._dripping: asyncio.Task[None] | None = None
        self.playing = False

    async def talk(self) -> None:
        """Answer requests until either side has enough."""
        try:
            while (request := await self._next_request()) is not None:
                await self._faults.thawed()
                await self._answer(request)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.cut()

    def send(self, packet: Packet) -> None:
        """Send one picture."""
        for datagram in self._packetizer.packets(nal_units(packet), packet.time_s):
            if self._udp is not None:
                self._udp.sendto(datagram)
            else:
                self._write(b"$\x00" + len(datagram).to_bytes(2, "big") + datagram)

    def cut(self) -> None:
        """End the connection. Harmless when it has ended."""
        self.playing = False
        if self._channel is not None:
            self._channel.remove(self)
        if self._dripping is not None:
            self._dripping.cancel()
        if self._udp is not None:
            self._udp.close()
        self._writer.close()

    def _write(self, data: bytes) -> None:
        if self._writer.is_closing():
            return
        if self._faults.bytes_per_s is not None or self._waiting:
            self._waiting += data
            if self._dripping is None or self._dripping.done():
                self._dripping = asyncio.create_task(self._drip())
            return
        self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > SLOW_READER_BYTES:
            self.cut()

    async def _drip(self) -> None:
        while self._waiting and not self._writer.is_closing():
            rate = self._faults.bytes_per_s
            count = len(self._waiting) if rate is None else max(1, int(rate * TRICKLE_STEP_S))
            self._writer.write(bytes(self._waiting[:count]))
            del self._waiting[:count]
            await asyncio.sleep(TRICKLE_STEP_S)

    async def _next_request(self) -> _Request | None:
        while (first := await self._reader.read(1)) == b"$":
            # Reports of the receiver, interleaved.
            header = await self._reader.readexactly(3)
            await self._reader.readexactly(int.from_bytes(header[1:], "big"))
        if not first:
            return None
        text = (first + await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = text.strip().split("\r\n")
        method, url, _version = lines[0].split(" ", 2)
        headers = dict(line.split(":", 1) for line in lines[1:] if ":" in line)
        path = url.split("://", 1)[-1].partition("/")[2]
        return _Request(
            method,
            path.removesuffix("/track1").strip("/"),
            {name.strip().lower(): value.strip() for name, value in headers.items()},
        )

    async def _answer(self, request: _Request) -> None:
        status, headers, body = await self._response(request)
        lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {request.headers.get('cseq', 0)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self._write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        if request.method == "PLAY" and status == 200 and self._channel is not None:
            self.playing = True
            self._channel.add(self)
        if request.method == "TEARDOWN":
            await asyncio.sleep(0)
            self.cut()

    async def _response(self, request: _Request) -> tuple[int, dict[str, str], str]:
        if self._secret and request.headers.get("authorization") != f"Basic {self._secret}":
            return 401, {"WWW-Authenticate": 'Basic realm="camera"'}, ""
        match request.method:
            case "OPTIONS":
                methods = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
                return 200, {"Public": methods}, ""
            case "DESCRIBE":
                return await self._describe(request.path)
            case "SETUP":
                return await self._set_up(request)
            case _:
                return 200, {"Session": "1"}, ""

    async def _describe(self, path: str) -> tuple[int, dict[str, str], str]:
        channel = self._channels.get(path)
        if channel is None:
            return 404, {}, ""
        await channel.known.wait()
        host, port = self._writer.get_extra_info("sockname")
        base = f"rtsp://{host}:{port}/{path}/"
        headers = {"Content-Base": base, "Content-Type": "application/sdp"}
        return 200, headers, channel.description()

    async def _set_up(self, request: _Request) -> tuple[int, dict[str, str], str]:
        self._channel = self._channels.get(request.path)
        if self._channel is None:
            return 404, {}, ""
        wanted = request.headers.get("transport", "")
        if "TCP" in wanted:
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        elif "client_port=" in wanted:
            first = int(wanted.split("client_port=")[1].split("-")[0].split(";")[0])
            loop = asyncio.get_running_loop()
            self._udp, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=(HOST, first), local_addr=(HOST, 0)
            )
            own = self._udp.get_extra_info("sockname")[1]
            transport = (
                f"RTP/AVP;unicast;client_port={first}-{first + 1};server_port={own}-{own + 1}"
            )
        else:
            return 461, {}, ""
        return 200, {"Transport": transport, "Session": "1;timeout=60"}, ""


def main(arguments: list[str] | None = None) -> None:
    """Serve a file until killed; one line on standard output says where."""
    parser = argparse.ArgumentParser(description="Serve an H.264 file as an endless RTSP camera.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--path", default="cam")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    chosen = parser.parse_args(arguments)
    server = RtspServer(
        {chosen.path: looped_file(chosen.file)},
        port=chosen.port,
        user=chosen.user,
        password=chosen.password,
    )
    with server, suppress(KeyboardInterrupt):
        sys.stdout.write(f"rtsp://{HOST}:{server.port}/{chosen.path}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
