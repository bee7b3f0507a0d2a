"""`vigil model judge`: how good a model is on a data set, and what it gets wrong, as a page."""

from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.settings import frozen_of, home_of, missing
from vigil.cli.tables import print_table
from vigil.core import ModelCard
from vigil.data.freezing import HOLDOUT, Frozen
from vigil.infer.registry import Registry


def judge(
    name: Annotated[str, typer.Argument(help="NAME or NAME@VERSION of the registry.")],
    dataset: Annotated[str, typer.Argument(help="A data set of `vigil data`.")],
    version: Annotated[
        str, typer.Option(help="A frozen version, by its first letters; else what is known now.")
    ] = "",
    split: Annotated[str, typer.Option(help="By which it is judged.")] = HOLDOUT,
    out: Annotated[
        Path | None, typer.Option(help="A folder for the page; else one in the home folder.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
) -> None:
    """Say how good a model is, and show what it gets wrong. · 评估模型并生成错误图集。"""
    home = home_of(config)
    registry = Registry(home.models)
    card, _ = registry.resolve(name)
    library, frozen = frozen_of(dataset, version, config)
    folder = home.path / "judged" / f"{card.name}-{card.version}-{frozen.version[:16]}-{split}"
    show_failures(registry, card, frozen, library.folder, split=split, folder=out or folder)


def show_failures(
    registry: Registry, card: ModelCard, frozen: Frozen, root: Path, *, split: str, folder: Path
) -> None:
    """Figures by camera and condition, and where the page is."""
    try:
        from vigil.train.evaluating import evaluate  # noqa: PLC0415  COCO's measure is an extra
    except ImportError as error:
        raise missing("train", error) from error
    _, session = registry.open_verified(card.id)
    found = evaluate(card, session, frozen, root, split=split, folder=folder)
    figures = ", ".join(f"{name} {value:.3f}" for name, value in found.figures.items())
    typer.echo(f"{card.id} on {found.pictures} pictures of the split {split!r}: {figures}")
    rows = [(name, str(found.counts[name]), f"{share:.3f}") for name, share in found.shares.items()]
    share, _, _ = found.share.partition(" ")
    print_table(("slice", "n", share), rows, right=f"n {share}")
    typer.echo(f"what it gets wrong · 错误图集: {found.page}")
