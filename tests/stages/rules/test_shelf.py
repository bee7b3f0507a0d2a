import pytest
from pydantic import TypeAdapter, ValidationError

from vigil.stages.rules.shelf import Shelf

from .films import NOON_S, Actor, events, film, stands, walks

GOODS = ((0.4, 0.2), (0.6, 0.2), (0.6, 0.6), (0.4, 0.6))


def change(start_s: float, *, removed: bool, id: int = 100, at=(0.5, 0.4), end_s=1e9) -> Actor:
    return Actor(
        id=id, blob=True, removed=removed, high=0.06, wide=0.04,
        where=stands(at, start_s=start_s, end_s=end_s),
    )  # fmt: skip


def customer(id: int = 1, at: float = 0.45, *, comes_s: float = 8, goes_s: float = 16) -> Actor:
    """Stands before the shelf, to the left of what changes."""
    path = walks(
        (comes_s - 4, (0.0, 0.75)), (comes_s, (at, 0.75)), (goes_s, (at, 0.75)),
        (goes_s + 4, (0.0, 0.75)),
    )  # fmt: skip
    return Actor(id=id, high=0.4, wide=0.08, where=path)


def rule(**settings: object) -> Shelf:
    return Shelf(**{"zone": GOODS, **settings})


@pytest.mark.parametrize(
    ("removed", "way", "claim"),
    [
        (True, "picked", "At the shelf in the marked zone, something is taken from it."),
        (False, "put", "At the shelf in the marked zone, something is put on it."),
    ],
)
def test_what_changed_while_somebody_was_there_is_told(removed, way, claim):
    (event,) = events(rule(), film(customer(), change(12, removed=removed), until_s=30))
    assert (event.direction, event.by, event.claim) == (way, 1, claim)
    assert event.counts == {"picked": int(removed), "put": int(not removed)}
    assert 5 < event.start_s - NOON_S < 8


def test_it_is_told_once_however_long_it_shows():
    scenes = film(customer(), change(12, removed=True), until_s=90, hz=5)
    assert len(events(rule(), scenes)) == 1


def test_a_passer_by_took_nothing():
    passer = Actor(id=1, high=0.4, where=walks((2, (0, 0.75)), (8, (1, 0.75))))
    assert events(rule(), film(passer, until_s=30)) == []


def test_who_leans_there_took_nothing():
    assert events(rule(), film(customer(goes_s=40), until_s=60)) == []


def test_a_change_that_nobody_was_there_for_is_light():
    scenes = film(customer(), change(35, removed=True), until_s=60)
    assert events(rule(), scenes) == []


def test_a_change_beside_the_shelf_does_not_count():
    assert (
        events(rule(), film(customer(), change(12, removed=True, at=(0.8, 0.4)), until_s=30)) == []
    )


def test_a_change_seen_after_they_stepped_aside_counts():
    hidden = customer(at=0.5)
    (event,) = events(rule(), film(hidden, change(16.5, removed=True), until_s=30))
    assert event.by == 1


def test_of_two_the_nearer_is_told():
    scenes = film(
        customer(1, 0.42), customer(2, 0.57), change(12, removed=True, at=(0.55, 0.4)), until_s=30
    )
    assert events(rule(), scenes)[0].by == 2


def test_each_thing_counts():
    goods = [change(12 + n, removed=True, id=100 + n, at=(0.5 + n * 0.04, 0.4)) for n in range(2)]
    told = events(rule(), film(customer(), *goods, until_s=30))
    assert [event.counts["picked"] for event in told] == [1, 2]


def test_a_lamp_changes_everything_at_once():
    goods = [change(12, removed=True, id=100 + n, at=(0.42 + n * 0.03, 0.4)) for n in range(6)]
    assert events(rule(), film(customer(), *goods, until_s=30)) == []


def test_only_what_is_asked_for_is_told():
    scenes = film(customer(), change(12, removed=False), until_s=30)
    assert events(rule(tell=("picked",)), scenes) == []


def test_a_shelf_must_be_drawn():
    with pytest.raises(ValidationError, match="drawn"):
        TypeAdapter(Shelf).validate_python({})
