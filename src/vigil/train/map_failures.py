"""What a segmenter gets wrong: outlined regions that it does not see, and those it makes up."""

from collections.abc import Iterator

import cv2
import numpy as np

from vigil.core import Box, ModelCard
from vigil.train.failures import Failure, Kind
from vigil.train.judging_maps import LookedAt
from vigil.train.regions import UNKNOWN, Map

MISSED, SEEN = 0.1, 0.5
"""Share of a region's pixels that are told right: up to the first it is missed, from the second on
it is seen, and between them it is doubtful."""
MADE_UP = 0.1
"""Share of what is told that may be there, up to which it is false."""
LEAST_SHARE = 5e-4
"""Of a picture: smaller patches are the frayed edge of something."""


def map_failures(looked: LookedAt, card: ModelCard) -> list[Failure]:
    """One by one, on one picture."""
    return [*_missed(looked, card), *_false(looked, card)]


def _missed(looked: LookedAt, card: ModelCard) -> Iterator[Failure]:
    for region in looked.mapped.regions:
        if region.word == UNKNOWN:
            continue
        alone = np.zeros_like(looked.told)
        cv2.fillPoly(alone, [region.corners.round().astype(np.int32)], 1)
        here = (alone > 0) & (looked.there == region.word)
        if not here.any():  # something nearer hides it
            continue
        share = float((looked.told[here] == region.word).mean())
        if share >= SEEN:
            continue
        yield Failure(
            kind=Kind.MISSED if share <= MISSED else Kind.DOUBTFUL,
            word=card.labels[region.word],
            told=f"{share:.0%} of it" if share > MISSED else "",
            score=share,
            path=looked.mapped.path,
            slices=looked.slices,
            truth=_around(alone),
        )


def _false(looked: LookedAt, card: ModelCard) -> Iterator[Failure]:
    least = LEAST_SHARE * looked.told.size
    for word in range(1, len(card.labels)):
        said = (looked.told == word) & (looked.there != UNKNOWN)
        count, patches, stats, _ = cv2.connectedComponentsWithStats(said.astype(np.uint8))
        for number in range(1, count):
            area = int(stats[number, cv2.CC_STAT_AREA])
            right = float((looked.there[patches == number] == word).mean())
            if area < least or right > MADE_UP:
                continue
            yield Failure(
                kind=Kind.FALSE,
                word=card.labels[word],
                told=card.labels[word],
                score=1 - right,
                path=looked.mapped.path,
                slices=looked.slices,
                found=_around((patches == number).astype(np.uint8)),
            )


def _around(mask: Map) -> Box:
    x, y, width, height = cv2.boundingRect(mask)
    return Box(float(x), float(y), float(x + width), float(y + height))
