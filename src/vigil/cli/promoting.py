"""`vigil model promote`: put a model to use, if it is better and worse nowhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vigil.cli.settings import app_of, frozen_of, home_of, missing
from vigil.cli.tables import print_table
from vigil.config.app import App
from vigil.config.home import Home
from vigil.core import Outcome, Ruling, StoreError
from vigil.infer.registry import Registry
from vigil.pipeline.cases import Cases
from vigil.pipeline.score import JudgedEvent
from vigil.pipeline.scoring import judged_events
from vigil.store import EventStore
from vigil.store.decision_store import DecisionStore

if TYPE_CHECKING:
    from vigil.flywheel import gate as gates
    from vigil.flywheel.promote import Sight

REFUSED = 3
"""Exit status when the model in use stays."""
MOST_EVENTS = 50


def promote(
    name: Annotated[str, typer.Argument(help="NAME@VERSION of the registry.")],
    dataset: Annotated[str, typer.Option(help="Whose hold-out judges: a data set.")],
    version: Annotated[
        str, typer.Option(help="A frozen version, by its first letters; else what is known now.")
    ] = "",
    against: Annotated[
        str, typer.Option(help="The model to beat; else the one that NAME stands for now.")
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option(help="The file of the cameras, whose confirmed events count, too."),
    ] = None,
) -> None:
    """Put a model to use, if it is better and worse nowhere. · 通过评估后才启用模型。"""
    try:
        from vigil.flywheel import promote as gate  # noqa: PLC0415  COCO's measure is an extra
    except ImportError as error:
        raise missing("train", error) from error
    home = home_of(config)
    library, frozen = frozen_of(dataset, version, config)
    with confirmed_sights(home, app_of(config)) as events:
        passage = gate.promote(
            Registry(home.models),
            name,
            against=against or name.partition("@")[0],
            frozen=frozen,
            root=library.folder,
            events=events,
        )
    show_passage(name, passage)
    if not passage.passed:
        raise typer.Exit(REFUSED)


@contextmanager
def confirmed_sights(home: Home, app: App | None) -> Iterator[Iterator["Sequence[Sight]"]]:
    """What confirmed events showed, the newest first; nothing without a file of cameras."""
    from vigil.flywheel.promote import sights  # noqa: PLC0415  as above

    if app is None:
        yield iter(())
        return
    store = EventStore(home.database, home.clips)
    cases = Cases(store, app)

    def found() -> Iterator["Sequence[Sight]"]:
        judged = judged_events(store, DecisionStore(store.database))
        kept = (each.event.id for each in judged if _is_confirmed(each))
        for _, event_id in zip(range(MOST_EVENTS), kept, strict=False):
            try:
                stored = store.event(event_id)
                yield sights(cases.case(stored)) if stored is not None else ()
            except StoreError:  # its clip or its camera has gone
                continue

    try:
        yield found()
    finally:
        store.close()


def _is_confirmed(judged: JudgedEvent) -> bool:
    """By a person, or where none has looked by the judges."""
    if judged.review is not None:
        return judged.review.ruling is Ruling.CONFIRMED
    return judged.decision is not None and judged.decision.outcome is Outcome.CONFIRMED


def show_passage(name: str, passage: "gates.Passage") -> None:
    """Both models' figures, and whether `name`, as NAME@VERSION, is in use now."""
    old, new = passage.old, passage.new
    rows: list[tuple[str, ...]] = [
        ("AP50", _share(old.average_precision_50), _share(new.average_precision_50), ""),
        ("precision", _share(old.precision), _share(new.precision), ""),
        ("recall", _share(old.recall), _share(new.recall), str(old.boxes)),
    ]
    for each in sorted(old.things_by):
        note = " too few" if each in passage.unjudged else ""
        told = (_share(found.recall_by.get(each, 0.0)) for found in (old, new))
        rows.append((f"recall {each}", *told, f"{old.things_by[each]}{note}"))
    if passage.shadow is not None:
        shadow = passage.shadow
        rows.append(("confirmed events", str(shadow.old), str(shadow.new), str(shadow.events)))
    print_table(("", "current", "new", "things"), rows, right="current new things")
    if passage.passed:
        back = f"vigil model roll-back {name.partition('@')[0]}"
        typer.echo(f"{name} is in use; to take it back: {back}")
        return
    typer.echo(f"{name} is not put to use:")
    for reason in passage.reasons:
        typer.echo(f"  {reason}")


def _share(value: float) -> str:
    return f"{value:.3f}"
