"""Pascal VOC: one XML file a picture, corners in pixels counted from 1 (VOC 2012 development kit).

Kept: boxes, splits (`ImageSets/Main`). Lost: ids, origins, outlines, paths, whole pictures' words.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from vigil.core import Box, DataError, Label, Labelled, Medium
from vigil.data.formats.parts import PICTURES, Files, files_below, number
from vigil.data.formats.xml_file import parsed, saved

NAME = "voc"
FIRST_PX = 1.0
"""The first pixel of a row has this number."""


def is_here(folder: Path) -> bool:
    """A folder with `Annotations` and `JPEGImages`."""
    return (folder / "Annotations").is_dir()


def read(folder: Path) -> Iterator[Labelled]:
    """Every annotated picture, one at a time."""
    splits = _splits(folder)
    for file in files_below(folder / "Annotations", frozenset({".xml"})):
        stem = PurePosixPath(file.relative_to(folder / "Annotations")).with_suffix("").as_posix()
        yield _labelled(file, stem, splits.get(stem, ""), folder)


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """`JPEGImages`, `Annotations` and `ImageSets/Main`."""
    sets = folder / "ImageSets" / "Main"
    sets.mkdir(parents=True, exist_ok=True)
    (folder / "Annotations").mkdir(exist_ok=True)
    for old in sets.glob("*.txt"):
        old.unlink()
    for thing in things:
        if thing.medium.is_video:
            continue
        name = PurePosixPath(thing.medium.path.removeprefix("JPEGImages/"))
        files.bring(thing.medium, folder / "JPEGImages" / name)
        saved(_tree(thing, name), folder / "Annotations" / name.with_suffix(".xml"))
        if thing.split:
            with (sets / f"{thing.split}.txt").open("a", encoding="utf-8") as lines:
                lines.write(f"{name.with_suffix('')}\n")


def _splits(folder: Path) -> dict[str, str]:
    sets = folder / "ImageSets" / "Main"
    found: dict[str, str] = {}
    for file in sorted(sets.glob("*.txt")) if sets.is_dir() else ():
        for line in file.read_text(encoding="utf-8").splitlines():
            # Lists of one class, such as `car_train.txt`, have a second column.
            if line.strip() and line.split()[-1] not in ("-1", "0", "1"):
                found.setdefault(line.strip(), file.stem)
    return found


def _labelled(file: Path, stem: str, split: str, folder: Path) -> Labelled:
    root = parsed(file)
    size = root.find("size")
    if size is None:
        raise DataError(f"{file}: no <size>")
    where = str(file)
    return Labelled(
        medium=Medium(
            path=_picture(folder, stem, root.findtext("filename", "")),
            width=int(number(size.findtext("width", ""), where)),
            height=int(number(size.findtext("height", ""), where)),
        ),
        labels=tuple(_label(each, where) for each in root.iter("object")),
        split=split,
    )


def _picture(folder: Path, stem: str, told: str) -> str:
    """The picture of an annotation: beside it by name, whatever its file says of folders."""
    for ending in (Path(told).suffix, *sorted(PICTURES)):
        path = f"JPEGImages/{stem}{ending}"
        if ending and (folder / path).is_file():
            return path
    return f"JPEGImages/{stem}{Path(told).suffix or '.jpg'}"


def _label(each: ET.Element, where: str) -> Label:
    box = each.find("bndbox")
    if box is None:
        raise DataError(f"{where}: an <object> without <bndbox>")
    x1, y1, x2, y2 = (
        number(box.findtext(name, ""), f"{where}: {name}")
        for name in ("xmin", "ymin", "xmax", "ymax")
    )
    shape = Box(x1 - FIRST_PX, y1 - FIRST_PX, x2, y2)
    return Label(word=each.findtext("name", ""), shape=shape)


def _tree(thing: Labelled, name: PurePosixPath) -> ET.Element:
    root = ET.Element("annotation")
    ET.SubElement(root, "folder").text = "JPEGImages"
    ET.SubElement(root, "filename").text = name.as_posix()
    size = ET.SubElement(root, "size")
    for tag, value in (
        ("width", thing.medium.width),
        ("height", thing.medium.height),
        ("depth", 3),
    ):
        ET.SubElement(size, tag).text = str(value)
    for label in thing.labels:
        if isinstance(label.shape, Box):
            _add(root, label.word, label.shape)
    return root


def _add(root: ET.Element, word: str, box: Box) -> None:
    each = ET.SubElement(root, "object")
    ET.SubElement(each, "name").text = word
    for tag in ("truncated", "difficult"):
        ET.SubElement(each, tag).text = "0"
    corners = ET.SubElement(each, "bndbox")
    values = (box.x1 + FIRST_PX, box.y1 + FIRST_PX, box.x2, box.y2)
    for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), values, strict=True):
        ET.SubElement(corners, tag).text = f"{value:.3f}".rstrip("0").rstrip(".")
