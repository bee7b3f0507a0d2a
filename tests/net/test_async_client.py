import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from vigil.core import NetError, NetRefused
from vigil.net import Answer, AsyncGuardedClient, Limits, addresses

SHORT = Limits(connect_s=2, read_s=0.3, total_s=1.0, max_bytes=1000)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_POST(self) -> None:
        self.server.seen.append((self.headers["Host"], self.client_address[1]))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answers: dict[str, Callable[[bytes], None]] = {
            "/echo": lambda body: self.whole(200, body),
            "/busy": lambda body: self.whole(503, body),
            "/moved": self.moved,
            "/packed": self.packed,
            "/endless": self.endless,
            "/trickle": self.trickle,
            "/silent": lambda _: self.server.over.wait(10) and None,
            "/drop": lambda _: self.connection.shutdown(socket.SHUT_RDWR),
            "/half": self.half,
        }
        answers[self.path](body)

    def whole(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(body)

    def moved(self, body: bytes) -> None:
        self.send_response(307)
        self.send_header("Location", "/echo")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def packed(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def endless(self, body: bytes) -> None:
        self.begin()
        self.until_gone(lambda: None)

    def trickle(self, body: bytes) -> None:
        self.begin()
        self.until_gone(lambda: self.server.over.wait(0.1))

    def half(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def begin(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.end_headers()

    def until_gone(self, between: Callable[[], object]) -> None:
        try:
            while not self.server.over.is_set():
                self.wfile.write(b"word ")
                between()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, int]] = []
        self.over = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as here:
        thread = threading.Thread(target=here.serve_forever)
        thread.start()
        yield here
        here.over.set()
        here.shutdown()
        thread.join()


def exchanged(
    url: str, *, times: int = 1, limits: Limits = SHORT, allow_private: bool = True
) -> list[Answer]:
    async def run() -> list[Answer]:
        client = AsyncGuardedClient(allow_private=allow_private)
        try:
            return [
                await client.exchange("POST", url, content=b"hello", limits=limits)
                for _ in range(times)
            ]
        finally:
            await client.close()

    return asyncio.run(run())


@pytest.mark.parametrize(("where", "status"), [("/echo", 200), ("/busy", 503)])
def test_an_answer_comes_back_whatever_its_status(server: Server, where: str, status: int) -> None:
    (answer,) = exchanged(server.url + where)

    assert (answer.status, answer.body, answer.cut) == (status, b"hello", False)
    assert answer.headers["retry-after"] == "7"


def test_a_connection_is_used_again(server: Server) -> None:
    exchanged(server.url + "/echo", times=3)

    assert len(set(server.seen[-3:])) == 1


def test_an_endless_answer_is_cut_off(server: Server) -> None:
    (answer,) = exchanged(server.url + "/endless")

    assert answer.cut
    assert len(answer.body) == SHORT.max_bytes
    assert answer.body.startswith(b"word word ")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("/silent", "silent for 0.3 s"),
        ("/trickle", "no whole answer in 1 s"),
        ("/drop", r"127\.0\.0\.1:\d+: "),
        ("/half", r"127\.0\.0\.1:\d+: "),
    ],
)
def test_a_sick_server_is_given_up(server: Server, where: str, said: str) -> None:
    with pytest.raises(NetError, match=said) as caught:
        exchanged(server.url + where)

    assert not isinstance(caught.value, NetRefused)


@pytest.mark.parametrize(("where", "said"), [("/moved", "redirect"), ("/packed", "packed")])
def test_what_is_not_allowed_is_refused(server: Server, where: str, said: str) -> None:
    with pytest.raises(NetRefused, match=said):
        exchanged(server.url + where)


def test_nobody_there_is_told() -> None:
    with Server() as gone:
        url = gone.url
    with pytest.raises(NetError, match="cannot be reached"):
        exchanged(f"{url}/echo")


def test_private_networks_are_refused_unless_allowed(server: Server) -> None:
    before = len(server.seen)

    with pytest.raises(NetRefused, match="private network"):
        exchanged(f"{server.url}/echo", allow_private=False)

    assert len(server.seen) == before


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "http://[fe80::1]/", "ftp://example.com/", "not an address"]
)
def test_some_addresses_are_refused_always(url: str) -> None:
    with pytest.raises(NetError):
        exchanged(url)


def test_the_next_address_of_a_name_is_tried(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.server_port
    both = [(2, 1, 6, "", ("127.0.0.9", port)), (2, 1, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: both)

    (answer,) = exchanged(f"http://brain.example:{port}/echo")

    assert answer.body == b"hello"
    assert server.seen[-1][0] == f"brain.example:{port}"


def test_a_client_serves_one_origin_only(server: Server) -> None:
    async def run() -> None:
        client = AsyncGuardedClient(allow_private=True)
        await client.exchange("POST", f"{server.url}/echo", content=b"a", limits=SHORT)
        with pytest.raises(NetRefused, match="serves no other"):
            await client.exchange("POST", f"http://localhost:{server.server_port}/echo")
        await client.close()

    asyncio.run(run())


def test_a_header_that_http_does_not_allow_is_not_told(server: Server) -> None:
    async def run() -> None:
        client = AsyncGuardedClient(allow_private=True)
        try:
            await client.exchange(
                "POST", f"{server.url}/echo", headers={"Authorization": "Bearer sec\nret"}
            )
        finally:
            await client.close()

    with pytest.raises(NetError, match="cannot be asked") as caught:
        asyncio.run(run())
    assert "ret" not in str(caught.value)


def test_a_cancelled_exchange_closes_its_connection(server: Server) -> None:
    async def run() -> None:
        client = AsyncGuardedClient(allow_private=True, connections=1)
        url = f"{server.url}/silent"
        task = asyncio.create_task(client.exchange("POST", url, content=b"a"))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The only place is free again.
        answer = await client.exchange("POST", f"{server.url}/echo", content=b"b", limits=SHORT)
        assert answer.body == b"b"
        await client.close()

    asyncio.run(run())


def test_a_file_without_certificates_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(NetRefused, match=r"ca\.pem"):
        AsyncGuardedClient(ca_file=tmp_path / "ca.pem")
