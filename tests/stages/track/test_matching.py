"""Who is paired with whom."""

from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Box, Detections
from vigil.stages.track import matching
from vigil.stages.track.memory import Memory
from vigil.stages.track.seen import Seen, read

Place = tuple[float, float, float, float]
"""Foot x, foot y, width, height."""

PLACES = st.lists(
    st.tuples(st.floats(30, 600), st.floats(90, 350), st.floats(10, 60), st.floats(10, 90)),
    min_size=1,
    max_size=6,
)


def box_of(place: Place) -> Box:
    x, y, width, height = place
    return Box(x - width / 2, y - height, x + width / 2, y)


def seen(places: list[Place], looks: list[list[float]] | None = None) -> list[Seen]:
    found = Detections(
        boxes=np.array([box_of(place) for place in places], np.float32),
        scores=np.ones(len(places), np.float32),
        labels=("person",) * len(places),
        embeddings=None if looks is None else np.array(looks, np.float32),
    )
    return read(found, {}, low_score=0.1)


def known(places: list[Place], looks: list[list[float]] | None = None) -> list[Memory]:
    """What was seen there just now, predicted to the next look."""
    memories = [Memory(one, 0.0) for one in seen(places, looks)]
    for memory in memories:
        memory.predict(0.04)
    return memories


@settings(deadline=None)
@given(PLACES, st.integers(0, 10**6))
def test_an_undisputed_pairing_is_the_cheapest_one(places: list[Place], seed: int) -> None:
    random = np.random.default_rng(seed)
    there = np.array(places)[random.permutation(len(places))]
    memories, found = known(places), seen((there + random.normal(0, 1, there.shape)).tolist())
    cheapest = matching.cheapest(memories, found, matching.cost)
    plain = matching.plain(memories, found)
    for memory, one in matching.undisputed(plain, memories, found).items():
        assert cheapest[memory] is one


def test_a_pair_that_somebody_left_over_could_claim_is_disputed() -> None:
    walkers = [(100.0, 300.0, 30.0, 80.0), (132.0, 300.0, 30.0, 80.0)]
    later = [(132.0, 300.0, 30.0, 80.0), (164.0, 300.0, 30.0, 80.0)]
    memories, found = known(walkers), seen(later)
    for memory in memories:
        memory.predict(0.5)
    plain = matching.plain(memories, found)
    assert plain == {memories[1]: found[0]}
    assert matching.undisputed(plain, memories, found) == {}


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=3),
)
def test_no_other_pairing_costs_less(table: list[list[float]]) -> None:
    """Staying apart costs `WORST`, for either side of a pair."""
    place = (100.0, 200.0, 30.0, 80.0)
    memories, found = known([place] * len(table)), seen([place] * 3)

    def prices(memory: Memory) -> matching.Price:
        return lambda one: table[memories.index(memory)][one.row]

    pairs = matching.cheapest(memories, found, prices)
    paid = [prices(memory)(one) for memory, one in pairs.items()]
    assert len({one.row for one in pairs.values()}) == len(pairs)
    assert all(price < matching.WORST for price in paid)
    least = min(
        sum(min(row[column], matching.WORST) for row, column in zip(table, order, strict=False))
        for order in permutations(range(3))
    )
    assert sum(paid) + matching.WORST * (len(table) - len(pairs)) <= least + 1e-9


def test_a_contested_detection_goes_where_the_total_is_least() -> None:
    memories, found = (
        known([(100.0, 200.0, 30.0, 80.0)] * 2),
        seen([(100.0, 200.0, 30.0, 80.0)] * 2),
    )
    table = {(0, 0): 0.1, (0, 1): 0.65, (1, 0): 0.2, (1, 1): matching.REFUSED}

    def prices(memory: Memory) -> matching.Price:
        return lambda one: table[memories.index(memory), one.row]

    assert matching.cheapest(memories, found, prices) == {memories[0]: found[0]}
    table[0, 1] = 0.2
    assert matching.cheapest(memories, found, prices) == {
        memories[0]: found[1],
        memories[1]: found[0],
    }


def test_unknown_looks_cost_nothing_and_other_looks_are_refused() -> None:
    place = (100.0, 200.0, 30.0, 80.0)
    memories = known([place] * 2, [[1.0, 0.0], [0.0, 0.0]])
    found = seen([place] * 3, [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    costs = [[matching.unlikeness(memory, one, 0.4) for one in found] for memory in memories]
    assert costs == [[0.0, matching.REFUSED, 0.0], [0.0, 0.0, 0.0]]
