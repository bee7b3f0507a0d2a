"""Who is told, and whether at all: pure, so that a year of alerts replays in a second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import NAMESPACE_OID, uuid5

from vigil.config.alerts import Alerts, Sink
from vigil.core import (
    Alert,
    AlertRecord,
    Decision,
    Event,
    Member,
    Outcome,
    Silence,
    StepKind,
)

HOUR_S = 3600.0
WEIGHT = (Outcome.REJECTED, Outcome.PENDING, Outcome.UNVERIFIED, Outcome.CONFIRMED)
"""Of several events of one alert the last in this order is the one that it speaks of."""


@dataclass(frozen=True, kw_only=True)
class News:
    """What happened to an event."""

    event: Event
    decision: Decision
    over: bool = False
    """The event has ended."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What was told before, as far as it matters."""

    known: AlertRecord | None = None
    """The alert of the event, or of its incident."""
    last: AlertRecord | None = None
    """The newest alert of the same rule and camera that anybody was told of."""
    silences: Sequence[Silence] = ()
    opened: Mapping[str, int] = field(default_factory=dict)
    """Alerts begun within the last hour for each sink, critical ones not counted."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be remembered and told."""

    record: AlertRecord | None = None
    """None: nothing is to be remembered."""
    messages: tuple[Alert, ...] = ()
    """In order."""
    sinks: Mapping[str, bool] = field(default_factory=dict)
    """Who gets them, by name; true where it is the first message of the alert."""

    @property
    def held(self) -> str:
        """Why nobody is told of a new alert; empty when somebody is, or when there is none."""
        return "" if self.record is None else self.record.held


def plan(policy: Alerts, news: News, situation: Situation, *, now_s: float) -> Plan:
    """Make of one piece of news what people are told; the same news twice is told once."""
    known = _joined(policy, news, situation.known, now_s)
    if known is None:
        return _begun(policy, news, _fresh(news, situation.known, now_s), situation, now_s)
    joins = news.event.id not in known.members
    matters = joins or _escalates(news, known)
    known = replace(known, members={**known.members, news.event.id: _member(news, known)})
    if known.sequence >= 0:
        return _amended(policy, news, known, situation, now_s)
    if matters:
        known = replace(known, event=news.event, decision=news.decision, last_s=now_s)
        return _begun(policy, news, known, situation, now_s)
    return Plan(record=known)


def _joined(
    policy: Alerts, news: News, known: AlertRecord | None, now_s: float
) -> AlertRecord | None:
    """The alert that the event belongs to; None: it may begin one of its own."""
    if known is None or news.event.id in known.members:
        return known
    return known if now_s - known.first_s <= policy.group_s else None


def _fresh(news: News, other: AlertRecord | None, now_s: float) -> AlertRecord:
    incident = news.decision.incident
    return AlertRecord(
        # An incident that outlasts its group goes on under another id, made of its next event's.
        id=incident if other is None else str(uuid5(NAMESPACE_OID, f"{incident} {news.event.id}")),
        incident=incident,
        event=news.event,
        decision=news.decision,
        step=StepKind.NEW,
        sequence=-1,
        first_s=now_s,
        last_s=now_s,
        members={news.event.id: _member(news, None)},
    )


def _member(news: News, known: AlertRecord | None) -> Member:
    before = known.members.get(news.event.id) if known is not None else None
    over = news.over or (before is not None and before.over)
    return Member(over=over, outcome=news.decision.outcome)


def _begun(
    policy: Alerts, news: News, record: AlertRecord, situation: Situation, now_s: float
) -> Plan:
    if not _is_news(news):
        # A held alert stays remembered; of an event that nobody heard of there is nothing to keep.
        return Plan(record=record if record.held else None)
    held = _silenced(news.event, situation, now_s) or _cooling(policy, news.event, situation, now_s)
    sinks, reasons = _receivers(policy, news, situation, now_s, told=())
    if held or not sinks:
        return Plan(record=replace(record, held=held or "; ".join(reasons) or "no sinks"))
    return _told(record, StepKind.NEW, dict.fromkeys(sinks, True), now_s)


def _amended(
    policy: Alerts, news: News, known: AlertRecord, situation: Situation, now_s: float
) -> Plan:
    event, decision = _what_it_says(news, known)
    told = replace(known, event=event, decision=decision)
    over = all(member.over for member in told.members.values())
    changed = _gist(told) != _gist(known)
    if not changed and not (over and known.step is not StepKind.END):
        return Plan(record=told)
    sinks = {sink: False for sink in known.sinks if sink in policy.sinks}
    if changed and _is_news(news) and not _silenced(news.event, situation, now_s):
        late, _ = _receivers(policy, news, situation, now_s, told=known.sinks)
        sinks |= dict.fromkeys(late, True)
    if not sinks:
        return Plan(record=told)
    step = StepKind.END if over else StepKind.UPDATE
    return _told(replace(told, last_s=now_s), step, sinks, now_s)


def _what_it_says(news: News, known: AlertRecord) -> tuple[Event, Decision]:
    """Of which event an alert speaks now, and what became of that."""
    same = news.event.id == known.event.id
    if news.decision.outcome is Outcome.REJECTED:
        event = news.event if same else known.event
        stand = any(one.outcome is not Outcome.REJECTED for one in known.members.values())
        # An alert is not taken back while another of its events still stands.
        return event, known.decision if stand else replace(news.decision, event_id=event.id)
    if same or _weight(news) > _weight(known):
        return news.event, news.decision
    return known.event, known.decision


def _told(record: AlertRecord, step: StepKind, sinks: Mapping[str, bool], now_s: float) -> Plan:
    """Messages of what `record` says; one that is over when it begins ends at once."""
    steps = [step]
    if step is StepKind.NEW and all(member.over for member in record.members.values()):
        steps.append(StepKind.END)
    messages = tuple(
        Alert(
            id=record.id,
            step=each,
            event=record.event,
            decision=record.decision,
            time_s=now_s,
            sequence=record.sequence + 1 + index,
        )
        for index, each in enumerate(steps)
    )
    record = replace(
        record,
        step=steps[-1],
        sequence=messages[-1].sequence,
        sinks=tuple(dict.fromkeys((*record.sinks, *sinks))),
        held="",
    )
    return Plan(record=record, messages=messages, sinks=sinks)


def _is_news(news: News) -> bool:
    """Whether an alert may begin with it: a rejection only ever amends."""
    outcome = news.decision.outcome
    if news.event.suspected:
        return outcome is Outcome.CONFIRMED
    if outcome is Outcome.PENDING:
        return news.event.critical
    return outcome is not Outcome.REJECTED


def _escalates(news: News, known: AlertRecord) -> bool:
    """Whether a held alert matters more than when it was held."""
    matters_more = _importance(news.event) > _importance(known.event)
    confirmed = news.decision.outcome is Outcome.CONFIRMED
    return matters_more or (confirmed and known.decision.outcome is not Outcome.CONFIRMED)


def _importance(event: Event) -> tuple[bool, int]:
    return event.critical, event.severity.rank


def _weight(of: News | AlertRecord) -> tuple[bool, int, int]:
    return of.event.critical, WEIGHT.index(of.decision.outcome), of.event.severity.rank


def _gist(record: AlertRecord) -> tuple[object, ...]:
    """What people would want to hear of when it changes."""
    verdict = record.decision.verdict
    said = None if verdict is None else (verdict.ruling, verdict.judge, verdict.reason)
    decision = record.decision
    return record.event.id, _importance(record.event), decision.outcome, decision.reason, said


def _silenced(event: Event, situation: Situation, now_s: float) -> str:
    for silence in situation.silences:
        if silence.covers(event, now_s):
            return f"silenced by {silence.id}"
    return ""


def _cooling(policy: Alerts, event: Event, situation: Situation, now_s: float) -> str:
    last = situation.last
    if last is None or not 0 <= now_s - last.first_s < policy.cool_down_s:
        return ""
    if _importance(event) > _importance(last.event):
        return ""
    return f"within {policy.cool_down_s:g} s of alert {last.id}"


def _receivers(
    policy: Alerts, news: News, situation: Situation, now_s: float, *, told: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Sinks that are to be told beside those that were, and why the others are not."""
    sinks, reasons = [], []
    for name, sink in policy.sinks.items():
        if name in told:
            continue
        reason = _not_for(sink, news, now_s) or _capped(sink, news, situation.opened.get(name, 0))
        if reason:
            reasons.append(f"{name}: {reason}")
        else:
            sinks.append(name)
    return sinks, reasons


def _not_for(sink: Sink, news: News, now_s: float) -> str:
    event, outcome = news.event, news.decision.outcome
    if sink.cameras and event.source not in sink.cameras:
        return "not its camera"
    if sink.rules and event.rule not in sink.rules:
        return "not its rule"
    if sink.schedule is not None and not sink.schedule.active(now_s):
        return "outside its schedule"
    if not event.critical and event.severity.rank < sink.min_severity.rank:
        return f"below {sink.min_severity.value}"
    early = event.critical and outcome is Outcome.PENDING
    if not early and outcome.value not in sink.outcomes:
        return f"{outcome.value} is not for it"
    return ""


def _capped(sink: Sink, news: News, opened: int) -> str:
    if sink.most_per_hour is None or news.event.critical or opened < sink.most_per_hour:
        return ""
    return f"more than {sink.most_per_hour} an hour"
