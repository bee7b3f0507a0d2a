"""Somebody who listens to a broker, and comes back when it does."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from vigil.testing.mosquitto import HOST


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One message."""

    topic: str
    payload: bytes
    retained: bool
    """Whether it was there before the listener."""

    def json(self) -> Any:
        """The payload as JSON."""
        return json.loads(self.payload)


class MqttListener:
    """Hears all topics in a session that the broker keeps while the listener is away."""

    def __init__(
        self, port: int, *, name: str = "listener", user: str = "", password: str = ""
    ) -> None:
        self.heard: list[Heard] = []
        self._port = port
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        if user:
            self._client.username_pw_set(user, password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=0)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._hear

    def on(self, topic: str) -> list[Heard]:
        """What was heard under a topic, oldest first."""
        return [each for each in list(self.heard) if each.topic == topic]

    def until(self, what: Callable[[Self], object], *, within_s: float = 30.0) -> None:
        """Wait until something is true of it."""
        deadline_s = time.monotonic() + within_s
        while not what(self):
            if time.monotonic() > deadline_s:
                topics = [each.topic for each in self.heard]
                raise AssertionError(f"not within {within_s:g} s; heard {topics}")
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self._client.connect(HOST, self._port, keepalive=10)
        self._client.loop_start()
        if not self._subscribed.wait(10):
            raise RuntimeError("the broker did not let us subscribe")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: object, _data: object, message: MQTTMessage) -> None:
        self.heard.append(
            Heard(topic=message.topic, payload=bytes(message.payload), retained=message.retain)
        )
