"""`vigil model due` and `retrain`: small models are trained anew when there is a reason to."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TextColumn, TimeRemainingColumn

from vigil.cli.judging import show_failures
from vigil.cli.progress import progress_bar
from vigil.cli.promoting import REFUSED, confirmed_sights, show_passage
from vigil.cli.settings import app_of, home_of, missing
from vigil.cli.tables import print_table
from vigil.cli.training import DETECTOR_FIGURES, Config, Seed, show_trained
from vigil.config.app import App
from vigil.config.home import Home
from vigil.core import ModelError
from vigil.data.library import Library
from vigil.flywheel import last_look
from vigil.flywheel.fresh import REVIEWED, taught
from vigil.flywheel.giving_way import alone, give_way
from vigil.infer.registry import Registry
from vigil.stages.detect.model import ModelDetector
from vigil.store import SampleStore
from vigil.store.database import Database

if TYPE_CHECKING:
    from vigil.flywheel.due import Due, Triggers
    from vigil.train.fitting import Fit

NOT_DUE = 4
"""Exit status when there is no reason to train anything."""
COLUMNS = ("model", "data set", "reviewed", "labelled", "due", "why")

Name = Annotated[
    str, typer.Argument(help="A model of the registry; else all that have learnt from a data set.")
]
Reviewed = Annotated[
    int, typer.Option(min=1, help="Pictures that people must have labelled since.")
]
Drifted = Annotated[
    int, typer.Option(min=1, help="Pictures that must be new where cameras drift.")
]  # fmt: skip


def due(
    name: Name = "", reviewed: Reviewed = REVIEWED, drifted: Drifted = 20, config: Config = None
) -> None:
    """Say which models are to be trained again, and why. · 哪些模型需要重新训练，原因何在。

    Enough that people labelled since, or cameras that show something else than the data set;
    never the clock alone. Exit status 4: none.
    """
    found = _all_due(name, _triggers(reviewed, drifted), config)
    rows = [
        (
            each.card.id,
            each.dataset,
            f"{each.fresh.reviewed} of {each.triggers.reviewed}",
            str(each.fresh.labelled),
            "yes" if each.reasons else "no",
            "; ".join(each.reasons) or each.waits_for or "nothing new enough",
        )
        for each in found
    ]
    print_table(COLUMNS, rows, right="reviewed labelled")
    if not any(each.reasons for each in found):
        raise typer.Exit(NOT_DUE)


def retrain(
    name: Name = "",
    reviewed: Reviewed = REVIEWED,
    drifted: Drifted = 20,
    epochs: Annotated[int, typer.Option(min=1)] = 30,
    seed: Seed = 0,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again; do not end.")] = (
        False
    ),
    every: Annotated[
        float, typer.Option(min=1, help="Seconds from look to look, with --watch.")
    ] = 600.0,
    config: Config = None,
) -> None:
    """Train what is due, and put it to use if it passes the gate. · 到期重训，评估后启用。

    One thread, at the lowest priority: a watch on this machine comes first. Exit status 3: the
    gate refused one; 4: none was due.
    """
    try:
        from vigil.train import fitting  # noqa: PLC0415  torch takes seconds
    except ImportError as error:
        raise missing("train", error) from error
    home, app = home_of(config), app_of(config)
    triggers = _triggers(reviewed, drifted)
    refused = trained = False
    with alone(home):
        if watch:
            give_way()
        while True:
            for each in _all_due(name, triggers, config):
                if each.reasons:
                    if not watch and not trained:
                        give_way()
                    typer.echo(f"{each.card.id} is due: {'; '.join(each.reasons)}")
                    fit = fitting.Fit(side=each.card.input.width, epochs=epochs, seed=seed)
                    refused |= not _retrained(home, app, each, fit)
                    trained = True
            if not watch:
                break
            time.sleep(every)
    if refused or not trained:
        if not trained:
            typer.echo("nothing is due; see: vigil model due")
        raise typer.Exit(REFUSED if refused else NOT_DUE)


def _retrained(home: Home, app: App | None, due_now: "Due", fit: "Fit") -> bool:
    """Whether the gate let the new version pass."""
    from vigil.flywheel import retrain as wheel  # noqa: PLC0415  as above

    library = Library(home.path / "data" / due_now.dataset)
    with (
        confirmed_sights(home, app) as events,
        progress_bar(TextColumn("{task.fields[best]}"), TimeRemainingColumn()) as progress,
    ):
        task = progress.add_task("training · 训练", best="")

        def told(done: int, total: int, best: float) -> None:
            progress.update(task, completed=done, total=total, best=f"AP50 {best:.3f}")

        done = wheel.retrain(
            home,
            due_now.card,
            library,
            fit=fit,
            events=events,
            told=told,
        )
    show_trained(done.made, DETECTOR_FIGURES)
    show_failures(
        Registry(home.models), done.kept, done.frozen, library.folder,
        split=done.made.judged_by, folder=done.made.folder / "failures",
    )  # fmt: skip
    show_passage(done.kept.id, done.passage)
    return done.passage.passed


def _triggers(reviewed: int, drifted: int) -> "Triggers":
    try:
        from vigil.flywheel.due import Triggers  # noqa: PLC0415  COCO's measure is an extra
    except ImportError as error:
        raise missing("train", error) from error
    return Triggers(reviewed=reviewed, drifted=drifted)


def _all_due(name: str, triggers: "Triggers", config: Path | None) -> list["Due"]:
    """Raises `ModelError` when no model, or not the named one, has learnt from a data set here."""
    from vigil.flywheel.due import due as is_due  # noqa: PLC0415  `_triggers` has asked for it

    home, app = home_of(config), app_of(config)
    registry = Registry(home.models)
    pairs = taught(registry, home.path / "data", name)
    if not pairs:
        what = f"{name} has not" if name else "no model in use has"
        raise ModelError(f"{what} learnt from a data set below {home.path / 'data'}")
    with _samples(home) as samples:
        found = [
            is_due(
                registry, model, library, samples, triggers=triggers, cameras=_watched(app, model)
            )
            for model, library in pairs
        ]
    last_look.keep(home.path, [_seen(each, time.time()) for each in found])
    return found


def _seen(found: "Due", time_s: float) -> last_look.LastLook:
    return last_look.LastLook(
        model=found.card.id,
        dataset=found.dataset,
        drifts=tuple(map(str, found.drifts)),
        labelled=found.fresh.labelled,
        needed=found.triggers.drifted,
        time_s=time_s,
    )


def _watched(app: App | None, model: str) -> list[str] | None:
    """Cameras whose detector it is; without a file of cameras all that have samples."""
    if app is None:
        return None
    return [
        name
        for name, camera in app.cameras.items()
        if isinstance(camera.detector, ModelDetector)
        and camera.detector.name.partition("@")[0] == model
    ]


@contextmanager
def _samples(home: Home) -> Iterator[SampleStore]:
    database = Database(home.database)
    try:
        yield SampleStore(database, home.samples)
    finally:
        database.close()
