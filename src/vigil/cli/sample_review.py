"""`vigil sample mine`, `next`, `label` and `skip`: what people label, and what they say of it."""

import getpass
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from vigil.cli.progress import progress_bar
from vigil.cli.settings import home_of, library_of
from vigil.core import Box, DataError, Label, StoreError
from vigil.core.json import as_line
from vigil.core.sample_json import label_json, sample_json
from vigil.flywheel.mining_queue import arrange
from vigil.flywheel.review import Labels, ReviewDesk, added, before, moved, renamed, without
from vigil.infer.embedders import embedder_for
from vigil.infer.registry import Registry
from vigil.store import ReviewQueue, SampleStore, StoredSample, Turn
from vigil.store.database import Database
from vigil.store.review_queue import LEASE_S

REVIEWED = "reviewed"
"""The data set in which labels land unless another is named."""
EMPTY = 3
"""Exit status when nothing waits."""

Config = Annotated[Path | None, typer.Option(help="The file that names the home folder.")]
Which = Annotated[str, typer.Argument(help="Its id, or the beginning of it. · 样本编号或其开头。")]
By = Annotated[str | None, typer.Option(help="Who says so; you. · 复核人。")]


def mine(
    budget: Annotated[int, typer.Option(min=1, max=5000, help="How many to choose.")] = 200,
    per_camera: Annotated[int | None, typer.Option(min=1, help="Of each camera at most.")] = None,
    embedder: Annotated[
        str | None, typer.Option(help="Whose vectors tell what is alike; else scores alone count.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is left to chance.")] = 0,
    config: Config = None,
) -> None:
    """Choose what to label first. · 挑选最值得标注的样本。"""
    home = home_of(config)
    opened = None if embedder is None else embedder_for(embedder, Registry(home.models))
    with _stores(config) as (samples, queue), progress_bar() as progress:
        task = progress.add_task("pictures · 图片", total=None)
        picks = arrange(
            samples, queue, opened, budget=budget, per_camera=per_camera, seed=seed,
            told=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    kinds = {why: sum(pick.why == why for pick in picks) for why in {pick.why for pick in picks}}
    told = ", ".join(f"{why} {kinds[why]}" for why in sorted(kinds))
    typer.echo(f"{len(picks)} chosen{': ' if told else ''}{told}")


def next_(
    count: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 1,
    camera: Annotated[str | None, typer.Option(help="Of this camera only.")] = None,
    minutes: Annotated[
        float, typer.Option(min=1, max=1440, help="For so long nobody else gets them.")
    ] = LEASE_S / 60,
    by: By = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a line.")] = False,
    config: Config = None,
) -> None:
    """Hand out what is to be labelled next. · 取下一个待标注样本。"""
    with _stores(config) as (samples, queue):
        reviewer = by or getpass.getuser()
        turns = queue.next(reviewer, limit=count, source=camera, lease_s=60 * minutes)
        for turn in turns:
            if as_json:
                typer.echo(as_line(_json(turn, samples)))
            else:
                _show(turn, samples)
    if not turns:
        typer.echo("nothing waits for a label", err=True)
        raise typer.Exit(EMPTY)


def label(
    which: Which,
    confirm: Annotated[bool, typer.Option("--confirm", help="All of it is right.")] = False,
    nothing: Annotated[bool, typer.Option("--nothing", help="Nothing is in it.")] = False,
    word: Annotated[
        list[str] | None,
        typer.Option(help="N=WORD: label N is a WORD; WORD: the only label, or the whole picture."),
    ] = None,
    box: Annotated[
        list[str] | None,
        typer.Option(help="N=X1,Y1,X2,Y2: label N is there; WORD=X1,Y1,X2,Y2: one was missed."),
    ] = None,
    drop: Annotated[list[int] | None, typer.Option(help="Label N is not there.")] = None,
    into: Annotated[str, typer.Option(help="The data set that gets it.")] = REVIEWED,
    by: By = None,
    config: Config = None,
) -> None:
    """Say what is in it; the last word counts, and what was said before stays. · 标注样本。"""
    changes = bool(word or box or drop)
    if confirm + nothing + changes != 1:
        raise DataError("say one of: --confirm, --nothing, or changes by --word, --box, --drop")

    def truth(stored: StoredSample) -> Labels:
        labels = before(stored)
        if confirm and not labels:
            raise DataError("nothing was proposed that could be right; say --nothing or --word")
        return () if nothing else labels if confirm else _changed(labels, word, box, drop)

    library = library_of(into, config)
    with _stores(config) as (samples, queue):
        desk = ReviewDesk(samples, queue, library)
        key = samples.find(which).sample.id
        said = desk.label(key, truth, reviewer=by or getpass.getuser())
    words = ", ".join(each.word for each in said) or "nothing"
    typer.echo(f"{key}: {words} → {into}")


def skip(which: Which, by: By = None, config: Config = None) -> None:
    """Pass over one that is of no use. · 跳过无用样本。"""
    with _stores(config) as (samples, queue):
        key = samples.find(which).sample.id
        desk = ReviewDesk(samples, queue, library_of(REVIEWED, config))
        desk.skip(key, reviewer=by or getpass.getuser())
    typer.echo(f"{key}: skipped")


def _changed(
    labels: Labels, words: Sequence[str] | None, boxes: Sequence[str] | None,
    dropped: Sequence[int] | None,
) -> Labels:  # fmt: skip
    """Numbers are those that `next` shows, whatever else is changed in the same breath."""
    names: dict[int, str] = {}
    for each in words or ():
        number, found, name = each.partition("=")
        if found:
            names[_number(number, each)] = name
        elif len(labels) > 1:
            raise DataError(f"which of {len(labels)} labels is {each!r}? say N={each}")
        elif labels:
            names[1] = each
        else:
            labels = (Label(word=each),)
    places: dict[int, Box] = {}
    missed: list[tuple[str, Box]] = []
    for each in boxes or ():
        name, _, sides = each.rpartition("=")
        if name.isdecimal():
            places[int(name)] = _box(sides, each)
        else:
            missed.append((name, _box(sides, each)))
    return added(without(moved(renamed(labels, names), places), dropped or ()), missed)


def _number(text: str, told: str) -> int:
    if not text.isdecimal():
        raise DataError(f"--word {told}: {text!r} is no number; allowed: N=WORD, or WORD")
    return int(text)


def _box(sides: str, told: str) -> Box:
    try:
        x1, y1, x2, y2 = (float(side) for side in sides.split(","))
    except ValueError as error:
        raise DataError(
            f"--box {told}: no box; allowed: N=X1,Y1,X2,Y2 or WORD=X1,Y1,X2,Y2, in pixels"
        ) from error
    if not all(map(math.isfinite, (x1, y1, x2, y2))):
        raise DataError(f"--box {told}: sides must be finite")
    return Box(x1, y1, x2, y2)


@contextmanager
def _stores(config: Path | None) -> Iterator[tuple[SampleStore, ReviewQueue]]:
    home = home_of(config)
    database = Database(home.database)
    try:
        yield SampleStore(database, home.samples), ReviewQueue(database)
    finally:
        database.close()


def _show(turn: Turn, samples: SampleStore) -> None:
    sample = turn.stored.sample
    typer.echo(sample.id)
    condition = f", {sample.condition}" if sample.condition else ""
    typer.echo(f"  {sample.source}{condition}, {sample.width} × {sample.height}")
    typer.echo(f"  score {sample.score:.2f} ({', '.join(sample.reasons)}) {turn.why}".rstrip())
    typer.echo(f"  {_picture(turn, samples) or 'the picture is not kept any more: skip it'}")
    for number, each in enumerate(before(turn.stored), start=1):
        sides = each.shape if isinstance(each.shape, Box) else ()
        where = " ".join(f"{side:.0f}" for side in sides)
        score = "" if each.origin.score is None else f"{each.origin.score:.2f}"
        typer.echo(f"  {number}: {each.word} {where} {score}".rstrip())


def _picture(turn: Turn, samples: SampleStore) -> str | None:
    try:
        return str(samples.picture(turn.stored.sample))
    except StoreError:
        return None


def _json(turn: Turn, samples: SampleStore) -> dict[str, Any]:
    return {
        **sample_json(turn.stored.sample),
        "labels": [label_json(each) for each in before(turn.stored)],
        "why": turn.why,
        "file": _picture(turn, samples),
        "held_until_s": turn.held_until_s,
    }
