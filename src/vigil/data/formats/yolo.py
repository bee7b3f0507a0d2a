"""YOLO: one text file a picture, `class cx cy w h` in fractions, or a polygon's corners.

Kept: boxes, outlines, the splits `train`, `val` and `test`, pictures without anything. Lost: ids,
origins, paths, whole pictures' words. Names in `data.yaml` may be a list, or numbers to names.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from vigil.core import Box, DataError, Label, Labelled, Medium, Outline
from vigil.data.formats.parts import (
    PICTURES,
    Files,
    Words,
    files_below,
    medium_at,
    number,
    read_yaml,
)

NAME = "yolo"
SPLITS = ("train", "val", "test")
UNSPLIT = "all"
"""The folder of what is in no split; `data.yaml` names it, too."""


def is_here(folder: Path) -> bool:
    """A folder with a `data.yaml` that has names."""
    file = folder / "data.yaml"
    return file.is_file() and "names" in read_yaml(file)


def read(folder: Path) -> Iterator[Labelled]:
    """Every picture of every split, one at a time."""
    settings = read_yaml(folder / "data.yaml")
    words = _words(settings, folder)
    for split in (*SPLITS, UNSPLIT):
        pictures = _folder_of(folder, settings, split)
        if pictures is None:
            continue
        for picture in files_below(pictures, PICTURES):
            medium = medium_at(folder, picture)
            yield Labelled(
                medium=medium,
                labels=tuple(_labels(_labels_beside(picture), words, medium)),
                split="" if split == UNSPLIT else split,
            )


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """`images/SPLIT/…`, `labels/SPLIT/…` and `data.yaml`."""
    folder.mkdir(parents=True, exist_ok=True)
    words, splits = Words(), set()
    for thing in things:
        medium = thing.medium
        if medium.is_video:
            continue
        split = thing.split or UNSPLIT
        within = PurePosixPath(split) / medium.path.removeprefix(f"images/{split}/")
        splits.add(split)
        files.bring(medium, folder / "images" / within)
        lines = [line for label in thing.labels if (line := _line(label, medium, words))]
        text = folder / "labels" / within.with_suffix(".txt")
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text("".join(f"{line}\n" for line in lines))
    where = {split: f"images/{split}" for split in (*SPLITS, UNSPLIT) if split in splits}
    if "train" not in where:
        # Trainers insist on these two; readers of ours know that they are the same.
        where |= {split: f"images/{UNSPLIT}" for split in ("train", "val") if split not in where}
    settings = {"path": ".", **where, "names": dict(enumerate(words))}
    (folder / "data.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False))


def _words(settings: Mapping[str, Any], folder: Path) -> dict[int, str]:
    names = settings.get("names")
    if isinstance(names, Mapping):
        return {int(key): str(value) for key, value in names.items()}
    if isinstance(names, list):
        return {index: str(name) for index, name in enumerate(names)}
    raise DataError(f"{folder / 'data.yaml'}: names: a list, or numbers to names, is expected")


def _folder_of(folder: Path, settings: Mapping[str, Any], split: str) -> Path | None:
    """Where the pictures of a split are; the exporter's own idea of `..` is forgiven."""
    told = settings.get(split)
    if not isinstance(told, str):
        return None
    if split != UNSPLIT and told == settings.get(UNSPLIT, ""):
        return None
    base = folder / str(settings.get("path", "."))
    for place in (base / told, folder / told, folder / told.removeprefix("../")):
        if place.is_dir() and folder.resolve() in place.resolve().parents:
            return place
    return None


def _labels_beside(picture: Path) -> Path:
    parts = list(picture.parts)
    last = len(parts) - 1 - parts[::-1].index("images")
    parts[last] = "labels"
    return Path(*parts).with_suffix(".txt")


def _labels(text: Path, words: Mapping[int, str], medium: Medium) -> Iterator[Label]:
    if not text.is_file():
        return
    for count, line in enumerate(text.read_text().splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        where = f"{text}:{count}"
        values = [number(field, where) for field in fields]
        if int(values[0]) not in words:
            allowed = f"0 to {max(words, default=-1)}"
            raise DataError(f"{where}: class {fields[0]} has no name; allowed: {allowed}")
        yield Label(word=words[int(values[0])], shape=_shape(values[1:], medium, where))


def _shape(values: list[float], medium: Medium, where: str) -> Box | Outline:
    wide, high = medium.width, medium.height
    if len(values) in (4, 5):  # a fifth is a score
        x, y, w, h = values[:4]
        return Box((x - w / 2) * wide, (y - h / 2) * high, (x + w / 2) * wide, (y + h / 2) * high)
    if len(values) >= 6 and len(values) % 2 == 0:
        pairs = zip(values[::2], values[1::2], strict=True)
        return Outline(corners=tuple((x * wide, y * high) for x, y in pairs))
    raise DataError(f"{where}: {len(values)} numbers; allowed: 4 of a box, or pairs of a polygon")


def _line(label: Label, medium: Medium, words: Words) -> str:
    wide, high = medium.width, medium.height
    if isinstance(label.shape, Box):
        box = label.shape
        values = [
            (box.x1 + box.x2) / 2 / wide, (box.y1 + box.y2) / 2 / high,
            box.width / wide, box.height / high,
        ]  # fmt: skip
    elif isinstance(label.shape, Outline):
        values = [part for x, y in label.shape.corners for part in (x / wide, y / high)]
    else:
        return ""
    return " ".join([str(words.number(label.word)), *(f"{value:.8f}" for value in values)])
