"""Fights and no fights before cameras, all brought to one length, rate and size, and their scenes.

The clips came with other lengths, rates, sizes and weights for fights than for none, so that a
network can be right without looking. Here each is the middle `SECONDS` of its film, at `RATE`
pictures a second, pulled to `SIDE` pixels square; no clip was smaller. What is left of the making
of a film are the marks of its compression, and up to half a picture of play in the times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from vigil.core import Image, SourceError
from vigil.media.films import frames_at, picture_times
from vigil.media.hearing import RATE as SAMPLES
from vigil.media.log_mel import film_sound, stretch

WORDS = ("noFight", "fight")
SECONDS = 1.6
"""The shortest clip has 1.7."""
RATE = 10.0
"""Pictures a second: the slowest clip has as many."""
SIDE = 112
PICTURES = round(SECONDS * RATE)
CELLS, ANGLES = 8, 8
ALIKE = 0.65
"""Clips whose backgrounds are so much alike, or more, are taken to be of one scene."""
SAME_PLACE = (
    ("nofi045", "nofi047"), ("nofi061", "nofi092"), ("fi001", "fi002"), ("fi136", "nofi104"),
    ("fi031", "fi040", "nofi029"),
)  # fmt: skip
"""Clips of one place from another side, or of one recorder in one night: eyes saw what the rule
does not."""
HELD = 4
"""One of so many parts of what is learnt chooses the epoch of a network."""
Marks = Int64[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True, eq=False)
class FightClip:
    """One clip, alike in everything but in what it shows."""

    path: Path
    mark: int
    """1: a fight."""
    pictures: UInt8[np.ndarray, "t side side 3"]
    samples: Float32[np.ndarray, " samples"] | None
    """The same seconds, 16 000 a second; None: no sound."""
    start_s: float
    told: tuple[float, ...]
    """What the file says of itself: seconds, pictures a second, width, height, bytes."""

    @property
    def told_after(self) -> tuple[float, ...]:
        """The same of what is left of it, uncompressed."""
        count, high, wide, _ = self.pictures.shape
        return (count / RATE, RATE, wide, high, self.pictures.nbytes)


def fight_clips(folder: Path) -> list[FightClip]:
    """All clips below `noFight` and `fight`. Raises `SourceError`."""
    return [
        read_clip(path, mark)
        for mark, word in enumerate(WORDS)
        for path in sorted((folder / word).glob("*.mp4"))
    ]


def read_clip(path: Path, mark: int) -> FightClip:
    """Decode one. Raises `SourceError`."""
    times = picture_times(path)
    seconds = float(times[-1] - times[0]) * len(times) / (len(times) - 1)
    start_s = float(times[0]) + max(0.0, (seconds - SECONDS) / 2)
    pictures: list[Image] = []
    for _, frame in frames_at(path, start_s + np.arange(PICTURES) / RATE):
        whole = frame.rgb(frame.width)
        pictures.append(cv2.resize(whole, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    size = float(frame.width), float(frame.height)
    told = (seconds, len(times) / seconds, *size, float(path.stat().st_size))
    return FightClip(
        path=path, mark=mark, pictures=np.stack(pictures), samples=_sound(path, start_s),
        start_s=start_s, told=told,
    )  # fmt: skip


def marks_of(clips: Iterable[FightClip]) -> Marks:
    """1 where there is a fight."""
    return np.array([clip.mark for clip in clips], np.int64)


def signature(pictures: UInt8[np.ndarray, "t h w 3"]) -> Float32[np.ndarray, "2 d"]:
    """How the place looks without what moves in it: edges and colours of the median picture.

    Edges by direction and colours by place, each less its mean and of length 1.
    """
    middle = np.median(pictures, axis=0).astype(np.uint8)
    blurred = cv2.GaussianBlur(cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY), (0, 0), 1).astype(float)
    down, across = np.gradient(blurred)
    angle = (np.arctan2(down, across) % np.pi) * ANGLES / np.pi
    strength = np.hypot(down, across)
    edges = [
        cv2.resize(np.where(angle.astype(int) % ANGLES == at, strength, 0), (CELLS, CELLS),
                   interpolation=cv2.INTER_AREA)
        for at in range(ANGLES)
    ]  # fmt: skip
    lab = cv2.cvtColor(middle, cv2.COLOR_RGB2LAB).astype(np.float32)
    colours = cv2.resize(lab, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    rows = [np.sqrt(np.stack(edges, 2)).ravel(), np.resize(colours, edges[0].size * ANGLES)]
    return np.stack([_unit(row) for row in rows])


def likeness(clips: Sequence[FightClip]) -> Float32[np.ndarray, "n n"]:
    """Of each clip's place with each other's: the mean of how alike edges and colours are."""
    rows = np.stack([signature(clip.pictures) for clip in clips])
    return np.asarray(np.einsum("akd,bkd->ab", rows, rows) / rows.shape[1], np.float32)


def scenes_of(clips: Sequence[FightClip]) -> Marks:
    """Number of the scene of each clip: by what places look like, and by `SAME_PLACE`."""
    alike = likeness(clips)
    names = [clip.path.stem for clip in clips]
    for place in SAME_PLACE:
        rows = [names.index(name) for name in place if name in names]
        alike[np.ix_(rows, rows)] = 1.0
    return scenes(alike)


def scenes(alike: Float32[np.ndarray, "n n"], least: float = ALIKE) -> Marks:
    """Number of the scene of each clip: no two clips that are so much alike are in different ones.

    Single linkage: what is like a clip of a scene belongs to it. Words have no say.
    """
    apart = np.clip(1 - (alike + alike.T) / 2, 0, None).astype(float)
    np.fill_diagonal(apart, 0)
    joined = linkage(squareform(apart, checks=False), "single")
    return np.asarray(fcluster(joined, 1 - least, "distance"), np.int64)


def parted(marks: Marks, groups: Marks, *, folds: int, seed: int) -> list[tuple[Marks, Marks]]:
    """Learnt and judged rows of each fold, words as even as scenes allow."""
    drawn = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    return list(drawn.split(marks, marks, groups))


def sides_of(marks: Marks, scenes: Marks, learnt: Marks, seed: int) -> list[str]:
    """`test` of what is not learnt; of the rest one fold, by scenes too, is `val`."""
    _, held = parted(marks[learnt], scenes[learnt], folds=HELD, seed=seed)[0]
    sides = np.full(len(marks), "test", object)
    sides[learnt] = "train"
    sides[learnt[held]] = "val"
    return [str(each) for each in sides]


def told_alone(
    told: Sequence[Sequence[float]], marks: Marks, splits: Sequence[tuple[Marks, Marks]]
) -> float:
    """Accuracy of who knows only what files say of themselves."""
    table = np.log(np.array(told))
    right = 0
    for learnt, judged in splits:
        machine = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        machine.fit(table[learnt], marks[learnt])
        right += int((machine.predict(table[judged]) == marks[judged]).sum())
    return right / len(marks)


def _sound(path: Path, start_s: float) -> Float32[np.ndarray, " samples"] | None:
    try:
        whole = film_sound(path).samples
    except SourceError:
        return None
    part = stretch(whole, start_s, start_s + SECONDS)
    return np.resize(np.pad(part, (0, SAMPLES)), round(SECONDS * SAMPLES)).astype(np.float32)


def _unit(row: np.ndarray) -> np.ndarray:
    centred = row - row.mean()
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-9), np.float32)
