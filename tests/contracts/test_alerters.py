"""What every sink does, each against a real receiver on loopback."""

import asyncio
import io
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from pydantic import TypeAdapter, ValidationError

from vigil.config.alerts import AnySink
from vigil.config.parts import parts_of
from vigil.core import Alert, AlertDelayed, Alerter, Outcome, StepKind
from vigil.testing.alerts import PICTURE, amended, an_alert, an_event
from vigil.testing.http_receiver import HttpReceiver, Responds
from vigil.testing.mail_server import MailServer
from vigil.testing.mosquitto import Mosquitto, find_mosquitto
from vigil.testing.mqtt_listener import MqttListener

SECRET = "s3cr3t-value"
HOSTILE = 'x"}\r\nBcc: all@example.com\0\x1b[2J<!channel> <at user_id="all"></at> \ud800 ${id} %s'
KINDS = sorted(parts_of("vigil.alerters"))
Settings = dict[str, Any]


class Receiver(Protocol):
    """The other side of a sink."""

    settings: Settings

    def told(self, times: int) -> list[str]:
        """All that came, as text; at least so many messages."""

    def away(self) -> None: ...

    def back(self) -> None: ...

    def close(self) -> None: ...


class OverHttp:
    """A room, a bot, or a program that takes requests."""

    def __init__(self, settings: Settings, well: Settings) -> None:
        self._server = HttpReceiver(Responds.json(well))
        self._server.start()
        url = f"{self._server.url}/hook?key={SECRET}"
        where = {"api": self._server.url} if settings["kind"] == "telegram" else {"url": url}
        self.settings = {"allow_private": True, **where, **settings}

    def told(self, times: int) -> list[str]:
        found = [each.body.decode("utf-8", "replace") for each in self._server.received]
        assert len(found) >= times
        return found

    def away(self) -> None:
        self._server.stop()

    def back(self) -> None:
        self._server.start()

    def close(self) -> None:
        self._server.stop()


class OverMqtt:
    def __init__(self, folder: Path) -> None:
        self._broker = Mosquitto(folder, user="vigil", password=SECRET)
        self._broker.start()
        self._listener = MqttListener(self._broker.port, user="vigil", password=SECRET)
        self._listener.__enter__()
        self._broker.save()
        where = {"host": "127.0.0.1", "port": self._broker.port}
        self.settings = {"kind": "mqtt", "user": "vigil", "password": SECRET, **where}

    def told(self, times: int) -> list[str]:
        self._listener.until(lambda heard: len(heard.on("vigil/reviews")) >= times)
        return [each.payload.decode() for each in self._listener.on("vigil/reviews")]

    def away(self) -> None:
        self._broker.kill()

    def back(self) -> None:
        self._broker.start()

    def close(self) -> None:
        self._listener.__exit__(None, None, None)
        self._broker.kill()


class OverMail:
    def __init__(self) -> None:
        self._server = MailServer()
        self._server.start()
        where = {"host": "127.0.0.1", "port": self._server.port, "tls": "none"}
        who = {"sender": "vigil@example.com", "to": "guard@example.com"}
        self.settings = {"kind": "email", **where, **who}

    def told(self, times: int) -> list[str]:
        letters = self._server.letters
        assert len(letters) >= times
        return [each.get_body(("plain",)).get_content() for each in letters]

    def away(self) -> None:
        self._server.stop()

    def back(self) -> None:
        self._server.start()

    def close(self) -> None:
        self.away()


class InFile:
    def __init__(self, folder: Path) -> None:
        self._file = folder / "here" / "alerts.jsonl"
        self._file.parent.mkdir(parents=True)
        self.settings = {"kind": "file", "path": str(self._file)}

    def told(self, times: int) -> list[str]:
        lines = self._file.read_text("utf-8").splitlines()
        assert len(lines) >= times
        return lines

    def away(self) -> None:
        self._file.parent.rename(self._file.parent.with_name("gone"))

    def back(self) -> None:
        self._file.parent.with_name("gone").rename(self._file.parent)

    def close(self) -> None:
        """Nothing listens."""


class OnStdout:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings = {"kind": "stdout", "format": "json"}
        self._capsys = capsys
        self._said = ""
        self._pipe: io.TextIOWrapper | None = None

    def told(self, times: int) -> list[str]:
        self._said += self._capsys.readouterr().out
        lines = self._said.splitlines()
        assert len(lines) >= times
        return lines

    def away(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        self._usual, self._pipe = sys.stdout, os.fdopen(writer, "w")
        sys.stdout = self._pipe

    def back(self) -> None:
        sys.stdout = self._usual

    def close(self) -> None:
        if self._pipe is not None:
            with suppress(OSError):
                self._pipe.close()


OVER_HTTP: dict[str, tuple[Settings, Settings]] = {
    "webhook": ({"secret": SECRET}, {}),
    "slack": ({}, {}),
    "wecom": ({}, {"errcode": 0, "errmsg": "ok"}),
    "dingtalk": ({"secret": SECRET}, {"errcode": 0, "errmsg": "ok"}),
    "feishu": ({"secret": SECRET}, {"code": 0, "msg": "success"}),
    "telegram": (
        {"token": f"1:{SECRET}", "chat": -5},
        {"ok": True, "result": {"message_id": 7}},
    ),
}
"""Settings, and what the service answers when all is well."""


@pytest.fixture(params=KINDS)
def receiver(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Receiver]:
    kind = request.param
    made: Receiver
    if kind == "mqtt":
        if find_mosquitto() is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("mosquitto is not installed")
        made = OverMqtt(tmp_path / "broker")
    elif kind in OVER_HTTP:
        settings, well = OVER_HTTP[kind]
        made = OverHttp({"kind": kind, **settings}, well)
    else:
        others: dict[str, Callable[[], Receiver]] = {
            "email": OverMail,
            "file": lambda: InFile(tmp_path),
            "stdout": lambda: OnStdout(capsys),
        }
        made = others[kind]()
    yield made
    made.close()


def built(settings: Settings) -> Alerter:
    """As from a file."""
    return TypeAdapter(AnySink).validate_python(settings)


def sent(alerter: Alerter, *alerts: Alert) -> list[str]:
    async def send() -> list[str]:
        await alerter.open()
        try:
            return [await alerter.send(alert) for alert in alerts]
        finally:
            await alerter.close()

    return asyncio.run(send())


def test_an_alert_arrives_with_its_camera_and_claim(receiver: Receiver) -> None:
    (receipt,) = sent(built(receiver.settings), an_alert(snapshot=PICTURE))
    (told,) = receiver.told(1)
    assert isinstance(receipt, str)
    assert "gate" in told
    assert "A person is in the yard." in told


def test_what_changes_later_arrives_too(receiver: Receiver) -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    alerter = built(receiver.settings)
    (receipt,) = sent(alerter, first)
    sent(alerter, amended(first, Outcome.CONFIRMED, receipt=receipt))
    told = receiver.told(2)
    assert len(told) == 2
    assert told[0] != told[1]
    assert all(first.id[-8:] in each for each in told) or receipt


def test_a_receiver_that_is_away_is_told_when_it_is_back(receiver: Receiver) -> None:
    alert = an_alert()

    async def send() -> None:
        alerter = built(receiver.settings)
        receiver.away()
        await alerter.open()
        with pytest.raises(AlertDelayed) as caught:
            await asyncio.wait_for(alerter.send(alert), 30)
        assert SECRET not in str(caught.value)
        receiver.back()
        for _ in range(200):
            with suppress(AlertDelayed):
                await alerter.send(alert)
                break
            await asyncio.sleep(0.1)
        await alerter.close()

    asyncio.run(send())
    assert len(receiver.told(1)) == 1


def test_text_that_means_harm_arrives_as_text(receiver: Receiver) -> None:
    event = replace(an_event(), claim=HOSTILE, source=HOSTILE, rule=HOSTILE, label=HOSTILE)
    alert = an_alert(event, said=f"{HOSTILE} http://evil.example/x")
    sent(built(receiver.settings), alert)
    (told,) = receiver.told(1)
    assert "all@example.com" in told


def test_one_that_was_closed_opens_again(receiver: Receiver) -> None:
    alerter = built(receiver.settings)
    sent(alerter, an_alert())
    sent(alerter, an_alert())
    assert len(receiver.told(2)) == 2
    asyncio.run(alerter.close())


def test_an_end_is_taken_whether_told_or_not(receiver: Receiver) -> None:
    first = an_alert()
    alerter = built(receiver.settings)
    (receipt,) = sent(alerter, first)
    again = sent(alerter, amended(first, Outcome.CONFIRMED, step=StepKind.END, receipt=receipt))
    assert again == [receipt]


def test_its_settings_are_checked_shown_without_secrets_and_copied(receiver: Receiver) -> None:
    alerter = built(receiver.settings)
    copy = pickle.loads(pickle.dumps(alerter))  # noqa: S301 - our own
    assert copy == alerter
    assert SECRET not in repr(alerter)
    with pytest.raises(ValidationError, match="no such setting"):
        built({**receiver.settings, "colour": "red"})
