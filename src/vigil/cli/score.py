"""`vigil score`: what judging did to the alerts."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.events import moment
from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.core import ConfigError
from vigil.data import read_happened
from vigil.pipeline.score import Prices, Score, Scorecard
from vigil.pipeline.score_plot import score_plot
from vigil.pipeline.scoring import score as scored
from vigil.store import EventStore
from vigil.store.decision_store import DecisionStore

COLUMNS = (
    *("by", "name", "events", "labelled", "kept", "false removed", "true rejected"),
    *("unverified", "precision", "recall", "calls/camera/day", "shared", "tokens"),
    *("p50 s", "p95 s", "p99 s"),
)
UNKNOWN = "–"


def score(
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="ISO time, or an age such as 30m, 6h, 2d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="ISO time, or an age.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this camera.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="JSON of what happened: source, rule, start_s, end_s. · 真值文件。"),
    ] = None,
    price_in: Annotated[float, typer.Option(min=0, help="Of a million tokens read.")] = 0.0,
    price_out: Annotated[float, typer.Option(min=0, help="Of a million tokens written.")] = 0.0,
    plot: Annotated[
        Path | None, typer.Option(help="Write precision and recall as an SVG. · 输出图表。")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
) -> None:
    """Score the judges by reviews and labels. · 用人工复核与真值给判定打分。"""
    happened = [] if truth is None else read_happened(truth)
    home = home_of(config)
    events = EventStore(home.database, home.clips)
    now = datetime.now(UTC)
    card = scored(
        events,
        DecisionStore(events.database),
        happened,
        prices=Prices(per_million_in=price_in, per_million_out=price_out),
        since_s=moment(since, now, "--since"),
        until_s=moment(until, now, "--until"),
        source=source,
        rule=rule,
    )
    events.close()
    if plot is not None:
        _write(plot, score_plot({"all · 全部": card.whole, **card.by_rule}))
    if as_json:
        typer.echo(json.dumps(card.as_json(), ensure_ascii=False, allow_nan=False))
        return
    _show(card, with_cost=bool(price_in or price_out))


def _show(card: Scorecard, *, with_cost: bool) -> None:
    groups: dict[str, Mapping[str, Score]] = {
        "all": {"": card.whole},
        "rule": card.by_rule,
        "camera": card.by_source,
        "judge": card.by_judge,
    }
    rows = [
        (by, name, *_cells(score))
        for by, scores in groups.items()
        for name, score in scores.items()
    ]
    print_table(COLUMNS, rows, right=" ".join(COLUMNS[2:]))
    whole = card.whole
    if not whole.true and not whole.false:
        typer.echo(
            "Nobody has labelled these events: vigil review EVENT confirmed|rejected, or --truth."
            " · 尚无标注：请用 vigil review 复核，或用 --truth 指定真值文件。"
        )
    if with_cost:
        typer.echo(f"Cost of the large model · 大模型费用: {whole.cost:.4f}")


def _cells(score: Score) -> tuple[str, ...]:
    percentiles = score.percentiles_s("total")
    return (
        str(score.events),
        str(score.true + score.false),
        str(score.kept),
        f"{score.false_removed} of {score.false}",
        f"{score.true_rejected} of {score.true}",
        f"{score.unverified / score.events:.0%}" if score.events else UNKNOWN,
        f"{_share(score.precision_before)} → {_share(score.precision_after)}",
        f"{_share(score.recall_before)} → {_share(score.recall_after)}",
        f"{score.calls_per_camera_day:.2f}",
        str(score.shared),
        str(score.tokens_in + score.tokens_out),
        *((f"{value:.2f}" for value in percentiles) if percentiles else (UNKNOWN,) * 3),
    )


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.1%}"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--plot: {path} cannot be written: {error.strerror}") from error
