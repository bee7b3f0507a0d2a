"""A film in a few pictures: its shots, the pictures that differ most, a board and a short film."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vigil.core import Embedder, Frame, Image, SourceRefused
from vigil.media.encode import LEAST_STEP_S, VideoWriter, even_rgb
from vigil.media.films import film_frames, frames_at
from vigil.media.key_frames import Descriptors, by_change, descriptors, k_centre, middles
from vigil.media.shots import DEFAULTS, Measured, Shot, ShotSettings, find_shots, measure
from vigil.pipeline.storyboard import TILE_WIDTH, captioned_tile, rows_of

CANDIDATES = 400
"""Pictures evenly through the film, and pictures that an embedder is given, at most."""
ALIKE, EMBEDDED_ALIKE = 0.65, 0.3
"""Distances of descriptors, and of unit vectors, at which two pictures show the same: a difference
of 8 in 255 at every place of a thumbnail, a cosine of 0.955."""
PIECE_S = 1.5
"""Of the short film, for each chosen picture."""
CLIP_WIDTH = 640
CLIP_RATE = 25.0
"""Where a file does not tell its own."""
Seen = Callable[[Frame], None]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A picture that stands for a part of a film."""

    time_s: float
    """Seconds of the film."""
    shot: int
    """Number of its shot, from 0."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Summary:
    """What a film holds, in order of time."""

    seconds: float
    pictures: int
    shots: list[Shot]
    chosen: list[Chosen]


def summarise(
    path: Path,
    count: int,
    *,
    settings: ShotSettings = DEFAULTS,
    embedder: Embedder | None = None,
    seen: Seen | None = None,
) -> Summary:
    """Shots, and at most `count` pictures of which none is like another.

    Candidates are the middles of the shots, the pictures after a change, and some evenly through
    the film; alike is what the embedder says, else how thumbnails look. Raises `SourceRefused` for
    what is no film.
    """
    measured = measure(film_frames(path), seen)
    shots = find_shots(measured, settings)
    # A fixed camera's film is one shot, in which somebody walks and hardly a pixel changes.
    even = np.linspace(0, len(measured) - 1, min(len(measured), CANDIDATES)).astype(np.int64)
    changes = np.union1d(middles(shots, measured), by_change(measured))
    candidates = np.union1d(changes, even)
    apart = ALIKE if embedder is None else EMBEDDED_ALIKE
    if embedder is None:
        points = descriptors(measured)[candidates]
    else:
        spread = np.linspace(0, len(candidates) - 1, min(len(candidates), CANDIDATES)).astype(int)
        candidates = candidates[spread]
        points = _embedded(path, measured, candidates, embedder)
    kept = sorted(int(candidates[at]) for at in k_centre(points, count, apart=apart))
    starts = np.array([shot.start_s for shot in shots])
    return Summary(
        seconds=float(measured.times[-1]),
        pictures=len(measured),
        shots=shots,
        chosen=[
            Chosen(
                time_s=(time_s := float(measured.times[at])),
                shot=max(0, int(np.searchsorted(starts, time_s, side="right")) - 1),
            )
            for at in kept
        ],
    )


def storyboard(path: Path, summary: Summary) -> Image:
    """A still of each chosen picture, with its time and its shot. Raises as `summarise`."""
    times = np.array([one.time_s for one in summary.chosen])
    tiles = []
    for index, frame in frames_at(path, times):
        height = round(frame.height * TILE_WIDTH / frame.width)
        words = f"{clock(frame.time_s)}   shot {summary.chosen[index].shot + 1}"
        tiles.append(captioned_tile(frame.pixels.rgb(TILE_WIDTH, height), words))
    return rows_of(tiles)


def write_short_film(path: Path, summary: Summary, out: Path, *, seen: Seen | None = None) -> float:
    """The seconds around each chosen picture, one after the other, without sound; how long it is.

    Pictures are encoded anew: evidence is cut by `vigil event`, never so. Raises as `summarise`.
    """
    pieces = _pieces(summary)
    rate, at_s, last_s = CLIP_RATE, 0.0, None
    writer: VideoWriter | None = None
    size = (0, 0)
    try:
        for frame in film_frames(path):
            if seen is not None:
                seen(frame)
            if frame.time_s > pieces[-1][1]:
                break
            if not any(start_s <= frame.time_s <= end_s for start_s, end_s in pieces):
                last_s = None
                continue
            # At a cut of ours the next picture follows as in a film of the usual rate.
            step_s = 1 / rate if last_s is None else frame.time_s - last_s
            at_s += max(step_s, LEAST_STEP_S)
            last_s = frame.time_s
            picture = even_rgb(frame, CLIP_WIDTH)
            if writer is None:
                at_s = 0.0
                writer = VideoWriter(out, picture.shape[1], picture.shape[0], rate)
                size = (picture.shape[1], picture.shape[0])
            writer.write(_fitted(picture, size), at_s)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise SourceRefused(f"{path.name}: no picture of it can be decoded")
    return at_s + 1 / rate


def clock(time_s: float) -> str:
    """Minutes and seconds, to a tenth."""
    minutes, seconds = divmod(max(0.0, time_s), 60)
    return f"{int(minutes)}:{seconds:04.1f}"


def _embedded(
    path: Path, measured: Measured, candidates: np.ndarray, embedder: Embedder
) -> Descriptors:
    images: dict[int, Image] = {}
    for index, frame in frames_at(path, measured.times[candidates]):
        images[index] = frame.rgb(min(CLIP_WIDTH, frame.width))
    return embedder.embed([images[index] for index in range(len(candidates))])


def _pieces(summary: Summary) -> list[tuple[float, float]]:
    """Seconds around each chosen picture, within its shot; pieces that touch become one."""
    pieces: list[tuple[float, float]] = []
    for one in summary.chosen:
        shot = summary.shots[one.shot]
        start_s = max(shot.start_s, one.time_s - PIECE_S / 2)
        last = one.shot == len(summary.shots) - 1
        # The picture at a shot's end is the first of the next.
        end_s = min(shot.end_s if last else shot.end_s - 1e-3, one.time_s + PIECE_S / 2)
        if pieces and start_s <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], max(end_s, pieces[-1][1]))
        else:
            pieces.append((start_s, max(start_s, end_s)))
    return pieces


def _fitted(picture: Image, size: tuple[int, int]) -> Image:
    """Of a film whose size changes on the way, all pictures have the first one's."""
    if picture.shape[1::-1] == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
