"""Sending one message over HTTP, and what its answer means for the message."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from vigil.core import AlertDelayed, AlertRefused, ConfigError, NetError, NetRefused
from vigil.net import Answer, AsyncGuardedClient, Limits, host_of
from vigil.stages.alert.words import clean

LIMITS = Limits(connect_s=10.0, read_s=15.0, total_s=30.0, max_bytes=64 << 10)
BUSY = (408, 425, 429)
"""Statuses of the 4xx that ask for another attempt."""
JSON = "application/json; charset=utf-8"
MOST_SAID = 120


def secret(value: SecretStr | str) -> SecretStr:
    """A value that is never shown."""
    return value if isinstance(value, SecretStr) else SecretStr(value)


def checked_url(value: SecretStr | str, where: str) -> SecretStr:
    """An address of HTTP; raises ConfigError for anything else, without showing it."""
    url = secret(value)
    text = url.get_secret_value()
    if not text.lower().startswith(("https://", "http://")) or any(map(str.isspace, text)):
        raise ConfigError(f"{where}: allowed: an address that begins with https:// or http://")
    return url


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a receiver answered."""

    host: str
    answer: Answer

    @property
    def ok(self) -> bool:
        return 200 <= self.answer.status < 300

    def json(self) -> dict[str, Any]:
        """The object in the answer; empty when there is none."""
        try:
            found = json.loads(self.answer.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def check(self) -> None:
        """Raises `AlertDelayed` or `AlertRefused` unless the status says that all is well."""
        if not self.ok:
            raise self.failure(f"answers {self.answer.status}")

    def failure(self, said: str) -> AlertDelayed | AlertRefused:
        """The error that the status stands for."""
        status = self.answer.status
        text = f"{self.host}: {clean(said, MOST_SAID)}"
        if status in BUSY or status >= 500:
            return AlertDelayed(text, retry_after_s=self.retry_after_s())
        return AlertRefused(text)

    def retry_after_s(self) -> float | None:
        """What the header asks for, in seconds or as a date; None when it says neither."""
        value = self.answer.headers.get("retry-after", "").strip()
        if value.isdecimal():
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except (ValueError, TypeError, OverflowError):
            return None


class Post:
    """One receiver's address, asked through the guarded client; opened on first use."""

    def __init__(self, *, allow_private: bool, ca_file: Path | None = None) -> None:
        self._allow_private = allow_private
        self._ca_file = ca_file
        self._client: AsyncGuardedClient | None = None

    async def __call__(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        method: str = "POST",
    ) -> Reply:
        """Send once; statuses are left to the caller.

        Raises `AlertRefused` for an address that is not allowed, `AlertDelayed` without an answer.
        """
        host = host_of(url)
        try:
            client = self._opened()
            answer = await client.exchange(
                method, url, content=body, headers=headers, limits=LIMITS
            )
        except NetRefused as error:
            is_private = "private" in str(error) and not self._allow_private
            cure = "; set allow_private: true if it is yours" if is_private else ""
            raise AlertRefused(f"{error}{cure}") from error
        except NetError as error:
            raise AlertDelayed(str(error)) from error
        return Reply(host=host, answer=answer)

    async def json(self, url: str, found: Any) -> Reply:
        """Send an object as JSON."""
        body = json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        return await self(url, body, headers={"Content-Type": JSON})

    async def close(self) -> None:
        """Close the connection; the next message opens another."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _opened(self) -> AsyncGuardedClient:
        if self._client is None:
            self._client = AsyncGuardedClient(
                allow_private=self._allow_private, connections=2, ca_file=self._ca_file
            )
        return self._client
