"""One client of the loopback RTSP server (RFC 2326): its requests, and where its pictures go."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from vigil.core import Packet
from vigil.testing.feeds import Channel, Faults
from vigil.testing.rtp import Packetizer

HOST = "127.0.0.1"
REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 461: "Unsupported Transport"}
SLOW_READER_BYTES = 8_000_000
"""A client that lets this much pile up is dropped, as a camera would."""
TRICKLE_STEP_S = 0.1


@dataclass
class Request:
    """One RTSP request; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)


class Connection:
    """One client: its requests, and where its pictures go."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        channels: Mapping[str, Channel],
        secret: str | None,
        faults: Faults,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._channels, self._secret, self._faults = channels, secret, faults
        self._channel: Channel | None = None
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
        for datagram in self._packetizer.packets(packet):
            if self._udp is not None:
                self._udp.sendto(datagram)
            else:
                self._write(b"$\x00" + len(datagram).to_bytes(2, "big") + datagram)

    def report(self, packet: Packet, camera_s: float) -> None:
        """Say when the camera took the next picture; over TCP only."""
        if self._udp is None:
            report = self._packetizer.sender_report(packet, camera_s)
            self._write(b"$\x01" + len(report).to_bytes(2, "big") + report)

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

    async def _next_request(self) -> Request | None:
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
        return Request(
            method,
            path.removesuffix("/track1").strip("/"),
            {name.strip().lower(): value.strip() for name, value in headers.items()},
        )

    async def _answer(self, request: Request) -> None:
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

    async def _response(self, request: Request) -> tuple[int, dict[str, str], str]:
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

    async def _set_up(self, request: Request) -> tuple[int, dict[str, str], str]:
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
