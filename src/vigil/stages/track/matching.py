"""Who is who: the cheapest pairing of remembered objects with detections."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

import numpy as np

from vigil.stages.track.memory import Memory
from vigil.stages.track.motion import Corners, noise, size
from vigil.stages.track.seen import Seen

Pairs = dict[Memory, Seen]
"""Objects and the detections that they were given."""
Price = Callable[[Seen], float]
"""How badly a detection fits an object; `REFUSED` when it must not be."""
Prices = Callable[[Memory], Price]
"""What each object asks."""

FARTHEST = 12.0
"""Squared standard deviations between prediction and detection (chi-squared, 2 values, .998)."""
SHAPE = 0.25
"""Width and height are cut by occlusion: their squared error counts so much of the foot's."""
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
REFUSED = 1e6


def shared(one: Corners, other: Corners) -> float:
    """Square pixels that two boxes have in common."""
    left, top, right, bottom = one
    other_left, other_top, other_right, other_bottom = other
    # Comparing is several times as quick as min and max, and this is asked most of all.
    high = (bottom if bottom < other_bottom else other_bottom) - (
        top if top > other_top else other_top
    )
    wide = (right if right < other_right else other_right) - (
        left if left > other_left else other_left
    )
    return wide * high if wide > 0 and high > 0 else 0.0


def overlap(one: Corners, other: Corners) -> float:
    """Intersection over union."""
    common = shared(one, other)
    if not common:
        return 0.0
    left, top, right, bottom = one
    other_left, other_top, other_right, other_bottom = other
    areas = (right - left) * (bottom - top)
    areas += (other_right - other_left) * (other_bottom - other_top)
    return common / (areas - common)


def area(box: Corners) -> float:
    """Square pixels of a box that is not turned inside out."""
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


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
    by_left = sorted([(one.box[0], one.row, one) for one in seen])
    lefts = [left for left, _, _ in by_left]
    widest = max([one.place[2] for one in seen])
    suitors = dict.fromkeys([row for _, row, _ in by_left], 0)
    alone = []
    for memory in known:
        there, family = memory.there, memory.family
        near = by_left[bisect_left(lefts, there[0] - widest) : bisect_right(lefts, there[2])]
        rivals = [
            (common, one)
            for _, _, one in near
            if one.family == family and (common := overlap(there, one.box)) > RIVAL
        ]
        for _, one in rivals:
            suitors[one.row] += 1
        if len(rivals) == 1 and rivals[0][0] > PLAIN:
            alone.append((memory, rivals[0][1]))
    return {memory: one for memory, one in alone if suitors[one.row] == 1}


def cost(memory: Memory) -> Price:
    """Distance from the prediction, and overlap as far as the prediction can be trusted.

    The squared distance of foot and size, in standard deviations of the prediction, makes the
    sum over pairs a likelihood: two people who walk side by side are not swapped when one now
    stands where the other stood.
    """
    ahead_x, ahead_y, ahead_width, ahead_height = memory.ahead[:4]
    fuzz = noise(ahead_width, ahead_height)
    variance = memory.ahead.doubt + fuzz
    farthest = FARTHEST * variance * size(ahead_width, ahead_height) ** 2
    trust = fuzz / variance

    def price(seen: Seen) -> float:
        if seen.family != memory.family:
            return REFUSED
        x, y, width, height = seen.place
        off_x, off_y, off_width, off_height = (
            x - ahead_x, y - ahead_y, width - ahead_width, height - ahead_height,
        )  # fmt: skip
        apart = off_x * off_x + off_y * off_y
        apart += SHAPE * (off_width * off_width + off_height * off_height)
        common = overlap(memory.there, seen.box)
        if apart >= farthest and common < OVERLAP:
            return REFUSED
        return (min(apart / farthest, 1.0) + trust * (1 - common)) / (1 + trust)

    return price


def turn(memory: Memory) -> Price:
    """What turned sharply is out of the filter's reach, but still overlaps where it was."""

    def price(seen: Seen) -> float:
        if seen.family != memory.family:
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
    rows, columns = sorted({row for row, _ in offers}), sorted({column for _, column in offers})
    if len(rows) == len(offers) == len(columns):
        return {known[row]: seen[column] for row, column in offers}  # nobody has two choices
    # Importing it takes longer than all of the tracker, and a lone thing never needs it.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    table = np.array([[offers.get((row, column), WORST) for column in columns] for row in rows])
    chosen = zip(*(side.tolist() for side in linear_sum_assignment(table)), strict=True)
    pairs = ((rows[row], columns[column]) for row, column in chosen)
    return {known[row]: seen[column] for row, column in pairs if (row, column) in offers}
