"""Reads what the scorecard counts from the store."""

from collections.abc import Sequence
from typing import Unpack

from vigil.data.happened import Happened
from vigil.pipeline.score import DAY_S, JudgedEvent, Prices, Scorecard, scorecard
from vigil.store import EventStore, Wanted
from vigil.store.decision_store import DecisionStore

MOST_EVENTS = 1_000_000


def judged_events(
    events: EventStore, decisions: DecisionStore, **wanted: Unpack[Wanted]
) -> list[JudgedEvent]:
    """Events with their decisions, verdicts and last reviews, newest first."""
    found = [stored.event for stored in events.events(limit=MOST_EVENTS, **wanted)]
    ids = [event.id for event in found]
    decided, said = decisions.decisions(ids), decisions.verdicts(ids)
    reviewed = decisions.reviews(ids)
    return [
        JudgedEvent(
            event=event,
            decision=decided.get(event.id),
            verdicts=tuple(said.get(event.id, ())),
            review=reviewed[event.id][-1] if event.id in reviewed else None,
        )
        for event in found
    ]


def score(
    events: EventStore,
    decisions: DecisionStore,
    happened: Sequence[Happened] = (),
    *,
    prices: Prices | None = None,
    **wanted: Unpack[Wanted],
) -> Scorecard:
    """The scorecard of the events wanted; `happened` is cut to the same cameras, rules and time.

    Figures per day count whole days at least: of an hour's watch nobody knows the day.
    """
    judged = judged_events(events, decisions, **wanted)
    since_s, until_s = wanted.get("since_s"), wanted.get("until_s")
    source, rule = wanted.get("source"), wanted.get("rule")
    due = [
        each
        for each in happened
        if (source is None or each.source == source)
        and (rule is None or each.rule == rule)
        and (since_s is None or each.end_s >= since_s)
        and (until_s is None or each.start_s <= until_s)
    ]
    return scorecard(judged, due, days=_days(judged, since_s, until_s), prices=prices)


def _days(judged: Sequence[JudgedEvent], since_s: float | None, until_s: float | None) -> float:
    starts = [each.event.start_s for each in judged]
    ends = [each.event.end_s for each in judged]
    first_s = since_s if since_s is not None else min(starts, default=0.0)
    last_s = until_s if until_s is not None else max(ends, default=first_s)
    return max(1.0, (last_s - first_s) / DAY_S)
