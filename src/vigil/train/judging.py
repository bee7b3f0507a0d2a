"""How good a detector is: average precision as COCO measures it, and recall at its own score.

Lin et al. 2014, arXiv 1405.0312; computed by pycocotools.
"""

import contextlib
import io
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from vigil.core import Boxes, Image, ModelCard, areas, iou
from vigil.infer.fitting import fitted_image, natural_scale
from vigil.infer.heads import Candidates, head_of
from vigil.infer.session import Output
from vigil.stages.detect.nms import groups_of, survivors
from vigil.train.slices import Slices, crowding_of, light_of, size_of
from vigil.train.stills import Still

Answer = Callable[[Image], Sequence[Output]]
"""Raw outputs for a picture of the card's size: of a network, or of the file made from it."""
KEPT = 0.02
"""Score from which boxes count: average precision is an area under all scores."""
MATCHED = 0.5
"""Overlap from which a box has found its thing."""
SURE = 0.5
"""Truth that is believed less is no truth to be judged by."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a detector reached on pictures that it has not learnt from."""

    pictures: int
    boxes: int
    average_precision: float
    """Mean over words and overlaps .50 to .95."""
    average_precision_50: float
    """At overlap .50."""
    score: float
    """From which on boxes are told: the one asked for, or where precision and recall meet best."""
    precision: float
    """At that score and overlap .50, all words together."""
    recall: float
    by_word: Mapping[str, float] = field(default_factory=dict)
    """Average precision at overlap .50 of each word that is there."""
    recall_by: Mapping[str, float] = field(default_factory=dict)
    """Recall of each camera, as `camera/NAME`, of `light/day` and `light/dark`, of `size/small` and
    `size/large`, and of pictures with few things and with many, `crowd/few` and `crowd/many`."""
    things_by: Mapping[str, int] = field(default_factory=dict)
    """How many things that is a share of."""

    def metrics(self) -> dict[str, float]:
        """As a model card keeps them."""
        plain = {
            "ap": self.average_precision,
            "ap50": self.average_precision_50,
            "precision": self.precision,
            "recall": self.recall,
        }
        words = {f"ap50/{word}": value for word, value in self.by_word.items()}
        slices = {f"recall/{name}": value for name, value in self.recall_by.items()}
        return {name: round(value, 4) for name, value in (plain | words | slices).items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What is found on one still, and what is there."""

    still: Still
    light: str
    """`light/day` or `light/dark`."""
    boxes: Boxes
    scores: Float32[np.ndarray, " n"]
    classes: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    hits: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    """For each box the thing that it finds, the best box first; -1: none."""

    @property
    def sure(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Of each thing, whether it is believed enough to judge by."""
        return np.asarray(self.still.weights >= SURE)

    @property
    def counts(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Of each box, whether it is right or wrong, and not on something unsure."""
        return np.array([hit < 0 or self.sure[hit] for hit in self.hits], np.bool_)


def judge(
    stills: Sequence[Still], answer: Answer, card: ModelCard, *, score: float | None = None
) -> Judged:
    """Look at each picture as the watch would, and tell boxes from `score` on.

    None: from the score with the best F1. What is found of words that no still has a label of is
    left out: a model that knows more is not worse for it.
    Raises `DataError` for a picture that cannot be read.
    """
    return judged(looked(stills, answer, card), card, score=score)


def looked(stills: Sequence[Still], answer: Answer, card: ModelCard) -> list[Found]:
    """What is found on each, of words that one of them has. Raises as `judge` does."""
    there = {int(word) for still in stills for word in still.words}
    return [_look(still, answer, card, there) for still in stills]


def judged(found: Sequence[Found], card: ModelCard, *, score: float | None = None) -> Judged:
    """What that comes to; see `judge`."""
    average, average_50, by_word = _averages(found, card)
    score, precision, recall = _told_from(found, score)
    slices = _slices(found, score)
    return Judged(
        pictures=len(found),
        boxes=sum(int(each.sure.sum()) for each in found),
        average_precision=average,
        average_precision_50=average_50,
        by_word=by_word,
        score=score,
        precision=precision,
        recall=recall,
        recall_by=slices.shares,
        things_by=slices.counts,
    )


def boxes_in(image: Image, answer: Answer, card: ModelCard, score: float) -> Candidates:
    """Boxes in source pixels, without duplicates, the surest first."""
    found = head_of(card)(answer(fitted_image(image, card.input)), card, score)
    height, width = image.shape[:2]
    scale = np.array(natural_scale(width, height, card.input) * 2, np.float32)
    limit = np.array([width, height] * 2, np.float32)
    groups = groups_of(card.labels)[found.classes]
    kept = found.where(survivors(found.boxes, found.scores, groups, iou=card.nms_iou))
    return Candidates.of(np.clip(kept.boxes / scale, 0, limit), kept.scores, kept.classes)


def _look(still: Still, answer: Answer, card: ModelCard, there: Set[int]) -> Found:
    image = still.image()
    found = boxes_in(image, answer, card, KEPT)
    found = found.where(np.isin(found.classes, list(there)))
    hits = np.full(len(found), -1, np.int64)
    free = np.ones(len(still.boxes), bool)
    overlaps = iou(found.boxes, still.boxes) * (found.classes[:, None] == still.words[None])
    for number in range(len(found)):  # the surest comes first
        open_to = overlaps[number] * free
        if len(open_to) and open_to.max() >= MATCHED:
            hits[number] = int(open_to.argmax())
            free[hits[number]] = False
    return Found(
        still=still,
        light=light_of(image),
        boxes=found.boxes,
        scores=found.scores,
        classes=found.classes,
        hits=hits,
    )


def _averages(found: Sequence[Found], card: ModelCard) -> tuple[float, float, dict[str, float]]:
    things: list[dict[str, object]] = []
    rows: list[list[float]] = []
    for number, each in enumerate(found, start=1):
        still = each.still
        for box, word, weight in zip(still.boxes, still.words, still.weights, strict=True):
            things.append(_thing(len(things) + 1, number, box, int(word), ignore=weight < SURE))
        for box, score, word in zip(each.boxes, each.scores, each.classes, strict=True):
            rows.append([number, *_corner_and_size(box), float(score), int(word) + 1])
    if not things or not rows:
        return 0.0, 0.0, {}
    words = [{"id": index + 1, "name": word} for index, word in enumerate(card.labels)]
    pictures = [{"id": number + 1} for number in range(len(found))]
    with contextlib.redirect_stdout(io.StringIO()):  # it prints a table of its own
        coco = COCO()
        coco.dataset = {"images": pictures, "categories": words, "annotations": things}
        coco.createIndex()
        judged = COCOeval(coco, coco.loadRes(np.array(rows, np.float64)), "bbox")
        judged.evaluate()
        judged.accumulate()
    # overlap, recall, word, area, most boxes; -1 where there is no truth
    precision = judged.eval["precision"][..., 0, -1]
    at_50 = {
        word: float(precision[0, :, index].mean())
        for index, word in enumerate(card.labels)
        if (precision[0, :, index] >= 0).all()
    }
    there = precision[precision > -1]
    return float(there.mean()), float(np.mean(list(at_50.values()))), at_50


def _thing(number: int, picture: int, box: Boxes, word: int, *, ignore: bool) -> dict[str, object]:
    """One line of COCO's truth; it counts words, pictures and things from 1."""
    corner_and_size = _corner_and_size(box)
    return {
        "id": number,
        "image_id": picture,
        "category_id": word + 1,
        "bbox": corner_and_size,
        "area": corner_and_size[2] * corner_and_size[3],
        "iscrowd": int(ignore),  # who finds it is neither right nor wrong
    }


def _corner_and_size(box: Boxes) -> list[float]:
    left, top, right, low = (float(side) for side in box)
    return [left, top, right - left, low - top]


def _told_from(found: Sequence[Found], wanted: float | None) -> tuple[float, float, float]:
    """The score wanted, or that with the best F1, and precision and recall there."""
    scores = np.concatenate([each.scores[each.counts] for each in found])
    right = np.concatenate([each.hits[each.counts] >= 0 for each in found])
    things = sum(int(each.sure.sum()) for each in found)
    if not len(scores) or not things:
        return wanted or 0.5, 0.0, 0.0
    order = np.argsort(-scores, kind="stable")
    told = np.arange(1, len(order) + 1)
    hits = np.cumsum(right[order])
    # Boxes of one score are told together.
    last = np.append(np.diff(scores[order]) != 0, True)
    if wanted is None:
        best = int(np.argmax(np.where(last, 2 * hits / (told + things), 0.0)))
    else:
        best = int((scores >= wanted).sum()) - 1
    if best < 0:
        return wanted or 0.5, 0.0, 0.0
    score = float(np.clip(scores[order][best], KEPT, 0.99)) if wanted is None else wanted
    return score, float(hits[best] / told[best]), float(hits[best] / things)


def slices_of(each: Found, area: float) -> tuple[str, ...]:
    """Those to which a box of a picture belongs; its area in source pixels."""
    crowding = crowding_of(int(each.sure.sum()))
    return (f"camera/{each.still.group}", each.light, size_of(area), crowding)


def _slices(found: Sequence[Found], score: float) -> Slices:
    """Which things are told, by camera, light, size and crowding."""
    slices = Slices()
    for each in found:
        hit = set(each.hits[each.scores >= score].tolist())
        for thing, area in enumerate(areas(each.still.boxes)):
            if each.sure[thing]:
                slices.add(slices_of(each, float(area)), right=thing in hit)
    return slices
