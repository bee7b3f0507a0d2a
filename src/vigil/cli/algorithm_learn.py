"""`vigil algorithm learn`: what people said of events becomes the next version of the head."""

from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.progress import progress_bar
from vigil.cli.settings import app_of, file_of, home_of, library_of
from vigil.config.load import saved_algorithm
from vigil.data.library import Library
from vigil.flywheel.algorithms import Algorithm, Shelf
from vigil.flywheel.attach import reword
from vigil.flywheel.head_kinds import HeadChoice
from vigil.flywheel.learning import learn
from vigil.flywheel.reviewed import gather_reviewed
from vigil.infer.embedders import embedder_for
from vigil.infer.registry import Registry
from vigil.pipeline.hindsight import Hindsight
from vigil.store import EventStore, SampleStore

WORSE = 3
"""Exit status when the next version is not kept."""


def learn_command(
    name: Annotated[str, typer.Argument(help="The algorithm's name.")],
    precision: Annotated[
        float | None, typer.Option(min=0.01, max=0.999, help="Of what is told, so much be true.")
    ] = None,
    kind: Annotated[
        HeadChoice | None,
        typer.Option("--head", help="Another kind of head; else as the version in use."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="The configuration file; else vigil.yaml, where there is one."),
    ] = None,
) -> None:
    """Learn from reviews and labels, too; kept unless it gets worse. · 根据人工复核更新算法。"""
    file = file_of(config)
    home = home_of(file)
    shelf = Shelf(home.algorithms)
    newest = shelf.history(name)[-1]
    if file is not None:
        saved_algorithm(file, name)  # refuses one that belongs to the hand
    library = library_of(name, file)
    take_reviewed(file, library, newest)
    used = shelf.in_use(name)
    opened = embedder_for((used[0] if used else newest).embedder, Registry(home.models))
    with progress_bar() as progress:
        task = progress.add_task("pictures · 图片", total=None)
        found = learn(
            shelf, library, name, opened, wanted=precision, kind=kind,
            told=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    right, before = found.algorithm.verdict.right, found.right_before
    typer.echo(
        f"{found.fresh} new of {len(found.algorithm.examples)} examples; told right, unseen: "
        f"{right:.3f} with them, {before:.3f} without"
    )
    typer.echo(f"{name}@{found.before.version}, as it was made: {found.before.verdict}")
    if found.worse:
        typer.echo(f"{name}@{found.before.version} stays in use, because {found.worse}")
        raise typer.Exit(WORSE)
    typer.echo(f"{name}@{found.algorithm.version}: {found.algorithm.verdict}")
    if file is not None:
        reword(file, found.algorithm)


def take_reviewed(file: Path | None, library: Library, algorithm: Algorithm) -> int:
    """Take to its data set what people said of its events; how much that was."""
    home = home_of(file)
    if isinstance(home.database, Path) and not home.database.is_file():
        return 0
    events = EventStore(home.database, home.clips)
    try:
        samples = SampleStore(events.database, home.samples)
        app = app_of(file)
        if app is not None:
            # Events of which nobody has cut a picture yet.
            hindsight = Hindsight(events, samples, app, home=home)
            while hindsight.look():
                pass
        return gather_reviewed(library, samples, events, algorithm)
    finally:
        events.close()
