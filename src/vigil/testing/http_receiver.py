"""A real HTTP server on loopback that takes messages and fails when it is told to."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from vigil.testing.running import Running

HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    time_s: float
    """Monotonic seconds."""

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Responds:
    """How it answers one request."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs_s: float = 0.0
    """Says nothing for so long; ends early when the server stops."""
    drops: bool = False
    """Takes the request and closes the connection."""

    @classmethod
    def json(cls, found: Any, status: int = 200, **headers: str) -> Self:
        """An object as JSON; underscores in names of headers stand for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status=status, body=json.dumps(found).encode(), headers=named)


class HttpReceiver(Running):
    """Keeps what it received; answers as it was told, one request after the other, then `well`.

    A context manager; `stop` and `start` keep the port.
    """

    def __init__(self, well: Responds = Responds()) -> None:
        self.well = well
        self.received: list[Received] = []
        self.port = 0
        self._next: deque[Responds] = deque()
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://{HOST}:{self.port}"

    def then(self, *answers: Responds) -> None:
        """Answer the next requests so."""
        self._next.extend(answers)

    def start(self) -> None:
        """Listen; back when ready."""
        self._stopping.clear()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer((HOST, self.port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more."""
        self._stopping.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(10)
            self._server = self._thread = None

    def answer(self, request: Received) -> Responds:
        """Note a request; how it is to be answered."""
        self.received.append(request)
        return self._next.popleft() if self._next else self.well

    def wait(self, seconds: float) -> None:
        """Wait, unless the server stops."""
        self._stopping.wait(seconds)

    def bodies(self) -> Iterable[Any]:
        """What was received, as JSON."""
        return [each.json() for each in self.received]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: HttpReceiver

    def _take(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        request = Received(
            method=self.command,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(size),
            time_s=time.monotonic(),
        )
        answer = self.owner.answer(request)
        if answer.hangs_s:
            self.owner.wait(answer.hangs_s)
        if answer.drops or answer.hangs_s:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_PUT = do_GET = _take  # noqa: N815  the names are the standard library's

    def log_message(self, format: str, *args: object) -> None:
        """What it received says all."""
