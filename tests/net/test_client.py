import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from vigil.core import SourceError, SourceRefused
from vigil.net import addresses, download
from vigil.net.addresses import may_reach

BODY = b"weights" * 1000


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = {
            "/ok": self.whole,
            "/moved": self.moved,
            "/endless": self.endless,
            "/packed": self.packed,
            "/short": self.short,
        }
        answer.get(self.path, lambda: self.send_error(404))()

    def whole(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def moved(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/ok")
        self.end_headers()

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(BODY)
        except OSError:
            self.close_connection = True

    def packed(self) -> None:
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()

    def short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:10])

    def log_message(self, format: str, *args: object) -> None:
        self.server.seen.append(self.headers["Host"])  # type: ignore[attr-defined]


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as here:
        thread = threading.Thread(target=here.serve_forever)
        thread.start()
        yield here
        here.shutdown()
        thread.join()


def fetch(server: Server, where: str, path: Path, max_bytes: int = 1 << 20) -> None:
    download(server.url + where, path, max_bytes=max_bytes, allow_private=True)


def test_a_file_arrives_whole_and_leaves_nothing_beside_it(server: Server, tmp_path: Path) -> None:
    fetch(server, "/ok", tmp_path / "model.onnx")

    assert (tmp_path / "model.onnx").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize(
    ("where", "max_bytes", "said"),
    [
        ("/moved", 1 << 20, "redirect"),
        ("/ok", 100, "bytes"),
        ("/endless", 100_000, "more than the 100000 bytes"),
        ("/packed", 1 << 20, "packed"),
    ],
)
def test_what_is_not_allowed_is_refused_and_leaves_no_file(
    server: Server, tmp_path: Path, where: str, max_bytes: int, said: str
) -> None:
    with pytest.raises(SourceRefused, match=said):
        fetch(server, where, tmp_path / "model.onnx", max_bytes)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["/missing", "/short"])
def test_a_failed_answer_is_an_error_and_leaves_no_file(
    server: Server, tmp_path: Path, where: str
) -> None:
    with pytest.raises(SourceError):
        fetch(server, where, tmp_path / "model.onnx")

    assert list(tmp_path.iterdir()) == []


def test_private_networks_are_refused_unless_allowed(server: Server, tmp_path: Path) -> None:
    before = len(server.seen)

    with pytest.raises(SourceRefused, match="private network"):
        download(f"{server.url}/ok", tmp_path / "model.onnx", max_bytes=1 << 20)

    assert len(server.seen) == before


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/x", "model.onnx"])
def test_only_http_and_https_are_fetched(tmp_path: Path, url: str) -> None:
    with pytest.raises((SourceRefused, SourceError)):
        download(url, tmp_path / "model.onnx", max_bytes=1)


def test_the_checked_address_is_the_one_connected_to(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, *rest: int, **named: int) -> list[object]:
        asked.append(host)
        if host == "models.example":
            return [(2, 1, 6, "", ("127.0.0.1", port))]
        return real(host, port, *rest, **named)

    real = addresses.socket.getaddrinfo
    monkeypatch.setattr(addresses.socket, "getaddrinfo", resolve)

    url = f"http://models.example:{server.server_port}/ok"
    download(url, tmp_path / "model.onnx", max_bytes=1 << 20, allow_private=True)

    assert asked.count("models.example") == 1
    assert server.seen[-1].startswith("models.example")


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: both)

    with pytest.raises(SourceRefused, match=r"10\.0\.0\.1"):
        download("http://models.example/x", tmp_path / "x", max_bytes=1)


def test_a_password_in_an_address_never_reaches_a_message(server: Server, tmp_path: Path) -> None:
    url = f"http://user:secret@127.0.0.1:{server.server_port}/missing"

    with pytest.raises(SourceError) as caught:
        download(url, tmp_path / "x", max_bytes=1, allow_private=True)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("8.8.8.8", True, True),
        ("2606:4700::1", True, True),
        ("127.0.0.1", False, True),
        ("192.168.1.9", False, True),
        ("fd00::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("2002:a00:1::", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1", False, False),
        ("224.0.0.1", False, False),
        ("0.0.0.0", False, False),  # noqa: S104
        ("::", False, False),
    ],
)
def test_which_addresses_may_be_reached(address: str, public: bool, private: bool) -> None:
    parsed = ipaddress.ip_address(address)

    assert may_reach(parsed, allow_private=False) is public
    assert may_reach(parsed, allow_private=True) is private
