"""Who is told of what; a small town of events replayed without a database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.config.alerts import Alerts
from vigil.core import (
    Alert,
    AlertRecord,
    Decision,
    Event,
    Outcome,
    Severity,
    Silence,
    StepKind,
)
from vigil.stages.alert.policy import News, Plan, Situation, plan
from vigil.testing.alerts import NOON_S, a_decision, an_event

NEW, UPDATE, END = StepKind.NEW, StepKind.UPDATE, StepKind.END
PENDING, CONFIRMED = Outcome.PENDING, Outcome.CONFIRMED
REJECTED, UNVERIFIED = Outcome.REJECTED, Outcome.UNVERIFIED


@dataclass
class Town:
    """Remembers as the database does; `tell` is the whole of it."""

    policy: Alerts
    now_s: float = NOON_S
    records: dict[str, AlertRecord] = field(default_factory=dict)
    silences: list[Silence] = field(default_factory=list)
    told: list[tuple[str, Alert]] = field(default_factory=list)
    """Sink and message, in order."""
    opened: list[tuple[float, str]] = field(default_factory=list)

    def tell(
        self,
        event: Event,
        outcome: Outcome,
        *,
        over: bool = False,
        incident: str = "",
        said: str = "",
    ) -> Plan:
        decision = a_decision(event, outcome, incident=incident, said=said)
        news = News(event=event, decision=decision, over=over)
        found = plan(self.policy, news, self._situation(event, decision), now_s=self.now_s)
        if found.record is not None:
            self.records[found.record.id] = found.record
        for message in found.messages:
            self.told += [(sink, message) for sink in found.sinks]
        if found.messages and not event.critical:
            self.opened += [(self.now_s, sink) for sink, first in found.sinks.items() if first]
        return found

    def steps(self, sink: str = "phone") -> list[tuple[StepKind, Outcome]]:
        return [(each.step, each.decision.outcome) for name, each in self.told if name == sink]

    def _situation(self, event: Event, decision: Decision) -> Situation:
        newest = sorted(self.records.values(), key=lambda record: -record.first_s)
        own = [record for record in newest if event.id in record.members]
        of_incident = [record for record in newest if record.incident == decision.incident]
        same = [
            record
            for record in newest
            if (record.event.rule, record.event.source) == (event.rule, event.source)
            and record.sequence >= 0
        ]
        recent = [sink for at_s, sink in self.opened if at_s > self.now_s - 3600]
        return Situation(
            known=next(iter(own or of_incident), None),
            last=next(iter(same), None),
            silences=[one for one in self.silences if one.until_s > self.now_s],
            opened={sink: recent.count(sink) for sink in set(recent)},
        )


def town(*, sinks: dict[str, Any] | None = None, **settings: Any) -> Town:
    found = sinks or {"phone": {}}
    told = {name: {"to": "stdout", **sink} for name, sink in found.items()}
    return Town(Alerts.model_validate({"sinks": told, **settings}))


def silence(until_s: float, **more: Any) -> Silence:
    return Silence(id="s", until_s=until_s, **more)


# What is told at all


def test_a_confirmed_event_is_told_and_ends() -> None:
    here, event = town(), an_event()
    here.tell(event, PENDING)
    here.tell(event, CONFIRMED)
    here.tell(event, CONFIRMED, over=True)
    assert here.steps() == [(NEW, CONFIRMED), (END, CONFIRMED)]
    messages = [message for _, message in here.told]
    assert [message.sequence for message in messages] == [0, 1]
    assert {message.id for message in messages} == {event.id}


def test_a_rejected_event_is_never_told() -> None:
    here, event = town(), an_event()
    for outcome in (PENDING, REJECTED, REJECTED):
        here.tell(event, outcome)
    here.tell(event, REJECTED, over=True)
    assert here.told == []
    assert here.records == {}


def test_a_later_verdict_amends_and_a_rejection_takes_back() -> None:
    here, event = town(), an_event()
    here.tell(event, UNVERIFIED)
    here.tell(event, REJECTED)
    here.tell(event, REJECTED, over=True)
    assert here.steps() == [(NEW, UNVERIFIED), (UPDATE, REJECTED), (END, REJECTED)]


def test_a_critical_event_is_told_before_any_verdict_and_downgraded_later() -> None:
    here, event = town(), an_event(critical=True)
    for outcome in (PENDING, REJECTED):
        here.tell(event, outcome)
    assert here.steps() == [(NEW, PENDING), (UPDATE, REJECTED)]


def test_a_suspicion_is_told_only_when_it_is_confirmed() -> None:
    here, event = town(), an_event(suspected=True)
    for outcome in (PENDING, UNVERIFIED, CONFIRMED):
        here.tell(event, outcome)
    assert here.steps() == [(NEW, CONFIRMED)]
    here, event = town(), an_event(suspected=True)
    for outcome in (PENDING, UNVERIFIED, REJECTED):
        here.tell(event, outcome)
    assert here.told == []


def test_an_event_that_is_over_when_it_is_decided_begins_and_ends_at_once() -> None:
    here, event = town(), an_event()
    here.tell(event, PENDING, over=True)
    here.tell(event, CONFIRMED, over=True)
    assert here.steps() == [(NEW, CONFIRMED), (END, CONFIRMED)]


def test_a_verdict_after_the_end_still_amends() -> None:
    here, event = town(), an_event()
    here.tell(event, UNVERIFIED, over=True)
    here.tell(event, REJECTED, over=True)
    assert here.steps() == [(NEW, UNVERIFIED), (END, UNVERIFIED), (END, REJECTED)]


def test_the_words_of_a_better_judge_amend_too() -> None:
    here, event = town(), an_event()
    here.tell(event, CONFIRMED, said="A person.")
    here.tell(event, CONFIRMED, said="A person who climbs over the fence.")
    assert here.steps() == [(NEW, CONFIRMED), (UPDATE, CONFIRMED)]


@settings(max_examples=40, deadline=None)
@given(
    outcomes=st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=6),
    critical=st.booleans(),
    ended_after=st.integers(0, 6),
)
def test_the_same_news_twice_is_told_once(
    outcomes: Sequence[Outcome], critical: bool, ended_after: int
) -> None:
    event = an_event(critical=critical)
    once, twice = town(), town()
    for index, outcome in enumerate(outcomes):
        over = index >= ended_after
        once.tell(event, outcome, over=over)
        for _ in range(2):
            twice.tell(event, outcome, over=over)
    assert [replace(one, time_s=0) for _, one in once.told] == [
        replace(one, time_s=0) for _, one in twice.told
    ]


@settings(max_examples=60, deadline=None)
@given(
    happened=st.lists(
        st.tuples(
            st.integers(0, 3), st.sampled_from(list(Outcome)), st.booleans(), st.integers(0, 400)
        ),
        max_size=25,
    )
)
def test_every_alert_begins_once_counts_on_and_never_ends_while_an_event_goes_on(
    happened: Sequence[tuple[int, Outcome, bool, int]],
) -> None:
    here = town(group_s=300)
    events = [an_event(critical=index == 3) for index in range(4)]
    for index, outcome, over, passed_s in happened:
        here.now_s += passed_s
        found = here.tell(events[index], outcome, over=over, incident=events[0].id)
        if found.messages and found.messages[-1].step is END:
            assert all(member.over for member in found.record.members.values())
    by_alert: dict[str, list[Alert]] = {}
    for _, message in here.told:
        by_alert.setdefault(message.id, []).append(message)
    for messages in by_alert.values():
        assert [each.sequence for each in messages] == list(range(len(messages)))
        assert [each.step for each in messages].count(NEW) == 1
        assert messages[0].step is NEW


# Incidents


def test_two_cameras_that_see_the_same_are_one_alert() -> None:
    here = town()
    first, second = an_event(source="gate"), an_event(source="yard")
    here.tell(first, CONFIRMED)
    here.tell(second, CONFIRMED, incident=first.id)
    here.tell(first, CONFIRMED, over=True)
    here.tell(second, CONFIRMED, over=True, incident=first.id)
    assert here.steps() == [(NEW, CONFIRMED), (END, CONFIRMED)]


def test_the_alert_speaks_of_the_event_that_matters_most() -> None:
    here = town()
    first = an_event(source="gate")
    worse = an_event(source="yard", severity=Severity.HIGH)
    here.tell(first, UNVERIFIED)
    here.tell(worse, CONFIRMED, incident=first.id)
    here.tell(first, UNVERIFIED, incident=first.id)
    assert [message.event.source for _, message in here.told] == ["gate", "yard"]
    assert {message.id for _, message in here.told} == {first.id}


def test_an_alert_is_not_taken_back_while_another_of_its_events_stands() -> None:
    here = town()
    first, second = an_event(), an_event(source="yard")
    here.tell(first, UNVERIFIED)
    here.tell(second, UNVERIFIED, incident=first.id)
    here.tell(first, REJECTED)
    assert here.steps() == [(NEW, UNVERIFIED)]
    here.tell(second, REJECTED, incident=first.id)
    assert here.steps() == [(NEW, UNVERIFIED), (UPDATE, REJECTED)]


def test_an_incident_that_outlasts_its_group_begins_another_alert() -> None:
    here = town(group_s=300)
    first, late = an_event(), an_event()
    here.tell(first, CONFIRMED)
    here.now_s += 301
    here.tell(late, CONFIRMED, incident=first.id)
    one, other = (message.id for _, message in here.told)
    assert (one, other != one) == (first.id, True)
    here.tell(first, REJECTED)
    here.tell(late, CONFIRMED, over=True, incident=first.id)
    assert [(message.id, message.step) for _, message in here.told[2:]] == [
        (one, UPDATE),
        (other, END),
    ]


# Too much


def test_a_rule_cools_down_on_its_camera_only() -> None:
    here = town(cool_down_s=60)
    here.tell(an_event(), CONFIRMED)
    here.now_s += 59
    held = here.tell(an_event(), CONFIRMED)
    assert held.held.startswith("within 60 s of alert")
    here.tell(an_event(source="door"), CONFIRMED)
    here.tell(an_event(rule="fence"), CONFIRMED)
    here.now_s += 1
    here.tell(an_event(), CONFIRMED)
    assert len(here.steps()) == 4


def test_what_matters_more_does_not_wait_for_the_cool_down() -> None:
    here = town(cool_down_s=60)
    here.tell(an_event(), CONFIRMED)
    here.tell(an_event(severity=Severity.HIGH), CONFIRMED)
    here.tell(an_event(critical=True), PENDING)
    assert here.steps() == [(NEW, CONFIRMED), (NEW, CONFIRMED), (NEW, PENDING)]


def test_what_was_held_stays_held_until_it_matters_more() -> None:
    here = town(cool_down_s=60)
    here.tell(an_event(), CONFIRMED)
    held = an_event()
    here.tell(held, UNVERIFIED)
    here.now_s += 120
    here.tell(held, UNVERIFIED, over=True)
    assert here.steps() == [(NEW, CONFIRMED)]
    here.tell(held, CONFIRMED, over=True)
    assert here.steps() == [(NEW, CONFIRMED), (NEW, CONFIRMED), (END, CONFIRMED)]


def test_an_hour_has_its_cap_but_the_critical_one_is_never_lost() -> None:
    here = town(sinks={"phone": {"most_per_hour": 3}, "log": {}})
    for _ in range(5):
        here.tell(an_event(), CONFIRMED)
    here.tell(an_event(critical=True), PENDING)
    assert here.steps("phone") == [(NEW, CONFIRMED)] * 3 + [(NEW, PENDING)]
    assert len(here.steps("log")) == 6
    here.now_s += 3601
    here.tell(an_event(), CONFIRMED)
    assert len(here.steps("phone")) == 5


def test_amendments_do_not_count_against_the_cap() -> None:
    here = town(sinks={"phone": {"most_per_hour": 1}})
    event = an_event()
    for outcome in (UNVERIFIED, CONFIRMED):
        here.tell(event, outcome)
    here.tell(event, CONFIRMED, over=True)
    assert len(here.steps()) == 3


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 40), most=st.integers(1, 10))
def test_no_cap_is_ever_exceeded(count: int, most: int) -> None:
    here = town(sinks={"phone": {"most_per_hour": most}})
    for _ in range(count):
        here.tell(an_event(), CONFIRMED)
        here.now_s += 10
    assert len(here.steps()) == min(count, most)


# Silences, schedules, sinks


def test_a_silence_holds_until_its_time_for_what_it_covers() -> None:
    here = town()
    here.silences = [silence(NOON_S + 60, source="gate", up_to=Severity.MEDIUM)]
    assert here.tell(an_event(), CONFIRMED).held == "silenced by s"
    here.tell(an_event(source="door"), CONFIRMED)
    here.tell(an_event(severity=Severity.HIGH), CONFIRMED)
    here.tell(an_event(critical=True), PENDING)
    here.now_s += 60
    here.tell(an_event(), CONFIRMED)
    assert len(here.steps()) == 4


def test_a_critical_alert_is_silenced_only_when_that_is_said() -> None:
    here = town()
    here.silences = [silence(NOON_S + 60, critical=True)]
    here.tell(an_event(critical=True), PENDING)
    assert here.told == []


def test_another_camera_of_a_silenced_incident_is_heard() -> None:
    here = town()
    here.silences = [silence(NOON_S + 60, source="gate")]
    first = an_event(source="gate")
    here.tell(first, CONFIRMED)
    here.tell(an_event(source="yard"), CONFIRMED, incident=first.id)
    assert [message.event.source for _, message in here.told] == ["yard"]


def test_what_was_told_is_amended_even_when_silenced_since() -> None:
    here, event = town(), an_event()
    here.tell(event, UNVERIFIED)
    here.silences = [silence(NOON_S + 60)]
    here.tell(event, REJECTED)
    assert here.steps() == [(NEW, UNVERIFIED), (UPDATE, REJECTED)]


def test_each_sink_gets_what_is_its_business() -> None:
    here = town(
        sinks={
            "all": {},
            "gate": {"cameras": "gate"},
            "fence": {"rules": ["fence"]},
            "high": {"min_severity": "high"},
            "sure": {"outcomes": "confirmed"},
            "night": {"schedule": "22:00-06:00", "time_zone": "UTC"},
            "noon": {"schedule": "12:00-13:00", "time_zone": "UTC"},
        }
    )
    found = here.tell(an_event(source="gate"), UNVERIFIED)
    assert set(found.sinks) == {"all", "gate", "noon"}
    found = here.tell(an_event(source="door", severity=Severity.HIGH), CONFIRMED)
    assert set(found.sinks) == {"all", "high", "sure", "noon"}
    found = here.tell(an_event(source="door", rule="fence", critical=True), PENDING)
    assert set(found.sinks) == {"all", "fence", "high", "sure", "noon"}


def test_whoever_did_not_want_it_unverified_hears_of_it_when_it_is_confirmed() -> None:
    here = town(sinks={"phone": {}, "boss": {"outcomes": ["confirmed"]}})
    event = an_event()
    assert here.tell(event, UNVERIFIED).sinks == {"phone": True}
    assert here.tell(event, CONFIRMED).sinks == {"phone": False, "boss": True}
    assert here.tell(event, CONFIRMED, over=True).sinks == {"phone": False, "boss": False}


def test_why_nobody_was_told_is_remembered() -> None:
    here = town(sinks={"a": {"min_severity": "high"}, "b": {"cameras": ["door"]}})
    found = here.tell(an_event(), CONFIRMED)
    assert found.held == "a: below high; b: not its camera"
    assert found.messages == ()


def test_a_sink_that_is_gone_gets_nothing_more() -> None:
    here, event = town(sinks={"phone": {}, "log": {}}), an_event()
    here.tell(event, UNVERIFIED)
    here.policy = town(sinks={"log": {}}).policy
    here.tell(event, CONFIRMED)
    assert len(here.steps("phone")) == 1
    assert len(here.steps("log")) == 2


def test_with_no_sink_left_nothing_is_sent() -> None:
    here, event = town(), an_event()
    here.tell(event, UNVERIFIED)
    here.policy = Alerts()
    found = here.tell(event, CONFIRMED)
    assert (found.messages, found.sinks) == ((), {})


@pytest.mark.parametrize("outcome", [CONFIRMED, UNVERIFIED])
def test_severity_that_rises_reaches_those_who_want_it(outcome: Outcome) -> None:
    here = town(sinks={"log": {}, "boss": {"min_severity": "high"}})
    event = an_event()
    here.tell(event, outcome)
    here.tell(replace(event, severity=Severity.HIGH), outcome)
    assert here.steps("boss") == [(UPDATE, outcome)]
