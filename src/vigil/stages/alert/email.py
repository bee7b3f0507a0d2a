"""E-mail: one letter a message, the picture inside, all letters of an alert in one thread."""

import asyncio
import re
import smtplib
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Annotated, Literal

import structlog
from pydantic import AfterValidator, Field, SecretStr

from vigil.config.alerts import Language
from vigil.config.schedule import TimeZone
from vigil.config.settings import Words
from vigil.core import Alert, AlertDelayed, AlertRefused, ConfigError, part
from vigil.stages.alert.http import MOST_SAID, secret
from vigil.stages.alert.words import Updates, Wording, clean, wording, worth_telling

log = structlog.get_logger(__name__)

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
ANSWER_S = 20.0
MOST_SUBJECT = 200
OVER = 500
"""Codes from here on are final (RFC 5321)."""


def _plain_address(text: str) -> str:
    if not ADDRESS.fullmatch(text):
        raise ValueError("allowed: a plain address, such as guard@example.com")
    return text


MailAddress = Annotated[str, AfterValidator(_plain_address)]


@part
class Email:
    """Sends letters through a mail server, encrypted unless told otherwise."""

    host: Annotated[str, Field(min_length=1)]
    sender: MailAddress
    to: Annotated[Words, AfterValidator(lambda found: tuple(map(_plain_address, found)))]
    """One address, or several; each sees the others."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """None: 587 for `starttls`, 465 for `tls`, 25 for `none`."""
    user: str = ""
    password: SecretStr | str = ""
    ca_file: Path | None = None
    pictures: bool = True
    updates: Updates = "verdict"
    language: Language = "en"
    time_zone: TimeZone = "local"

    def __post_init__(self) -> None:
        self.password = secret(self.password)
        self.to = (self.to,) if isinstance(self.to, str) else tuple(self.to)
        if not self.to:
            raise ConfigError("to: needs an address")
        if self.user and self.tls == "none":
            raise ConfigError("tls: none would send the password for all to read")

    async def open(self) -> None:
        """Nobody sees who is there."""

    async def send(self, alert: Alert) -> str:
        if worth_telling(alert, self.updates):
            letter = self.letter(alert)
            # smtplib waits for each answer; its own time limit ends the thread.
            await asyncio.to_thread(self._deliver, letter)
        return ""

    async def close(self) -> None:
        """Each letter has a connection of its own."""

    def letter(self, alert: Alert) -> EmailMessage:
        """The whole letter."""
        words = wording(alert, language=self.language, time_zone=self.time_zone)
        letter = EmailMessage()
        letter["From"] = _address("Vigil", self.sender)
        letter["To"] = tuple(_address("", one) for one in self.to)
        letter["Subject"] = clean(words.title, MOST_SUBJECT)
        letter["Date"] = format_datetime(datetime.fromtimestamp(alert.time_s, UTC))
        first = self._message_id(alert, 0)
        letter["Message-ID"] = self._message_id(alert, alert.sequence)
        if alert.before is not None:
            letter["In-Reply-To"] = letter["References"] = first
        letter["X-Vigil-Alert"] = clean(alert.id)
        letter["X-Vigil-Sequence"] = str(alert.sequence)
        # Answering machines must not answer (RFC 3834).
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(words.text)
        picture = alert.snapshot if self.pictures else b""
        name = first.strip("<>")
        letter.add_alternative(_page(words, f"cid:{name}" if picture else ""), subtype="html")
        if picture:
            page = letter.get_body(("html",))
            assert page is not None
            page.add_related(
                picture, "image", "jpeg", cid=first, filename="alert.jpg", disposition="inline"
            )
        return letter

    def _message_id(self, alert: Alert, sequence: int) -> str:
        # Ids are ours, but letters may be read back from a database that is not.
        name = re.sub(r"[^A-Za-z0-9-]", "", alert.id)
        return f"<{name}.{sequence}@{self.sender.partition('@')[2]}>"

    def _deliver(self, letter: EmailMessage) -> None:
        where = f"{self.host}:{self._port}"
        try:
            with self._connected() as server:
                refused = server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            said = clean(f"{where}: {error.recipients}", 2 * MOST_SAID)
            raise (AlertRefused if min(codes) >= OVER else AlertDelayed)(said) from error
        except smtplib.SMTPResponseException as error:
            said = f"{where}: {error.smtp_code} {_text(error.smtp_error)}"
            raise (AlertRefused if error.smtp_code >= OVER else AlertDelayed)(said) from error
        except smtplib.SMTPNotSupportedError as error:
            raise AlertRefused(f"{where}: {error}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise AlertDelayed(f"{where}: {error or type(error).__name__}") from error
        for address, (code, reason) in refused.items():
            log.warning("address refused", address=address, code=code, reason=_text(reason))

    def _connected(self) -> smtplib.SMTP:
        assert isinstance(self.password, SecretStr)
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self._port, timeout=ANSWER_S, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self._port, timeout=ANSWER_S)
        try:
            if self.tls == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server

    @property
    def _port(self) -> int:
        return self.port or PORTS[self.tls]


def _address(name: str, address: str) -> Address:
    return Address(display_name=name, addr_spec=_plain_address(address))


def _text(said: object) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return clean(text, MOST_SAID)


def _page(words: Wording, picture: str) -> str:
    """The letter as HTML; nothing of it is fetched from anywhere."""
    shown = f'<p><img src="{escape(picture)}" alt="" style="max-width:100%"></p>' if picture else ""
    clip = f'<p><a href="{escape(words.clip)}">{escape(words.clip)}</a></p>' if words.clip else ""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>'
        f"<h3>{escape(words.title)}</h3><p>{escape(words.verdict)}</p>{shown}"
        f"<p>{escape(words.when)}</p>{clip}<p>{escape(words.mark)}</p></body></html>"
    )
