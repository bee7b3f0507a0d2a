"""Ways in which the world writes labels down. One format, one file; each says what it keeps."""

from importlib import import_module
from pathlib import Path
from typing import cast

from vigil.core import DataError
from vigil.data.formats.parts import Files, Format

NAMES = (
    "coco", "yolo", "voc", "mot", "cvat", "label_studio", "ucf101", "hmdb51", "files", "imagenet",
)  # fmt: skip
"""In the order in which a folder is asked whether it is one: the most particular first."""

__all__ = ["NAMES", "Files", "Format", "format_at", "format_called"]


def format_called(name: str) -> Format:
    """The format of that name. Raises `DataError` that lists the names."""
    if name not in NAMES:
        raise DataError(f"no format {name!r}; allowed: {', '.join(sorted(NAMES))}")
    return cast(Format, import_module(f"vigil.data.formats.{name}"))


def format_at(folder: Path) -> tuple[str, Format]:
    """What a folder or file is written in. Raises `DataError` when it is none that is known."""
    if not folder.exists():
        raise DataError(f"{folder}: not there")
    for name in NAMES:
        found = format_called(name)
        if found.is_here(folder):
            return name, found
    raise DataError(f"{folder}: no data set that is known; name one of {', '.join(sorted(NAMES))}")
