"""`vigil events`: what was recorded."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vigil.cli.settings import home_of
from vigil.core import ConfigError, Severity
from vigil.core.json import event_json
from vigil.store import EventStore, StoredEvent


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
            clip = {} if each.clip is None else {"clip": each.clip.uri}
            typer.echo(json.dumps(event_json(each.step) | clip, ensure_ascii=False))
        return
    _show(found)


def moment(text: str | None, now: datetime, option: str) -> float | None:
    """UTC seconds of an ISO time or an age before `now`; raises ConfigError for anything else."""
    if text is None:
        return None
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    if text[:-1].replace(".", "", 1).isdigit() and text[-1:] in units:
        return (now - timedelta(**{units[text[-1]]: float(text[:-1])})).timestamp()
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError as error:
        raise ConfigError(
            f"{option}: {text!r} is no time; allowed: 2026-01-31T08:00, or an age: 30m, 6h, 2d"
        ) from error


def _show(found: list[StoredEvent]) -> None:
    table = Table(box=None)
    for column in ("start", "seconds", "source", "rule", "label", "severity", "clip", "claim"):
        table.add_column(column, overflow="fold" if column == "claim" else "ellipsis")
    for each in found:
        event = each.event
        start = datetime.fromtimestamp(event.start_s, UTC).astimezone()
        table.add_row(
            start.strftime("%Y-%m-%d %H:%M:%S"),
            f"{event.end_s - event.start_s:.1f}",
            event.source,
            event.rule,
            event.label,
            event.severity.value,
            "yes" if each.clip is not None else "",
            event.claim,
        )
    Console().print(table if found else "No events.")
