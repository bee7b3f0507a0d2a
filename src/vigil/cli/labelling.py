"""`vigil data label`: a teacher labels what nobody has labelled yet."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from vigil.cli.settings import home_of, library_of
from vigil.cli.tables import print_table
from vigil.core import ConfigError
from vigil.flywheel.label import Labelling, Outcome
from vigil.flywheel.label_plan import Settings
from vigil.flywheel.teachers.detector import detector_teacher
from vigil.flywheel.teachers.several import SIDE_PX, Ensemble, Tiled
from vigil.flywheel.teachers.teacher import Teacher, Words, words_of
from vigil.infer.registry import Registry

PASSES = {"pictures": "teacher · 教师", "labels": "labels · 标注"}
TeacherName = Annotated[
    list[str],
    typer.Option(
        help="detector:MODEL. Several are joined: boxes are fused, words voted on.",
    ),
]


def label_command(
    name: Annotated[str, typer.Argument(help="The data set's name.")],
    teacher: TeacherName,
    words: Annotated[
        list[str],
        typer.Option(help="WORD, or WORD=what the teacher calls it, or WORD=NAME|NAME."),
    ],
    precision: Annotated[
        float, typer.Option(min=0.01, max=0.999, help="Of what is believed, so much be true.")
    ] = 0.9,
    examples: Annotated[
        str | None, typer.Option(help="Another data set whose labels thresholds are fitted on.")
    ] = None,
    tiles: Annotated[bool, typer.Option(help="Look at slices, too: for small things.")] = False,
    tile_px: Annotated[int, typer.Option(help="Side of a slice, pixels.")] = SIDE_PX,
    tracks: Annotated[bool, typer.Option(help="Label things through videos.")] = False,
    every: Annotated[
        float, typer.Option(min=0.01, help="Seconds between two looks at a video.")
    ] = 0.5,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
) -> None:
    """Have a teacher label what people have not; may be killed and begun again. · 教师自动标注。"""
    library = library_of(name, config, there=True)
    chosen = _joined(teacher, words_of(words), Registry(home_of(config).models))
    with _progress() as progress:
        tasks = {
            part: progress.add_task(text, total=None, visible=False)
            for part, text in PASSES.items()
        }
        outcome = Labelling(
            library,
            Tiled(chosen, side_px=tile_px) if tiles else chosen,
            settings=Settings(precision=precision, tracks=tracks, every_s=every),
            examples=None if examples is None else library_of(examples, config, there=True),
            told=lambda part, done, total: progress.update(
                tasks[part], completed=done, total=total, visible=True
            ),
        ).run()
    _show(name, outcome)


def _joined(texts: Sequence[str], words: Words, registry: Registry) -> Teacher:
    teachers = [_teacher(text, words, registry) for text in texts]
    return teachers[0] if len(teachers) == 1 else Ensemble(teachers)


def _teacher(text: str, words: Words, registry: Registry) -> Teacher:
    kind, _, rest = text.partition(":")
    if kind == "detector" and rest:
        return detector_teacher(rest, words, registry)
    raise ConfigError(f"--teacher: found {text!r}; allowed: detector:MODEL")


def _show(name: str, outcome: Outcome) -> None:
    said = "thresholds of an earlier run" if outcome.kept_plan else "thresholds"
    typer.echo(f"{said} · 阈值:")
    for limits in outcome.limits.values():
        typer.echo(f"  {limits}")
    columns = ("word", "found", "best", "sure", "checked", "confirmed", "dropped", "labels")
    rows = [
        (
            word,
            str(tally.found),
            f"{tally.best:.2f}",
            str(tally.sure),
            str(tally.confirmed + tally.refused),
            str(tally.confirmed),
            str(tally.dropped + tally.refused + tally.unchecked),
            str(tally.labels),
        )
        for word, tally in outcome.tallies.items()
    ]
    print_table(columns, rows, right=" ".join(columns[1:]))
    for line in _said_aloud(outcome):
        typer.echo(line)
    typer.echo(
        f"{name}: {outcome.pictures} pictures and frames seen, {outcome.asked} of them now; "
        f"{outcome.added} things with new labels"
    )


def _said_aloud(outcome: Outcome) -> list[str]:
    """What a table would hide."""
    unchecked = sum(tally.unchecked for tally in outcome.tallies.values())
    lines = []
    if unchecked:
        lines.append(f"{unchecked} unsure were not checked, and have no label")
    if outcome.passed_videos:
        lines.append(f"{outcome.passed_videos} videos were passed over; --tracks labels them")
    if outcome.unreadable:
        lines.append(f"{len(outcome.unreadable)} could not be read: {outcome.unreadable[0]}")
    return lines


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
