"""Real footage from which the shipped detector learnt nothing, and what is on it.

The highway's truth is derived from masks (cars that touch are one). Elsewhere nobody drew boxes:
there truth is what the best teachers here say together, and what only one of them suspects is
left out, so that finding it is neither right nor wrong. It knows what teachers know: a thing that
all of them miss counts as a mistake of who finds it. YOLOX-nano is one of them, which flatters it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.footage import DATA
from vigil.core import Boxes, Image, iou
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
SURE, AGREED, SUSPECTED = 0.8, 0.35, 0.35
"""Scores: enough from one teacher; enough where two agree; enough to leave a thing out."""
SAME = 0.5
TEACHERS = ("person-detection-retail-0013", "person-vehicle-bike-crossroad-0078", "yolox-nano-416")
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
    image: Image
    words: tuple[str, ...]
    """What may be asked about it; of the rest nobody knows."""
    truth: Seen | None = None
    """None: teachers have to say. Scores: 1 sure, 0 unsure."""
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
    yield from _halved(_film("tracking/pets2001_ds3_cam1.mp4", 4.0, WORDS))
    yield from _halved(_film("videos/vehicle_survaillance.mp4", 0.4, ("vehicle",)))
    yield from _halved(_film("videos/pedestrian_survaillance.mp4", 0.4, ("person",)))
    yield from _halved(_film("videos/aboda_video4.avi", 1.5, ("person",)))
    for footage, every_s in (("fight_surv", 1.0), ("up_fall", 3.0), ("urfd", 1.0)):
        films = sorted((DATA / "action" / footage).rglob("*.mp4"))
        # Of two cameras that saw the same fall one is enough.
        for number, path in enumerate(films[::2] if footage == "up_fall" else films):
            name = str(path.relative_to(DATA))
            right = footage == "urfd"  # beside it is its depth
            for picture in _film(name, every_s, ("person",), as_=footage, right=right):
                yield replace(picture, chose=number % 2 == 0)


def _halved(pictures: Iterator[Picture]) -> Iterator[Picture]:
    every = list(pictures)
    for number, picture in enumerate(every):
        yield replace(picture, chose=number < len(every) // 2)


def judged_by_teachers(picture: Picture, teachers: Sequence[Looker]) -> Seen:
    """What they say together: sure where one is very sure or two agree, unsure where suspected."""
    boxes: list[np.ndarray] = []
    scores: list[float] = []
    words: list[str] = []
    answers = [teacher.look(picture.image) for teacher in teachers]
    for word in picture.words:
        said = [answer.of(word) for answer in answers]
        everything = np.concatenate([each.boxes for each in said])
        sureness = np.concatenate([each.scores for each in said])
        whose = np.concatenate([np.full(len(each.scores), n) for n, each in enumerate(said)])
        free = sureness >= SUSPECTED
        for index in np.argsort(-sureness, kind="stable"):
            if not free[index]:
                continue
            alike = free & (iou(everything[index : index + 1], everything)[0] >= SAME)
            free &= ~alike
            agreed = len(set(whose[alike & (sureness >= AGREED)])) >= 2
            boxes.append(everything[index])
            scores.append(float(sureness[index] >= SURE or agreed))
            words.append(word)
    return Seen(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.array(scores, np.float32),
        words=tuple(words),
    )


def _highway() -> Iterator[Picture]:
    folder = DATA / "tracking/cdnet_highway"
    rows = np.loadtxt(folder / "gt/gt.txt", delimiter=",")
    for path in sorted((folder / "img1").glob("*.jpg"))[10::15]:
        here = rows[rows[:, 0] == int("".join(filter(str.isdigit, path.stem)))]
        corners = np.concatenate([here[:, 2:4], here[:, 2:4] + here[:, 4:6]], axis=1)
        # A speck at the vanishing point is a mask's noise as often as a car.
        large = (here[:, 4:6].min(axis=1) >= 8).astype(np.float32)
        truth = Seen(boxes=corners.astype(np.float32), scores=large, words=("vehicle",) * len(here))
        bgr = cv2.imread(str(path))
        assert bgr is not None
        yield Picture(
            footage="cdnet_highway", image=np.ascontiguousarray(bgr[:, :, ::-1]),
            words=("vehicle",), truth=truth,
        )  # fmt: skip


def _film(
    name: str, every_s: float, words: tuple[str, ...], *, as_: str = "", right: bool = False
) -> Iterator[Picture]:
    due_s = every_s / 2
    for frame in film_frames(DATA / name):
        if frame.time_s >= due_s:
            due_s = frame.time_s + every_s
            image = frame.rgb(frame.width)
            image = np.ascontiguousarray(image[:, image.shape[1] // 2 :]) if right else image
            yield Picture(footage=as_ or Path(name).stem, image=image, words=words)


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
        assert picture.truth is not None
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
