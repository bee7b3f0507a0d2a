"""`vigil event`: what is known of one event; `vigil review`: what a person says of it."""

import getpass
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from vigil.cli.events import stands
from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.core import Decision, Review, Ruling, StoreError, Verdict
from vigil.core.alert_json import decision_json, verdict_json
from vigil.core.json import as_line
from vigil.store import DecisionStore, EventStore, StoredEvent

COLUMNS = ("time", "judge", "ruling", "likelihood", "seconds", "calls", "tokens", "reason")


class Word(StrEnum):
    """What a person may say of an event."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"


Config = Annotated[Path | None, typer.Option(help="The file that names the home folder.")]
Which = Annotated[str, typer.Argument(help="Its id, or the beginning of it. · 事件编号或其开头。")]


def event(
    which: Which,
    config: Config = None,
    chinese: Annotated[bool, typer.Option("--zh", help="In Chinese. · 用中文。")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Show an event, its verdicts and its reviews. · 显示事件、判定与复核。"""
    with _stores(config) as (store, decisions):
        found = store.find(which)
        key = found.event.id
        decision = decisions.decision(key)
        verdicts = decisions.verdicts([key]).get(key, ())
        reviews = decisions.reviews([key]).get(key, ())
        clip = _clip_of(store, found)
    if as_json:
        typer.echo(as_line(_json(found, decision, verdicts, reviews, clip)))
        return
    for name, value in _lines(found, decision, clip, chinese=chinese):
        typer.echo(f"{name:<9}{value}")
    if verdicts:
        typer.echo()
        rows = [_row(verdict, chinese=chinese) for verdict in verdicts]
        print_table(COLUMNS, rows, right="likelihood seconds calls tokens")
    for verdict in verdicts:
        for question, answer in verdict.answers.items():
            typer.echo(f"  {question}: {answer}")
    for said in reviews:
        note = f" ({said.note})" if said.note else ""
        typer.echo(f"{_clock(said.time_s)}  {said.reviewer}: {said.ruling.value}{note}")


def review(
    which: Which,
    ruling: Annotated[Word, typer.Argument(help="Whether the claim is true. · 事件是否属实。")],
    note: Annotated[str, typer.Option(help="Why. · 备注。")] = "",
    by: Annotated[str | None, typer.Option(help="Who says so; you. · 复核人。")] = None,
    config: Config = None,
) -> None:
    """Say what an event really was; the last word counts. · 人工复核事件，以最后一次为准。"""
    with _stores(config) as (store, decisions):
        found = store.find(which)
        decisions.review(
            Review(
                event_id=found.event.id,
                ruling=Ruling(ruling.value),
                reviewer=by or getpass.getuser(),
                time_s=time.time(),
                note=note,
            )
        )
    typer.echo(f"{found.event.id}: {ruling.value}")


@contextmanager
def _stores(config: Path | None) -> Iterator[tuple[EventStore, DecisionStore]]:
    home = home_of(config)
    store = EventStore(home.database, home.clips)
    try:
        yield store, DecisionStore(store.database)
    finally:
        store.close()


def _clip_of(store: EventStore, found: StoredEvent) -> Path | None:
    try:
        return None if found.clip is None else store.clip_path(found.clip.uri)
    except StoreError:
        return None


def _lines(
    found: StoredEvent, decision: Decision | None, clip: Path | None, *, chinese: bool
) -> Iterator[tuple[str, str]]:
    one = found.event
    yield "id", one.id
    yield "claim", (one.claim_zh if chinese else "") or one.claim
    yield "camera", one.source
    yield "rule", f"{one.rule}, {one.severity.value}{', critical' if one.critical else ''}"
    yield "time", f"{_clock(one.start_s)}, {one.end_s - one.start_s:.1f} s"
    yield "clip", str(clip or "none")
    if decision is not None:
        yield "outcome", stands(decision.outcome, decision.reason)
        if decision.incident != one.id:
            yield "incident", decision.incident
        if decision.decided_s is not None:
            yield "decided", f"{decision.decided_s - found.created_s:.1f} s after its record"


def _row(verdict: Verdict, *, chinese: bool) -> tuple[str, ...]:
    return (
        _clock(verdict.time_s),
        verdict.judge,
        verdict.ruling.value,
        f"{verdict.likelihood:.2f}",
        f"{verdict.seconds.get('total', 0.0):.1f}",
        str(verdict.calls),
        str(verdict.tokens_in + verdict.tokens_out),
        (verdict.reason_zh if chinese else "") or verdict.reason,
    )


def _clock(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _json(
    found: StoredEvent,
    decision: Decision | None,
    verdicts: Sequence[Verdict],
    reviews: Sequence[Review],
    clip: Path | None,
) -> dict[str, Any]:
    return {
        **found.as_json(),
        "clip_file": None if clip is None else str(clip),
        "decision": None if decision is None else decision_json(decision),
        "verdicts": [verdict_json(verdict) for verdict in verdicts],
        "reviews": [
            {
                "ruling": said.ruling.value,
                "reviewer": said.reviewer,
                "time_s": said.time_s,
                "note": said.note,
            }
            for said in reviews
        ],
    }
