"""An MQTT broker, told under the topics that tools for Frigate listen to."""

import asyncio
import random
import ssl
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import structlog
from aiomqtt import Client, MqttCodeError, MqttError, Will
from pydantic import AfterValidator, Field, SecretStr

from vigil.core import Alert, AlertDelayed, ConfigError, part
from vigil.core.json import as_line
from vigil.stages.alert.frigate import (
    camera_of,
    event_message,
    is_open,
    label_of,
    review_message,
)
from vigil.stages.alert.http import secret

log = structlog.get_logger(__name__)

QOS = 1
"""At least once: a message counts as sent when the broker has confirmed it."""
CONNECT_S = 10.0
GOODBYE_S = 2.0
FIRST_REST_S, LONGEST_REST_S = 0.5, 10.0
"""Between attempts to connect, drawn evenly up to a bound that doubles."""
MOST_OPEN = 1000
"""Alerts that are counted as going on; of more the oldest are believed to be over."""
ALL = "all"
"""Stands for any label in the topics of counts."""


def _plain_topic(prefix: str) -> str:
    if not prefix or prefix.startswith("/") or set(prefix) & set("+#\0 "):
        raise ValueError("allowed: a topic without +, # and spaces, such as frigate or vigil/home")
    return prefix.rstrip("/")


@part
class MqttBroker:
    """Publishes each alert as an event and as a review, with pictures and counts.

    `<prefix>/available` is `online` while we are connected; the broker turns it to `offline` when
    we are gone. It and the pictures are retained, as Frigate does.
    """

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """None: 1883, or 8883 with TLS."""
    user: str = ""
    password: SecretStr | str = ""
    prefix: Annotated[str, AfterValidator(_plain_topic)] = "vigil"
    """`frigate` where tools that know only that are to understand; never beside a Frigate."""
    tls: bool = False
    ca_file: Path | None = None
    pictures: bool = True
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30
    """The broker says `offline` after one and a half times this without a word."""

    def __post_init__(self) -> None:
        self.password = secret(self.password)
        if self.ca_file is not None and not self.tls:
            raise ConfigError("ca_file: needs tls: true")
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        """Set, and replaced, when the connection came, went, or could not be made."""
        self._closing = False
        self._problem = ""
        """Why there is no connection; empty while there is one, or the first is being made."""
        self._open: dict[str, tuple[str, str]] = {}

    async def open(self) -> None:
        if self._task is None or self._task.done():
            self._closing, self._problem = False, ""
            self._task = asyncio.create_task(self._stay_connected(), name=f"mqtt {self.host}")

    async def send(self, alert: Alert) -> str:
        await self.open()
        client = await self._connected()
        await self._publish_all(client, alert)
        return ""

    async def close(self) -> None:
        task, self._task = self._task, None
        self._closing = True
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _publish_all(self, client: Client, alert: Alert) -> None:
        place = (camera_of(alert.event), label_of(alert.event))
        if self.pictures and alert.snapshot and is_open(alert):
            topic = "/".join((*place, "snapshot"))
            await self._publish(client, topic, alert.snapshot, retain=True)
        for topic, count in self._counts(alert, place).items():
            await self._publish(client, topic, str(count).encode())
        for topic, message in (("events", event_message), ("reviews", review_message)):
            payload = as_line(message(alert)).encode("utf-8", "replace")
            await self._publish(client, topic, payload)

    def _counts(self, alert: Alert, place: tuple[str, str]) -> dict[str, int]:
        """Topics whose count this alert may have changed; the same alert twice counts once."""
        self._open.pop(alert.id, None)
        if is_open(alert):
            self._open[alert.id] = place
        while len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]
        camera, label = place
        here = Counter(each for where, each in self._open.values() if where == camera)
        return {f"{camera}/{label}": here[label], f"{camera}/{ALL}": here.total()}

    async def _publish(
        self, client: Client, topic: str, payload: bytes, *, retain: bool = False
    ) -> None:
        """Returns when the broker has it; raises AlertDelayed when that is not known."""
        sending = asyncio.ensure_future(
            client.publish(f"{self.prefix}/{topic}", payload, qos=QOS, retain=retain)
        )
        gone = asyncio.ensure_future(self._is_gone(client))
        try:
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise AlertDelayed(f"{self._where}: {self._problem or 'the connection broke off'}")
            sending.result()
        except MqttError as error:
            raise AlertDelayed(f"{self._where}: {_in_words(error)}") from error
        finally:
            for task in (sending, gone):
                task.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)

    async def _is_gone(self, client: Client) -> None:
        while self._client is client:
            await self._changed.wait()

    async def _connected(self) -> Client:
        """Waits for the first attempt only: `_stay_connected` goes on trying anyway."""
        while self._client is None:
            if self._problem:
                raise AlertDelayed(f"{self._where}: {self._problem}")
            await self._changed.wait()
        return self._client

    async def _stay_connected(self) -> None:
        failures = 0
        while not self._closing:
            try:
                async with self._made() as client:
                    failures = 0
                    await self._present(client)
            except (MqttError, OSError) as error:
                if self._closing:
                    return  # the goodbye was cut short
                failures += 1
                self._now(None, _in_words(error))
                log.warning("broker away", broker=self._where, reason=self._problem)
            bound_s = min(LONGEST_REST_S, FIRST_REST_S * 2.0 ** min(failures, 10))
            await asyncio.sleep(random.uniform(0, bound_s))  # noqa: S311 - spreads load

    async def _present(self, client: Client) -> None:
        """Say that we are there, until the connection breaks; when told to go, say so, too."""
        topic = f"{self.prefix}/available"
        await client.publish(topic, b"online", qos=QOS, retain=True)
        self._now(client)
        try:
            # Nothing is subscribed to: this only ends when the connection does.
            async for _ in client.messages:
                pass
        except asyncio.CancelledError:
            with suppress(MqttError):
                await client.publish(topic, b"offline", qos=QOS, retain=True, timeout=GOODBYE_S)
            raise
        finally:
            self._now(None, "the connection broke off")

    def _now(self, client: Client | None, problem: str = "") -> None:
        self._client, self._problem = client, problem
        before, self._changed = self._changed, asyncio.Event()
        before.set()

    def _made(self) -> Client:
        assert isinstance(self.password, SecretStr)
        return Client(
            self.host,
            self.port or (8883 if self.tls else 1883),
            username=self.user or None,
            password=self.password.get_secret_value() or None,
            will=Will(f"{self.prefix}/available", b"offline", qos=QOS, retain=True),
            timeout=CONNECT_S,
            keepalive=self.keepalive_s,
            tls_context=ssl.create_default_context(cafile=self.ca_file) if self.tls else None,
        )

    @property
    def _where(self) -> str:
        return f"{self.host}:{self.port or (8883 if self.tls else 1883)}"


def _in_words(error: Exception) -> str:
    reason = error.__cause__ if isinstance(error, MqttError) and error.__cause__ else error
    return str(reason if not isinstance(error, MqttCodeError) else error) or type(error).__name__
