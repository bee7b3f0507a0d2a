"""What lanes promise when receivers and processes die: against real servers, with real kills."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigil.config.alerts import Alerts
from vigil.core import AlertDelayed
from vigil.pipeline.alerting import Alerting
from vigil.pipeline.lanes import Lanes, Patience
from vigil.stages.alert.mqtt import MqttBroker
from vigil.stages.alert.policy import News
from vigil.stages.alert.webhook import Webhook
from vigil.store import AlertStore, DeliveryStore
from vigil.store.database import Database
from vigil.testing.alerts import a_decision, an_alert, an_event
from vigil.testing.http_receiver import HttpReceiver, Responds
from vigil.testing.mosquitto import Mosquitto, find_mosquitto
from vigil.testing.mqtt_listener import MqttListener

RUNNER = Path(__file__).parent / "lane_runner.py"
QUICK = Patience(first_s=0.05, longest_s=0.3, poll_s=0.05)
MANY = 24


class Post:
    """Alerts on their way to `sinks`, in a database that outlives whoever delivers them."""

    def __init__(self, place: str | Path, *sinks: str) -> None:
        self.place = place
        self.database = Database(place, busy_s=20)
        settings = {"sinks": {name: {"to": "stdout"} for name in sinks}}
        self._alerting = Alerting(Alerts.model_validate(settings), AlertStore(self.database))
        self.deliveries = DeliveryStore(self.database)

    def tell(self, count: int = 1) -> list[str]:
        """Enqueue so many alerts, each in a transaction of its own; their ids."""
        ids = []
        for _ in range(count):
            event = an_event()
            news = News(event=event, decision=a_decision(event))
            with self.database.writing() as connection:
                assert self._alerting.tell(connection, news).messages
            ids.append(event.id)
        return ids

    def waiting(self, sink: str) -> int:
        return self.deliveries.counts()[sink]["waiting"]


@pytest.fixture
def make_post(tmp_path: Path) -> Iterator[Callable[..., Post]]:
    made: list[Post] = []

    def make(*sinks: str, place: str | Path = tmp_path / "events.db") -> Post:
        made.append(Post(place, *sinks))
        return made[-1]

    yield make
    for post in made:
        post.database.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    if find_mosquitto() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("mosquitto is not installed")
    with Mosquitto(tmp_path / "broker") as made:
        yield made


def deliver(lanes: Lanes, work: Coroutine[Any, Any, Any]) -> None:
    """Run lanes while `work` lasts."""

    async def together() -> None:
        task = asyncio.create_task(lanes.run())
        try:
            await asyncio.wait_for(work, 120)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(together())


async def until(what: Callable[[], object]) -> None:
    while not await asyncio.to_thread(what):
        await asyncio.sleep(0.05)


def reviews(listener: MqttListener) -> list[str]:
    return [each.json()["after"]["id"] for each in listener.on("vigil/reviews")]


def test_a_broker_that_dies_half_way_loses_no_alert(
    make_post: Callable[..., Post], broker: Mosquitto
) -> None:
    post = make_post("bus")
    alerter = MqttBroker(host="127.0.0.1", port=broker.port)
    lanes = Lanes({"bus": alerter}, post.deliveries, patience=QUICK)
    with MqttListener(broker.port) as listener:
        broker.save()
        ids = post.tell(MANY)

        async def outage() -> None:
            await until(lambda: len(reviews(listener)) >= MANY // 4)
            broker.kill()
            later = await asyncio.to_thread(post.tell, MANY // 4)
            broker.start()
            ids.extend(later)
            await until(lambda: post.waiting("bus") == 0)
            await until(lambda: set(ids) <= set(reviews(listener)))

        deliver(lanes, outage())
        assert set(reviews(listener)) == set(ids)
        told = [each.json()["after"]["vigil"] for each in listener.on("vigil/reviews")]
        assert {(one["alert"], one["sequence"]) for one in told} == {(id_, 0) for id_ in ids}


def test_without_a_lane_the_same_outage_loses_alerts(broker: Mosquitto) -> None:
    alerts = [an_alert() for _ in range(20)]

    async def send_and_forget() -> None:
        alerter = MqttBroker(host="127.0.0.1", port=broker.port)
        for index, alert in enumerate(alerts):
            if index == 10:
                await asyncio.to_thread(broker.kill)
            try:
                await alerter.send(alert)
            except AlertDelayed:
                continue
        await alerter.close()

    with MqttListener(broker.port) as listener:
        broker.save()
        asyncio.run(send_and_forget())
        broker.start()
        listener.until(lambda heard: len(heard.on("vigil/reviews")) >= 10)
        assert set(reviews(listener)) == {alert.id for alert in alerts[:10]}


def test_a_webhook_that_is_down_does_not_delay_a_healthy_broker(
    make_post: Callable[..., Post], broker: Mosquitto
) -> None:
    post = make_post("bus", "hook")
    with (
        HttpReceiver(Responds(hangs_s=600)) as receiver,
        MqttListener(broker.port) as listener,
    ):
        lanes = Lanes(
            {
                "bus": MqttBroker(host="127.0.0.1", port=broker.port),
                "hook": Webhook(url=receiver.url, allow_private=True),
            },
            post.deliveries,
            patience=QUICK,
        )
        ids = post.tell(MANY)

        async def work() -> None:
            await until(lambda: len(reviews(listener)) == MANY)
            # The webhook has not answered once by now.
            assert post.waiting("hook") == MANY
            await asyncio.to_thread(receiver.stop)
            ids.extend(await asyncio.to_thread(post.tell, 5))
            await until(lambda: len(reviews(listener)) == MANY + 5)
            assert post.waiting("hook") == MANY + 5
            receiver.well = Responds()
            receiver.start()
            await until(lambda: post.waiting("hook") == 0)

        deliver(lanes, work())
        taken = [request.headers["x-vigil-alert"] for request in receiver.received]
    assert reviews(listener) == ids
    assert set(taken) == set(ids)


# Killed between sending and noting


class Deliverer:
    """A process that delivers; it is killed as soon as `receiver` has what it sends."""

    def __init__(self, post: Post, receiver: HttpReceiver, how: str = "") -> None:
        self._command = [sys.executable, str(RUNNER), str(post.place), receiver.url, how]
        self._receiver = receiver

    def run_until_it_sends(self) -> None:
        before = len(self._receiver.received)
        with subprocess.Popen(self._command) as process:
            wait_for(lambda: len(self._receiver.received) > before or process.poll() is not None)
            process.kill()

    def run_until(self, what: Callable[[], object]) -> None:
        with subprocess.Popen(self._command) as process:
            try:
                wait_for(lambda: what() or process.poll() is not None)
            finally:
                process.kill()


def wait_for(what: Callable[[], object], within_s: float = 60.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def told(receiver: HttpReceiver) -> list[tuple[str, str]]:
    return [
        (request.headers["x-vigil-alert"], request.headers["x-vigil-sequence"])
        for request in receiver.received
    ]


def test_a_process_killed_before_the_answer_sends_the_same_again(
    make_post: Callable[..., Post],
) -> None:
    post = make_post("hook")
    with HttpReceiver() as receiver:
        (alert_id,) = post.tell()
        receiver.then(*(Responds(hangs_s=60) for _ in range(3)))
        deliverer = Deliverer(post, receiver)
        for _ in range(3):
            deliverer.run_until_it_sends()
        deliverer.run_until(lambda: post.waiting("hook") == 0)
    assert told(receiver) == [(alert_id, "0")] * 4
    assert len({request.body for request in receiver.received}) == 1


def test_kills_at_any_moment_lose_nothing_and_repeat_only_the_same(
    make_post: Callable[..., Post], place: str | Path
) -> None:
    post = make_post("hook", place=place)
    with HttpReceiver() as receiver:
        ids = post.tell(8)
        deliverer = Deliverer(post, receiver)
        for _ in range(4):
            deliverer.run_until_it_sends()
        deliverer.run_until(lambda: post.waiting("hook") == 0)
    assert set(told(receiver)) == {(alert_id, "0") for alert_id in ids}
    bodies = {}
    for request in receiver.received:
        bodies.setdefault(request.headers["x-vigil-alert"], set()).add(request.body)
    assert all(len(each) == 1 for each in bodies.values())


def test_noting_before_sending_would_lose_alerts(make_post: Callable[..., Post]) -> None:
    post = make_post("hook")
    with HttpReceiver(Responds(hangs_s=60)) as receiver:
        ids = post.tell(3)
        deliverer = Deliverer(post, receiver, how="rash")
        for _ in range(3):
            deliverer.run_until_it_sends()
        # Nobody ever answered, and yet nothing waits any more.
        assert post.waiting("hook") == 0
    assert {alert_id for alert_id, _ in told(receiver)} == set(ids)
