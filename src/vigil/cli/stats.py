"""`vigil stats`: how many, how long, from where to where, by the hour or day."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from vigil.cli.events import moment
from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.core import ConfigError
from vigil.core.stats import DAY_S, KINDS, FigureKind
from vigil.store import EventStore
from vigil.store.stat_store import StatStore, Total

Period = Literal["hour", "day", "all"]
COLUMNS = ("from", "camera", "what", "where", "label", "number", "mean", "most", "sum")


def stats(
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="ISO time, or an age such as 30m, 6h, 2d; else a day.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="ISO time, or an age.")] = None,
    per: Annotated[Period, typer.Option(help="hour, day or all.")] = "hour",
    source: Annotated[str | None, typer.Option("--camera", help="Only of this camera.")] = None,
    kind: Annotated[
        str | None, typer.Option("--what", help=f"Only these: {', '.join(KINDS)}.")
    ] = None,
    place: Annotated[
        str | None, typer.Option("--where", help="Only of this zone, crossing or flow.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="Only of these things.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """What the cameras counted. · 统计：人车数量、越线、流向、停留与速度。"""
    now = datetime.now(UTC)
    until_s = moment(until, now, "--until") or now.timestamp()
    since_s = moment(since, now, "--since") or until_s - DAY_S
    home = home_of(config)
    events = EventStore(home.database, home.clips)
    found = StatStore(events.database).totals(
        since_s=since_s,
        until_s=until_s,
        per=per,
        offset_s=_offset_s(since_s),
        source=source,
        kind=_kind(kind),
        place=place,
        label=label,
    )
    events.close()
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("Nothing was counted in that time.")
        return
    print_table(COLUMNS, [_row(one) for one in found], right=" ".join(COLUMNS[5:]))


def _kind(word: str | None) -> FigureKind | None:
    found = next((kind for kind in KINDS if kind == word), None)
    if word is not None and found is None:
        raise ConfigError(f"--what: found {word!r}; allowed: {', '.join(KINDS)}")
    return found


def _offset_s(time_s: float) -> int:
    """By how much days begin earlier here than in UTC."""
    offset = datetime.fromtimestamp(time_s, UTC).astimezone().utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _row(one: Total) -> Sequence[str]:
    start = datetime.fromtimestamp(one.start_s, UTC).astimezone()
    unit = {"watched": "s", "dwell": "s", "speed": "km/h"}.get(one.kind, "")
    measured = one.kind in ("count", "dwell", "speed")
    return (
        f"{start:%Y-%m-%d %H:%M}",
        one.source,
        one.kind,
        one.place or "picture",
        one.label,
        str(one.number) if one.kind not in ("count", "watched") else "",
        "" if one.mean is None or not measured else f"{one.mean:.2f} {unit}".rstrip(),
        f"{one.most:g} {unit}".rstrip() if measured else "",
        f"{one.total:.0f} s" if one.kind in ("watched", "dwell") else "",
    )


def _as_json(one: Total) -> dict[str, object]:
    return {
        "start_s": one.start_s,
        "camera": one.source,
        "what": one.kind,
        "where": one.place,
        "label": one.label,
        "number": one.number,
        "total": round(one.total, 3),
        "mean": None if one.mean is None else round(one.mean, 4),
        "most": one.most,
        "watched_s": round(one.watched_s, 1),
    }
