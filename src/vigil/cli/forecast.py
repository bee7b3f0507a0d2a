"""`vigil forecast`: where recorded tracks will go, and when one went otherwise."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cv2
import typer

from vigil.cli.heatmap import view_of
from vigil.cli.progress import progress_bar
from vigil.cli.replay import places_of
from vigil.cli.settings import missing
from vigil.cli.tables import print_table
from vigil.core import ConfigError
from vigil.pipeline.scene_log import recorded, scene_files

if TYPE_CHECKING:
    from vigil.train.paths.forecasting import Forecast
    from vigil.train.paths.surprises import Surprise
    from vigil.train.paths.ways import Way

MOST_LISTED = 200
"""Lines of the table; `--json` has them all."""


@dataclass(kw_only=True)
class Told:
    """What there is to say of one way."""

    way: "Way"
    answer: str
    """`forecast`, or why there is none: `too short`, `stands still`."""
    said: "Forecast | None" = None
    alarms: "list[Surprise]" = field(default_factory=list)


def forecast(
    scenes: Annotated[
        list[str], typer.Argument(help="Recorded files, folders of them, or cameras by name.")
    ],
    label: Annotated[str | None, typer.Option(help="Only these things, such as person.")] = None,
    track: Annotated[int | None, typer.Option(help="Only the track of this number.")] = None,
    ahead: Annotated[
        float, typer.Option(min=0.2, max=30.0, help="So far into the future, seconds.")
    ] = 2.0,
    model: Annotated[
        Literal["ar", "arma"], typer.Option(help="arma: slower, for boxes that tremble.")
    ] = "ar",
    out: Annotated[Path | None, typer.Option(help="Draw ways and forecasts. · 输出 PNG。")] = None,
    on: Annotated[
        Path | None, typer.Option(help="A picture or film of the view to draw on. · 底图。")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder, for cameras.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
) -> None:
    """Forecast tracks from their own way, and tell who went otherwise. · 预测轨迹并报告异常。

    Each track's speed is fitted as AR or ARMA, its order chosen by AIC; every second is forecast
    from those before it, and an alarm says that somebody suddenly runs, stops, turns or strays.
    以 AR/ARMA 拟合速度（按 AIC 选阶），逐秒预测并报告突然奔跑、停下、转向或偏离。
    """
    if out is not None and out.suffix.lower() != ".png":
        raise ConfigError(f"--out: found {out.name}; allowed: .png")
    told = _told(scenes, label=label, track=track, ahead_s=ahead, model=model, config=config)
    if out is not None:
        _draw(out, told, on)
    if as_json:
        typer.echo(json.dumps([_as_json(each) for each in told], allow_nan=False))
        return
    _show(told)
    if out is not None:
        typer.echo(f"{out}: {len(told)} ways")


def _told(
    scenes: Sequence[str], *, label: str | None, track: int | None, ahead_s: float,
    model: Literal["ar", "arma"], config: Path | None,
) -> list[Told]:  # fmt: skip
    try:
        from vigil.train.paths.forecasting import (  # noqa: PLC0415  it takes seconds to open
            LEAST_POINTS,
            forecast,
            stands,
        )
        from vigil.train.paths.surprises import surprises  # noqa: PLC0415
        from vigil.train.paths.ways import ways_of  # noqa: PLC0415
    except ImportError as error:
        raise missing("train", error) from error
    ways = ways_of(recorded(scene_files(places_of(scenes, config))), label=label)
    ways = [way for way in ways if track is None or way.track == track]
    if not ways:
        wanted = "" if track is None else f" of number {track}"
        raise ConfigError(f"no track{wanted}{f' of {label}' if label else ''} in these scenes")
    told = []
    with progress_bar() as bar:
        task = bar.add_task("ways", total=len(ways))
        for way in ways:
            if len(way.feet) < LEAST_POINTS:
                told.append(Told(way=way, answer="too short"))
            elif stands(way.feet, way.height):
                told.append(Told(way=way, answer="stands still"))
            else:
                said = forecast(way.feet, max(1, round(ahead_s * way.rate_hz)), model=model)
                alarms = list(surprises(way, model=model))
                told.append(Told(way=way, answer="forecast", said=said, alarms=alarms))
            bar.advance(task)
    return told


def _show(told: Sequence[Told]) -> None:
    rows = []
    for each in told[:MOST_LISTED]:
        way, said = each.way, each.said
        where, orders = each.answer, ""
        if said is not None:
            (x, y), (wide, high) = said.mean[-1], 1.96 * said.spread[-1]
            where = f"{x:.0f} ± {wide:.0f}, {y:.0f} ± {high:.0f}"
            orders = " ".join(f"({p}, {q})" for p, q in said.orders)
        alarms = " ".join(f"{one.kind} {_clock(one.time_s)}" for one in each.alarms)
        name = f"{way.source} {way.track}"
        rows.append((name, way.label, f"{way.seconds:.1f}", orders, where, alarms))
    columns = ("track", "label", "s", "orders", "will be at, px (95 %)", "alarms")
    print_table(columns, rows, right="s")
    if len(told) > MOST_LISTED:
        typer.echo(f"{len(told) - MOST_LISTED} more; see --json")


def _clock(time_s: float) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%H:%M:%S}"


def _as_json(told: Told) -> dict[str, Any]:
    way, said = told.way, told.said
    steps = [] if said is None else [
        {"time_s": round(way.time_s(len(way.feet) + step), 3),
         "x": round(float(mean[0]), 2), "y": round(float(mean[1]), 2),
         "spread_x": round(float(spread[0]), 2), "spread_y": round(float(spread[1]), 2)}
        for step, (mean, spread) in enumerate(zip(said.mean, said.spread, strict=True))
    ]  # fmt: skip
    return {
        "camera": way.source,
        "track": way.track,
        "label": way.label,
        "start_s": round(way.start_s, 3),
        "seconds": round(way.seconds, 3),
        "answer": told.answer,
        "orders": None if said is None else said.orders,
        "forecast": steps,
        "alarms": [
            {"kind": one.kind, "time_s": round(one.time_s, 3), "at": one.at, "wanted": one.wanted,
             "distance": round(one.distance, 2)}
            for one in told.alarms
        ],
    }  # fmt: skip


def _draw(out: Path, told: Sequence[Told], on: Path | None) -> None:
    from vigil.train.paths.drawing import drawn_ways  # noqa: PLC0415

    drawn = drawn_ways(
        [(each.way, each.said, each.alarms) for each in told], None if on is None else view_of(on)
    )
    coded, data = cv2.imencode(".png", drawn[:, :, ::-1])
    assert coded
    try:
        out.write_bytes(data.tobytes())
    except OSError as error:
        raise ConfigError(f"--out: {out} cannot be written: {error.strerror}") from error
