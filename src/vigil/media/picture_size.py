"""How large a picture is, from its first bytes: a hundred thousand of them are not decoded."""

import struct
from pathlib import Path
from typing import BinaryIO

import cv2

from vigil.core import SourceRefused

PNG = b"\x89PNG\r\n\x1a\n"
SIDEWAYS = range(5, 9)
"""Orientations of Exif 2.3 in which rows stand upright."""
ORIENTATION = 0x0112
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG (ITU-T T.81, table B.1) that tell the size."""
BARE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers without a length."""


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels, upright. Raises `SourceRefused` when it is no picture."""
    try:
        with path.open("rb") as file:
            head = file.read(32)
            if head.startswith(PNG) and len(head) == 32:
                return struct.unpack(">II", head[16:24])
            if head.startswith(b"\xff\xd8"):
                file.seek(2)
                found = _of_jpeg(file)
                if found is not None:
                    return found
    except OSError as error:
        raise SourceRefused(f"{path.name}: {error.strerror or error}") from error
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SourceRefused(f"{path.name}: no picture that can be read")
    return picture.shape[1], picture.shape[0]


def _of_jpeg(file: BinaryIO) -> tuple[int, int] | None:
    sideways = False
    while True:
        lead, marker = file.read(1), file.read(1)
        while marker == b"\xff":
            marker = file.read(1)
        if lead != b"\xff" or not marker:
            return None
        if marker[0] in BARE:
            continue
        length = int.from_bytes(file.read(2)) - 2
        body = file.read(max(0, length))
        if marker[0] in FRAMES and len(body) >= 5:
            height, width = struct.unpack(">HH", body[1:5])
            return (height, width) if sideways else (width, height)
        if marker[0] == 0xE1 and body.startswith(b"Exif\0\0"):
            sideways = _orientation(body[6:]) in SIDEWAYS
        if length < 0 or marker[0] == 0xDA:
            return None


def _orientation(tiff: bytes) -> int:
    """The orientation that Exif tells; 1, upright, when it tells none."""
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for index in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * index)
            if tag == ORIENTATION:
                return int(value)
    except struct.error:
        pass  # cut off: as if nothing had been told
    return 1
