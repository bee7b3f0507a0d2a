"""The example pictures of a person, from folders."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vigil.core import DataError, Image, SourceError
from vigil.media.limits import Limits
from vigil.media.picture_size import picture_size

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF")
"""How the allowed kinds begin: a name proves nothing, and no other decoder is ever asked."""
MOST = 1000
"""Pictures of a word: more than that want a data set and real training."""
MOST_BYTES = 50 << 20
LIMITS = Limits()
SHORT_SIDE = 320
"""Pixels that are kept: embedders take 224, and pieces of half the area still fill that."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """One picture and what it shows."""

    file: str
    word: str
    image: Image
    sha256: str
    """Of the file."""


def examples_in(folder: Path, word: str) -> list[Example]:
    """All pictures of a folder, by name. Raises `DataError` when there is none, or a broken one."""
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
    if not files:
        raise DataError(f"{folder}: no pictures; allowed: {', '.join(sorted(SUFFIXES))}")
    if len(files) > MOST:
        raise DataError(f"{folder}: {len(files)} pictures; allowed: {MOST} at most")
    return [_example(file, word) for file in files]


def read_picture(file: Path) -> Image:
    """RGB, no larger than an embedder needs. Raises `DataError`."""
    return _decoded(file, _content(file))


def whole_picture(file: Path) -> Image:
    """RGB at its own size, upright. Raises `DataError`."""
    try:
        LIMITS.check_picture(file.name, *picture_size(file))
    except SourceError as error:
        raise DataError(str(error)) from error
    return _decoded(file, _content(file), short_side=None)


def _example(file: Path, word: str) -> Example:
    content = _content(file)
    digest = hashlib.sha256(content).hexdigest()
    return Example(file=file.name, word=word, image=_decoded(file, content), sha256=digest)


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise DataError(f"{file.name}: larger than {MOST_BYTES >> 20} MB")
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: {error.strerror or error}") from error


def _decoded(file: Path, content: bytes, *, short_side: int | None = SHORT_SIDE) -> Image:
    found = None
    if content.startswith(MAGIC):
        try:
            found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error:
            found = None
    if found is None:
        raise DataError(f"{file.name}: no picture that can be read")
    height, width = found.shape[:2]
    scale = 1.0 if short_side is None else short_side / min(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        found = cv2.resize(found, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)
