from collections.abc import Callable
from dataclasses import replace

import pytest

from vigil.core import Flight, Scene, Signals
from vigil.stages.rules.thrown_object import ThrownObject

from .films import HEIGHT, NOON_S, WIDTH, Actor, events, film, raised_s, stands

Point = tuple[float, float]


def arc(start: Point, to: Point, *, at_s: float, lasts_s: float = 0.8, rise: float = 0.1):
    """Where it is at each moment, in fractions of the picture; None before and after."""

    def where(t: float) -> Point | None:
        share = (t - at_s) / lasts_s
        if not 0 <= share <= 1:
            return None
        x = start[0] + share * (to[0] - start[0])
        y = start[1] + share * (to[1] - start[1]) - 4 * rise * share * (1 - share)
        return x, y

    return where


def flying(
    scenes: list[Scene],
    *throws: Callable[[float], Point | None],
    lingers_s: float = 1.0,
    size: float = 12.0,
) -> list[Scene]:
    """The same scenes, in which things fly; a flight is told of from its fifth point on."""
    told = []
    for index, scene in enumerate(scenes):
        flights = []
        for number, where in enumerate(throws):
            known = [
                (s.time_s, place[0] * WIDTH, place[1] * HEIGHT)
                for s in scenes[: index + 1]
                if (place := where(s.time_s - NOON_S)) is not None
            ]
            if len(known) >= 5 and scene.time_s - known[-1][0] <= lingers_s:
                flights.append(Flight(id=number + 1, path=tuple(known), size=size))
        signals = replace(scene.signals or Signals(), flights=tuple(flights))
        told.append(replace(scene, signals=signals))
    return told


THROW = arc((0.3, 0.4), (0.6, 0.9), at_s=5.0)


def test_what_is_thrown_is_told_once_with_who_was_where_it_began():
    thrower = Actor(id=4, high=0.3, where=stands((0.28, 0.6)))
    bystander = Actor(id=5, high=0.3, where=stands((0.8, 0.6)))
    scenes = flying(film(thrower, bystander, until_s=12), THROW)
    (event,) = events(ThrownObject(), scenes)
    assert event.by == 4
    assert event.claim == "Something is thrown, or falls, in the picture."
    assert (event.start_s - NOON_S, event.end_s - NOON_S) == pytest.approx((5.0, 5.8), abs=0.11)
    assert raised_s(ThrownObject(), scenes)[0] < 6.0


def test_nobody_near_is_nobody_told():
    far = Actor(id=5, high=0.2, where=stands((0.9, 0.95)))
    (event,) = events(ThrownObject(), flying(film(far, until_s=12), THROW))
    assert event.by is None


def test_what_bounces_is_one_event():
    bounce = arc((0.6, 0.9), (0.75, 0.9), at_s=6.0, lasts_s=0.6)
    assert len(events(ThrownObject(), flying(film(until_s=12), THROW, bounce))) == 1


def test_two_throws_are_two_events():
    second = arc((0.3, 0.4), (0.6, 0.9), at_s=8.0)
    assert len(events(ThrownObject(), flying(film(until_s=14), THROW, second))) == 2


def test_outside_the_zone_it_may_fly():
    roof = ((0.7, 0.0), (1.0, 0.0), (1.0, 0.3), (0.7, 0.3))
    assert events(ThrownObject(zone=roof), flying(film(until_s=12), THROW)) == []


def test_over_a_fence_is_across_its_line():
    fence, other = ((0.45, 0.2), (0.45, 1.0)), ((0.8, 0.2), (0.8, 1.0))
    scenes = flying(film(until_s=12), THROW)
    assert len(events(ThrownObject(over=fence), scenes)) == 1
    assert events(ThrownObject(over=other), scenes) == []
    above = ((0.45, 0.0), (0.45, 0.2))
    assert events(ThrownObject(over=above), scenes) == []


def test_a_short_hop_is_no_throw():
    hop = arc((0.3, 0.8), (0.33, 0.8), at_s=5.0, rise=0.02)
    assert events(ThrownObject(), flying(film(until_s=12), hop)) == []


def test_it_asks_for_every_picture():
    assert ThrownObject().signals == {"flights"}
