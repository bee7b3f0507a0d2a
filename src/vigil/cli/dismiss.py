"""`vigil dismiss`: what an event shows is of no concern."""

from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.settings import home_of
from vigil.core import ConfigError, StepKind
from vigil.pipeline.dismissals import Dismissal, DismissalFolder
from vigil.store import EventStore


def dismiss(
    which: Annotated[
        str, typer.Argument(help="Its id, or the beginning of it. · 事件编号或其开头。")
    ],
    for_good: Annotated[
        bool,
        typer.Option(
            "--for-good",
            help="Leave alone whatever stands in its place from now on. · 该位置今后不再报告。",
        ),
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Heed that place again. · 恢复报告该位置。")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
) -> None:
    """End an event that is of no concern; the running watch does so at once. · 忽略事件。"""
    home = home_of(config)
    store = EventStore(home.database, home.clips)
    try:
        step = store.find(which).step
    finally:
        store.close()
    event, folder = step.event, DismissalFolder(home)
    if undo:
        if not folder.drop(event.id):
            raise ConfigError(f"{event.id}: is not dismissed for good")
        typer.echo(f"{event.id}: its place is heeded again")
        return
    if step.kind is StepKind.END and not for_good:
        raise ConfigError(f"{event.id}: has ended already; allowed: --for-good, to leave its place")
    folder.put(Dismissal.of(event, for_good=for_good))
    typer.echo(f"{event.id}: dismissed{' for good' if for_good else ''}")
