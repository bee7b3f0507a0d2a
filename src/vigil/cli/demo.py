"""`vigil demo`: the watch on a rendered scene, and on a file of your own."""

import csv
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from vigil.cli.judged import watch_and_judge, with_truth, write_judged_page
from vigil.cli.watch import Printer, settings_for
from vigil.config.app import App
from vigil.config.load import parse
from vigil.core import Event, Image
from vigil.data import Happened
from vigil.media.encode import VideoWriter
from vigil.pipeline.logs import log_to_stderr
from vigil.pipeline.page import ShownEvent
from vigil.pipeline.score import JudgedEvent
from vigil.pipeline.storyboard import write_storyboard
from vigil.sim.distractors import Insect, StrayShadow
from vigil.sim.film import length, pictures
from vigil.sim.route import Route
from vigil.sim.scenes import SceneScript, scene
from vigil.sim.truth import TrueEvent
from vigil.stages.ingest.file import FileSource

COLUMNS = (
    *("rule", "label", "start_s", "end_s", "direction", "severity", "claim", "claim_zh"),
    "outcome",
)
WORDS = {"forward": "out", "backward": "in"}
"""What the two directions over the scene's line are called."""
ROAD = ((0.0, 0.3), (1.0, 0.3), (1.0, 0.48), (0.0, 0.48))
"""Where the scene's vehicles drive, fractions of the picture."""
WAYS = ((0.0, 0.25), (1.0, 0.25), (1.0, 1.0), (0.4, 1.0), (0.4, 0.66), (0.0, 0.62))
"""Where the scene's people and vehicles pass: the street, the gate and the way to it."""
ANYONE = ("object", "person", "vehicle")
"""Words of who passes there, and of whom nobody has named."""
DEADLINE_S = 60
SAME_EVENT_S = 5.0
"""A report further than this from what happened is another event."""


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("demo"),
    source: Annotated[Path | None, typer.Option(help="A video file to watch as well.")] = None,
) -> None:
    """Watch a rendered scene with what comes with Vigil. · 用自带检测模型值守渲染场景。"""
    console = Console(highlight=False)
    log_to_stderr(least=logging.WARNING)
    if source is not None:
        # A wrong name is told now, not after the rendering.
        next(iter(FileSource(path=source).packets()), None)
    out.mkdir(parents=True, exist_ok=True)
    script = _with_lures(scene("gate"))
    video = out / "gate.mp4"
    film(video, script, console)
    console.print("Watching it, with the detector that comes with Vigil · 值守中，使用自带检测器：")
    true = script.true_events()
    shown = show(video, settings_for_scene(video, script), out)
    console.print(compared(true, [each.judged.event for each in shown]))
    happened = [_happened(event, script.name) for event in true]
    shown = with_truth(shown, happened, slack_s=SAME_EVENT_S)
    _page(out / "index.html", shown, "Vigil: the gate · 大门", happened)
    if source is not None:
        console.print(f"Watching {source}:", markup=False)
        shown = show(source, settings_for(str(source)), out)
        console.print(_table_of([each.judged.event for each in shown]))
        _page(out / f"{source.stem}.html", shown, f"Vigil: {source.name}")


def _with_lures(script: SceneScript) -> SceneScript:
    """The scene, and after it what a watch that goes by motion takes for somebody."""
    world = script.world
    shadow = Route(points=((-9.0, 4.4), (9.5, 4.0)), start_s=world.seconds + 2.0, speed_m_s=1.8)
    insect_s = world.seconds + 14.0
    lures = (
        StrayShadow(start_s=world.seconds + 2.0, end_s=insect_s, route=shadow),
        Insect(start_s=insect_s + 1.0, end_s=insect_s + 5.0, seed=3, size=0.1),
    )
    longer = replace(world, seconds=insect_s + 8.0, disturbances=(*world.disturbances, *lures))
    return replace(script, world=longer)


def film(video: Path, script: SceneScript, console: Console) -> None:
    """Render the scene's first camera to an MP4, telling how far it is."""
    world, camera = script.world, script.cameras[0]
    with VideoWriter(video, camera.width, camera.height, camera.rate) as writer:
        for picture in _told(script, console):
            writer.write(picture)
    console.print(f"Rendered {world.seconds:.0f} s of a street gate · 已渲染街边大门场景")


def _told(script: SceneScript, console: Console) -> Iterator[Image]:
    """The pictures of the first camera, with a bar on a terminal and a few lines elsewhere."""
    world, camera = script.world, script.cameras[0]
    total = length(world, camera)
    shown = (picture for picture, _ in pictures(world, camera))
    if console.is_terminal:
        yield from track(shown, "Rendering · 渲染", total, console=console, transient=True)
        return
    for number, picture in enumerate(shown):
        if number % (total // 4) == 0:
            console.print(f"Rendering · 渲染 {100 * number // total} %")
        yield picture


def settings_for_scene(video: Path, script: SceneScript) -> App:
    """The rules that the scene's story was written for."""
    rules: list[dict[str, Any]] = [
        {"kind": "presence", "zone": WAYS, "labels": list(ANYONE)},
        {"kind": "loitering", "longer_than_s": script.loitering_s, "zone": script.zone},
        {"kind": "abandoned_object"},
        {"kind": "stopped_vehicle", "longer_than_s": script.stopped_s, "zone": ROAD},
        {"kind": "line_crossing", "line": script.line} | WORDS,
    ]
    camera = {"source": str(video.absolute()), "rules": rules}
    # The film is watched faster than it lasts, so that its judges have less time than a camera's.
    return parse({"cameras": {script.name: camera}, "decide": {"deadline_s": DEADLINE_S}})


def matched(
    true: list[TrueEvent], found: list[Event]
) -> list[tuple[TrueEvent | None, Event | None]]:
    """Each true event beside the nearest report of its kind, then what never happened."""
    left = list(found)
    pairs: list[tuple[TrueEvent | None, Event | None]] = []
    for event in true:
        near = [
            one
            for one in left
            if (one.rule, one.direction) == (event.kind, WORDS.get(event.direction or ""))
            and abs(one.start_s - event.start_s) <= SAME_EVENT_S
        ]
        best = min(near, key=lambda one: abs(one.start_s - event.start_s), default=None)
        if best is not None:
            left.remove(best)
        pairs.append((event, best))
    return pairs + [(None, one) for one in left]


def compared(true: list[TrueEvent], found: list[Event]) -> Table:
    """What really happened beside what was reported, in seconds from the start."""
    pairs = matched(true, found)
    right = sum(happened is not None and reported is not None for happened, reported in pairs)
    table = Table(
        title=f"{len(true)} happened, {len(found)} reported, {right} right"
        f" · 真实 {len(true)}，报告 {len(found)}，正确 {right}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for column in ("event", "", "happened", "reported", "start off by"):
        table.add_column(column, no_wrap=True)
    for happened, reported in pairs:
        span = (_span(happened), _span(reported), _difference(happened, reported))
        table.add_row(*_names(happened, reported), *span)
    return table


def _names(happened: TrueEvent | None, reported: Event | None) -> tuple[str, str]:
    """Kind and direction of a pair, of which one may be none."""
    if happened is not None:
        return happened.kind, WORDS.get(happened.direction or "", "")
    return (reported.rule, reported.direction or "") if reported is not None else ("", "")


def _span(event: TrueEvent | Event | None) -> str:
    if event is None:
        return "[red]none[/red]"
    moment = f"{event.start_s:.1f}"
    return moment if event.end_s <= event.start_s else f"{moment} – {event.end_s:.1f}"


def _difference(happened: TrueEvent | None, reported: Event | None) -> str:
    if happened is None:
        return "[red]not so[/red]"
    if reported is None:
        return "[red]missed[/red]"
    return f"{reported.start_s - happened.start_s:+.1f} s"


def show(video: Path, app: App, out: Path) -> list[ShownEvent]:
    """Watch a file and judge it; print events as they come; write a video, a picture, a table."""
    console = Console(highlight=False)
    (camera,) = app.cameras.values()
    printer = Printer(as_json=False)
    annotated = out / f"{video.stem}-watched.mp4"
    shown = watch_and_judge(app, camera, printer, out, annotate=annotated)
    printer.close()
    events = [each.judged.event for each in shown]
    picture = out / f"{video.stem}-events.png"
    write_storyboard(picture, FileSource(path=video).packets(), events)
    table = out / f"{video.stem}-events.csv"
    _write_table(table, [each.judged for each in shown])
    for path in (annotated, picture, table):
        console.print(f"written: {path}", markup=False, soft_wrap=True)
    return shown


def _happened(event: TrueEvent, source: str) -> Happened:
    return Happened(
        source=source,
        rule=event.kind,
        start_s=event.start_s,
        end_s=event.end_s,
        direction=WORDS.get(event.direction or ""),
    )


def _page(
    path: Path, shown: list[ShownEvent], title: str, happened: Sequence[Happened] = ()
) -> None:
    write_judged_page(path, shown, title=title, happened=happened)
    told = sum(each.judged.kept for each in shown)
    Console(highlight=False).print(
        f"judged · 已判定: {told} of {len(shown)} told · 告警 → {path.absolute().as_uri()}",
        markup=False,
        soft_wrap=True,
    )


def _write_table(path: Path, judged: Sequence[JudgedEvent]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        # With a byte-order mark, or spreadsheets read the Chinese column as Latin.
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for each in judged:
            outcome = each.decision.outcome.value if each.decision else ""
            writer.writerow(_row(each.event) | {"outcome": outcome})


def _row(event: Event) -> dict[str, str]:
    return {
        "rule": event.rule,
        "label": event.label,
        "start_s": f"{event.start_s:.1f}",
        "end_s": f"{event.end_s:.1f}",
        "direction": event.direction or "",
        "severity": event.severity.value,
        "claim": event.claim,
        "claim_zh": event.claim_zh,
    }


def _table_of(events: list[Event]) -> Table:
    title = f"{len(events)} events · {len(events)} 个事件"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("rule", "start", "end", "direction"):
        table.add_column(column, no_wrap=True)
    table.add_column("claim")
    for event in sorted(events, key=lambda event: event.start_s):
        row = _row(event)
        table.add_row(*(row[word] for word in ("rule", "start_s", "end_s", "direction", "claim")))
    return table
