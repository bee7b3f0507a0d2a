"""`vigil demo`: the watch on a rendered scene, and on a file of your own."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from vigil.cli.watch import Printer, line_of, settings_for, watch_one
from vigil.config.app import App
from vigil.core import Event, StepKind
from vigil.pipeline.storyboard import write_storyboard
from vigil.stages.ingest.file import FileSource


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("demo"),
    source: Annotated[Path | None, typer.Option(help="A video file to watch as well.")] = None,
) -> None:
    """Watch a rendered scene with no model and no camera. · 无需模型和摄像机，值守渲染场景。"""
    out.mkdir(parents=True, exist_ok=True)
    if source is not None:
        show(source, settings_for(str(source)), out)


def show(video: Path, app: App, out: Path) -> list[Event]:
    """Watch a file; print its events as they come; write a video, a picture and a table."""
    console = Console(highlight=False)
    (camera,) = app.cameras.values()
    printer = Printer(as_json=False)
    annotated = out / f"{video.stem}-watched.mp4"
    watch_one(app, camera, printer, annotate=annotated)
    printer.close()
    events = [step.event for step in printer.steps if step.kind is StepKind.END]
    picture = out / f"{video.stem}-events.png"
    write_storyboard(picture, FileSource(path=video).packets(), events)
    table = out / f"{video.stem}-events.csv"
    _write_table(table, events)
    console.print(_table_of(events))
    for path in (annotated, picture, table):
        console.print(f"written: {path}")
    return events


def _rows(events: list[Event]) -> list[dict[str, Any]]:
    return [
        {
            "rule": event.rule,
            "label": event.label,
            "start_s": f"{event.start_s:.1f}",
            "end_s": f"{event.end_s:.1f}",
            "direction": event.direction or "",
            "severity": event.severity.value,
            "claim": event.claim,
            "claim_zh": event.claim_zh,
        }
        for event in sorted(events, key=lambda event: event.start_s)
    ]


def _write_table(path: Path, events: list[Event]) -> None:
    import csv

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        # With a byte-order mark, or spreadsheets read the Chinese column as Latin.
        writer = csv.DictWriter(file, ["rule", "label", "start_s", "end_s", "direction", "severity", "claim", "claim_zh"])
        writer.writeheader()
        writer.writerows(_rows(events))


def _table_of(events: list[Event]) -> Table:
    rows = _rows(events)
    table = Table(title=f"{len(rows)} events · {len(rows)} 个事件", title_justify="left")
    for column in rows[0] if rows else ():
        table.add_column(column)
    for row in rows:
        table.add_row(*row.values())
    return table
