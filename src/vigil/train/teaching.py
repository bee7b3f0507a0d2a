"""What a teacher says of pictures that nobody labelled: an algorithm's head, asked once of each.

Of pieces of pictures, too: a student that sees a piece is to be told what the teacher sees there
(Beyer et al. 2022, arXiv 2106.05237). What was said is kept line by line in the run's folder, so
that a run that was cut short does not ask again.

teacher.jsonl    which head; then a picture and its probabilities a line
pieces/          pieces of pictures, until the student has learnt
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import DataError, Embedder, Image
from vigil.core.durable import put_in_place, write_durably
from vigil.infer.head import Head
from vigil.train.shown import NOBODY, Shown

PIECES = 6
"""Of each picture."""
LEAST_AREA = 0.2
"""Of a picture: smaller pieces mostly show nothing."""
SHORT_SIDE = 320
"""Pixels of a piece that are kept: an embedder takes less."""
PIECES_FOLDER, SAID = "pieces", "teacher.jsonl"
VIEWS = 2
"""Of which a teacher says the mean."""
Taught = Callable[[int, int], object]
"""Called with pictures done and pictures in all."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Teacher:
    """A head with its embedder, which sees two views of a picture: it, and its mirror image."""

    head: Head
    embedder: Embedder

    def shares(self, image: Image) -> Float32[np.ndarray, " k"]:
        """Probabilities of the head's words, the mean of both views."""
        views = [image, np.ascontiguousarray(image[:, ::-1])]
        found = self.head.probabilities(self.embedder.embed(views))
        return np.asarray(found.mean(0), np.float32)


def with_pieces(pictures: Sequence[Shown], folder: Path, *, count: int = PIECES) -> list[Shown]:
    """The pictures, and after each so many pieces of it; those are there for the teacher alone."""
    place = folder / PIECES_FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = []
    for number, each in enumerate(pictures):
        found.append(each)
        paths = [place / f"{number}-{piece}.jpg" for piece in range(count)]
        missing = [piece for piece, path in enumerate(paths) if not path.exists()]
        if missing:
            image = each.image()
            for piece in missing:
                chance = np.random.default_rng([number, piece])
                _write(_piece(image, chance), paths[piece])
        found += [replace(each, path=path, word=NOBODY, weight=1.0) for path in paths]
    return found


def taught(
    pictures: Sequence[Shown],
    teacher: Teacher,
    folder: Path,
    *,
    told: Taught = lambda done, total: None,
) -> list[Shown]:
    """The pictures with the teacher's probabilities. Raises `DataError`."""
    file = folder / SAID
    known = _said_before(file, teacher.head.version)
    # Written anew, so that nothing follows a line that was cut short.
    header = json.dumps({"head": teacher.head.version, "views": VIEWS})
    lines = [header, *(_line(name, shares) for name, shares in known.items()), ""]
    write_durably(file, "\n".join(lines).encode())
    found = []
    with file.open("a", encoding="utf-8", buffering=1) as more:
        for number, each in enumerate(pictures):
            name = str(each.path)
            if name not in known:
                known[name] = teacher.shares(each.image())
                more.write(_line(name, known[name]) + "\n")
            found.append(replace(each, taught=known[name]))
            told(number + 1, len(pictures))
    return found


def _said_before(file: Path, version: str) -> dict[str, Float32[np.ndarray, " k"]]:
    """What this head has said already; a line that was cut short does not count."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")[:-1]
        if not lines or json.loads(lines[0]) != {"head": version, "views": VIEWS}:
            return {}
        rows = [json.loads(line) for line in lines[1:]]
        return {row["picture"]: np.array(row["shares"], np.float32) for row in rows}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file}: damaged ({error}); remove it to ask the teacher again") from error


def _line(name: str, shares: Float32[np.ndarray, " k"]) -> str:
    said = [round(float(share), 6) for share in shares]
    return json.dumps({"picture": name, "shares": said})


def _piece(image: Image, chance: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    side = float(np.sqrt(chance.uniform(LEAST_AREA, 1.0)))
    wide, high = max(1, round(width * side)), max(1, round(height * side))
    x, y = int(chance.integers(width - wide + 1)), int(chance.integers(height - high + 1))
    piece = image[y : y + high, x : x + wide]
    scale = SHORT_SIDE / min(wide, high)
    if scale >= 1:
        return piece
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    return np.asarray(cv2.resize(piece, size, interpolation=cv2.INTER_AREA), np.uint8)


def _write(image: Image, path: Path) -> None:
    beside = path.with_suffix(".part.jpg")
    cv2.imwrite(str(beside), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    put_in_place(beside, path)
