"""How a camera's pictures look to a model while nothing happens, and what follows from it."""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

from pydantic import Field

KEPT = 256
"""Margins that are kept for quantiles."""
HORIZON = 10_000
"""Pictures after which the oldest count ever less: seasons change, lamps are replaced."""
TYPICAL = 0.75
"""Who stays below what so many quiet looks stay below looks like any of them."""
LEAST_BAND = 0.05
"""Nats between rejecting and confirming, for a camera whose pictures never change."""

Finite = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """A running summary of margins, in nats: a few kilobytes however long it runs."""

    count: Annotated[int, Field(ge=0)] = 0
    mean: Finite = 0.0
    variance: Annotated[Finite, Field(ge=0)] = 0.0
    kept: Annotated[tuple[Finite, ...], Field(max_length=KEPT)] = ()
    """A fair sample, ascending."""

    def with_(self, margins: Iterable[float]) -> "Sketch":
        """The sketch after some more; the same ones always make the same sketch."""
        found = self
        for margin in margins:
            found = found._with(margin)
        return found

    def highest(self, share: float) -> float:
        """What a quiet picture stays below with a probability of `share` at least.

        The order statistic that promises it for any distribution whose pictures are alike, or a
        normal distribution's quantile where that is higher or too few are kept to tell.
        """
        # Of n and one more, each is equally likely to be the highest: Vovk et al. 2005, split
        # conformal prediction.
        rank = math.ceil(share * (len(self.kept) + 1))
        by_order = self.kept[min(rank, len(self.kept)) - 1]
        by_shape = self.mean + NormalDist().inv_cdf(share) * math.sqrt(self.variance)
        return max(by_order, by_shape)

    def _with(self, margin: float) -> "Sketch":
        count = self.count + 1
        weight = 1 / min(count, HORIZON)
        step = margin - self.mean
        return Sketch(
            count=count,
            mean=self.mean + weight * step,
            variance=(1 - weight) * (self.variance + weight * step * step),
            kept=self._sampled(margin, count),
        )

    def _sampled(self, margin: float, count: int) -> tuple[float, ...]:
        kept = list(self.kept)
        if len(kept) == KEPT:
            # Seeded with the count, so that the same pictures lead to the same rulings.
            place = random.Random(count).randrange(min(count, HORIZON))  # noqa: S311
            if place >= KEPT:
                return self.kept
            # Ascending, each place is as likely as any other: which one goes is still fair.
            del kept[place]
        return tuple(sorted([*kept, margin]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """Turns a margin into a probability."""

    threshold: float
    """Nats at which a claim is as likely as not."""
    temperature: float
    """Nats that multiply the odds by e."""

    def likelihood(self, margin: float) -> float:
        """That the claim is true, 0 to 1."""
        odds = (margin - self.threshold) / self.temperature
        # The half of the plane in which `exp` cannot overflow.
        small = math.exp(-abs(odds))
        return 1 / (1 + small) if odds >= 0 else small / (1 + small)

    def margin(self, likelihood: float) -> float:
        """At which margin a claim is so likely."""
        return self.threshold + self.temperature * math.log(likelihood / (1 - likelihood))


def fitted(sketch: Sketch, *, looks: int, false_rate: float, sure: float) -> Ruler:
    """A ruler for the highest margin of so many pictures of this camera.

    It says `sure` where quiet pictures get in `false_rate` of all cases at most, and 1 - `sure`
    where they are most of the time. Pictures of one camera are alike rather than unlike, so that
    the highest of several stays lower than if they were independent, which is what it reckons.
    """
    confirm = sketch.highest((1 - false_rate) ** (1 / looks))
    reject = min(sketch.highest(TYPICAL ** (1 / looks)), confirm - LEAST_BAND)
    return Ruler(
        threshold=(confirm + reject) / 2,
        temperature=(confirm - reject) / 2 / math.log(sure / (1 - sure)),
    )
