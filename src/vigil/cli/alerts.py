"""`vigil alerts`: who was told of what, what did not arrive, and what is not to be heard."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.events import AGE, UNITS_S
from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.config.load import load
from vigil.core import (
    Alert,
    AlertError,
    AlertRecord,
    ConfigError,
    Decision,
    Event,
    Outcome,
    Severity,
    Silence,
    StepKind,
    Unverified,
    uuid7,
)
from vigil.core.alert_json import alert_json, decision_json
from vigil.core.json import Json, as_line, event_json
from vigil.store import AlertStore, Delivery, DeliveryStore
from vigil.store.database import Database

alerts = typer.Typer(
    help="Who was told, and what did not arrive. · 告警、死信与静默。", no_args_is_help=True
)

Config = Annotated[Path | None, typer.Option(help="The file that names the home folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON each.")]
ForSink = Annotated[str | None, typer.Option(help="Only of this sink. · 仅此接收端。")]
Camera = Annotated[str | None, typer.Option(help="Only of this camera. · 仅此摄像机。")]


@alerts.command("list")
def list_(
    config: Config = None,
    camera: Camera = None,
    severity: Annotated[
        Severity, typer.Option(help="This severity and above. · 最低严重程度。")
    ] = Severity.INFO,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    chinese: Annotated[
        bool, typer.Option("--zh", help="Claims in Chinese. · 用中文陈述。")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first, also those held back. · 列出告警（含被抑制的）。"""
    with opened(config) as database:
        found = AlertStore(database).alerts(limit=limit, source=camera, least=severity)
    if as_json:
        for each in found:
            typer.echo(as_line(_as_json(each)))
        return
    columns = ("time", "alert", "camera", "rule", "severity", "outcome", "told", "claim")
    _show(columns, [_row(each, chinese=chinese) for each in found], none="No alerts.")


@alerts.command()
def dead(
    config: Config = None,
    sink: ForSink = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was given up, and why. · 列出死信及原因。"""
    with opened(config) as database:
        found = DeliveryStore(database).dead_letters(limit=limit, sink=sink)
    if as_json:
        for each in found:
            typer.echo(as_line(_letter_json(each)))
        return
    columns = ("number", "given up", "sink", "alert", "attempts", "why")
    _show(columns, [_letter(each) for each in found], none="No dead letters.")


@alerts.command()
def retry(
    numbers: Annotated[
        list[int] | None, typer.Argument(help="Of dead letters. · 死信编号。")
    ] = None,
    config: Config = None,
    sink: ForSink = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them. · 全部。")] = False,
) -> None:
    """Send dead letters once more. · 重新发送死信。"""
    if not (numbers or sink or everything):
        raise ConfigError("retry: which? allowed: numbers of `vigil alerts dead`, --sink, or --all")
    with opened(config) as database:
        count = DeliveryStore(database).retry(
            now_s=time.time(), positions=numbers or None, sink=sink
        )
    typer.echo(f"{count} to be sent again. · 将重发 {count} 条。")


@alerts.command()
def silence(
    config: Config = None,
    for_: Annotated[
        str | None, typer.Option("--for", help="How long: 30m, 2h, 1d. · 时长。")
    ] = None,
    until: Annotated[str | None, typer.Option(help="ISO time. · 截止时间。")] = None,
    camera: Camera = None,
    rule: Annotated[str | None, typer.Option(help="Only of this rule. · 仅此规则。")] = None,
    up_to: Annotated[
        Severity, typer.Option(help="What matters more is heard. · 仅静默不高于此程度的告警。")
    ] = Severity.HIGH,
    critical: Annotated[
        bool, typer.Option("--critical", help="Critical ones, too. · 紧急告警也静默。")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why. · 原因。")] = "",
) -> None:
    """Hold alerts back for a while. · 在一段时间内静默告警。"""
    now_s = time.time()
    made = Silence(
        id=uuid7(now_s),
        until_s=ends_s(for_, until, now_s),
        source=camera,
        rule=rule,
        up_to=up_to,
        critical=critical,
        reason=reason,
        created_s=now_s,
    )
    with opened(config) as database:
        AlertStore(database).silence(made)
    typer.echo(f"{made.id} until · 直到 {_local(made.until_s)}")


@alerts.command()
def silences(
    config: Config = None,
    end: Annotated[str | None, typer.Option(help="End the one with this id. · 提前结束。")] = None,
) -> None:
    """List silences that hold, or end one. · 列出或结束静默。"""
    with opened(config) as database:
        store = AlertStore(database)
        if end is not None:
            store.end_silence(end)
        with database.reading() as connection:
            found = store.silences(connection, now_s=time.time())
    columns = ("until", "camera", "rule", "up to", "reason", "id")
    _show(columns, [_silence(each) for each in found], none="No silences.")


@alerts.command("test")
def try_sink(
    sink: Annotated[str, typer.Argument(help="Its name in the file. · 配置中的名称。")],
    config: Annotated[Path, typer.Option(help="The configuration file.")] = Path("vigil.yaml"),
) -> None:
    """Send a test alert to one sink, at once. · 立即向一个接收端发送测试告警。"""
    sinks = load(config).alerts.sinks
    if sink not in sinks:
        raise ConfigError(f"no sink {sink!r}; allowed: {', '.join(sinks) or 'none is configured'}")
    receiver = sinks[sink].to

    async def send() -> None:
        try:
            await receiver.send(made_up_alert(time.time()))
        finally:
            await receiver.close()

    try:
        asyncio.run(send())
    except AlertError as error:
        raise ConfigError(f"{sink}: {error}") from error
    typer.echo(f"{sink}: sent · 已发送")


def made_up_alert(now_s: float) -> Alert:
    """An alert that says of itself that nothing happened."""
    event = Event(
        id=uuid7(now_s),
        source="test",
        rule="test",
        claim="This is a test; nothing happened.",
        claim_zh="这是一条测试告警，没有发生任何事件。",
        start_s=now_s,
        end_s=now_s,
        severity=Severity.INFO,
    )
    decision = Decision(
        event_id=event.id,
        outcome=Outcome.UNVERIFIED,
        reason=Unverified.NO_JUDGE,
        incident=event.id,
        due_s=now_s,
        decided_s=now_s,
    )
    return Alert(
        id=event.id, step=StepKind.NEW, event=event, decision=decision, time_s=now_s, sequence=0
    )


@contextmanager
def opened(config: Path | None) -> Iterator[Database]:
    """The database that a file, or the environment, names."""
    database = Database(home_of(config).database)
    try:
        yield database
    finally:
        database.close()


def ends_s(for_: str | None, until: str | None, now_s: float) -> float:
    """UTC seconds at which a silence ends; raises ConfigError unless one end is given."""
    if (for_ is None) == (until is None):
        raise ConfigError("silence: how long? allowed: --for 2h, or --until 2026-01-31T08:00")
    try:
        moment_s = (
            datetime.fromisoformat(str(until)).astimezone().timestamp()
            if for_ is None
            else now_s + _seconds(for_)
        )
        _local(moment_s)
    except (ValueError, OverflowError, OSError) as error:
        raise ConfigError(
            f"silence: {for_ or until!r} is no time; allowed: 30m, 2h, 1d, or 2026-01-31T08:00"
        ) from error
    if moment_s <= now_s:
        raise ConfigError(f"silence: {until!r} is over already")
    return moment_s


def _seconds(text: str) -> float:
    found = AGE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return float(found[1]) * UNITS_S[found[2]]


def _show(columns: tuple[str, ...], rows: list[tuple[str, ...]], *, none: str) -> None:
    if rows:
        print_table(columns, rows, right="number attempts")
    else:
        typer.echo(none)


def _row(found: AlertRecord, *, chinese: bool) -> tuple[str, ...]:
    event = found.event
    return (
        _local(found.first_s),
        f"#{found.id[-8:]}",
        event.source,
        event.rule,
        "critical" if event.critical else event.severity.value,
        found.decision.outcome.value,
        f"held: {found.held}" if found.held else ", ".join(found.sinks),
        (event.claim_zh if chinese else "") or event.claim,
    )


def _as_json(found: AlertRecord) -> Json:
    return {
        "id": found.id,
        "sequence": found.sequence,
        "type": found.step.value,
        "first_s": found.first_s,
        "last_s": found.last_s,
        "sinks": list(found.sinks),
        "held": found.held,
        **decision_json(found.decision),
        "event": event_json(found.event),
        "events": sorted(found.members),
    }


def _letter(found: Delivery) -> tuple[str, ...]:
    given_up = "" if found.done_s is None else _local(found.done_s)
    alert = f"#{found.alert.id[-8:]} · {found.alert.sequence + 1}"
    return str(found.position), given_up, found.sink, alert, str(found.attempts), found.note


def _letter_json(found: Delivery) -> Json:
    return {
        "number": found.position,
        "sink": found.sink,
        "attempts": found.attempts,
        "given_up_s": found.done_s,
        "why": found.note,
        "alert": alert_json(found.alert),
    }


def _silence(found: Silence) -> tuple[str, ...]:
    up_to = "critical" if found.critical else found.up_to.value
    anywhere = found.source or "any"
    return _local(found.until_s), anywhere, found.rule or "any", up_to, found.reason, found.id


def _local(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
