"""Against a real broker."""

import asyncio
import gc
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from vigil.config.alerts import AnySink
from vigil.core import Alert, AlertDelayed, ConfigError, Outcome, StepKind
from vigil.stages.alert.mqtt import MqttBroker
from vigil.testing.alerts import PICTURE, amended, an_alert, an_event
from vigil.testing.certificates import Certificate
from vigil.testing.mosquitto import Mosquitto
from vigil.testing.mqtt_listener import MqttListener

Send = Callable[..., list[str]]

ALONE = """
import asyncio, sys
from vigil.stages.alert.mqtt import MqttBroker

async def stay():
    await MqttBroker(host="127.0.0.1", port=int(sys.argv[1])).open()
    await asyncio.sleep(60)

asyncio.run(stay())
"""


def sink(broker: Mosquitto, **settings: Any) -> MqttBroker:
    return MqttBroker(host="127.0.0.1", port=broker.port, **settings)


def said(listener: MqttListener, topic: str) -> list[str]:
    return [each.payload.decode() for each in listener.on(topic)]


def live_words(listener: MqttListener) -> list[bytes]:
    """What was said of us while the listener was there."""
    return [each.payload for each in listener.on("vigil/available") if not each.retained]


def test_events_and_reviews_come_in_order(broker: Mosquitto, send: Send) -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    confirmed = amended(first, Outcome.CONFIRMED)
    ended = amended(confirmed, Outcome.CONFIRMED, step=StepKind.END)
    with MqttListener(broker.port) as listener:
        send(sink(broker, prefix="frigate"), first, confirmed, ended)
        listener.until(lambda heard: len(heard.on("frigate/reviews")) == 3)
        for topic in ("frigate/events", "frigate/reviews"):
            messages = [each.json() for each in listener.on(topic)]
            assert [message["type"] for message in messages] == ["new", "update", "end"]
            outcomes = [message["after"]["vigil"]["outcome"] for message in messages]
            assert outcomes == ["unverified", "confirmed", "confirmed"]
            assert not any(each.retained for each in listener.on(topic))


def test_it_says_when_it_is_there_and_when_it_leaves(broker: Mosquitto) -> None:
    async def come_and_go(listener: MqttListener) -> None:
        alerter = sink(broker)
        await alerter.open()
        await asyncio.to_thread(
            listener.until, lambda heard: said(heard, "vigil/available") == ["online"]
        )
        await alerter.close()

    with MqttListener(broker.port) as listener:
        asyncio.run(come_and_go(listener))
        listener.until(lambda heard: said(heard, "vigil/available") == ["online", "offline"])
    with MqttListener(broker.port, name="later") as later:
        later.until(lambda heard: said(heard, "vigil/available") == ["offline"])
        assert later.heard[0].retained


def test_when_it_is_killed_the_broker_says_so(broker: Mosquitto) -> None:
    with MqttListener(broker.port) as listener:
        command = [sys.executable, "-c", ALONE, str(broker.port)]
        with subprocess.Popen(command) as process:
            listener.until(lambda heard: said(heard, "vigil/available") == ["online"])
            process.send_signal(signal.SIGKILL)
        listener.until(lambda heard: said(heard, "vigil/available") == ["online", "offline"])


def test_counts_rise_and_fall_and_a_repeat_counts_once(broker: Mosquitto, send: Send) -> None:
    person, other = an_alert(), an_alert()
    car = an_alert(an_event(label="car"))
    elsewhere = an_alert(an_event(source="door"))
    ended = amended(person, Outcome.CONFIRMED, step=StepKind.END)
    rejected = amended(other, Outcome.REJECTED)
    with MqttListener(broker.port) as listener:
        send(sink(broker), person, person, other, car, elsewhere, ended, rejected)
        listener.until(lambda heard: len(heard.on("vigil/reviews")) == 7)
        assert said(listener, "vigil/gate/person") == ["1", "1", "2", "1", "0"]
        assert said(listener, "vigil/gate/car") == ["1"]
        assert said(listener, "vigil/gate/all") == ["1", "1", "2", "3", "2", "1"]
        assert said(listener, "vigil/door/all") == ["1"]


def test_the_newest_picture_is_there_for_who_comes_later(broker: Mosquitto, send: Send) -> None:
    send(sink(broker), an_alert(snapshot=PICTURE))
    with MqttListener(broker.port) as listener:
        listener.until(lambda heard: heard.on("vigil/gate/person/snapshot"))
        (picture,) = listener.on("vigil/gate/person/snapshot")
    assert picture.payload == PICTURE
    assert picture.retained


def test_without_pictures_none_is_sent(broker: Mosquitto, send: Send) -> None:
    with MqttListener(broker.port) as listener:
        send(sink(broker, pictures=False), an_alert(snapshot=PICTURE))
        listener.until(lambda heard: heard.on("vigil/reviews"))
        assert listener.on("vigil/gate/person/snapshot") == []


def test_a_broker_that_comes_back_sees_us_again(broker: Mosquitto) -> None:
    async def through_an_outage(listener: MqttListener, alert: Alert) -> None:
        alerter = sink(broker)
        await alerter.send(alert)
        broker.save()
        broker.kill()
        with pytest.raises(AlertDelayed):
            await alerter.send(alert)
        broker.start()
        # Nobody sends anything meanwhile; what the broker kept from before does not count.
        await asyncio.to_thread(listener.until, lambda heard: len(live_words(heard)) == 2)
        await alerter.send(alert)
        await alerter.close()

    with MqttListener(broker.port) as listener:
        broker.save()
        asyncio.run(through_an_outage(listener, an_alert()))
        listener.until(lambda heard: len(heard.on("vigil/reviews")) == 2)


def test_a_wrong_password_delays(tmp_path: Path, send: Send) -> None:
    with Mosquitto(tmp_path / "locked", user="vigil", password="right") as broker:
        with pytest.raises(AlertDelayed, match="Not authorized") as caught:
            send(sink(broker, user="vigil", password="hush"), an_alert())
        assert "hush" not in str(caught.value)
        send(sink(broker, user="vigil", password="right"), an_alert())


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_it_speaks_tls_with_those_it_trusts(
    tmp_path: Path, certificate: Certificate, send: Send
) -> None:
    with Mosquitto(tmp_path / "safe", certificate=certificate) as broker:
        with pytest.raises(AlertDelayed, match="certificate verify failed"):
            send(sink(broker, tls=True), an_alert())
        gc.collect()
        send(sink(broker, tls=True, ca_file=certificate.certificate), an_alert())


def test_a_broker_that_is_not_there_delays_at_once(send: Send) -> None:
    with pytest.raises(AlertDelayed, match="refused"):
        send(MqttBroker(host="127.0.0.1", port=9), an_alert())


def test_a_missing_certificate_delays(tmp_path: Path, send: Send) -> None:
    alerter = MqttBroker(host="127.0.0.1", tls=True, ca_file=tmp_path / "none.pem")
    with pytest.raises(AlertDelayed, match="No such file"):
        send(alerter, an_alert())


@pytest.mark.parametrize("prefix", ["", "/x", "a/#", "a/+/b", "two words"])
def test_a_prefix_is_a_topic(prefix: str) -> None:
    with pytest.raises(ValidationError, match="allowed: a topic"):
        TypeAdapter(AnySink).validate_python({"kind": "mqtt", "host": "h", "prefix": prefix})


def test_a_certificate_without_tls_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="needs tls"):
        MqttBroker(host="h", ca_file=Path("x.pem"))


def test_a_name_with_slashes_stays_in_its_place(broker: Mosquitto, send: Send) -> None:
    event = replace(an_event(), source="a/b#", label="c+d")
    with MqttListener(broker.port) as listener:
        send(sink(broker), an_alert(event))
        listener.until(lambda heard: heard.on("vigil/reviews"))
        assert said(listener, "vigil/a_b_/c_d") == ["1"]
