"""What embedders say of pictures: each is asked once, and what it said stays on the disk.

vectors-N.npy    of the teacher N: a row a picture, in half precision
vectors-N.json   which embedder, and which pictures
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float16

from vigil.core import DataError
from vigil.core.durable import write_durably
from vigil.infer.embedders import NamedEmbedder
from vigil.train.shown import Shown

Vectors = Float16[np.ndarray, "n d"]
Asked = Callable[[int, int], object]
"""Called with answers there, and answers wanted, of all teachers together."""
OFF = 0.02
"""How far the length of a vector may be from 1 in half precision. A row that was not written, or
by half, is further off."""
ROWS = 1024
"""That are looked at together: in full precision all may not fit in memory."""


def vectors_of(
    pictures: Sequence[Shown],
    teachers: Sequence[NamedEmbedder],
    folder: Path,
    *,
    told: Asked = lambda done, total: None,
) -> list[Vectors]:
    """Of each teacher a row a picture. A run that was cut short goes on with what is missing.

    Raises `DataError` when pictures cannot be read, or `folder` cannot be written.
    """
    total = len(pictures) * len(teachers)
    found: list[Vectors] = []
    for number, teacher in enumerate(teachers):
        before = number * len(pictures)

        def counted(done: int, before: int = before) -> None:
            told(before + done, total)

        found.append(_asked(pictures, teacher, folder / f"vectors-{number}", told=counted))
    return found


def side_by_side(vectors: Sequence[Vectors], row: int) -> Float16[np.ndarray, " d"]:
    """What all teachers say of a picture, one after the other; empty where there is none."""
    return np.concatenate([each[row] for each in vectors] or [np.zeros(0, np.float16)])


def _asked(
    pictures: Sequence[Shown],
    teacher: NamedEmbedder,
    place: Path,
    *,
    told: Callable[[int], object],
) -> Vectors:
    about, file = place.with_suffix(".json"), place.with_suffix(".npy")
    names = "\n".join(str(each.path) for each in pictures)
    said = {"embedder": teacher.mark, "pictures": hashlib.sha256(names.encode()).hexdigest()}
    try:
        if not (file.is_file() and _read(about) == said):
            width = teacher.embed([pictures[0].image()]).shape[1]
            shape = (len(pictures), width)
            np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=shape).flush()
            write_durably(about, (json.dumps(said, indent=1) + "\n").encode())
        rows = np.lib.format.open_memmap(file, mode="r+")
        there = np.concatenate(
            [_written(rows[start : start + ROWS]) for start in range(0, len(rows), ROWS)]
        )
        for number, each in enumerate(pictures):
            if not there[number]:
                rows[number] = teacher.embed([each.image()])[0]
            told(number + 1)
        rows.flush()
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: cannot be kept ({error}); remove it to ask anew") from error
    return np.asarray(rows)


def _written(rows: Vectors) -> Bool[np.ndarray, " n"]:
    return np.asarray(np.abs(np.linalg.norm(rows.astype(np.float32), axis=1) - 1) < OFF)


def _read(about: Path) -> object:
    try:
        return json.loads(about.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
