"""Who is who: the cheapest pairing of remembered objects with detections."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from math import sqrt
from operator import attrgetter

import numpy as np

from vigil.core import may_be_one
from vigil.stages.track.corners import apart, grown, misfit, overlap, size
from vigil.stages.track.memory import Memory
from vigil.stages.track.motion import noise
from vigil.stages.track.seen import Seen

Pairs = dict[Memory, Seen]
"""Objects and the detections that they were given."""
Price = Callable[[Seen], float]
"""How badly a detection fits an object; `REFUSED` when it must not be."""
Prices = Callable[[Memory], Price]
"""What each object asks."""

FARTHEST = 12.0
"""Squared standard deviations between prediction and detection (chi-squared, 2 values, .998)."""
OVERLAP = 0.4
"""Intersection over union that counts as near, whatever the filter says."""
PLAIN, RIVAL = 0.5, 0.3
"""A pair that overlaps by more than the first while no other does by the second needs no sum."""
SHARP = 0.2
"""A detection that nobody else wants may be an object that overlaps it by more."""
APPEARANCE_WEIGHT = 1.0
"""Cost of opposite appearance; 1 is the cost of the farthest pair."""
WORST = 0.7
"""A pair dearer than this stays apart."""
NAMELESS = 0.1
"""Cost of a detection that bears a name where the object has none, or the other way about."""
REFUSED = 1e6


def undisputed(pairs: Pairs, known: Sequence[Memory], seen: Sequence[Seen]) -> Pairs:
    """Those `pairs` that no object left without one could claim, be it by way of another's."""
    pairs = dict(pairs)
    waiting = [memory for memory in known if memory not in pairs]
    while waiting and len(pairs) < len(seen):
        price = cost(waiting.pop())
        claimed = [memory for memory, one in pairs.items() if price(one) < WORST]
        for memory in claimed:
            del pairs[memory]
        waiting += claimed
    return pairs


def plain(known: Sequence[Memory], seen: Sequence[Seen]) -> Pairs:
    """Those who overlap one another well and nobody else: the pairs that need no sum."""
    if not known or not seen:
        return {}
    by_left = sorted(seen, key=attrgetter("box"))
    lefts = [one.box[0] for one in by_left]
    widest = max([one.box[2] - one.box[0] for one in by_left])
    suitors = [0] * (seen[-1].row + 1)
    alone = []
    for memory in known:
        left, top, right, bottom = there = memory.there
        rivals, closest = 0, 0.0
        for one in by_left[bisect_left(lefts, left - widest) : bisect_right(lefts, right)]:
            _, other_top, _, other_bottom = box = one.box
            if other_top < bottom and other_bottom > top and may_be_one(one.family, memory.family):
                common = overlap(there, box)
                if common > RIVAL:
                    suitors[one.row] += 1
                    rivals, closest, partner = rivals + 1, common, one
        if rivals == 1 and closest > PLAIN:
            alone.append((memory, partner))
    return {memory: one for memory, one in alone if suitors[one.row] == 1}


def cost(memory: Memory) -> Price:
    """Distance from the prediction, and overlap as far as the prediction can be trusted.

    The squared distance of foot and size, in standard deviations of the prediction, makes the
    sum over pairs a likelihood: two people who walk side by side are not swapped when one now
    stands where the other stood.
    """
    there, family = memory.there, memory.family
    fuzz = noise(there)
    variance = memory.motion.ahead_doubt[0] + fuzz
    farthest = FARTHEST * variance * size(there) ** 2
    within = grown(there, sqrt(farthest))
    trust = fuzz / variance

    def price(seen: Seen) -> float:
        # Most are out of reach, and that costs least to tell.
        if apart(within, seen.box) or not may_be_one(seen.family, family):
            return REFUSED
        distance, common = misfit(there, seen.box), overlap(there, seen.box)
        if distance >= farthest and common < OVERLAP:
            return REFUSED
        paid = (min(distance / farthest, 1.0) + trust * (1 - common)) / (1 + trust)
        return paid if seen.family == family else paid + NAMELESS

    return price


def turn(memory: Memory) -> Price:
    """What turned sharply is out of the filter's reach, but still overlaps where it was."""

    def price(seen: Seen) -> float:
        if not may_be_one(seen.family, memory.family):
            return REFUSED
        return WORST * (1 - overlap(memory.there, seen.box)) / (1 - SHARP)

    return price


def with_looks(prices: Prices, gate: float) -> Prices:
    """`prices` and the cost of unlike appearance; beyond `gate`, a cosine distance, it refuses."""

    def also_by_looks(memory: Memory) -> Price:
        price = prices(memory)
        return lambda seen: price(seen) + unlikeness(memory, seen, gate)

    return also_by_looks


def unlikeness(memory: Memory, seen: Seen, gate: float) -> float:
    """Cost of different appearance; nothing where either is unknown."""
    old, new = memory.appearance, seen.appearance
    if old is None or new is None or old.shape != new.shape:
        return 0.0
    distance = 1 - float(old @ new)
    return REFUSED if distance > gate else APPEARANCE_WEIGHT * distance


def favourites(offers: dict[tuple[int, int], float]) -> dict[int, int]:
    """The cheapest column of each row; if no two want the same, no pairing is cheaper."""
    dearest_first = sorted(offers, key=lambda place: -offers[place])
    return dict(dearest_first)


def cheapest(known: Sequence[Memory], seen: Sequence[Seen], prices: Prices) -> Pairs:
    """The pairing of least total price; what is dearer than `WORST` stays apart."""
    if not known or not seen:
        return {}
    offers = {
        (row, column): paid
        for row, price in enumerate(map(prices, known))
        for column, one in enumerate(seen)
        if (paid := price(one)) < WORST
    }
    wanted = favourites(offers)
    if len(set(wanted.values())) == len(wanted):
        return {known[row]: seen[column] for row, column in wanted.items()}
    rows, columns = sorted(wanted), sorted({column for _, column in offers})
    # Importing it takes longer than all of the tracker, and where few things are nobody needs it.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    table = np.array([[offers.get((row, column), WORST) for column in columns] for row in rows])
    chosen = zip(*(side.tolist() for side in linear_sum_assignment(table)), strict=True)
    pairs = ((rows[row], columns[column]) for row, column in chosen)
    return {known[row]: seen[column] for row, column in pairs if (row, column) in offers}
