"""How good a segmenter is: the overlap of what it says each pixel shows with what is there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Int64

from vigil.core import Image, ModelCard
from vigil.infer.fitting import fitted_image, natural_scale
from vigil.train.judging import Answer
from vigil.train.regions import UNKNOWN, Map, Mapped
from vigil.train.slices import light_of

Confusion = Int64[np.ndarray, "k k"]
"""Pixels by what they show (rows) and by what was said (columns)."""


@dataclass(frozen=True, kw_only=True)
class JudgedMaps:
    """What a segmenter reached on pictures that it has not learnt from."""

    pictures: int
    mean_overlap: float
    """Mean over words of intersection over union (Everingham et al. 2010), `other` too."""
    accuracy: float
    """Share of pixels told right."""
    overlaps: Mapping[str, float] = field(default_factory=dict)
    """Intersection over union of each word that is there, over all pictures together."""
    overlap_by: Mapping[str, float] = field(default_factory=dict)
    """The mean of each camera, as `camera/NAME`, and of `light/day` and `light/dark`."""
    pixels_by: Mapping[str, int] = field(default_factory=dict)
    """How many pixels show something else than `other` there."""

    def metrics(self) -> dict[str, float]:
        """As a model card keeps them."""
        plain = {"miou": self.mean_overlap, "accuracy": self.accuracy}
        words = {f"iou/{word}": value for word, value in self.overlaps.items()}
        slices = {f"miou/{name}": value for name, value in self.overlap_by.items()}
        return {name: round(value, 4) for name, value in (plain | words | slices).items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class LookedAt:
    """What is there on one picture, and what was told, source pixels."""

    mapped: Mapped
    there: Map
    told: Map
    slices: tuple[str, ...]
    """`camera/NAME`, and `light/day` or `light/dark`."""


def look(mapped: Sequence[Mapped], answer: Answer, card: ModelCard) -> Iterator[LookedAt]:
    """Look at each picture as the watch would. Raises `DataError` when it cannot be read."""
    for each in mapped:
        image = each.image()
        yield LookedAt(
            mapped=each,
            there=each.map(each.width, each.height),
            told=told(image, answer, card),
            slices=(f"camera/{each.group}", light_of(image)),
        )


def judge_maps(mapped: Sequence[Mapped], answer: Answer, card: ModelCard) -> JudgedMaps:
    """How good the answers are; pixels that nobody knows are left out. Raises as `look` does."""
    return judged_maps(look(mapped, answer, card), card)


def judged_maps(looked: Iterable[LookedAt], card: ModelCard) -> JudgedMaps:
    """The same of what was told already."""
    words, pictures = len(card.labels), 0
    whole = np.zeros((words, words), np.int64)
    counts: dict[str, Confusion] = {}
    for each in looked:
        pictures += 1
        found = confusion(each.there, each.told, words)
        whole += found
        for name in each.slices:
            counts[name] = counts.get(name, np.zeros_like(whole)) + found
    by_word = overlaps(whole)
    slices = sorted(counts)
    return JudgedMaps(
        pictures=pictures,
        mean_overlap=_mean(by_word),
        accuracy=float(np.trace(whole) / max(int(whole.sum()), 1)),
        overlaps={card.labels[number]: value for number, value in by_word.items()},
        overlap_by={name: _mean(overlaps(counts[name])) for name in slices},
        pixels_by={name: int(counts[name][1:].sum()) for name in slices},
    )


def told(image: Image, answer: Answer, card: ModelCard) -> Map:
    """The likeliest word of every pixel of a picture, as the card's head says it."""
    output = answer(fitted_image(image, card.input))[0][0]
    classes = output if card.head == "class_map" else output.argmax(axis=2)
    height, width = image.shape[:2]
    scale_x, scale_y = natural_scale(width, height, card.input)
    filled = classes[: round(height * scale_y), : round(width * scale_x)].astype(np.uint8)
    drawn = cv2.resize(filled, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(drawn, np.uint8)


def confusion(there: Map, said: Map, words: int) -> Confusion:
    """Count pixels whose word is known."""
    known = there != UNKNOWN
    pairs = there[known].astype(np.int64) * words + said[known]
    return np.bincount(pairs, minlength=words * words).reshape(words, words).astype(np.int64)


def overlaps(counts: Confusion) -> dict[int, float]:
    """Intersection over union of each word that is there, or that was told where it is not."""
    both = np.diag(counts)
    either = counts.sum(0) + counts.sum(1) - both
    there = np.flatnonzero(either).tolist()
    return {number: float(both[number] / either[number]) for number in there}


def _mean(by_word: Mapping[int, float]) -> float:
    return float(np.mean([*by_word.values()])) if by_word else 0.0
