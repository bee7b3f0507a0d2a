"""Pictures and videos as they are, without a label: what is to be labelled here.

A folder within the folder is one camera's: splits never cross it. Kept: pictures and videos. Lost:
all that is said about them.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from vigil.core import Labelled
from vigil.data.formats.parts import PICTURES, VIDEOS, Files, files_below, medium_at, relative

NAME = "files"


def is_here(folder: Path) -> bool:
    """A folder with pictures or videos in it, not only in folders below."""
    endings = PICTURES | VIDEOS
    return folder.is_dir() and any(entry.suffix.lower() in endings for entry in folder.iterdir())


def read(folder: Path) -> Iterator[Labelled]:
    """Every file, one at a time."""
    for file in files_below(folder, PICTURES | VIDEOS):
        where = PurePosixPath(relative(folder, file)).parent
        group = "" if where == PurePosixPath(".") else str(where)
        yield Labelled(medium=medium_at(folder, file, group=group))


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """Every file under its own path."""
    for thing in things:
        files.bring(thing.medium, folder / thing.medium.path)
