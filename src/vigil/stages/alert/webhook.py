"""Any program that takes a request over HTTP."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from vigil.config.alerts import Language
from vigil.config.schedule import TimeZone
from vigil.core import Alert, ConfigError, part
from vigil.core.alert_json import alert_json
from vigil.stages.alert.http import JSON, Post, checked_url, secret
from vigil.stages.alert.template import AnyTemplate, fields, fill_text, fill_tree, in_json
from vigil.stages.alert.words import Updates, worth_telling

ID, SEQUENCE, TIMESTAMP, SIGNATURE = (
    "X-Vigil-Alert",
    "X-Vigil-Sequence",
    "X-Vigil-Timestamp",
    "X-Vigil-Signature",
)
OURS = frozenset(
    name.lower() for name in (ID, SEQUENCE, TIMESTAMP, SIGNATURE, "Content-Type", "Host")
)


@part
class Webhook:
    """Sends each message to an address, signed, with the alert's id in a header.

    Answers of the 2xx mean that it arrived. 408, 429, the 5xx and silence are tried again, which
    repeats the id and the sequence; other answers are final.
    """

    url: SecretStr | str
    """Never shown."""
    secret: SecretStr | str = ""
    """Signs each message (HMAC-SHA256), see `signature`; empty: it goes unsigned."""
    body: AnyTemplate = None
    """A tree of JSON, or a text, with blanks; None: the whole alert as JSON."""
    content_type: str = JSON
    method: Literal["POST", "PUT"] = "POST"
    headers: Mapping[str, SecretStr | str] = field(default_factory=dict)
    """More of them, such as `Authorization`; never shown."""
    pictures: bool = False
    """Whether the whole alert has its picture within, as `snapshot_base64`."""
    updates: Updates = "all"
    language: Language = "en"
    time_zone: TimeZone = "local"
    allow_private: bool = False
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        self.url = checked_url(self.url, "url")
        self.secret = secret(self.secret)
        more = {name: secret(value) for name, value in self.headers.items()}
        self.headers = more
        self._post = Post(allow_private=self.allow_private, ca_file=self.ca_file)
        _check_header("content_type", self.content_type)
        for name, value in more.items():
            if name.lower() in OURS:
                raise ConfigError(f"headers: {name} is set by us; see `secret` and `content_type`")
            _check_header(name, value.get_secret_value())

    async def open(self) -> None:
        """Nobody sees who is there."""

    async def send(self, alert: Alert) -> str:
        if worth_telling(alert, self.updates):
            assert isinstance(self.url, SecretStr)
            body = self._body(alert)
            reply = await self._post(
                self.url.get_secret_value(),
                body,
                headers=self._headers(alert, body),
                method=self.method,
            )
            reply.check()
        return ""

    async def close(self) -> None:
        await self._post.close()

    def _headers(self, alert: Alert, body: bytes) -> dict[str, str]:
        assert isinstance(self.secret, SecretStr)
        timestamp_s = int(time.time())
        headers = {
            name: value.get_secret_value()
            for name, value in self.headers.items()
            if isinstance(value, SecretStr)
        }
        headers |= {
            "Content-Type": self.content_type,
            ID: alert.id,
            SEQUENCE: str(alert.sequence),
            TIMESTAMP: str(timestamp_s),
        }
        if key := self.secret.get_secret_value():
            headers[SIGNATURE] = f"sha256={signature(key, timestamp_s, body)}"
        return headers

    def _body(self, alert: Alert) -> bytes:
        if self.body is None:
            found: Any = alert_json(alert)
            if self.pictures and alert.snapshot:
                found["snapshot_base64"] = base64.b64encode(alert.snapshot).decode()
            return _encoded(found)
        values = fields(alert, language=self.language, time_zone=self.time_zone)
        if not isinstance(self.body, str):
            return _encoded(fill_tree(self.body, values))
        escape = in_json if "json" in self.content_type else str
        return fill_text(self.body, values, escape=escape).encode("utf-8", "replace")


def signature(key: str, timestamp_s: int, body: bytes) -> str:
    """HMAC-SHA256 of the timestamp, a dot and the body, in hexadecimal.

    Whoever checks it compares in constant time, and refuses timestamps that are minutes away: then
    nobody can send an old message again.
    """
    signed = f"{timestamp_s}.".encode() + body
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def _encoded(found: Any) -> bytes:
    return json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


def _check_header(name: str, value: str) -> None:
    token = name.replace("-", "").replace("_", "")
    if not (token.isascii() and token.isalnum()):
        raise ConfigError(f"headers: no name of a header: {name!r}; allowed: letters, digits, -")
    if not (value.isascii() and value.isprintable()):
        raise ConfigError(f"headers: the value of {name} has characters that HTTP does not allow")
