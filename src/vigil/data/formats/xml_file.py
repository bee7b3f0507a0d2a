"""XML that comes from strangers: no entities, no document types, a piece at a time."""

import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterator
from pathlib import Path

from vigil.core import DataError

HEAD = 1 << 16
"""Bytes in which a document type would stand: before the first element."""
LARGEST_BYTES = 64 << 20
"""Of a file that is read at once."""


def parsed(file: Path) -> ET.Element:
    """The root of a small file. Raises `DataError` when it is no XML, or too large, or unsafe."""
    _check(file, LARGEST_BYTES)
    try:
        return ET.parse(file).getroot()  # noqa: S314  no entities, see `_check`
    except ET.ParseError as error:
        raise DataError(f"{file}: no good XML: {error}") from error


def elements(file: Path, tags: Collection[str]) -> Iterator[ET.Element]:
    """Each element of such a tag, whole, in order; it leaves the tree when the next is asked for.

    Raises `DataError` when the file is no XML or declares entities.
    """
    _check(file, None)
    above: list[ET.Element] = []
    try:
        for event, each in ET.iterparse(file, events=("start", "end")):  # noqa: S314  as above
            if event == "start":
                above.append(each)
                continue
            above.pop()
            if each.tag in tags and not any(outer.tag in tags for outer in above):
                yield each
                if above:
                    above[-1].remove(each)
    except ET.ParseError as error:
        raise DataError(f"{file}: no good XML: {error}") from error


def saved(root: ET.Element, file: Path) -> None:
    """Write a tree, indented."""
    ET.indent(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _check(file: Path, most_bytes: int | None) -> None:
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD)
        size = file.stat().st_size
    except OSError as error:
        raise DataError(f"{file}: {error.strerror or error}") from error
    if most_bytes is not None and size > most_bytes:
        raise DataError(f"{file}: {size >> 20} MB; allowed: {most_bytes >> 20}")
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise DataError(f"{file}: document types and entities are not read")
