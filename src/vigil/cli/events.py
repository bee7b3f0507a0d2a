"""`vigil events`: what was recorded."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.core import ConfigError, Outcome, Severity, StepKind, Unverified
from vigil.core.json import as_line
from vigil.store import EventStore, StoredEvent

SHORT_ID = 13
"""Characters of an id that tell its millisecond; `vigil event` finds it by them."""
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
AGE = re.compile(r"([0-9]{1,12}(?:\.[0-9]+)?)([smhd])")


def events(
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="ISO time, or an age such as 30m, 6h, 2d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="ISO time, or an age.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this camera.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Only of this severity.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    chinese: Annotated[
        bool, typer.Option("--zh", help="Claims in Chinese. · 用中文陈述。")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON each.")] = False,
) -> None:
    """List recorded events, newest first. · 列出已记录的事件，最新的在前。"""
    home = home_of(config)
    store = EventStore(home.database, home.clips)
    now = datetime.now(UTC)
    found = store.events(
        limit=limit,
        since_s=moment(since, now, "--since"),
        until_s=moment(until, now, "--until"),
        source=source,
        rule=rule,
        severity=severity,
    )
    store.close()
    if as_json:
        for each in found:
            typer.echo(as_line(each.as_json()))
        return
    _show(found, chinese=chinese)


def moment(text: str | None, now: datetime, option: str) -> float | None:
    """UTC seconds of an ISO time or an age before `now`; raises ConfigError for anything else."""
    if text is None:
        return None
    age = AGE.fullmatch(text)
    if age is not None:
        return now.timestamp() - float(age[1]) * UNITS_S[age[2]]
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"{option}: {text!r} is no time; allowed: 2026-01-31T08:00, or an age: 30m, 6h, 2d"
        ) from error


def stands(outcome: Outcome | None, reason: Unverified | None) -> str:
    """`confirmed`, `unverified: deadline`; empty for events of before there were decisions."""
    if outcome is None:
        return ""
    return outcome.value if reason is None else f"{outcome.value}: {reason.value}"


def _show(found: list[StoredEvent], *, chinese: bool) -> None:
    if not found:
        typer.echo("No events.")
        return
    columns = ("start", "seconds", "source", "rule", "severity", "clip", "outcome", "id", "claim")
    print_table(columns, [_row(each, chinese=chinese) for each in found], right="seconds")


def _row(found: StoredEvent, *, chinese: bool) -> tuple[str, ...]:
    event = found.event
    start = datetime.fromtimestamp(event.start_s, UTC).astimezone()
    lasted = f"{event.end_s - event.start_s:.1f}"
    return (
        start.strftime("%Y-%m-%d %H:%M:%S"),
        lasted if found.step.kind is StepKind.END else f"{lasted}…",
        event.source,
        event.rule,
        event.severity.value,
        "yes" if found.clip is not None else "",
        stands(found.outcome, found.reason),
        event.id[:SHORT_ID],
        (event.claim_zh if chinese else "") or event.claim,
    )
