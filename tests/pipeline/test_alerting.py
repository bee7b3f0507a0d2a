"""From a decision to messages on their way: the policy, remembered by a real database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from vigil.config.alerts import Alerts
from vigil.core import Event, Outcome, Severity, Silence, StepKind, SystemClock
from vigil.pipeline.alerting import Alerting
from vigil.stages.alert.policy import News, Plan
from vigil.store import AlertStore, Delivery, DeliveryStore
from vigil.store.database import Database
from vigil.testing.alerts import NOON_S, a_decision, an_event

CONFIRMED, UNVERIFIED = Outcome.CONFIRMED, Outcome.UNVERIFIED


class Noon(SystemClock):
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time_s = NOON_S

    def now_s(self) -> float:
        return self.time_s


class Site:
    """Alerts of one place; `restart` forgets all but the database."""

    def __init__(self, place: str | Path) -> None:
        self.place, self.clock = place, Noon()
        self.settings: dict[str, Any] = {"sinks": {"phone": {"to": "stdout"}}}
        self.database = Database(place)
        self.restart()

    def restart(self, **settings: Any) -> None:
        self.settings |= settings
        self.database.close()
        self.database = Database(self.place)
        self.store = AlertStore(self.database)
        self.alerting = Alerting(Alerts.model_validate(self.settings), self.store, clock=self.clock)

    def tell(
        self, event: Event, outcome: Outcome, *, over: bool = False, incident: str = ""
    ) -> Plan:
        news = News(event=event, decision=a_decision(event, outcome, incident=incident), over=over)
        with self.database.writing() as connection:
            return self.alerting.tell(connection, news)

    def waiting(self, sink: str = "phone") -> list[Delivery]:
        """What a lane would send, which is taken from it."""
        lane, found = DeliveryStore(self.database), []
        while (taken := lane.take(sink, now_s=self.clock.now_s())) is not None:
            lane.sent(taken.position, now_s=self.clock.now_s(), receipt="")
            found.append(taken)
        return found


@pytest.fixture
def site(place: str | Path) -> Iterator[Site]:
    made = Site(place)
    yield made
    made.database.close()


def test_what_is_told_waits_for_its_lane(site: Site) -> None:
    event = an_event()
    site.tell(event, UNVERIFIED)
    site.tell(event, CONFIRMED)
    site.tell(event, CONFIRMED, over=True)
    alerts = [each.alert for each in site.waiting()]
    assert [alert.step for alert in alerts] == [StepKind.NEW, StepKind.UPDATE, StepKind.END]
    assert [alert.sequence for alert in alerts] == [0, 1, 2]
    assert {alert.id for alert in alerts} == {event.id}
    assert alerts[2].event == event


def test_nothing_is_enqueued_when_the_transaction_fails(site: Site) -> None:
    news = News(event=an_event(), decision=a_decision(an_event()))

    def fail() -> None:
        with site.database.writing() as connection:
            assert site.alerting.tell(connection, news).messages
            raise KeyError("the decision could not be written")

    with pytest.raises(KeyError):
        fail()
    assert site.waiting() == []
    assert site.store.alerts() == []


def test_it_may_be_told_of_everything_that_happens(site: Site) -> None:
    event = an_event()
    for outcome, over in ((Outcome.PENDING, False), (CONFIRMED, False), (CONFIRMED, True)):
        with site.database.writing() as connection:
            site.alerting(connection, event, a_decision(event, outcome), over=over)
    assert [each.alert.step for each in site.waiting()] == [StepKind.NEW, StepKind.END]


def test_a_link_leads_to_the_event(site: Site) -> None:
    site.restart(link="https://vigil.example/events/$event?alert=$alert")
    event = an_event()
    site.tell(event, CONFIRMED, incident="i")
    (found,) = site.waiting()
    assert found.alert.clip_url == f"https://vigil.example/events/{event.id}?alert=i"


def test_a_restart_does_not_tell_again(site: Site) -> None:
    event = an_event()
    site.tell(event, CONFIRMED)
    site.restart()
    site.tell(event, CONFIRMED)
    assert len(site.waiting()) == 1


def test_a_cool_down_survives_a_restart(site: Site) -> None:
    site.restart(cool_down_s=60)
    site.tell(an_event(), CONFIRMED)
    site.restart()
    assert site.tell(an_event(), CONFIRMED).held.startswith("within 60 s")
    site.clock.time_s += 61
    assert site.tell(an_event(), CONFIRMED).held == ""


def test_a_silence_survives_a_restart(site: Site) -> None:
    site.store.silence(Silence(id="s", until_s=NOON_S + 60, source="gate"))
    site.restart()
    assert site.tell(an_event(), CONFIRMED).held == "silenced by s"
    assert site.tell(an_event(source="door"), CONFIRMED).held == ""


def test_a_group_survives_a_restart(site: Site) -> None:
    first, second = an_event(), an_event(source="door")
    site.tell(first, CONFIRMED)
    site.restart()
    site.tell(second, CONFIRMED, incident=first.id)
    assert len(site.waiting()) == 1
    (record,) = site.store.alerts()
    assert set(record.members) == {first.id, second.id}


def test_a_cap_survives_a_restart(site: Site) -> None:
    site.restart(most_per_hour=2)
    for _ in range(2):
        site.tell(an_event(), CONFIRMED)
    site.restart()
    assert site.tell(an_event(), CONFIRMED).held == "phone: more than 2 an hour"
    assert site.tell(an_event(critical=True), Outcome.PENDING).held == ""
    assert len(site.waiting()) == 3


def test_what_was_held_back_is_listed_with_its_reason(site: Site) -> None:
    site.restart(min_severity="high")
    site.tell(an_event(severity=Severity.LOW), CONFIRMED)
    (record,) = site.store.alerts()
    assert (record.held, record.sequence) == ("phone: below high", -1)


def test_two_who_tell_of_one_incident_at_once_make_one_alert(site: Site) -> None:
    events = [an_event(source=f"camera{index}") for index in range(8)]

    def tell(event: Event) -> Plan:
        return site.tell(event, CONFIRMED, incident=events[0].id)

    with ThreadPoolExecutor(4) as threads:
        plans = list(threads.map(tell, events))
    assert sum(bool(plan.messages) for plan in plans) == 1
    assert len(site.waiting()) == 1
    (record,) = site.store.alerts()
    assert len(record.members) == 8
