"""`vigil algorithm`: a new thing to look for, from a few pictures."""

import time
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.progress import progress_bar
from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.core import DataError
from vigil.flywheel.algorithms import Algorithm, Shelf, hashes_of
from vigil.flywheel.making import make_head
from vigil.flywheel.pictures import Example, examples_in
from vigil.infer.embedders import embedder_for
from vigil.infer.registry import Registry

REFUSED = 3
"""Exit status when the examples do not carry the algorithm yet."""
OTHER = "other"
EMBEDDER = "mobilenet-v2-imagenet"

algorithm = typer.Typer(
    help="Look for something new, from a few pictures. · 用少量图片新建算法。", no_args_is_help=True
)
Config = Annotated[Path | None, typer.Option(help="The file that names the home folder.")]
Name = Annotated[str, typer.Argument(help="The algorithm's name.")]


@algorithm.command()
def new(
    name: Name,
    claim: Annotated[str, typer.Option(help="One sentence: what is seen. · 一句话描述。")],
    images: Annotated[
        Path, typer.Option(help="Pictures that show it; or one folder of pictures a word.")
    ],
    negatives: Annotated[Path | None, typer.Option(help="Pictures that do not show it.")] = None,
    embedder: Annotated[
        str, typer.Option(help="A model of the registry or its folder; A+B joins two.")
    ] = EMBEDDER,
    precision: Annotated[
        float | None, typer.Option(min=0.01, max=0.999, help="Of what is told, so much be true.")
    ] = None,
    config: Config = None,
) -> None:
    """Learn it, and say how well it is told, or why it cannot be yet. · 学习并给出可信度。"""
    began_s = time.monotonic()
    home = home_of(config)
    shelf = Shelf(home.path / "algorithms")
    shelf.check(name)
    words, examples = _examples(name, images, negatives)
    opened = embedder_for(embedder, Registry(home.models))
    with progress_bar() as progress:
        task = progress.add_task("pictures · 图片", total=len(examples))
        head, verdict = make_head(
            examples, words, opened, wanted=precision,
            told=lambda done, _: progress.update(task, completed=done),
        )  # fmt: skip
    kept = shelf.keep(
        Algorithm(
            name=name,
            claim=claim,
            words=words,
            embedder=embedder,
            verdict=verdict,
            made_s=time.time(),
            examples=hashes_of(examples),
        ),
        head,
    )
    typer.echo(f"{name}@{kept.version}: {verdict}")
    if head is None:
        raise typer.Exit(REFUSED)
    typer.echo(f"usable after {time.monotonic() - began_s:.1f} s")


@algorithm.command()
def show(name: Name, config: Config = None) -> None:
    """What is known of an algorithm, version by version. · 显示算法及其历史。"""
    shelf = Shelf(home_of(config).path / "algorithms")
    history = shelf.history(name)
    used = shelf.in_use(name)
    number = used[0].version if used else 0
    rows = [
        (
            str(each.version),
            "in use" if each.version == number else "refused" if not each.head_version else "",
            time.strftime("%Y-%m-%d %H:%M", time.gmtime(each.made_s)),
            str(len(each.examples)),
            each.embedder,
        )
        for each in history
    ]
    typer.echo(history[-1].claim)
    print_table(("version", "", "made (UTC)", "examples", "embedder"), rows, right="examples")
    typer.echo(str((used[0] if used else history[-1]).verdict))


def _examples(
    name: str, images: Path, negatives: Path | None
) -> tuple[tuple[str, ...], list[Example]]:
    if negatives is not None:
        return (name, OTHER), examples_in(images, name) + examples_in(negatives, OTHER)
    folders = sorted(path for path in images.iterdir() if path.is_dir()) if images.is_dir() else []
    if len(folders) < 2:
        raise DataError(
            f"{images}: nothing to tell it from; give --negatives FOLDER, or a folder of folders, "
            "one a word"
        )
    words = tuple(folder.name for folder in folders)
    return words, [one for folder in folders for one in examples_in(folder, folder.name)]
