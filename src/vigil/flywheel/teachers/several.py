"""Teachers made of teachers: several that agree, and one that looks at a picture piece by piece."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from jaxtyping import Bool

from vigil.core import Box, Boxes, ConfigError, Detections, Image, Labeler
from vigil.flywheel.teachers.fusion import Merge, fused, merged, voted
from vigil.flywheel.teachers.teacher import Teacher, Words

SIDE_PX = 640
OVERLAP = 0.2
"""Share of a slice that its neighbour shows, too: what is smaller is whole in one of them."""


EDGE_PX = 2
"""A box this near to the border of its slice goes on beyond it."""


class Ensemble:
    """Several teachers of the same words: boxes are fused, words of whole pictures are voted on."""

    def __init__(self, teachers: Sequence[Teacher], weights: Sequence[float] | None = None) -> None:
        """`weights`: how much each is believed; None: all alike. Raises `ConfigError`."""
        if len({teacher.whole for teacher in teachers}) != 1:
            raise ConfigError("--teacher: some draw boxes and some do not; allowed: one sort")
        if len({frozenset(teacher.words) for teacher in teachers}) != 1:
            # Who does not know a word would count as one who does not see the thing.
            raise ConfigError("--teacher: not all know the same words; allowed: the same words")
        self._teachers = tuple(teachers)
        self._weights = tuple(weights or [1.0] * len(teachers))
        self.name = " + ".join(teacher.name for teacher in teachers)
        brains = all(teacher.labeler is Labeler.BRAIN for teacher in teachers)
        self.labeler = Labeler.BRAIN if brains else Labeler.MODEL
        self.whole = teachers[0].whole
        self.words: Words = teachers[0].words
        self.usual = float(np.mean([teacher.usual for teacher in teachers]))

    def propose(self, images: Sequence[Image]) -> list[Detections | None]:
        answers = [teacher.propose(images) for teacher in self._teachers]
        join = voted if self.whole else fused
        found: list[Detections | None] = []
        for each in zip(*answers, strict=True):
            spoken = [answer for answer in each if answer is not None]
            # One that could not say anything must not count as one that saw nothing.
            weights = [
                weight
                for answer, weight in zip(each, self._weights, strict=True)
                if answer is not None
            ]
            found.append(join(spoken, weights) if spoken else None)
        return found


class Tiled:
    """Looks at the whole picture and at slices of it, in which small things are larger."""

    def __init__(
        self,
        teacher: Teacher,
        *,
        side_px: int = SIDE_PX,
        overlap: float = OVERLAP,
        merge: Merge = "nmm",
    ) -> None:
        """`side_px`: of a slice, pixels of the picture. Raises `ConfigError`."""
        if teacher.whole:
            raise ConfigError("--tiles: this teacher names whole pictures; it has no boxes to join")
        if side_px < 64 or not 0 <= overlap < 0.9:
            raise ConfigError(
                f"--tiles: found {side_px} px, overlap {overlap}; allowed: 64 px or more, 0 to 0.9"
            )
        self._teacher, self._side_px, self._overlap = teacher, side_px, overlap
        self._merge: Merge = merge
        self.name = f"{teacher.name} in slices of {side_px} px, {overlap:g} {merge}"
        self.labeler, self.whole = teacher.labeler, False
        self.words, self.usual = teacher.words, teacher.usual

    def propose(self, images: Sequence[Image]) -> list[Detections | None]:
        return [self._one(image) for image in images]

    def _one(self, image: Image) -> Detections | None:
        height, width = image.shape[:2]
        parts = [Box(0, 0, width, height), *slices_of(width, height, self._side_px, self._overlap)]
        cuts = [
            np.ascontiguousarray(image[int(y1) : int(y2), int(x1) : int(x2)])
            for x1, y1, x2, y2 in parts
        ]
        answers = self._teacher.propose(cuts)
        found, numbers, cut = [], [], []
        for number, (part, answer) in enumerate(zip(parts, answers, strict=True)):
            if answer is None:
                return None
            moved = _moved(answer, part)
            found.append(moved)
            numbers.append(np.full(len(moved), number, np.int64))
            cut.append(_cut(moved.boxes, part, width, height))
        return merged(_joined(found), np.concatenate(numbers), np.concatenate(cut), self._merge)


def slices_of(width: int, height: int, side_px: int, overlap: float) -> list[Box]:
    """Squares that cover a picture evenly; none for one that is hardly larger than a square."""
    if max(width, height) <= side_px:
        return []
    return [
        Box(x, y, min(x + side_px, width), min(y + side_px, height))
        for y in _starts(height, side_px, overlap)
        for x in _starts(width, side_px, overlap)
    ]


def _starts(length: int, side_px: int, overlap: float) -> list[int]:
    if length <= side_px:
        return [0]
    count = ceil((length - side_px) / (side_px * (1 - overlap))) + 1
    return [round(index * (length - side_px) / (count - 1)) for index in range(count)]


def _cut(boxes: Boxes, part: Box, width: int, height: int) -> Bool[np.ndarray, " n"]:
    """Which boxes touch a border of their slice that is none of the picture."""
    low = (boxes[:, :2] <= (part.x1 + EDGE_PX, part.y1 + EDGE_PX)) & (
        np.array([part.x1, part.y1]) > 0
    )
    high = (boxes[:, 2:] >= (part.x2 - EDGE_PX, part.y2 - EDGE_PX)) & (
        np.array([part.x2, part.y2]) < (width, height)
    )
    return np.asarray((low | high).any(axis=1))


def _moved(found: Detections, part: Box) -> Detections:
    shift = np.array([part.x1, part.y1, part.x1, part.y1], np.float32)
    return Detections(
        boxes=found.boxes + shift, scores=found.scores, labels=found.labels, card=found.card
    )


def _joined(found: Sequence[Detections]) -> Detections:
    return Detections(
        boxes=np.concatenate([each.boxes for each in found]),
        scores=np.concatenate([each.scores for each in found]),
        labels=tuple(label for each in found for label in each.labels),
        card=found[0].card,
    )
