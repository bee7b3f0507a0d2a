"""Falls and other things that people do, as a network of the watch is shown them.

Each person is cut out by the square that the watch would cut, from the boxes that its detector and
tracker give, and becomes a small film. The moment at which somebody reaches the ground was read
off the pictures, good to 0.2 s.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from benchmarks.footage import DATA
from benchmarks.real_people import NOON_S, pictures
from vigil.core import Box, Image, Look, Rung
from vigil.media.encode import H264Options, VideoWriter
from vigil.media.films import picture_times
from vigil.media.pixels import frame_of_array
from vigil.media.sampling import Span
from vigil.stages.detect.model import ModelDetector
from vigil.stages.sense.square import Square
from vigil.stages.track.two_stage import TwoStageTracker
from vigil.train.video.clips import VideoClip

RATE = 8.0
"""Pictures a second: a fall is over within a second."""
FRAMES = 8
SECONDS = FRAMES / RATE
SIDE = 64
"""Of the films; a network takes somewhat less."""
SEEN_S = (0.9, 0.75, 0.6, 0.45)
"""Clips of a fall begin so long before the ground is reached."""
REST = 2 * FRAMES
"""Of other things clips begin so many pictures apart: they are many, and alike."""
REST_URFD = 2
"""Where there is little but falls."""
BEFORE_S, AFTER_S = 1.0, 0.5
"""What is so near to that moment is no clip of something else."""
DOWN_S: Mapping[str, float] = {
    "fall-01-cam0": 3.8, "fall-04-cam0": 1.6, "fall-06-cam0": 1.5, "fall-08-cam0": 2.0,
    "fall-12-cam0": 1.9, "fall-16-cam0": 1.5, "fall-20-cam0": 1.6, "fall-24-cam0": 1.2,
    "fall-27-cam0": 2.6, "fall-30-cam0": 1.8,
    "A01_S1_T1": 3.4, "A01_S1_T2": 1.4, "A02_S1_T1": 1.4, "A02_S1_T2": 1.6, "A03_S1_T1": 1.5,
    "A03_S1_T2": 1.5, "A04_S1_T1": 1.1, "A04_S1_T2": 1.4, "A05_S1_T1": 1.5, "A05_S1_T2": 1.5,
}  # fmt: skip
"""Seconds; both cameras of UP-Fall began together."""
URFD = tuple(sorted((DATA / "action" / "urfd").glob("*.mp4")))
UP = tuple(sorted((DATA / "action" / "up_fall").glob("*.mp4")))


def event_of(path: Path) -> str:
    """What a film shows, whichever camera saw it."""
    return path.stem.removesuffix("_C1").removesuffix("_C2")


def falls(path: Path) -> bool:
    """Whether somebody falls in it."""
    return event_of(path) in DOWN_S


UP_FALLS = tuple(path for path in UP if falls(path))
OTHERS = tuple(path for path in UP if not falls(path))


@dataclass(frozen=True, kw_only=True, eq=False)
class Crops:
    """One person of a film, for as long as they were tracked."""

    path: Path
    """A film of them, `RATE` pictures a second."""
    film: Path
    times: tuple[float, ...]
    """Seconds of that film, of each picture."""
    stirs: tuple[float, ...]
    """How much each picture differs from the one before, levels in the mean; 0 for the first."""

    def stirred(self, from_s: float, to_s: float) -> float:
        """The most of it between two moments; 0 where nobody was tracked."""
        seen = zip(self.times, self.stirs, strict=True)
        return max((stir for time_s, stir in seen if from_s <= time_s <= to_s), default=0.0)


def crops(film: Path, detector: ModelDetector, folder: Path, *, until: float = 1.0) -> list[Crops]:
    """People of a film, up to so great a part of it, who were there for a clip at least."""
    tracker = TwoStageTracker()
    squares: dict[int, Square] = {}
    found: dict[int, list[tuple[float, Image]]] = {}
    end_s, due_s = until * Span.of(picture_times(film)).seconds, 0.0
    for time_s, rgb in pictures(film):
        if time_s > end_s:
            break
        if time_s < due_s - 1e-3:
            continue
        due_s += 1 / RATE
        look = Look.whole(frame_of_array(rgb, source="clip", time_s=NOON_S + time_s), Rung.FULL)
        high, wide = rgb.shape[:2]
        for track in tracker.update(look, detector.detect([look])[0]).tracks:
            square = squares.setdefault(track.id, Square())
            place = square.follow(track.box, NOON_S + time_s, wide, high)
            found.setdefault(track.id, []).append((time_s, _cut(rgb, place)))
    made = []
    for number, seen in found.items():
        if len(seen) >= FRAMES:
            path = folder / f"{film.stem}-{number}.mp4"
            with VideoWriter(path, SIDE, SIDE, RATE, options=H264Options(key_every=FRAMES)) as out:
                for _, picture in seen:
                    out.write(picture)
            made.append(Crops(path=path, film=film, times=times_of(seen), stirs=stirs_of(seen)))
    return made


def times_of(seen: Sequence[tuple[float, Image]]) -> tuple[float, ...]:
    """Seconds."""
    return tuple(time_s for time_s, _ in seen)


def stirs_of(seen: Sequence[tuple[float, Image]]) -> tuple[float, ...]:
    """How much pictures differ from those before."""
    found = [cv2.absdiff(one, two).mean() for (_, one), (_, two) in pairwise(seen)]
    return (0.0, *(round(float(each), 2) for each in found))


def labelled(
    people: Sequence[Crops], *, held: int, judged: Container[Path] = ()
) -> Iterator[VideoClip]:
    """Clips of a second, each `fall` or `other`; one event in so many is `val`, the rest learnt.

    Of films that are `judged` only what follows the fall is shown, as `other`.
    """
    events = sorted({event_of(one.film) for one in people})
    fallen = {id(one) for one in fallers(people)}
    for one in people:
        event = event_of(one.film)
        split = "val" if events.index(event) % held == 0 else "train"
        if one.film in judged:
            shown: Iterable[tuple[str, int]] = _others(one, DOWN_S[event], after=True)
        else:
            shown = _windows(one, DOWN_S[event] if id(one) in fallen else None)
        for word, index in shown:
            yield VideoClip(
                path=one.path, start_s=index / RATE, end_s=(index + FRAMES) / RATE, words=(word,),
                group=event, split=split,
            )  # fmt: skip


def fallers(people: Iterable[Crops]) -> list[Crops]:
    """Of each film with a fall whoever stirs most while it lasts: others look on, or sit."""
    found: dict[Path, tuple[float, Crops]] = {}
    for one in people:
        down_s = DOWN_S.get(event_of(one.film))
        if down_s is not None:
            stirred = one.stirred(down_s - BEFORE_S, down_s + AFTER_S)
            if stirred > found.get(one.film, (0.0, one))[0]:
                found[one.film] = stirred, one
    return [one for _, one in found.values()]


def _windows(one: Crops, down_s: float | None) -> Iterator[tuple[str, int]]:
    """Words, and the pictures with which their clips begin; None: this person does not fall."""
    last = len(one.times) - FRAMES
    if down_s is not None:
        for before_s in SEEN_S:
            index = int(np.searchsorted(one.times, down_s - before_s - 0.5 / RATE))
            if index <= last and one.times[index] <= down_s - SEEN_S[-1] + 0.5 / RATE:
                yield "fall", index
    yield from _others(one, down_s)


def _others(one: Crops, down_s: float | None, *, after: bool = False) -> Iterator[tuple[str, int]]:
    """What is no fall; `after`: of what follows one alone."""
    apart = REST_URFD if one.film in URFD else REST
    for index in range(0, len(one.times) - FRAMES + 1, apart):
        start_s, end_s = one.times[index], one.times[index + FRAMES - 1]
        if (
            down_s is None
            or start_s > down_s + AFTER_S
            or (not after and end_s < down_s - BEFORE_S)
        ):
            yield "other", index


def _cut(rgb: Image, place: Box) -> Image:
    x1, y1, x2, y2 = (round(side) for side in place)
    piece = rgb[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
    return np.asarray(cv2.resize(piece, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
