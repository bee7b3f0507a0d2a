"""`vigil video search`: moments of many films that look like an example, or like words."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Bool

from vigil.brain.encoders import Encoders
from vigil.cli.film_output import PICTURES, checked, tell, write_picture
from vigil.cli.progress import progress_bar
from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.core import ConfigError, Embedder, SourceError
from vigil.data.formats.parts import VIDEOS, files_below
from vigil.flywheel.pictures import SUFFIXES, read_picture
from vigil.flywheel.zero_shot import knows_text
from vigil.infer import Registry
from vigil.infer.embedders import embedder_for, mark_of
from vigil.infer.published import TEXT_LAYOUT
from vigil.pipeline.film_search import (
    FilmIndex,
    Hit,
    Moments,
    Vectors,
    contact_sheet,
    indexed,
    nearest_moments,
    unit_rows,
)
from vigil.pipeline.summary import clock


def search(
    films: Annotated[
        list[Path], typer.Argument(help="Films, and folders of films. · 视频或文件夹。")
    ],
    embedder: Annotated[
        str,
        typer.Option(
            help="A model of the registry, or its folder; A+B joins two. For --text a folder of a "
            "pair (CLIP, SigLIP). · 嵌入模型。"
        ),
    ],
    like: Annotated[
        Path | None, typer.Option(help="An example: a film, or a picture. · 示例视频或图片。")
    ] = None,
    start: Annotated[float, typer.Option(min=0, help="Of the example, seconds.")] = 0.0,
    end: Annotated[
        float | None, typer.Option(help="Of the example, seconds; else its end.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="What is to be seen. · 文字描述。")] = None,
    best: Annotated[int, typer.Option(min=1, max=60, help="So many. · 结果数。")] = 9,
    every: Annotated[
        float, typer.Option(min=0.04, max=600, help="Seconds from one look at a film to the next.")
    ] = 1.0,
    apart: Annotated[
        float, typer.Option(min=0, help="Seconds between two moments of one film that are told.")
    ] = 5.0,
    out: Annotated[
        Path | None, typer.Option(help="A sheet of what was found (.jpg, .png). · 结果联系表。")
    ] = None,
    index: Annotated[
        Path | None, typer.Option(help="Where vectors are kept; else below the home folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
) -> None:
    """Find moments that look like an example, or like words. · 以例或以文搜视频。

    \b
    vigil video search ./films --like theft.mp4 --embedder mobilenet-v1-embedding
    vigil video search ./films --text "a red car" --embedder ./clip --out found.jpg

    Each film is embedded once; later searches compare vectors. The number is a cosine: it ranks
    what is in these films, and says of no moment that it is the one. What the example itself shows
    is not told.
    """  # noqa: D301  typer keeps lines after a backspace as they are
    if (like is None) == (text is None):
        raise ConfigError("--like, --text: one of them is needed, and only one")
    if end is not None and end <= start:
        raise ConfigError(f"--end: found {end:g}; allowed: after --start ({start:g})")
    paths = list(_films(films))
    if out is not None:
        checked(out, PICTURES, "--out", *paths)
    if text is not None and not knows_text(embedder):
        raise ConfigError(
            f"--text: {embedder} knows no text; allowed: --embedder with a folder of {TEXT_LAYOUT}"
        )
    home = home_of(config)
    registry = Registry(home.models)
    shelf = FilmIndex(
        index or home.path / "search", lambda: embedder_for(embedder, registry),
        mark_of(embedder, registry), every_s=every,
    )  # fmt: skip
    if text is not None:
        examples, but = _said(text, embedder), None
    else:
        assert like is not None
        opened = partial(embedder_for, embedder, registry)
        examples, but = _shown(like, start, end, shelf, opened)
    with progress_bar() as progress:
        task = progress.add_task("films · 视频", total=len(paths))
        there = indexed(
            shelf, paths,
            told=lambda done: progress.update(task, completed=done),
            refused=lambda line: typer.echo(f"vigil: {line}", err=True),
        )  # fmt: skip
    if not there:
        raise SourceError(f"none of {len(paths)} films can be read")
    hits = nearest_moments(there, examples, best, apart_s=apart, but=but)
    if out is not None and hits:
        write_picture(out, contact_sheet(hits))
    if as_json:
        tell(
            films=len(there),
            moments=sum(len(film.times) for film in there),
            embedded=shelf.embedded,
            found=[_hit_json(hit) for hit in hits],
            out=str(out) if out is not None and hits else None,
        )
        return
    rows = [
        (str(rank), f"{hit.score:.3f}", clock(hit.time_s), str(hit.path))
        for rank, hit in enumerate(hits, 1)
    ]
    print_table(["", "cosine", "time", "film"], rows, right="cosine time")
    if out is not None and hits:
        typer.echo(f"{out}")


def _shown(
    like: Path, start: float, end: float | None, shelf: FilmIndex,
    opened: Callable[[], Embedder],
) -> tuple[Vectors, Callable[[Moments], Bool[np.ndarray, "n"]] | None]:  # fmt: skip
    """Vectors of the example, and which moments are the example itself."""
    if like.suffix.lower() in SUFFIXES:
        if start or end is not None:
            raise ConfigError(f"--start, --end: are of a film; {like.name} is a picture")
        return unit_rows(opened().embed([read_picture(like)])), None
    example = shelf.moments(like)
    shown = example.within(start, end)
    itself = like.resolve()

    def but(film: Moments) -> Bool[np.ndarray, "n"]:
        return shown if film.path.resolve() == itself else np.zeros(len(film.times), bool)

    return example.vectors[shown], but


def _said(text: str, embedder: str) -> Vectors:
    return Encoders(Path(embedder)).claim((text,))[None]


def _films(given: Iterable[Path]) -> Iterator[Path]:
    """Each once, as named; a folder stands for the films below it."""
    known = set()
    for place in given:
        found = [place]
        if place.is_dir():
            found = list(files_below(place, VIDEOS))
            if not found:
                raise ConfigError(f"{place}: no films in it; allowed: {', '.join(sorted(VIDEOS))}")
        for film in found:
            if film.resolve() not in known:
                known.add(film.resolve())
                yield film


def _hit_json(hit: Hit) -> dict[str, object]:
    return {
        "file": str(hit.path), "time_s": round(hit.time_s, 3), "cosine": round(hit.score, 4),
    }  # fmt: skip
