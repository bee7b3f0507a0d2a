"""Reads a large JSON file a piece at a time: a list of 100,000 things never stands in memory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from vigil.core import DataError

CHUNK = 1 << 16
"""Characters read at a time."""
SPACE = " \t\r\n"


def items(path: Path, key: str = "") -> Iterator[Any]:
    """The elements of the list under a top-level `key`; without one, of the list that the file is.

    A file without the key has no elements. Raises `DataError` when the file is no JSON of that
    shape, naming the place.
    """
    with path.open(encoding="utf-8-sig") as file:
        cursor = _Cursor(file, path)
        if not key or cursor.seeks(key):
            yield from cursor.elements()


def keys(path: Path) -> list[str]:
    """The top-level keys of a file; none where it is a list."""
    with path.open(encoding="utf-8-sig") as file:
        cursor = _Cursor(file, path)
        if cursor.peek() != "{":
            return []
        return list(cursor.members())


class _Cursor:
    """A place in a JSON file."""

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file, self._path = file, path
        self._text, self._at, self._before = "", 0, 0
        self._decoder = json.JSONDecoder()

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def elements(self) -> Iterator[Any]:
        """Each element of the list that begins here."""
        self._expect("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._expect(",]") == "]":
                return

    def seeks(self, key: str) -> bool:
        """Go to the value of a key of the object that begins here; whether there is one."""
        return any(member == key for member in self.members())

    def members(self) -> Iterator[str]:
        """Each key of the object that begins here, its value next; a value not read is passed."""
        self._expect("{")
        if self.peek() == "}":
            return
        while True:
            key = str(self._value())
            self._expect(":")
            self.peek()
            place = self._before + self._at
            yield key
            if self._before + self._at == place:
                self._pass()
            if self._expect(",}") == "}":
                return

    def _pass(self) -> None:
        """Go beyond a value, holding no more of it than one element."""
        if self.peek() == "[":
            for _ in self.elements():
                pass
        else:
            self._value()

    def _value(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._more():
                    raise self._wrong(error.msg) from error
                continue
            # A number at the end of what was read may go on: `-2`, `-2.`, `-2.5e`.
            if (end == len(self._text) or self._text[end] in ".eE") and self._more():
                continue
            self._at = end
            return value

    def _expect(self, allowed: str) -> str:
        found = self.peek()
        if not found or found not in allowed:
            raise self._wrong(f"{found!r} where one of {' '.join(allowed)} is expected")
        self._at += 1
        return found

    def _more(self) -> bool:
        """Read on; what was gone through is let go."""
        chunk = self._file.read(max(CHUNK, len(self._text) - self._at))
        self._before += self._at
        self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)

    def _wrong(self, what: str) -> DataError:
        return DataError(
            f"{self._path}: no good JSON at character {self._before + self._at}: {what}"
        )
