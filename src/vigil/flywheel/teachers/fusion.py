"""One answer of several about the same picture.

Weighted boxes fusion: Solovyev, Wang and Gabruseva, "Weighted boxes fusion: Ensembling boxes from
different object detection models" (Image and Vision Computing, 2021). Merging of slices: Akyon,
Altinuc and Temizel, "Slicing Aided Hyper Inference and Fine-tuning for Small Object Detection"
(ICIP 2022).
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int64

from vigil.core import Boxes, Detections, areas, intersections, iou

Merge = Literal["nmm", "nms"]
FUSED_IOU = 0.55
"""From which overlap on boxes show the same thing; the value of the paper."""
SAME_SHARE = 0.5
"""Share of the smaller box within the larger from which slices show the same thing."""


def fused(found: Sequence[Detections], weights: Sequence[float]) -> Detections:
    """Boxes of several teachers as their mean, weighted by score and by teacher.

    A score is the mean of those who saw the thing, lowered by the share of the teachers that did
    not.
    """
    boxes = np.concatenate([each.boxes for each in found])
    scores = np.concatenate([each.scores for each in found])
    labels = [label for each in found for label in each.labels]
    shares = np.repeat(np.asarray(weights, np.float32), [len(each) for each in found])
    clusters = _clusters(boxes, scores * shares, labels)
    rows = [_mean(boxes[each], scores[each], shares[each]) for each in clusters]
    lowered = [
        float(score * min(shares[each].sum(), sum(weights)) / sum(weights))
        for each, (_, score) in zip(clusters, rows, strict=True)
    ]
    return Detections(
        boxes=np.array([box for box, _ in rows], np.float32).reshape(-1, 4),
        scores=np.array(lowered, np.float32),
        labels=tuple(labels[each[0]] for each in clusters),
    )


def voted(found: Sequence[Detections], weights: Sequence[float]) -> Detections:
    """Words of whole pictures: each teacher has one vote, as sure as it is of it.

    A word that all name with 0.9 has 0.9, one that half of them name so has 0.45.
    """
    votes: defaultdict[str, float] = defaultdict(float)
    for each, weight in zip(found, weights, strict=True):
        if len(each):
            best = int(np.argmax(each.scores))
            votes[each.labels[best]] += weight * float(each.scores[best]) / sum(weights)
    whole = next((each.boxes[:1] for each in found if len(each)), np.zeros((1, 4), np.float32))
    return Detections(
        boxes=np.repeat(whole, len(votes), axis=0),
        scores=np.array(list(votes.values()), np.float32),
        labels=tuple(votes),
    )


def merged(
    found: Detections,
    slices: Int64[np.ndarray, " n"],
    cut: Bool[np.ndarray, " n"],
    merge: Merge,
) -> Detections:
    """One box for each thing that several slices show.

    `slices`: which slice each box is from; two boxes of one slice are two things. `cut`: boxes that
    touch a border within the picture: those that do not go first, however sure the others are.
    `nms` keeps the best box; `nmm` puts cut ones together to the smallest box around them, which
    mends a thing that no slice shows as a whole.
    """
    order = np.argsort(cut - found.scores, kind="stable")
    same = _same(found, slices)
    boxes, kept = found.boxes.copy(), []
    left = np.ones(len(found), bool)
    for best in order:
        if not left[best]:
            continue
        group = np.flatnonzero(left & same[best])
        left[group], left[best] = False, False
        kept.append(best)
        if merge == "nmm" and cut[best]:
            around = found.boxes[np.append(group, best)]
            boxes[best] = np.concatenate([around[:, :2].min(axis=0), around[:, 2:].max(axis=0)])
    chosen = np.array(kept, np.int64)
    return Detections(
        boxes=boxes[chosen],
        scores=found.scores[chosen],
        labels=tuple(found.labels[index] for index in kept),
        card=found.card,
    )


def _same(found: Detections, slices: Int64[np.ndarray, " n"]) -> np.ndarray:
    size = areas(found.boxes)
    smaller = np.minimum(size[:, None], size[None, :])
    shared = intersections(found.boxes, found.boxes)
    words = np.array(found.labels, object)
    near = (shared >= SAME_SHARE * smaller) & (smaller > 0)
    return np.asarray(
        near & (slices[:, None] != slices[None, :]) & (words[:, None] == words[None, :])
    )


def _clusters(
    boxes: Boxes, ranks: Float32[np.ndarray, " n"], labels: Sequence[str]
) -> list[list[int]]:
    """Indices of boxes that show the same thing, the surest first."""
    clusters: list[list[int]] = []
    means: list[np.ndarray] = []
    for index in map(int, np.argsort(-ranks, kind="stable")):
        near = [
            float(iou(boxes[index : index + 1], mean[None])[0, 0])
            if labels[cluster[0]] == labels[index]
            else 0.0
            for cluster, mean in zip(clusters, means, strict=True)
        ]
        best = int(np.argmax(near)) if near else -1
        if best >= 0 and near[best] > FUSED_IOU:
            clusters[best].append(index)
            means[best] = np.average(
                boxes[clusters[best]], axis=0, weights=np.maximum(ranks[clusters[best]], 1e-6)
            ).astype(np.float32)
        else:
            clusters.append([index])
            means.append(boxes[index])
    return clusters


def _mean(
    boxes: Boxes, scores: Float32[np.ndarray, " n"], shares: Float32[np.ndarray, " n"]
) -> tuple[np.ndarray, float]:
    box = np.average(boxes, axis=0, weights=np.maximum(scores * shares, 1e-6))
    return box, float(np.average(scores, weights=shares))
