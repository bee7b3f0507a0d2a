"""The one client for what is fetched from, or sent to, addresses that a user gave.

A name is resolved once and the checked address is the one connected to; redirects are not
followed, proxies of the environment not used, and every answer has a cap in bytes and seconds.
"""

import os
import time
from pathlib import Path

import httpx

from vigil.core import NetError, NetRefused, SourceError, SourceRefused
from vigil.net.addresses import checked_addresses

SCHEMES = ("http", "https")
PORTS = {"http": 80, "https": 443}
TIMEOUT = httpx.Timeout(20, connect=10)


class GuardedTransport(httpx.BaseTransport):
    """Connects to checked addresses only, while certificates are still checked by name."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._inner = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.scheme not in SCHEMES:
            raise NetRefused(f"scheme {url.scheme!r}; allowed: {', '.join(SCHEMES)}")
        port = url.port or PORTS[url.scheme]
        addresses = checked_addresses(url.host, port, allow_private=self._allow_private)
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        for address in addresses[:-1]:
            request.url = url.copy_with(host=address)
            try:
                return self._inner.handle_request(request)
            except httpx.ConnectError:
                continue  # the next address of the same name may answer
        request.url = url.copy_with(host=addresses[-1])
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def guarded_client(*, allow_private: bool = False) -> httpx.Client:
    """A client for one errand; raises `NetRefused` for addresses that are not allowed."""
    return httpx.Client(
        transport=GuardedTransport(allow_private=allow_private),
        trust_env=False,
        follow_redirects=False,
        timeout=TIMEOUT,
    )


def download(
    url: str,
    path: Path,
    *,
    max_bytes: int,
    allow_private: bool = False,
    max_s: float = 600.0,
) -> None:
    """Fetch `url` into `path`, which appears only when whole and on the disk.

    Raises `SourceRefused` for a scheme, address, redirect or size that is not allowed, and
    `SourceError` when the other side fails or takes longer than `max_s` seconds.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with guarded_client(allow_private=allow_private) as client:
            _fetch(client, url, part, max_bytes, time.monotonic() + max_s)
        part.replace(path)
    except NetRefused as error:
        raise SourceRefused(str(error)) from error
    except NetError as error:
        raise SourceError(str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(f"{host_of(url)}: {error or type(error).__name__}") from error
    finally:
        part.unlink(missing_ok=True)


def _fetch(client: httpx.Client, url: str, part: Path, max_bytes: int, until_s: float) -> None:
    # Unpacking could turn a small answer into an endless one, so that packed ones are not taken.
    wanted = {"Accept-Encoding": "identity"}
    with client.stream("GET", url, headers=wanted) as response, part.open("wb") as file:
        _check_head(response, host_of(url), max_bytes)
        received = 0
        for chunk in response.iter_raw():
            received += len(chunk)
            if received > max_bytes:
                raise SourceRefused(f"{host_of(url)}: more than the {max_bytes} bytes allowed")
            if time.monotonic() > until_s:
                raise SourceError(f"{host_of(url)}: too slow, gave up")
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _check_head(response: httpx.Response, host: str, max_bytes: int) -> None:
    if response.is_redirect:
        raise SourceRefused(f"{host}: answers with a redirect; give the address it leads to")
    if response.status_code != httpx.codes.OK:
        raise SourceError(f"{host}: answers {response.status_code} {response.reason_phrase}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceRefused(f"{host}: sends a packed answer, which was not asked for")
    size = response.headers.get("Content-Length", "")
    if size.isdecimal() and int(size) > max_bytes:
        raise SourceRefused(f"{host}: {size} bytes; allowed: {max_bytes}")


def host_of(url: str) -> str:
    """Host and port, for messages: an address may carry a password, its host does not."""
    try:
        return httpx.URL(url).netloc.decode("ascii") or "address without a host"
    except (httpx.InvalidURL, UnicodeError):
        return "address that cannot be read"
