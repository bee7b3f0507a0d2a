"""What the formats share: how pictures get there, which word is which number, whose label it is."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol

import yaml

from vigil.core import DataError, Label, Labeler, Labelled, Medium, Origin, SourceError
from vigil.media.picture_size import picture_size
from vigil.media.probe import describe

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
VIDEOS = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".ts", ".mpg", ".gif"})
Carry = Literal["copy", "link", "leave"]


class Format(Protocol):
    """One way of writing labels down. Functions of a module satisfy it."""

    def is_here(self, folder: Path) -> bool:
        """Whether a folder (or file) looks like a data set of this kind."""
        ...

    def read(self, folder: Path) -> Iterator[Labelled]:
        """Everything in it, one at a time. Raises `DataError`."""
        ...

    def write(self, folder: Path, things: Iterable[Labelled], files: "Files") -> None:
        """Write a data set; what the kind cannot say is left out. Raises `DataError`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where the pictures and videos of a data set are, and how they come along."""

    root: Path
    carry: Carry = "copy"
    """`copy`; `link`: hard links where the disk allows; `leave`: labels only."""

    def at(self, medium: Medium) -> Path:
        """Where the file of a medium is.

        Raises `DataError` for a path that leads out of the root: labels come from strangers, and
        must not name what else is on this machine.
        """
        path = PurePosixPath(medium.path)
        if path.is_absolute() or ".." in path.parts:
            raise DataError(f"{medium.path}: leads out of {self.root}; allowed: paths below it")
        return self.root / path

    def bring(self, medium: Medium, to: Path) -> None:
        """Put the file of a medium at `to`. Raises `DataError` when it is missing."""
        if self.carry == "leave" or to.exists():
            return
        here = self.at(medium)
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            if self.carry == "link":
                try:
                    os.link(here, to)
                except OSError:
                    shutil.copyfile(here, to)
            elif here.is_dir():
                shutil.copytree(here, to)
            else:
                shutil.copyfile(here, to)
        except OSError as error:
            raise DataError(f"{here}: {error.strerror or error}") from error


class Words:
    """Words and their numbers, in order of first use."""

    def __init__(self, words: Iterable[str] = (), *, first: int = 0) -> None:
        self._first = first
        self._numbers: dict[str, int] = {}
        for word in words:
            self.number(word)

    def number(self, word: str) -> int:
        """The number of a word; a new one for a new word."""
        return self._numbers.setdefault(word, self._first + len(self._numbers))

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def medium_at(root: Path, path: Path, *, group: str = "") -> Medium:
    """A file as its header tells it. Raises `DataError` when it cannot be read."""
    where = relative(root, path)
    try:
        if path.suffix.lower() not in VIDEOS:
            width, height = picture_size(path)
            return Medium(path=where, width=width, height=height, group=group)
        found = describe(path)
    except SourceError as error:
        raise DataError(f"{path}: {error}") from error
    rate = found.frame_rate or 0.0
    frames = max(2, round((found.duration_s or 0.0) * rate))
    return Medium(
        path=where, width=found.width, height=found.height, frames=frames, rate=rate, group=group
    )


def relative(root: Path, path: Path) -> str:
    """The path below the root, with `/`."""
    return PurePosixPath(path.relative_to(root)).as_posix()


def as_folder(word: str) -> str:
    """A word as the name of a folder, and of no other place."""
    return word.replace("/", "_").strip(". ") or "_"


def files_below(folder: Path, endings: frozenset[str]) -> Iterator[Path]:
    """Files with such endings, in order of their names; one folder at a time is held."""
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            yield from files_below(entry, endings)
        elif entry.suffix.lower() in endings:
            yield entry


def read_yaml(path: Path) -> Mapping[str, Any]:
    """A YAML file that is a table. Raises `DataError`."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(found, Mapping):
        raise DataError(f"{path}: a table of names and values is expected")
    return found


def number(text: str, where: str) -> float:
    """A number of a text file. Raises `DataError` that says where it stands."""
    try:
        return float(text)
    except ValueError as error:
        raise DataError(f"{where}: {text!r} is no number") from error


def origin_row(label: Label) -> dict[str, Any]:
    """Whose label it is, as extra keys for formats that bear them; without what is not known."""
    origin = label.origin
    row: dict[str, Any] = {"labeler": origin.labeler.value}
    if origin.score is not None:
        row["score"] = origin.score
    known = {"by": origin.by, "reviewer": origin.reviewer, "time_s": origin.time_s}
    return row | {key: value for key, value in known.items() if value}


def origin_of(row: Mapping[str, Any]) -> Origin:
    """The opposite of `origin_row`; without a labeller it was imported."""
    try:
        labeler = Labeler(row.get("labeler", "import"))
    except ValueError as error:
        allowed = ", ".join(one.value for one in Labeler)
        raise DataError(f"labeler {row.get('labeler')!r}; allowed: {allowed}") from error
    score = row.get("score")
    return Origin(
        labeler=labeler,
        by=str(row.get("by", "")),
        score=None if score is None else float(score),
        reviewer=str(row.get("reviewer", "")),
        time_s=float(row.get("time_s", 0.0)),
    )
