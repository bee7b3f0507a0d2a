"""A real HTTP server on loopback that streams as cameras do, and misbehaves as they do."""

import base64
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

from vigil.testing.http_streams import Stream
from vigil.testing.running import Running

HOST = "127.0.0.1"

Files = Callable[[str], bytes | None]
"""What lies at a path now, without the leading slash; None: nothing."""


class HttpCamera(Running):
    """Streams by path, in threads of its own; a context manager."""

    def __init__(
        self,
        streams: Mapping[str, Stream] | None = None,
        *,
        files: Files = lambda _path: None,
        redirects: Mapping[str, str] | None = None,
        user: str = "",
        password: str = "",
        tls: SSLContext | None = None,
    ) -> None:
        """`redirects`: addresses by path."""
        self.port = 0
        self.requests: list[str] = []
        """Paths that were asked for."""
        self.streams = dict(streams or {})
        self.files = files
        self.redirects = dict(redirects or {})
        self.secret = base64.b64encode(f"{user}:{password}".encode()).decode() if user else None
        self.running = threading.Event()
        """Clear while frozen."""
        self.running.set()
        self.stopping = threading.Event()
        self._login = f"{user}:{password}@" if user else ""
        self._tls = tls
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def url(self, path: str) -> str:
        """Where a stream is, with user and password if they are asked for."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{self._login}{HOST}:{self.port}/{path}"

    def start(self) -> None:
        """Listen; back when ready, on the same port as before."""
        self.stopping.clear()
        self._server = _Server((HOST, self.port), partial(_Client, self))
        self.port = self._server.server_address[1]
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])
        self._thread.start()

    def stop(self) -> None:
        """Cut all connections and stop listening."""
        if self._server is None or self._thread is None:
            return
        self.stopping.set()
        self._server.shutdown()
        self.drop_clients()
        self._thread.join(10)
        self._server.server_close()
        self._server = None

    def freeze(self) -> None:
        """Keep the connections but send nothing more; answer no request either."""
        self.running.clear()

    def recover(self) -> None:
        """End `freeze`."""
        self.running.set()

    def drop_clients(self) -> None:
        """Cut every connection and go on listening."""
        if self._server is not None:
            self._server.cut()

    def wait(self, until_s: float) -> None:
        """Until the monotonic clock shows `until_s`, and as long as frozen."""
        self.stopping.wait(max(0.0, until_s - time.monotonic()))
        while not self.running.is_set() and not self.stopping.is_set():
            self.running.wait(0.05)


class _Server(ThreadingHTTPServer):
    """Knows its connections, so that it can cut them."""

    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is no error."""


class _Client(BaseHTTPRequestHandler):
    """One request."""

    def __init__(self, camera: HttpCamera, *args: Any) -> None:
        self._camera = camera
        super().__init__(*args)

    def do_GET(self) -> None:
        camera, path = self._camera, self.path.lstrip("/")
        camera.requests.append(path)
        camera.wait(0.0)
        if camera.secret and self.headers["Authorization"] != f"Basic {camera.secret}":
            self._head(401, {"WWW-Authenticate": 'Basic realm="camera"', "Content-Length": "0"})
        elif path in camera.redirects:
            self._head(302, {"Location": camera.redirects[path], "Content-Length": "0"})
        elif path in camera.streams:
            self._play(camera.streams[path])
        elif (found := camera.files(path)) is not None:
            self._head(200, {"Content-Length": str(len(found))})
            self.wfile.write(found)
        else:
            self._head(404, {"Content-Length": "0"})

    def log_message(self, *_args: object) -> None:
        """Tests have nothing to read here."""

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _play(self, stream: Stream) -> None:
        self._head(200, {"Content-Type": stream.content_type})
        began_s = time.monotonic()
        with suppress(OSError):
            for at_s, data in stream.chunks():
                self._camera.wait(began_s + at_s)
                if self._camera.stopping.is_set():
                    return
                self.wfile.write(data)
