"""What teachers and checkers have said of the things of a library, so that nobody is asked twice.

<library>/labelling/<key>/teacher.json      who it is, and which words it was asked about
<library>/labelling/<key>/proposals.jsonl   one line for each picture, or frame of a video
<library>/labelling/<key>/checks.jsonl      one line for each proposal that a large model looked at
<library>/labelling/<key>/plan.json         from which scores on what is believed; written once
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from vigil.core import DataError, Detections
from vigil.core.durable import write_durably
from vigil.flywheel.teachers.teacher import Teacher

ABOUT = "teacher.json"


class Journal:
    """Lines of JSON with a key each, appended and never changed.

    Memory holds 16 bytes of each key, and where its line is.
    """

    def __init__(self, path: Path) -> None:
        """Read which keys there are; a last line that a crash cut off is no line.

        Raises `DataError` while another process writes to it.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._starts: dict[bytes, int] = {}
        self._file = path.open("a+b")
        try:
            # The kernel lets go of it however its owner ends.
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise DataError(f"{path}: another process labels with this teacher") from error
        self._mend()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __contains__(self, key: str) -> bool:
        return _mark(key) in self._starts

    def __len__(self) -> int:
        return len(self._starts)

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """In the order in which they came; each bears its `key`."""
        for start in list(self._starts.values()):
            self._file.seek(start)
            yield self._read(self._file.readline())

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        """What was said; raises KeyError, or `DataError` for a damaged line."""
        self._file.seek(self._starts[_mark(key)])
        return self._read(self._file.readline())

    def put(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Append, and have it on the disk before going on. Raises `DataError`."""
        try:
            for key, row in rows.items():
                start = self._file.seek(0, os.SEEK_END)
                line = json.dumps({"key": key, **row}, ensure_ascii=False, separators=(",", ":"))
                self._file.write(f"{line}\n".encode())
                self._starts[_mark(key)] = start
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise DataError(f"{self.path}: {error.strerror or error}") from error

    def _mend(self) -> None:
        start = 0
        self._file.seek(0)
        for line in self._file:
            if not line.endswith(b"\n"):
                self._file.truncate(start)
                return
            self._starts[_mark(str(self._read(line)["key"]))] = start
            start += len(line)

    def _read(self, line: bytes) -> Mapping[str, Any]:
        try:
            row = json.loads(line)
            row["key"]
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{self.path}: a line that we did not write: {error}") from error
        return dict(row)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A teacher that has looked at a library, and where its journals are."""

    name: str
    whole: bool
    words: tuple[str, ...]
    folder: Path


def introduce(folder: Path, teacher: Teacher) -> None:
    """Write down who keeps its journals in a folder. Raises `DataError`."""
    said = {"name": teacher.name, "whole": teacher.whole, "words": list(teacher.words)}
    try:
        write_durably(folder / ABOUT, f"{json.dumps(said, ensure_ascii=False)}\n".encode())
    except OSError as error:
        raise DataError(f"{folder}: {error.strerror or error}") from error


def teachers_of(library: Path) -> list[Known]:
    """All teachers that have looked at the library in that folder. Raises `DataError`."""
    return [_known(file) for file in sorted(library.glob(f"labelling/*/{ABOUT}"))]


def _known(file: Path) -> Known:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return Known(
            name=str(said["name"]),
            whole=bool(said["whole"]),
            words=tuple(map(str, said["words"])),
            folder=file.parent,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file}: damaged ({error})") from error


def frame_key(sha256: str, frame: int | None) -> str:
    """Of a picture, or of a frame of a video."""
    return sha256 if frame is None else f"{sha256}:{frame}"


def _mark(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()[:16]


def to_row(found: Detections) -> dict[str, Any]:
    """Proposals as a line; a hundredth of a pixel is enough."""
    return {
        "boxes": [[round(float(side), 2) for side in box] for box in found.boxes],
        "scores": [round(float(score), 4) for score in found.scores],
        "words": list(found.labels),
    }


def from_row(row: Mapping[str, Any]) -> Detections:
    """The opposite of `to_row`."""
    return Detections(
        boxes=np.array(row["boxes"], np.float32).reshape(-1, 4),
        scores=np.array(row["scores"], np.float32),
        labels=tuple(map(str, row["words"])),
    )
