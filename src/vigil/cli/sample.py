"""`vigil sample`: pictures worth a person's look, and where they go."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.events import SHORT_ID
from vigil.cli.sample_review import label, mine, next_, skip
from vigil.cli.settings import home_of, library_of
from vigil.cli.tables import print_table
from vigil.core import Label, Labelled, SampleState, StoreError
from vigil.core.sample_json import label_json, sample_json
from vigil.data.formats import Files
from vigil.data.handing import labelled_from
from vigil.store import SampleStore, StoredSample
from vigil.store.database import Database

sample = typer.Typer(
    help="Pictures worth a person's look. · 值得人工查看的样本。", no_args_is_help=True
)
sample.command()(mine)
sample.command("next")(next_)
sample.command()(label)
sample.command()(skip)
COLUMNS = ("score", "time", "camera", "reasons", "condition", "proposed", "state", "id")


class Which(StrEnum):
    """Samples that are meant."""

    WAITING = "waiting"
    LABELLED = "labelled"
    SKIPPED = "skipped"
    ALL = "all"

    @property
    def state(self) -> SampleState | None:
        return None if self is Which.ALL else SampleState(self.value)


Config = Annotated[Path | None, typer.Option(help="The file that names the home folder.")]
Camera = Annotated[str | None, typer.Option(help="Only of this camera.")]
Reason = Annotated[str | None, typer.Option(help="Only for this reason, such as `rejected`.")]


@sample.command("list")
def list_(
    camera: Camera = None,
    reason: Reason = None,
    state: Annotated[Which, typer.Option(help="What became of them.")] = Which.WAITING,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON each.")] = False,
    config: Config = None,
) -> None:
    """List samples, the most instructive first. · 列出样本，最有价值的在前。"""
    with _store(config) as store:
        found = store.queue(limit=limit, state=state.state, source=camera, reason=reason)
        counts = store.counts()
    if as_json:
        for each in found:
            typer.echo(json.dumps(_as_json(each), ensure_ascii=False))
        return
    if found:
        print_table(COLUMNS, [_row(each) for each in found], right="score")
    typer.echo(", ".join(f"{counts[state]} {state.value}" for state in SampleState))


@sample.command("export")
def export(
    name: Annotated[str, typer.Argument(help="The data set's name.")],
    camera: Camera = None,
    reason: Reason = None,
    state: Annotated[
        Which, typer.Option(help="Waiting ones go with what models proposed.")
    ] = Which.LABELLED,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the best first.")] = 100_000,
    config: Config = None,
) -> None:
    """Hand samples over to a data set; what is in it already is passed over. · 移交数据集。"""
    if state in (Which.SKIPPED, Which.ALL):
        raise StoreError(f"--state: found {state.value}; allowed: waiting, labelled")
    library = library_of(name, config)
    gone = 0
    with _store(config) as store:
        found = store.queue(limit=limit, state=state.state, source=camera, reason=reason)
        if not found:
            raise StoreError(f"no {state.value} samples to hand over; see: vigil sample list")

        def things() -> Iterator[Labelled]:
            nonlocal gone
            for each in found:
                try:
                    store.picture(each.sample)
                except StoreError:
                    gone += 1
                    continue
                said = each.labels if each.state is SampleState.LABELLED else None
                yield labelled_from(each.sample, said)

        added = library.add(things(), Files(root=store.folder.path, carry="copy"))
    typer.echo(f"{name}: {added} new of {len(found)} {state.value} samples")
    if gone:
        typer.echo(f"{gone} are not on the disk any more")


@contextmanager
def _store(config: Path | None) -> Iterator[SampleStore]:
    home = home_of(config)
    store = SampleStore(Database(home.database), home.samples)
    try:
        yield store
    finally:
        store.database.close()


def _row(found: StoredSample) -> tuple[str, ...]:
    one = found.sample
    shown = found.labels if found.state is SampleState.LABELLED else one.proposals
    return (
        f"{one.score:.2f}",
        f"{datetime.fromtimestamp(one.time_s).astimezone():%Y-%m-%d %H:%M:%S}",
        one.source,
        " ".join(one.reasons),
        one.condition,
        _summed_up(shown),
        found.state.value,
        one.id[:SHORT_ID],
    )


def _summed_up(labels: Sequence[Label]) -> str:
    """`person 0.41, car 0.16-0.77 (13)`: each word, its scores, and how often where not once."""
    found: dict[str, list[float | None]] = {}
    for each in labels:
        found.setdefault(each.word, []).append(each.origin.score)
    return ", ".join(f"{word}{_scores(scores)}" for word, scores in found.items())


def _scores(found: Sequence[float | None]) -> str:
    known = [score for score in found if score is not None]
    low, high = (f"{end:.2f}" for end in (min(known, default=0.0), max(known, default=0.0)))
    told = "" if not known else f" {high}" if low == high else f" {low}-{high}"
    return told if len(found) == 1 else f"{told} ({len(found)})"


def _as_json(found: StoredSample) -> dict[str, object]:
    return sample_json(found.sample) | {
        "state": found.state.value,
        "labels": [label_json(label) for label in found.labels],
        "reviewer": found.reviewer,
    }
