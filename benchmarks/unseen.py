"""Real footage from which the shipped detector learnt nothing, and what is on it.

`unseen_truth.json` holds the boxes, one picture a line: those of six detectors (ours is one) that
fit a thing, and others drawn where none fits or finds it. One reviewer, a large vision model,
looked at each picture enlarged and decided on each box, then at nearly all again with their boxes
drawn; no second one did, so that mistakes are left. A box hugs what can be seen. Unsure, so that
finding it is neither right nor wrong: what is lower than 4 % of the picture, blurred, reflected or
seen by less than a third; a crowd or the far end of a road (one box around all of it); what may be
one thing or two; a box that goes on behind what hides a person; a motorcycle as a vehicle. A
parked car of a still camera counts in each of its pictures.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.footage import DATA
from vigil.core import Boxes, DataError, Image, iou
from vigil.infer.registry import Registry
from vigil.infer.session import Session, open_session
from vigil.media.films import film_frames
from vigil.stages.detect.nms import groups_of, survivors
from vigil.train.judging import boxes_in

WORDS = ("person", "vehicle")
NAMES = {
    "person": "person", "vehicle": "vehicle", "car": "vehicle", "truck": "vehicle",
    "bus": "vehicle",
}  # fmt: skip
"""Our word for what a detector calls a thing."""
LEAST = 0.03
SAME = 0.5
TRUTH = Path(__file__).with_name("unseen_truth.json")
DARK = 70
"""Mean brightness of a picture that counts as dark."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """Boxes of one picture."""

    boxes: Boxes
    scores: np.ndarray
    words: tuple[str, ...]

    def of(self, word: str) -> "Seen":
        keep = np.array([each == word for each in self.words], bool)
        return Seen(boxes=self.boxes[keep], scores=self.scores[keep], words=(word,) * keep.sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A picture of unseen footage."""

    footage: str
    key: str
    """Its file in the folder of real footage, of a film with the second: `film.mp4@1.50`."""
    image: Image
    words: tuple[str, ...]
    """What may be asked about it; of the rest nobody knows."""
    truth: Seen
    """Scores: 1 sure, 0 unsure."""
    chose: bool = False
    """The score on our card was chosen by it, so that no figure may be of it."""

    @property
    def dark(self) -> bool:
        return float(self.image.mean()) < DARK


class Looker:
    """A detector of the registry, speaking our words."""

    def __init__(self, registry: Registry, name: str) -> None:
        self.card, folder = registry.resolve(name)
        self._session: Session = open_session(self.card, folder)

    def look(self, image: Image) -> Seen:
        found = boxes_in(image, self._session.run, self.card, LEAST)
        words = [NAMES.get(self.card.labels[index], "") for index in found.classes]
        known = np.array([bool(word) for word in words], bool)
        words = [word for word in words if word]
        boxes, scores = found.boxes[known], found.scores[known]
        # A car and a truck at one place are one vehicle.
        kept = survivors(boxes, scores, groups_of(WORDS)[[WORDS.index(w) for w in words]], iou=0.5)
        return Seen(boxes=boxes[kept], scores=scores[kept], words=tuple(words[i] for i in kept))


def unseen_pictures() -> Iterator[Picture]:
    """All of them, footage by footage.

    Of each film the first half chose our score, of many short ones every second film.
    """
    yield from _halved(_highway())
    yield from _halved(_film("tracking/pets2001_ds3_cam1.mp4", 4.0))
    yield from _halved(_film("videos/vehicle_survaillance.mp4", 0.4))
    yield from _halved(_film("videos/pedestrian_survaillance.mp4", 0.4))
    yield from _halved(_film("videos/aboda_video4.avi", 1.5))
    for footage, every_s in (("fight_surv", 1.0), ("up_fall", 3.0), ("urfd", 1.0)):
        films = sorted((DATA / "action" / footage).rglob("*.mp4"))
        # Of two cameras that saw the same fall one is enough.
        for number, path in enumerate(films[::2] if footage == "up_fall" else films):
            name = str(path.relative_to(DATA))
            right = footage == "urfd"  # beside it is its depth
            for picture in _film(name, every_s, as_=footage, right=right):
                yield replace(picture, chose=number % 2 == 0)


def _halved(pictures: Iterator[Picture]) -> Iterator[Picture]:
    every = list(pictures)
    for number, picture in enumerate(every):
        yield replace(picture, chose=number < len(every) // 2)


def _highway() -> Iterator[Picture]:
    for path in sorted((DATA / "tracking/cdnet_highway/img1").glob("*.jpg"))[10::15]:
        bgr = cv2.imread(str(path))
        assert bgr is not None
        key = str(path.relative_to(DATA))
        yield _picture("cdnet_highway", key, np.ascontiguousarray(bgr[:, :, ::-1]))


def _film(name: str, every_s: float, *, as_: str = "", right: bool = False) -> Iterator[Picture]:
    due_s = every_s / 2
    for frame in film_frames(DATA / name):
        if frame.time_s >= due_s:
            due_s = frame.time_s + every_s
            image = frame.rgb(frame.width)
            image = np.ascontiguousarray(image[:, image.shape[1] // 2 :]) if right else image
            yield _picture(as_ or Path(name).stem, f"{name}@{frame.time_s:.2f}", image)


def _picture(footage: str, key: str, image: Image) -> Picture:
    """Raises `DataError` for a picture at which nobody looked."""
    height, width, _ = image.shape
    known = _reviewed().get(key)
    if known is None or known["size"] != [width, height]:
        raise DataError(f"{TRUTH.name}: nobody looked at {key}, {width} x {height} pixels")
    rows = known["boxes"]
    return Picture(
        footage=footage,
        key=key,
        image=image,
        words=tuple(known["words"]),
        truth=Seen(
            boxes=np.array([row[:4] for row in rows], np.float32).reshape(-1, 4),
            scores=np.array([row[5] for row in rows], np.float32),
            words=tuple(row[4] for row in rows),
        ),
    )


@cache
def _reviewed() -> dict[str, Any]:
    """By key: `size` (width, height), `words` asked, `boxes` (corners in pixels, word, sure)."""
    found: dict[str, Any] = json.loads(TRUTH.read_text())
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """How a detector's boxes of one word compare with the truth, over all pictures."""

    scores: np.ndarray
    """Of boxes that are right or wrong, the highest first."""
    right: np.ndarray
    things: int
    found_at: Mapping[str, tuple[np.ndarray, int]]
    """By slice: the score at which each thing of it that was found was found, and how many are."""

    def precision(self, score: float) -> float:
        told = self.scores >= score
        return float(self.right[told].mean()) if told.any() else float("nan")

    def recall(self, score: float) -> float:
        return float(self.right[self.scores >= score].sum() / max(self.things, 1))

    def average_precision(self) -> float:
        """Area under the curve, precision made falling (as COCO and VOC do)."""
        hits = np.cumsum(self.right)
        precision = hits / np.arange(1, len(hits) + 1)
        falling = np.maximum.accumulate(precision[::-1])[::-1]
        return float((falling * self.right).sum() / max(self.things, 1))

    def score_for(self, precision: float) -> float:
        """The lowest score from which on so much of what is told is true; 1: none."""
        hits = np.cumsum(self.right) / np.arange(1, len(self.right) + 1)
        good = np.flatnonzero((hits >= precision) & (np.arange(len(hits)) >= 9))
        return float(self.scores[good[-1]]) if len(good) else 1.0


def tally(pictures: Sequence[Picture], seen: Sequence[Seen], word: str) -> Tally:
    """Match the surest boxes first; a thing that nobody is sure of makes nobody right or wrong."""
    scores: list[float] = []
    right: list[bool] = []
    slices: dict[str, tuple[list[float], list[int]]] = {}
    things = 0
    for picture, answer in zip(pictures, seen, strict=True):
        if word not in picture.words:
            continue
        truth, found = picture.truth.of(word), answer.of(word)
        sure = truth.scores > 0
        things += int(sure.sum())
        at = np.full(len(sure), -1.0)
        overlaps = iou(found.boxes, truth.boxes)
        for row in np.argsort(-found.scores, kind="stable"):
            hits = np.flatnonzero((overlaps[row] >= SAME) & (at < 0)) if len(sure) else []
            if len(hits):
                best = hits[int(overlaps[row][hits].argmax())]
                at[best] = found.scores[row]
                if not sure[best]:
                    continue
            elif len(sure) and _on_unsure(found.boxes[row], truth.boxes[~sure]):
                continue
            scores.append(float(found.scores[row]))
            right.append(bool(len(hits)))
        heights = truth.boxes[:, 3] - truth.boxes[:, 1]
        share = heights / picture.image.shape[0]
        for index in np.flatnonzero(sure):
            for name in (
                picture.footage,
                "dark" if picture.dark else "light",
                "small" if share[index] < 0.15 else "large",
                "five or more together" if sure.sum() >= 5 else "fewer than five together",
            ):
                where = slices.setdefault(name, ([], [0]))
                where[1][0] += 1
                if at[index] >= 0:
                    where[0].append(float(at[index]))
    order = np.argsort(-np.array(scores), kind="stable")
    return Tally(
        scores=np.array(scores)[order],
        right=np.array(right, bool)[order],
        things=things,
        found_at={name: (np.array(hit), count[0]) for name, (hit, count) in slices.items()},
    )


def _on_unsure(box: Boxes, unsure: Boxes) -> bool:
    """Whether most of a box lies on something of which nobody is sure."""
    if not len(unsure):
        return False
    low, high = np.maximum(box[:2], unsure[:, :2]), np.minimum(box[2:], unsure[:, 2:])
    both = np.clip(high - low, 0, None).prod(1)
    return bool((both / max(float((box[2:] - box[:2]).prod()), 1e-6)).max() >= 0.5)
