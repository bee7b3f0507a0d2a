"""Whatever happens in whichever order: no day costs more than is allowed, and none is too long."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import BudgetSpent, Event, Step, StepKind
from vigil.pipeline.budget import Budget
from vigil.store import BrainStore, BudgetStore, EventStore, Limit, Limits
from vigil.testing.hands import Hands

from .deciding import Follows, an_event, verdict_on

CALLS, TOKENS = 3, 5000
RESERVED = 1600
DAY_S = 86_400


def budget(store: EventStore, clock: Hands, limits: Limits, zone: str = "UTC") -> Budget:
    return Budget(store=BudgetStore(store.database), limits=limits, time_zone=zone, clock=clock)


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("UTC", "2026-11-21T23:59:59+00:00", "2026-11-21"),
        ("Asia/Shanghai", "2026-11-21T16:00:00+00:00", "2026-11-22"),
        ("America/Los_Angeles", "2026-11-21T07:59:00+00:00", "2026-11-20"),
        ("Europe/Berlin", "2026-10-25T00:30:00+00:00", "2026-10-25"),
        ("Europe/Berlin", "2026-10-25T22:59:00+00:00", "2026-10-25"),
        ("Europe/Berlin", "2026-10-25T23:00:00+00:00", "2026-10-26"),
    ],
)
def test_a_day_begins_at_the_sites_midnight(
    tmp_path: Path, zone: str, moment: str, day: str
) -> None:
    clock = Hands()
    clock.time_s = datetime.fromisoformat(moment).timestamp()
    store = EventStore(tmp_path / "e.db", tmp_path)
    assert budget(store, clock, Limits(), zone).day == day


def test_the_night_on_which_clocks_go_back_has_one_budget(tmp_path: Path) -> None:
    clock, zone = Hands(), ZoneInfo("Europe/Berlin")
    store = EventStore(tmp_path / "e.db", tmp_path)
    days = set()
    for hour in range(25):
        clock.time_s = datetime(2026, 10, 25, tzinfo=zone).timestamp() + hour * 3600
        days.add(budget(store, clock, Limits(), "Europe/Berlin").day)
    assert days == {"2026-10-25"}


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(["gate", "door"]), st.integers(0, 2500)),
        st.tuples(st.just("fail"), st.sampled_from(["gate", "door"]), st.just(0)),
        st.tuples(st.just("crash"), st.sampled_from(["gate", "door"]), st.just(0)),
        st.tuples(st.just("midnight"), st.just(""), st.just(0)),
    ),
    max_size=25,
)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(operations=OPERATIONS)
def test_no_order_of_answers_failures_crashes_and_midnights_exceeds_a_budget(
    operations: list[tuple[str, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("budget")
    store = EventStore(folder / "e.db", folder / "clips")
    Follows(store)
    clock = Hands()
    limits = Limits(source=Limit(calls=CALLS, tokens=TOKENS), site=Limit(calls=CALLS + 1))
    requests = BrainStore(store.database)
    asked: Counter[tuple[str, str]] = Counter()
    charged: Counter[tuple[str, str]] = Counter()
    for number, (what, source, tokens) in enumerate(operations):
        if what == "midnight":
            clock.time_s += DAY_S
            continue
        # Each operation is a process of its own: nothing but the database remembers.
        own = budget(store, clock, limits)
        event = recorded(store, an_event(id=f"{number}", source=source))
        account, key = own.account(event), (event.id, "dear")
        requests.wait(key, event, clock.now_s())
        before = spent(own, source)
        try:
            requests.reserve(key, account, limits, RESERVED, clock.now_s())
        except BudgetSpent:
            calls, so_far = before
            day_calls = sum(own.spent("site")[each].calls for each in own.spent("site"))
            assert calls == CALLS or so_far + RESERVED > TOKENS or day_calls == CALLS + 1
            continue
        asked[own.day, source] += what != "fail"
        charged[own.day, source] += {"ask": tokens, "crash": RESERVED, "fail": 0}[what]
        if what == "ask":
            said = verdict_on(event.id, calls=1, tokens_in=tokens, tokens_out=0)
            requests.answered(key, said, account, RESERVED, clock.now_s())
        elif what == "fail":
            requests.unanswered(key, account, -1, -RESERVED)
        assert spent(own, source) == (asked[own.day, source], charged[own.day, source])
        assert spent(own, source)[0] <= CALLS
        assert before[1] + RESERVED <= TOKENS
    store.close()


def recorded(store: EventStore, event: Event) -> Event:
    store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), None)
    return event


def spent(own: Budget, source: str) -> tuple[int, int]:
    found = own.spent("site").get((source, "yard"))
    return (0, 0) if found is None else (found.calls, found.tokens)
