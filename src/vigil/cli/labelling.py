"""`vigil data label`: a teacher labels what nobody has labelled yet."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TaskID, TimeElapsedColumn

from vigil.brain.open_words import OpenWords
from vigil.cli.brain import brain_at, brain_of_file
from vigil.cli.progress import progress_bar
from vigil.cli.settings import home_of, library_of
from vigil.cli.tables import print_table
from vigil.config.home import Home
from vigil.core import ConfigError
from vigil.flywheel.algorithms import Shelf
from vigil.flywheel.label import Labelling, Outcome
from vigil.flywheel.label_plan import Settings
from vigil.flywheel.label_review import doubts_in
from vigil.flywheel.teachers.asker import Asker
from vigil.flywheel.teachers.brain import BoxTeacher, BrainChecker, PictureTeacher
from vigil.flywheel.teachers.coordinates import Convention
from vigil.flywheel.teachers.detector import detector_teacher
from vigil.flywheel.teachers.head import head_teacher
from vigil.flywheel.teachers.open_words import OpenWordsTeacher
from vigil.flywheel.teachers.several import SIDE_PX, Ensemble, Tiled
from vigil.flywheel.teachers.teacher import Teacher, Words, words_of
from vigil.infer.registry import Registry

PASSES = {"pictures": "teacher · 教师", "labels": "labels · 标注"}
KINDS = (
    "detector:MODEL, words:FOLDER, head:ALGORITHM, head:ALGORITHM:MODEL=NAME, boxes:BRAIN or "
    "whole:BRAIN, where BRAIN is `config`, or a server's address, if need be with #MODEL"
)
TeacherName = Annotated[
    list[str], typer.Option(help=f"{KINDS}. Several are joined: boxes are fused, words voted on.")
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
    score: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=0.999,
            help="Believe from here on where no examples speak; else the teacher's own threshold.",
        ),
    ] = None,
    examples: Annotated[
        str | None, typer.Option(help="Another data set whose labels thresholds are fitted on.")
    ] = None,
    tiles: Annotated[bool, typer.Option(help="Look at slices, too: for small things.")] = False,
    tile_px: Annotated[int, typer.Option(help="Side of a slice, pixels.")] = SIDE_PX,
    tracks: Annotated[bool, typer.Option(help="Label things through videos.")] = False,
    every: Annotated[
        float, typer.Option(min=0.01, help="Seconds between two looks at a video.")
    ] = 0.5,
    check: Annotated[
        str | None, typer.Option(help="BRAIN that is asked about what the teacher is unsure of.")
    ] = None,
    budget: Annotated[int, typer.Option(min=0, help="Questions of --check, in all.")] = 200,
    coordinates: Annotated[
        Convention, typer.Option(help="In which numbers a large model writes boxes.")
    ] = "auto",
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder, and a `brain`.")
    ] = None,
) -> None:
    """Have a teacher label what people have not; may be killed and begun again. · 教师自动标注。"""
    library = library_of(name, config, there=True)
    theirs = None if examples is None else library_of(examples, config, there=True)
    with ExitStack() as ends:
        opening = _Opening(words_of(words), home_of(config), config, coordinates, ends)
        chosen = opening.teacher(teacher)
        checker = opening.checker(check) if check else None
        tasks = _Tasks(ends.enter_context(progress_bar(TimeElapsedColumn())))
        outcome = Labelling(
            library,
            Tiled(chosen, side_px=tile_px) if tiles else chosen,
            settings=Settings(
                precision=precision,
                tracks=tracks,
                every_s=every,
                score=score,
                checker=checker.name if checker else "",
            ),
            checker=checker,
            budget=budget,
            examples=theirs,
            told=tasks.told,
        ).run()
    _show(name, outcome)


def doubts_command(
    name: Annotated[str, typer.Argument(help="The data set's name.")],
    most: Annotated[int, typer.Option(min=1, help="So many are listed.")] = 20,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
) -> None:
    """List labels that teachers contradict, the most doubtful first. · 列出最可疑的标注。"""
    found = doubts_in(library_of(name, config, there=True), most=most)
    rows = [
        (
            f"{doubt.score:.2f}",
            doubt.kind,
            doubt.word,
            doubt.instead,
            "" if doubt.box is None else " ".join(f"{side:.0f}" for side in doubt.box),
            path,
        )
        for path, doubt in found
    ]
    if rows:
        print_table(("doubt", "kind", "word", "instead", "box", "picture"), rows, right="doubt")
    else:
        typer.echo(f"{name}: nothing that its teachers contradict")


class _Opening:
    """Makes teachers of what stands on the command line; brains close when all is done."""

    def __init__(
        self,
        words: Words,
        home: Home,
        config: Path | None,
        coordinates: Convention,
        ends: ExitStack,
    ) -> None:
        self._words, self._home, self._config = words, home, config
        self._coordinates: Convention = coordinates
        self._ends = ends
        self._registry = Registry(home.models)

    def teacher(self, texts: Sequence[str]) -> Teacher:
        teachers = [self._one(text) for text in texts]
        return teachers[0] if len(teachers) == 1 else Ensemble(teachers)

    def checker(self, text: str) -> BrainChecker:
        return BrainChecker(self._asker(text), self._words)

    def _one(self, text: str) -> Teacher:
        kind, _, rest = text.partition(":")
        match kind if rest else "":
            case "detector":
                return detector_teacher(rest, self._words, self._registry)
            case "words":
                return OpenWordsTeacher(OpenWords(Path(rest)), self._words)
            case "head":
                return self._head(rest)
            case "boxes":
                return BoxTeacher(self._asker(rest), self._words, convention=self._coordinates)
            case "whole":
                return PictureTeacher(self._asker(rest), self._words)
        raise ConfigError(f"--teacher: found {text!r}; allowed: {KINDS}")

    def _head(self, text: str) -> Teacher:
        algorithm, _, finding = text.partition(":")
        model, _, names = finding.partition("=")
        finder = None
        if finding:
            thing = {"thing": tuple(names.split("|"))}
            finder = detector_teacher(model, thing, self._registry)
        shelf = Shelf(self._home.path / "algorithms")
        return head_teacher(algorithm, self._words, shelf, self._registry, finder=finder)

    def _asker(self, text: str) -> Asker:
        if text == "config":
            if self._config is None:
                raise ConfigError("`config` means the `brain` of a file; name it with --config")
            return self._ends.enter_context(Asker(brain_of_file(self._config)))
        address, _, model = text.partition("#")
        return self._ends.enter_context(Asker(brain_at(address, model or None)))


class _Tasks:
    """A bar for each pass, seen once the pass begins."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def told(self, part: str, done: int, total: int) -> None:
        if part not in self._tasks:
            self._tasks[part] = self._progress.add_task(PASSES[part], total=total)
        self._progress.update(self._tasks[part], completed=done, total=total)


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
    if outcome.unanswered:
        lines.append(
            f"about {outcome.unanswered} the teacher could not say anything; run it again to ask"
        )
    if outcome.unreadable:
        lines.append(f"{len(outcome.unreadable)} could not be read: {outcome.unreadable[0]}")
    return lines
