"""One address, asked many times, while others go on: large models, webhooks.

The same guards as `client`: a name is resolved and checked for every exchange and the checked
address is the one connected to, redirects are not followed, proxies of the environment are not
used, and every exchange has a cap in bytes and seconds.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx

from vigil.core import NetError, NetRefused
from vigil.net.addresses import checked_addresses_soon
from vigil.net.client import PORTS, SCHEMES, host_of

IDLE_S = 30.0
"""A connection that rests longer is closed: servers and firewalls drop it without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an exchange may take, and how much may come back."""

    connect_s: float = 10.0
    read_s: float = 20.0
    """Without a single byte."""
    total_s: float = 60.0
    max_bytes: int = 1 << 20
    """Of the answer; the rest is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    cut: bool = False
    """Whether there was more than `Limits.max_bytes`."""


class AsyncGuardedTransport(httpx.AsyncBaseTransport):
    """Connects to checked addresses only, while certificates are still checked by name.

    For one origin: connections are kept, and one that proved to be a certain name must not
    serve another name at the same address.
    """

    def __init__(
        self, *, allow_private: bool, connections: int, ca_file: Path | None = None
    ) -> None:
        self._allow_private = allow_private
        self._origin: tuple[str, str, int | None] | None = None
        self._inner = httpx.AsyncHTTPTransport(
            verify=_trusted(ca_file),
            trust_env=False,
            limits=httpx.Limits(max_connections=connections, keepalive_expiry=IDLE_S),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.scheme not in SCHEMES:
            raise NetRefused(f"scheme {url.scheme!r}; allowed: {', '.join(SCHEMES)}")
        origin = (url.scheme, url.host, url.port)
        self._origin = self._origin or origin
        if origin != self._origin:
            raise NetRefused(f"{url.host}: a connection to {self._origin[1]} serves no other")
        port = url.port or PORTS[url.scheme]
        addresses = await checked_addresses_soon(url.host, port, allow_private=self._allow_private)
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        for address in addresses[:-1]:
            request.url = url.copy_with(host=address)
            try:
                return await self._inner.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # the next address of the same name may answer
        request.url = url.copy_with(host=addresses[-1])
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class AsyncGuardedClient:
    """Exchanges with one origin (scheme, host, port); belongs to the loop that first uses it."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        connections: int = 8,
        ca_file: Path | None = None,
    ) -> None:
        """`ca_file`: certificates (PEM) to trust instead of the usual ones.

        Raises `NetRefused` when `ca_file` holds none.
        """
        try:
            transport = AsyncGuardedTransport(
                allow_private=allow_private, connections=connections, ca_file=ca_file
            )
        except (OSError, ssl.SSLError) as error:
            raise NetRefused(f"{ca_file}: no certificates ({error})") from error
        self._client = httpx.AsyncClient(
            transport=transport, trust_env=False, follow_redirects=False
        )

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
    ) -> Answer:
        """Send once and read the answer, whatever its status; nothing is tried again.

        Raises `NetRefused` for a scheme, address or redirect that is not allowed, and `NetError`
        when the other side does not answer, breaks off, or takes longer than `limits` allow.
        No message holds a header or a password.
        """
        try:
            async with asyncio.timeout(limits.total_s):
                return await self._exchanged(method, url, content, headers or {}, limits)
        except TimeoutError as error:
            raise NetError(f"{host_of(url)}: no whole answer in {limits.total_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NetError(f"{host_of(url)}: {_in_words(error, limits)}") from error

    async def _exchanged(
        self, method: str, url: str, content: bytes, headers: Mapping[str, str], limits: Limits
    ) -> Answer:
        # Unpacking could turn a small answer into an endless one: packed ones are not taken.
        wanted = {"Accept-Encoding": "identity", **headers}
        patience = httpx.Timeout(limits.read_s, connect=limits.connect_s, pool=limits.total_s)
        async with self._client.stream(
            method, url, content=content, headers=wanted, timeout=patience
        ) as response:
            if response.is_redirect:
                raise NetRefused(
                    f"{host_of(url)}: answers with a redirect; give the address it leads to"
                )
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise NetRefused(f"{host_of(url)}: sends a packed answer, which was not asked for")
            body, cut = await _read(response, limits.max_bytes)
        return Answer(
            status=response.status_code, headers=dict(response.headers), body=body, cut=cut
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


@cache
def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    """Reading all the usual certificates takes a while; every client may share them."""
    if ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    return ssl.create_default_context(cafile=ca_file)


async def _read(response: httpx.Response, max_bytes: int) -> tuple[bytes, bool]:
    received = bytearray()
    async for piece in response.aiter_raw():
        received += piece
        if len(received) > max_bytes:
            return bytes(received[:max_bytes]), True
    return bytes(received), False


def _in_words(error: Exception, limits: Limits) -> str:
    match error:
        case httpx.ConnectTimeout():
            return f"no connection in {limits.connect_s:g} s"
        case httpx.TimeoutException():
            return f"silent for {limits.read_s:g} s"
        case httpx.ConnectError():
            return f"cannot be reached ({error})"
        case httpx.LocalProtocolError():
            return "cannot be asked: an address or a header that HTTP does not allow"
        case _:
            return str(error) or type(error).__name__
