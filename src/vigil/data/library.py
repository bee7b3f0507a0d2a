"""A data set that grows: files by their content, and a journal of what is said about them.

media/ab/abcd….jpg     each file once, whatever its names
things.jsonl           one line for each picture or video as it came; a later line about the
                       same file adds to the earlier ones, and replaces labels of the same id
frozen/VERSION.jsonl   frozen data sets, never changed
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from vigil.core import NOTHING, DataError, Label, Labeler, Labelled
from vigil.core.durable import sync
from vigil.data.formats.parts import Carry, Files
from vigil.data.rows import from_line, to_line

MACHINES = frozenset({Labeler.BRAIN, Labeler.MODEL})
SYNC_EVERY = 500
"""Lines after which what came is on the disk for good."""


class Library:
    """A folder with a data set that grows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = folder / "things.jsonl"
        self._marks: set[bytes] = set()
        """Of the journal's lines, as far as it was read; one review after another asks for them."""
        self._read_to = 0
        self._inode: int | None = None

    @property
    def frozen(self) -> Path:
        """The folder of the frozen data sets."""
        return self.folder / "frozen"

    def add(
        self, things: Iterable[Labelled], files: Files, *, told: Callable[[int], None] | None = None
    ) -> int:
        """Take in what is not in it yet; how many lines that were.

        May be interrupted and begun again: what came before is known by its content, and nothing
        is held but that. Raises `DataError` when a file is missing or the disk is full.
        """
        (self.folder / "media").mkdir(mode=0o700, parents=True, exist_ok=True)
        known, new = self._known(), set[bytes]()
        try:
            with self._journal.open("a", encoding="utf-8") as journal:
                for count, thing in enumerate(things, start=1):
                    line = to_line(self._kept(thing, files))
                    mark = _mark(line)
                    if mark not in known and mark not in new:
                        new.add(mark)
                        journal.write(f"{line}\n")
                        if len(new) % SYNC_EVERY == 0:
                            journal.flush()
                            os.fsync(journal.fileno())
                    if told is not None:
                        told(count)
                journal.flush()
                os.fsync(journal.fileno())
        except OSError as error:
            raise DataError(f"{error.filename or self.folder}: {error.strerror}") from error
        return len(new)

    def lines(self) -> Iterator[Labelled]:
        """Every line as it came. A last line that a crash cut off is no line."""
        return (thing for _, _, thing in self._placed())

    def things(self) -> Iterator[Labelled]:
        """Every file once, with what is believed about it, in the order in which they came."""
        starts: dict[bytes, list[int]] = {}
        for start, _, thing in self._placed():
            starts.setdefault(bytes.fromhex(thing.medium.sha256), []).append(start)
        if not starts:
            return
        with self._journal.open("rb") as journal:
            for places in starts.values():
                found = [self._line(journal, place) for place in places]
                labels = believed(label for thing in found for label in thing.labels)
                yield replace(found[0], labels=labels)

    def _placed(self, start: int = 0) -> Iterator[tuple[int, int, Labelled]]:
        """Each whole line from a byte on, and where in the journal it begins and ends."""
        if not self._journal.is_file():
            return
        where = f"{self._journal}, after byte {start}" if start else str(self._journal)
        with self._journal.open("rb") as journal:
            journal.seek(start)
            for count, line in enumerate(journal, start=1):
                end = start + len(line)
                if line.endswith(b"\n"):
                    yield start, end, from_line(line.decode(), f"{where}:{count}")
                start = end

    def _line(self, journal: BinaryIO, start: int) -> Labelled:
        journal.seek(start)
        return from_line(journal.readline().decode(), f"{self._journal} at byte {start}")

    def _known(self) -> set[bytes]:
        """Marks of all lines. Only those are read that came since, whoever wrote them.

        What was written here is read again, too: a line counts when it is in the journal, not
        when somebody meant to write it.
        """
        self._mend()
        state = self._journal.stat() if self._journal.is_file() else None
        inode, size = (state.st_ino, state.st_size) if state is not None else (None, 0)
        if inode != self._inode or size < self._read_to:
            self._marks, self._read_to, self._inode = set(), 0, inode
        for _, end, thing in self._placed(self._read_to):
            self._marks.add(_mark(to_line(thing)))
            self._read_to = end
        return self._marks

    def _mend(self) -> None:
        """Cut off what a crash left of a last line."""
        if not self._journal.is_file():
            return
        with self._journal.open("r+b") as journal:
            end = journal.seek(0, os.SEEK_END)
            while end > 0:
                journal.seek(end - 1)
                if journal.read(1) == b"\n":
                    break
                end -= 1
            journal.truncate(end)

    def _kept(self, thing: Labelled, files: Files) -> Labelled:
        """The thing with its file in the library."""
        here = files.at(thing.medium)
        digest = _digest(here)
        name = f"media/{digest[:2]}/{digest}{here.suffix.lower()}"
        _carry(here, self.folder / name, files.carry)
        group = thing.medium.group or (thing.medium.path if thing.medium.is_video else "")
        return replace(thing, medium=replace(thing.medium, path=name, sha256=digest, group=group))


def believed(labels: Iterable[Label]) -> tuple[Label, ...]:
    """The labels that count: of those with one id the highest rank, then the newest.

    Labels without an id stand by themselves; the same one said twice counts once. One whose word
    is `NOTHING` takes back what others of its id said; without an id, from a person, it says that
    they have told all that is there: what machines say beside it does not count, then or later.
    """
    kept: dict[object, Label] = {}
    settled = False
    for label in labels:
        key: object = label.id or label
        before = kept.get(key)
        if before is None or _weight(label) >= _weight(before):
            kept[key] = label
        settled |= label.word == NOTHING and not label.id and label.origin.labeler is Labeler.HUMAN
    return tuple(
        label
        for label in kept.values()
        if label.word != NOTHING and not (settled and label.origin.labeler in MACHINES)
    )


def _weight(label: Label) -> tuple[int, float]:
    return label.origin.labeler.rank, label.origin.time_s


def _mark(line: str) -> bytes:
    return hashlib.sha256(line.encode()).digest()[:16]


def _digest(path: Path) -> str:
    """Of a file, or of a video that is a folder of pictures: of their names and digests."""
    if path.is_dir():
        whole = hashlib.sha256()
        for each in sorted(path.iterdir()):
            whole.update(f"{each.name} {_digest(each)}\n".encode())
        return whole.hexdigest()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error


def _carry(here: Path, to: Path, carry: Carry) -> None:
    """A link where the disk allows and the caller wants one, else a copy; whole or not at all."""
    if to.exists():
        return
    beside = to.with_name(f".{to.name}-{os.getpid()}")
    if here.is_dir():
        for each in sorted(here.iterdir()):
            _carry(each, beside / each.name, carry)
        beside.replace(to)
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    if carry == "link":
        with suppress(OSError):
            os.link(here, to)
            return
    shutil.copyfile(here, beside)
    sync(beside)
    beside.replace(to)
