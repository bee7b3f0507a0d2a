"""A real RTSP 1.0 server (RFC 2326) on loopback, for tests and rendered cameras.

It sends H.264 or HEVC over interleaved TCP or UDP, to many clients and from many paths, and can be
made to misbehave as cameras do: freeze, trickle, drop everyone, stop and come back. As a
subprocess, `python -m vigil.testing.rtsp_server FILE --port N`, it can also be killed.
"""

import argparse
import asyncio
import base64
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vigil.testing.feeds import Channel, Faults, Feed, looped, looped_file
from vigil.testing.rtsp_connection import HOST, Connection
from vigil.testing.running import Running

__all__ = ["Feed", "RtspServer", "looped", "looped_file", "main"]


class RtspServer(Running):
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
        self._faults = Faults()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connections: set[Connection] = set()

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

    def tell_time(self, off_s: float = 0.0, *, drift: float = 0.0) -> None:
        """Send reports of the camera's clock with each key (TCP).

        It is `off_s` ahead of ours, and gains `drift` seconds a second from now on.
        """
        self._faults.clock_drift, self._faults.clock_set_s = drift, time.time()
        self._faults.clock_off_s = off_s

    def recover(self) -> None:
        """End `freeze` and `trickle`."""
        self._faults.bytes_per_s = None
        self._faults.running.set()

    def drop_clients(self) -> None:
        """Cut every connection and go on listening."""
        if self._loop is not None:
            for connection in list(self._connections):
                self._loop.call_soon_threadsafe(connection.cut)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        channels = {path: Channel(feed, self._faults) for path, feed in self._feeds.items()}
        tasks = {asyncio.create_task(channel.play()) for channel in channels.values()}

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = Connection(reader, writer, channels, self._secret, self._faults)
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


def main(arguments: list[str] | None = None) -> None:
    """Serve a file until killed; one line on standard output says where."""
    parser = argparse.ArgumentParser(
        description="Serve an H.264 or HEVC file as an endless RTSP camera."
    )
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
