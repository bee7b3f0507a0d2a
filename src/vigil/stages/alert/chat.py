"""What the rooms of chat programs have in common: one address, one short text, no amending."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, ClassVar

from pydantic import SecretStr

from vigil.config.alerts import Language
from vigil.config.schedule import TimeZone
from vigil.core import Alert, AlertDelayed, AlertRefused, part
from vigil.stages.alert.http import JSON, MOST_SAID, Post, Reply, checked_url
from vigil.stages.alert.template import TextTemplate, fields, fill_text
from vigil.stages.alert.words import Updates, clean, worth_telling

BUSY_S = 60.0
"""Rooms take some twenty messages a minute; those that are full are asked again after one."""


@part
class ChatRoom(ABC):
    """A room that takes messages at a secret address.

    What changes later is told in another message with the same mark.
    """

    CODE: ClassVar[tuple[str, ...]] = ()
    """Fields in which the room answers a code, of which 0 is well; none: its status says all."""
    BUSY: ClassVar[Set[int]] = frozenset()
    """Codes that mean: too many messages."""
    NEVER: ClassVar[Set[int]] = frozenset()
    """Codes that no other attempt will change. All others are tried again."""

    url: SecretStr | str
    """As the room gave it; never shown."""
    text: TextTemplate = "$text"
    """What is said, with blanks."""
    updates: Updates = "verdict"
    """Which later messages: `all`, `verdict` when more than time has changed, or `none`."""
    language: Language = "en"
    time_zone: TimeZone = "local"
    allow_private: bool = False
    """Whether the address may lie in a private network."""
    ca_file: Path | None = None
    """Certificates (PEM) to trust instead of the usual ones."""

    def __post_init__(self) -> None:
        self.url = checked_url(self.url, "url")
        self._post = Post(allow_private=self.allow_private, ca_file=self.ca_file)

    @property
    def pictures(self) -> bool:
        return False

    async def open(self) -> None:  # noqa: B027  a room needs no opening
        """Nobody sees who is there."""

    async def send(self, alert: Alert) -> str:
        if worth_telling(alert, self.updates):
            values = fields(alert, language=self.language, time_zone=self.time_zone)
            said = self.message(fill_text(self.text, values))
            body = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
            self._check(await self._post(self.address(), body, headers={"Content-Type": JSON}))
        return ""

    async def close(self) -> None:
        await self._post.close()

    def address(self) -> str:
        """Where to, signed if need be."""
        assert isinstance(self.url, SecretStr)
        return self.url.get_secret_value()

    @abstractmethod
    def message(self, text: str) -> Mapping[str, Any]:
        """The text as the room wants it."""

    def _check(self, reply: Reply) -> None:
        """Rooms answer 200 to what they did not take: the code in the body says so."""
        found = reply.json()
        codes = [found[name] for name in self.CODE if isinstance(found.get(name), int)]
        if not codes:
            reply.check()
            if self.CODE:
                raise AlertDelayed(f"{reply.host}: answers something else than a code")
            return
        code = codes[0]
        if code == 0:
            return
        said = f"{reply.host}: code {code}, {_words_of(found)}"
        if code in self.NEVER:
            raise AlertRefused(said)
        asked_s = reply.retry_after_s()
        raise AlertDelayed(said, retry_after_s=BUSY_S if code in self.BUSY else asked_s)


def _words_of(found: Mapping[str, Any]) -> str:
    words = [found[name] for name in ("errmsg", "msg", "StatusMessage") if found.get(name)]
    return clean(str(words[0]) if words else "no words", MOST_SAID)


def cut(text: str, most_bytes: int) -> str:
    """The text, cut where UTF-8 allows it to fit."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most_bytes:
        return text
    return data[: most_bytes - 3].decode("utf-8", "ignore") + "…"
