"""`vigil data`: labelled pictures and videos, in and out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.progress import TimeElapsedColumn

from vigil.cli.labelling import doubts_command, label_command
from vigil.cli.progress import counter
from vigil.cli.rendering import SplitName, render_command, word_of
from vigil.cli.settings import library_of
from vigil.cli.tables import print_table
from vigil.core import DataError, Labeler, Labelled, Outline, Stretch, TrackPath
from vigil.data.filmed import unfilmed
from vigil.data.formats import NAMES, Files, format_at, format_called
from vigil.data.formats.parts import Carry
from vigil.data.freezing import freeze, opened
from vigil.data.relabel import placed, relabelled, renamed

data = typer.Typer(help="Keep labelled data. · 管理标注数据。", no_args_is_help=True)
Config = Annotated[Path | None, typer.Option(help="The file that names the home folder.")]
Name = Annotated[str, typer.Argument(help="The data set's name.")]
As = Annotated[str | None, typer.Option("--as", help=f"Format: {', '.join(sorted(NAMES))}.")]
Version = Annotated[
    str | None, typer.Option(help="A frozen version, by its first letters; else what is known now.")
]
data.command("label")(label_command)
data.command("doubts")(doubts_command)
data.command("render")(render_command)


@data.command("import")
def import_(
    name: Name,
    source: Annotated[Path, typer.Argument(help="A folder, or a file of labels.")],
    as_: As = None,
    media: Annotated[Path | None, typer.Option(help="Where pictures are, if elsewhere.")] = None,
    labeler: Annotated[
        Labeler | None, typer.Option(help="Who labelled it, where the format does not say.")
    ] = None,
    by: Annotated[str, typer.Option(help="The person, or the model and its version.")] = "",
    every: Annotated[
        float | None,
        typer.Option(min=0.01, help="Keep of each video a picture every so many seconds instead."),
    ] = None,
    words: Annotated[
        list[str] | None,
        typer.Option(help="Take these labels only: WORD, or WORD=its name there, or WORD=A|B."),
    ] = None,
    split: SplitName = None,
    link: Annotated[bool, typer.Option(help="Link files instead of copying them.")] = False,
    config: Config = None,
) -> None:
    """Take a data set in; what is in it already is passed over. · 导入数据集，可中断续传。"""
    library = library_of(name, config)
    kind, reader = format_at(source) if as_ is None else (as_, format_called(as_))
    root = media or (source if source.is_dir() else source.parent)
    things: Iterator[Labelled] = (
        placed(relabelled(thing, labeler=labeler, by=by), root) for thing in reader.read(source)
    )
    if words:
        names = word_of(words)
        things = (renamed(thing, names) for thing in things)
    if split is not None:
        things = (replace(thing, split=split) for thing in things)
    files = Files(root=root, carry="link" if link else "copy")
    with TemporaryDirectory(prefix="vigil-frames-") as folder, counter(TimeElapsedColumn()) as bar:
        if every is not None:
            things = unfilmed(things, files, Path(folder), every_s=every)
            files = Files(root=Path(folder), carry="link")
        task = bar.add_task(f"{kind} → {name}", total=None)
        added = library.add(things, files, told=lambda count: bar.update(task, completed=count))
    typer.echo(f"{name}: {added} new of {kind} in {source}")


@data.command("export")
def export(
    name: Name,
    target: Annotated[Path, typer.Argument(help="A folder that is not there yet, or is empty.")],
    as_: Annotated[str, typer.Option("--as", help=f"Format: {', '.join(sorted(NAMES))}.")],
    version: Version = None,
    link: Annotated[bool, typer.Option(help="Link files instead of copying them.")] = False,
    labels_only: Annotated[bool, typer.Option(help="Leave pictures and videos here.")] = False,
    config: Config = None,
) -> None:
    """Write a data set in another format. · 以其他格式导出数据集。"""
    writer = format_called(as_)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DataError(f"{target}: there is something already; name an empty folder")
    library = library_of(name, config, there=True)
    things = library.things() if version is None else opened(library.frozen, version).things()
    carry: Carry = "leave" if labels_only else "link" if link else "copy"
    with counter(TimeElapsedColumn()) as progress:
        task = progress.add_task(f"{name} → {as_}", total=None)

        def told() -> Iterator[Labelled]:
            for count, thing in enumerate(things, start=1):
                yield thing
                progress.update(task, completed=count)

        writer.write(target, told(), Files(root=library.folder, carry=carry))
    typer.echo(f"{name}: written to {target} as {as_}")


@data.command("freeze")
def freeze_(
    name: Name,
    salt: Annotated[str, typer.Option(help="Another word makes other splits.")] = "",
    keep_splits: Annotated[bool, typer.Option(help="Keep the splits that came with it.")] = False,
    config: Config = None,
) -> None:
    """Freeze what is known now; its version is its content. · 冻结数据集，版本即内容。"""
    library = library_of(name, config, there=True)
    found = freeze(library.things(), library.frozen, salt=salt, keep_splits=keep_splits)
    counts = ", ".join(f"{split or 'not split'} {found.counts[split]}" for split in found.counts)
    typer.echo(f"{name}@{found.version[:16]}: {counts}")


@data.command("show")
def show(name: Name, version: Version = None, config: Config = None) -> None:
    """Count what is in a data set, by word and by who said so. · 统计数据集内容。"""
    library = library_of(name, config, there=True)
    things = library.things() if version is None else opened(library.frozen, version).things()
    files: Counter[str] = Counter()
    labels: Counter[tuple[str, str, str]] = Counter()
    splits: Counter[str] = Counter()
    for thing in things:
        files["videos" if thing.medium.is_video else "pictures"] += 1
        splits[thing.split] += 1
        for label in thing.labels:
            labels[label.word, shape_word(label.shape), label.origin.labeler.value] += 1
    typer.echo(", ".join(f"{files[kind]} {kind}" for kind in ("pictures", "videos")))
    if set(splits) - {""}:
        typer.echo(", ".join(f"{split or 'not split'} {n}" for split, n in sorted(splits.items())))
    most_first = sorted(labels.items(), key=lambda item: (-item[1], item[0]))
    rows = [(*key, str(count)) for key, count in most_first]
    if rows:
        print_table(("word", "what", "by", "labels"), rows, right="labels")


def shape_word(shape: object) -> str:
    """What a label is about, in a word."""
    if shape is None:
        return "whole"
    if isinstance(shape, TrackPath):
        return "path"
    if isinstance(shape, Stretch):
        return "part"
    return "outline" if isinstance(shape, Outline) else "box"
