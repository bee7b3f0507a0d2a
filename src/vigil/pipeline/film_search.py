"""Moments of films that look like an example, or like words: the nearest vectors of pictures.

A film is embedded once: its vectors are kept, and the next search only compares.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32

from vigil.core import DataError, Embedder, Image, SourceError
from vigil.core.durable import write_durably
from vigil.media.films import frames_at, picture_times
from vigil.media.sampling import Span, Times, segments
from vigil.pipeline.storyboard import TILE_WIDTH, captioned_tile, rows_of
from vigil.pipeline.summary import clock

MOST = 7200
"""Moments of one film; those of a longer one are further apart."""
TOGETHER = 32
"""Pictures in memory at once."""
WIDTH = 640
"""Of what an embedder is given, pixels: none looks at more."""
LETTERS = 28
"""Of a file's name on a tile, at most."""

Vectors = Float32[np.ndarray, "n d"]
"""Each of length 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """A film as a search sees it."""

    path: Path
    times: Times
    """Seconds of the file, rising."""
    vectors: Vectors

    def within(self, start_s: float, end_s: float | None) -> Bool[np.ndarray, "n"]:
        """Which of them lie in a stretch; the nearest one where none does."""
        end_s = np.inf if end_s is None else end_s
        inside = (self.times >= start_s) & (self.times <= end_s)
        if not inside.any():
            inside[np.abs(self.times - start_s).argmin()] = True
        return np.asarray(inside)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A moment that was found."""

    path: Path
    time_s: float
    """Seconds of the file."""
    score: float
    """Cosine with the example, -1 to 1: how near, not how sure; it compares within one search."""


class FilmIndex:
    """Vectors of films, made on first use and kept in a folder."""

    def __init__(
        self, folder: Path, embedder: Callable[[], Embedder], mark: str, *, every_s: float = 1.0
    ) -> None:
        """`embedder`: opens it, asked only when a film is new; `mark`: changes with its vectors."""
        self._folder = folder
        self._open = embedder
        self._embedder: Embedder | None = None
        self._mark, self._every_s = mark, every_s
        self.embedded = 0
        """Films that were new."""

    def moments(self, film: Path) -> Moments:
        """A film's pictures, one every so many seconds. Raises `SourceError`, `DataError`."""
        path = self._path(film)
        try:
            return _opened(film, path.read_bytes())
        except (OSError, EOFError, zipfile.BadZipFile, KeyError, ValueError):
            made = self._made(film)  # not there yet, or cut short by a crash
        kept = io.BytesIO()
        np.savez(kept, times=made.times, vectors=made.vectors.astype(np.float16))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_durably(path, kept.getvalue())
        except OSError as error:
            raise DataError(f"{self._folder}: cannot be written: {error.strerror}") from error
        return made

    def _path(self, film: Path) -> Path:
        try:
            state = film.stat()
            stamp = f"{state.st_size} {state.st_mtime_ns}"
        except OSError:
            stamp = "gone"
        said = f"{film.absolute()}\n{stamp}\n{self._mark}\n{self._every_s:g}"
        name = hashlib.sha256(said.encode()).hexdigest()[:32]
        return self._folder / name[:2] / f"{name}.npz"

    def _made(self, film: Path) -> Moments:
        span = Span.of(picture_times(film))
        count = min(MOST, max(1, round(span.seconds / self._every_s)))
        times: list[float] = []
        vectors: list[Vectors] = []
        waiting: list[Image] = []
        for _, frame in frames_at(film, segments(span, count)):
            if times and frame.time_s <= times[-1]:
                continue  # fewer pictures than moments
            times.append(frame.time_s)
            waiting.append(frame.rgb(min(WIDTH, frame.width)))
            if len(waiting) == TOGETHER:
                vectors.append(self._vectors(waiting))
                waiting = []
        if waiting:
            vectors.append(self._vectors(waiting))
        self.embedded += 1
        # Half of the digits rank the same, in half of the room.
        halves = np.concatenate(vectors).astype(np.float16)
        return Moments(path=film, times=np.array(times), vectors=halves.astype(np.float32))

    def _vectors(self, images: Sequence[Image]) -> Vectors:
        if self._embedder is None:
            self._embedder = self._open()
        return unit_rows(self._embedder.embed(images))


def indexed(
    index: FilmIndex,
    films: Iterable[Path],
    *,
    told: Callable[[int], object] = lambda done: None,
    refused: Callable[[str], object] = lambda line: None,
) -> list[Moments]:
    """The films that can be read; `refused` hears a line of each other one."""
    found = []
    for count, film in enumerate(films, start=1):
        try:
            found.append(index.moments(film))
        except SourceError as error:
            refused(f"{film}: {error}")
        told(count)
    return found


def nearest_moments(
    films: Sequence[Moments],
    examples: Vectors,
    best: int,
    *,
    apart_s: float = 5.0,
    but: Callable[[Moments], Bool[np.ndarray, "n"]] | None = None,
) -> list[Hit]:
    """The moments that look most like any of the examples, the best one first.

    Of moments of one film that are less than `apart_s` from each other only the best is told.
    `but`: moments that are no answer, as those of the example itself.
    """
    scores = []
    for film in films:
        near = (film.vectors @ examples.T).max(axis=1)
        scores.append(np.where(but(film), -np.inf, near) if but is not None else near)
    ranked = sorted(
        ((float(near), number, at) for number, row in enumerate(scores)
         for at, near in enumerate(row) if np.isfinite(near)),
        key=lambda one: -one[0],
    )  # fmt: skip
    hits: list[Hit] = []
    for score, number, at in ranked:
        path, time_s = films[number].path, float(films[number].times[at])
        if all(hit.path != path or abs(hit.time_s - time_s) >= apart_s for hit in hits):
            hits.append(Hit(path=path, time_s=time_s, score=score))
        if len(hits) == best:
            break
    return hits


def contact_sheet(hits: Sequence[Hit]) -> Image:
    """A still of each, with its rank, file, time and cosine; one at least. Raises `SourceError`."""
    tiles: dict[int, Image] = {}
    for path in dict.fromkeys(hit.path for hit in hits):
        ranks = [rank for rank, hit in enumerate(hits) if hit.path == path]
        times = np.array([hits[rank].time_s for rank in ranks])
        for at, frame in frames_at(path, times):
            rank = ranks[at]
            height = round(frame.height * TILE_WIDTH / frame.width)
            # The letters of a tile are ASCII; the rank finds the name in the list.
            name = path.name.encode("ascii", "replace").decode()
            name = name if len(name) <= LETTERS else f"{name[: LETTERS - 3]}..."
            words = f"{rank + 1}   {name}   {clock(frame.time_s)}   {hits[rank].score:.2f}"
            tiles[rank] = captioned_tile(frame.pixels.rgb(TILE_WIDTH, height), words)
    return rows_of([tiles[rank] for rank in sorted(tiles)])


def unit_rows(vectors: Float32[np.ndarray, "n d"]) -> Vectors:
    """Each at length 1: not all embedders answer so."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _opened(film: Path, content: bytes) -> Moments:
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        vectors = found["vectors"].astype(np.float32)
        return Moments(path=film, times=found["times"], vectors=vectors)
