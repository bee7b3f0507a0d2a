"""Who is paired with whom."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Box, Detections, as_array, iou
from vigil.stages.track import matching, motion
from vigil.stages.track.memory import Memory
from vigil.stages.track.seen import Seen, read

PLACES = st.lists(
    st.tuples(st.floats(30, 600), st.floats(90, 350), st.floats(10, 60), st.floats(10, 90)),
    min_size=1,
    max_size=6,
)


def seen(places: list[motion.Place], looks: list[list[float]] | None = None) -> list[Seen]:
    found = Detections(
        boxes=np.array([motion.corners(place) for place in places], np.float32),
        scores=np.ones(len(places), np.float32),
        labels=("person",) * len(places),
        embeddings=None if looks is None else np.array(looks, np.float32),
    )
    return read(found, {}, low_score=0.1)


def known(places: list[motion.Place], looks: list[list[float]] | None = None) -> list[Memory]:
    """What was seen there just now, predicted to the next look."""
    memories = [Memory(one, 0.0) for one in seen(places, looks)]
    for memory in memories:
        memory.predict(0.04)
    return memories


@given(PLACES, PLACES)
def test_overlap_is_intersection_over_union(
    ours: list[motion.Place], theirs: list[motion.Place]
) -> None:
    one, other = seen(ours), seen(theirs)
    found = [[matching.overlap(a.box, b.box) for b in other] for a in one]
    a, b = (as_array([Box(*each.box) for each in side]) for side in (one, other))
    assert np.array(found) == pytest.approx(iou(a, b), abs=1e-3)


@settings(deadline=None)
@given(PLACES, st.integers(0, 10**6))
def test_an_undisputed_pairing_is_the_cheapest_one(places: list[motion.Place], seed: int) -> None:
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
