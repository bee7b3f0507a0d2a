"""As much of HTTP/1.1 as a server needs that wants every byte in its own hands."""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

JSON = "application/json"
STREAM = "text/event-stream"
MOST_HEAD_BYTES = 64 << 10
MOST_BODY_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, whole."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request of a connection; None when it ends or is no HTTP."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
        method, path, _ = line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in _split(fields)}
        size = int(headers.get("content-length", "0"))
        if not 0 <= size <= MOST_BODY_BYTES:
            return None
        body = await reader.readexactly(size)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, OSError):
        return None
    return Request(method=method, path=path, headers=headers, body=body)


def _split(fields: list[str]) -> list[tuple[str, str, str]]:
    return [field.partition(":") for field in fields]


def response(
    status: int,
    body: bytes,
    *,
    kind: str = JSON,
    headers: dict[str, str] | None = None,
) -> bytes:
    """A whole response."""
    return (
        head(status, kind=kind, headers={"Content-Length": str(len(body)), **(headers or {})})
        + body
    )


def head(status: int, *, kind: str, headers: dict[str, str]) -> bytes:
    """The part before the body; without a `Content-Length` the body ends with the connection."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Type: {kind}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def as_json(found: Any) -> bytes:
    """A body."""
    return json.dumps(found, ensure_ascii=False).encode()
