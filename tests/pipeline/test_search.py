"""When every picture is worth a look, on hand-made tracks."""

import numpy as np

from vigil.core import Box, Boxes, Track, as_array
from vigil.pipeline.search import GLIMPSE_S, LINGER_S, MOST_LOOKS, PROOFS, Search

NOTHING = as_array([])
HERE = as_array([Box(100, 40, 140, 120)])
THERE = as_array([Box(300, 40, 340, 120)])


def a_track(time_s: float, *, score: float = 0.8, label: str = "person", id_: int = 1) -> Track:
    return Track(
        id=id_,
        label=label,
        box=Box(105, 50, 130, 118),
        score=score,
        first_seen_s=9.0,
        last_seen_s=time_s,
        hits=3,
    )


def begun(moving: Boxes = HERE) -> Search:
    search = Search()
    search.begin(10.0)
    search.see(moving, 10.0)
    return search


def prove(search: Search, looks: int, **track: object) -> None:
    for number in range(looks):
        search.follow([a_track(10.0 + number / 12, **track)], 10.0 + number / 12)  # type: ignore[arg-type]


def test_motion_alone_is_not_searched() -> None:
    search = Search()
    search.see(HERE, 10.0)
    assert not search.on


def test_a_glimpse_is_followed_up_for_a_while_as_long_as_it_moves() -> None:
    search = begun()
    assert search.on
    search.see(HERE, 10.0 + GLIMPSE_S)
    assert search.on
    search.see(HERE, 10.1 + GLIMPSE_S)
    assert not search.on
    search.glimpse(HERE, 10.1 + GLIMPSE_S)
    assert search.on


def test_another_look_at_what_is_proven_is_no_glimpse() -> None:
    search = begun()
    prove(search, PROOFS)
    for number in range(20):
        time_s = 10.4 + number / 12
        search.see(np.concatenate([HERE, THERE]), time_s)
        search.follow([a_track(time_s)], time_s)
        search.glimpse(HERE, time_s)
    assert not search.on
    search.glimpse(THERE, time_s)
    assert search.on


def test_where_a_proven_thing_has_just_left_nothing_is_searched() -> None:
    search = begun()
    prove(search, PROOFS)
    left_s = 10.0 + (PROOFS - 1) / 12
    search.follow([], left_s + 0.5)
    search.see(HERE, left_s + 0.5)
    assert not search.on
    search.follow([], left_s + 1.1)
    search.begin(left_s + 1.1)
    assert search.on


def test_a_gate_that_loses_it_for_a_moment_does_not_lose_its_place() -> None:
    search = begun()
    search.see(NOTHING, 10.0 + LINGER_S)
    assert search.moving.tolist() == HERE.tolist()
    search.see(NOTHING, 10.1 + LINGER_S)
    assert not len(search.moving)
    assert not search.on


def test_going_back_in_time_forgets_where_it_moved_later() -> None:
    search = begun()
    search.see(NOTHING, 8.0)
    assert not len(search.moving)


def test_it_ends_when_what_moves_was_surely_seen_often_enough() -> None:
    search = begun()
    prove(search, PROOFS - 1)
    assert search.on
    prove(search, 1)
    assert not search.on


def test_weak_sights_and_parked_cars_prove_nothing() -> None:
    weak, parked = begun(), begun()
    prove(weak, 3 * PROOFS, score=0.3)
    prove(parked, 3 * PROOFS, label="car")
    assert weak.on
    assert parked.on


def test_what_moves_elsewhere_is_still_searched() -> None:
    search = begun(as_array([Box(*HERE[0].tolist()), Box(*THERE[0].tolist())]))
    prove(search, PROOFS)
    assert search.on


def test_a_search_that_never_ends_costs_a_bounded_number_of_looks() -> None:
    search = Search()
    looks = 0
    for number in range(12 * 600):
        time_s = number / 12
        search.begin(time_s)
        search.see(HERE, time_s)
        if search.on:
            search.looked()
            looks += 1
    assert MOST_LOOKS <= looks <= MOST_LOOKS + 600 + 1


def test_it_knows_whether_anything_was_found() -> None:
    search = begun()
    prove(search, 2, score=0.3)
    assert not search.found_since(8.0)
    prove(search, 1)
    assert search.found_since(8.0)
    assert not search.found_since(9.5)
