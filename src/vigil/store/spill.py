"""Steps that wait on the disk for the database."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from vigil.core import DiskFull
from vigil.core.durable import sync
from vigil.core.json import as_line, clip_from_json, clip_json, event_json, step_from_json
from vigil.store.event_store import Recorded


class Spill:
    """A file of JSON lines, on the disk before `append` returns.

    A line that a crash has torn was never acknowledged: it is passed over when read.
    """

    def __init__(self, folder: Path, *, name: str = "steps.jsonl") -> None:
        self._file = folder / name

    def __bool__(self) -> bool:
        """Whether anything waits."""
        try:
            return self._file.stat().st_size > 0
        except (FileNotFoundError, NotADirectoryError):
            return False

    def append(self, recorded: Sequence[Recorded]) -> None:
        """Keep all, in order. Raises DiskFull, keeping none, when the disk refuses."""
        lines = "".join(f"{as_line(_json(step_and_clip))}\n" for step_and_clip in recorded)
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._file.open("ab+", buffering=0) as file:
                _append(file.fileno(), lines.encode("utf-8", "replace"))
            sync(self._file.parent)
        except OSError as error:
            raise DiskFull(f"cannot keep steps in {self._file}: {error.strerror}") from error

    def read(self) -> Iterator[Recorded]:
        """What waits, oldest first."""
        if not self:
            return
        with self._file.open("rb") as file:
            for line in file:
                found = _recorded(line)
                if found is not None:
                    yield found

    def clear(self) -> None:
        """Forget everything: it is in the database now."""
        if self:
            with self._file.open("rb+") as file:
                file.truncate(0)
                os.fsync(file.fileno())


def _append(handle: int, lines: bytes) -> None:
    """Write all of it or leave the file as it was."""
    size = os.fstat(handle).st_size
    # A torn line must not swallow the one that follows it.
    torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
    data = memoryview(b"\n" + lines if torn else lines)
    try:
        while data:
            data = data[os.write(handle, data) :]
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise


def _json(recorded: Recorded) -> dict[str, object]:
    step, clip = recorded
    return {"step": event_json(step), "clip": None if clip is None else clip_json(clip)}


def _recorded(line: bytes) -> Recorded | None:
    try:
        found = json.loads(line)
        clip = None if found["clip"] is None else clip_from_json(found["clip"])
        return step_from_json(found["step"]), clip
    except (ValueError, KeyError, TypeError):
        return None
