"""Telegram's Bot API: messages that are amended in place."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from vigil.config.alerts import Language
from vigil.config.schedule import TimeZone
from vigil.core import Alert, AlertDelayed, AlertRefused, part
from vigil.stages.alert.http import MOST_SAID, Post, Reply, checked_url, secret
from vigil.stages.alert.template import TextTemplate, fields, fill_text
from vigil.stages.alert.words import Updates, clean, escalated, worth_telling

MOST_TEXT, MOST_CAPTION = 4000, 1000
"""Characters; Telegram takes 4096 and 1024."""
UNCHANGED = "message is not modified"
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")


@part
class TelegramChat:
    """Writes to a chat as a bot.

    A later verdict changes the message in place; what matters more than before is told anew.
    """

    token: SecretStr | str
    """Of the bot, as BotFather gave it; never shown."""
    chat: str | int
    """Number of the chat, or `@name` of a channel."""
    thread: int | None = None
    """Of a forum; None: the chat itself."""
    quiet: bool = False
    """Without a sound."""
    pictures: bool = True
    text: TextTemplate = "$text"
    updates: Updates = "all"
    language: Language = "en"
    time_zone: TimeZone = "local"
    api: str = "https://api.telegram.org"
    """Of a Bot API server of your own."""
    allow_private: bool = False
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        self.token = secret(self.token)
        checked_url(self.api, "api")
        self._post = Post(allow_private=self.allow_private, ca_file=self.ca_file)

    async def open(self) -> None:
        """Nobody sees who is there."""

    async def send(self, alert: Alert) -> str:
        if not worth_telling(alert, self.updates):
            return alert.receipt
        values = fields(alert, language=self.language, time_zone=self.time_zone)
        text = fill_text(self.text, values)
        if alert.receipt and not escalated(alert):
            return await self._amend(alert, text)
        return await self._write(alert, text)

    async def close(self) -> None:
        await self._post.close()

    async def _write(self, alert: Alert, text: str) -> str:
        where: dict[str, Any] = {"chat_id": self.chat, "disable_notification": self.quiet}
        if self.thread is not None:
            where["message_thread_id"] = self.thread
        if self.pictures and alert.snapshot:
            found = await self._ask(
                "sendPhoto", {**where, "caption": text[:MOST_CAPTION]}, photo=alert.snapshot
            )
            return f"photo:{_message_id(found)}"
        found = await self._ask("sendMessage", {**where, **_shown(text)})
        return f"text:{_message_id(found)}"

    async def _amend(self, alert: Alert, text: str) -> str:
        kind, _, number = alert.receipt.partition(":")
        which = {"chat_id": self.chat, "message_id": int(number)}
        try:
            if kind == "photo":
                caption = {"caption": text[:MOST_CAPTION]}
                await self._ask("editMessageCaption", {**which, **caption})
            else:
                await self._ask("editMessageText", {**which, **_shown(text)})
        except AlertRefused as error:
            said = str(error).lower()
            if any(words in said for words in GONE):
                return await self._write(alert, text)
            if UNCHANGED not in said:
                raise
        return alert.receipt

    async def _ask(
        self, method: str, settings: Mapping[str, Any], *, photo: bytes = b""
    ) -> dict[str, Any]:
        assert isinstance(self.token, SecretStr)
        url = f"{self.api.rstrip('/')}/bot{self.token.get_secret_value()}/{method}"
        if photo:
            boundary = secrets.token_hex(16)
            kind = f"multipart/form-data; boundary={boundary}"
            body = form(settings, photo, boundary)
            reply = await self._post(url, body, headers={"Content-Type": kind})
        else:
            reply = await self._post.json(url, settings)
        return _result(reply)


def _shown(text: str) -> dict[str, Any]:
    return {"text": text[:MOST_TEXT], "link_preview_options": {"is_disabled": True}}


def _result(reply: Reply) -> dict[str, Any]:
    """What the answer holds; raises as the answer says, whatever its status."""
    found = reply.json()
    if found.get("ok") is True and isinstance(found.get("result"), dict | bool):
        result = found["result"]
        return result if isinstance(result, dict) else {}
    if "ok" not in found:
        reply.check()
        raise AlertDelayed(f"{reply.host}: answers something else than Telegram does")
    said = clean(str(found.get("description", "")), MOST_SAID)
    about = found.get("parameters")
    about = about if isinstance(about, dict) else {}
    if isinstance(about.get("migrate_to_chat_id"), int):
        raise AlertRefused(f"{reply.host}: the chat is {about['migrate_to_chat_id']} now: {said}")
    failure = reply.failure(f"{found.get('error_code', reply.answer.status)}: {said}")
    if isinstance(failure, AlertDelayed) and isinstance(about.get("retry_after"), int | float):
        failure.retry_after_s = float(about["retry_after"])
    raise failure


def _message_id(found: Mapping[str, Any]) -> int:
    number = found.get("message_id")
    if not isinstance(number, int):
        raise AlertDelayed("Telegram took a message but gave it no number")
    return number


def form(settings: Mapping[str, Any], photo: bytes, boundary: str) -> bytes:
    """A form with a picture (RFC 7578)."""
    parts = []
    for name, value in settings.items():
        said = value if isinstance(value, str) else json.dumps(value)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts.append(f"{head}{said}\r\n".encode("utf-8", "replace"))
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="alert.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return b"".join([*parts, head.encode(), photo, f"\r\n--{boundary}--\r\n".encode()])
