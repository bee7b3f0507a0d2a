"""`vigil data render`: rendered views, whose labels are exact, as pictures of a data set."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import cv2
import numpy as np
import typer
from jaxtyping import Int32
from rich.progress import TimeElapsedColumn

from vigil.cli.progress import progress_bar
from vigil.cli.settings import library_of
from vigil.core import Box, Label, Labeler, Labelled, Medium, Origin, Outline
from vigil.data.filmed import write_picture
from vigil.data.formats import Files
from vigil.flywheel.teachers.teacher import words_of
from vigil.sim.render import Renderer
from vigil.sim.truth import Truth
from vigil.sim.views import random_view

LEAST_SEEN, LEAST_PX = 0.35, 6.0
"""Share of a thing that must be seen, and pixels of its longer side, or it gets no label."""

LEAST_AREA_PX, ROUGH_PX = 8.0, 0.7
"""Of a piece of a thing that is outlined, and how far its outline may be off."""

Owners = Int32[np.ndarray, "height width"]
"""The id of the actor that each pixel shows."""
SplitName = Annotated[
    str | None,
    typer.Option(help="train, val or holdout: where all of it belongs, for --keep-splits."),
]


def render_command(
    name: Annotated[str, typer.Argument(help="The data set's name.")],
    words: Annotated[
        list[str],
        typer.Option(help="WORD, or WORD=what the scene calls it, or WORD=NAME|NAME."),
    ],
    views: Annotated[int, typer.Option(min=1, help="So many cameras, each in a place.")] = 200,
    pictures: Annotated[int, typer.Option(min=1, help="Of each view.")] = 4,
    first: Annotated[int, typer.Option(min=0, help="Number of the first view.")] = 0,
    width: Annotated[int, typer.Option(min=64, max=1920, help="Pixels.")] = 480,
    outlines: Annotated[
        bool, typer.Option("--outlines", help="Polygons around what is seen, instead of boxes.")
    ] = False,
    split: SplitName = None,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
) -> None:
    """Render people and vehicles before cameras of all heights. · 渲染带精确标注的图片。

    Scenes call their things as COCO does: person, car, truck, suitcase, helmet, vest, dog, cat.
    """
    names = word_of(words)
    library = library_of(name, config)
    with (
        TemporaryDirectory(prefix="vigil-views-") as folder,
        progress_bar(TimeElapsedColumn()) as bar,
    ):
        task = bar.add_task("views · 视角", total=views)

        def rendered() -> Iterator[Labelled]:
            for number in range(first, first + views):
                view = random_view(number, pictures=pictures, width=width)
                drawn = Renderer(world=view.world, camera=view.camera)
                for count, moment_s in enumerate(view.moments_s):
                    image, truth = drawn.picture(moment_s)
                    owners = drawn.owners(moment_s) if outlines else None
                    path = f"{view.name}-{count}.jpg"
                    write_picture(image, Path(folder) / path)
                    height, wide = image.shape[:2]
                    yield Labelled(
                        medium=Medium(path=path, width=wide, height=height, group=view.name),
                        labels=tuple(_labels(truth, names, owners)),
                        split=split or "",
                    )
                bar.update(task, advance=1)

        added = library.add(rendered(), Files(root=Path(folder), carry="link"))
    typer.echo(f"{name}: {added} new pictures of {views} views")


def word_of(texts: Sequence[str]) -> dict[str, str]:
    """Our word for each name, from `helmet` or `vehicle=car|truck`. Raises `ConfigError`."""
    return {name: word for word, names in words_of(texts).items() for name in names}


def _labels(truth: Truth, words: Mapping[str, str], owners: Owners | None) -> Iterator[Label]:
    for row, id_, label, seen in zip(
        truth.boxes, truth.ids, truth.labels, truth.visible, strict=True
    ):
        box = Box(*(float(side) for side in row))
        if label in words and seen >= LEAST_SEEN and max(box.width, box.height) >= LEAST_PX:
            origin = Origin(labeler=Labeler.IMPORT, by="vigil sim")
            for shape in [box] if owners is None else _outlines(owners == id_):
                yield Label(word=words[label], shape=shape, origin=origin)


def _outlines(mask: np.ndarray) -> Iterator[Outline]:
    """Of each piece that is large enough; holes are not cut out."""
    pieces, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for piece in pieces:
        if cv2.contourArea(piece) >= LEAST_AREA_PX:
            corners = cv2.approxPolyDP(piece, ROUGH_PX, True)[:, 0] + 0.5  # the middle of a pixel
            yield Outline(corners=tuple((float(x), float(y)) for x, y in corners))
