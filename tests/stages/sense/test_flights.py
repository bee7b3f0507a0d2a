"""What flies, and what only moves."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from vigil.core import Box, Flight, Scene, Signals, Track
from vigil.stages.sense.flights import FlightSense
from vigil.stages.sense.parabola import fitted

START_S = 1_700_000_000.0
Where = Callable[[float], "tuple[float, float] | None"]


def thrown(x: float, y: float, right: float, down: float, *, at_s: float = 1.0, fall: float = 500):
    """Pixels of 640 x 360, pixels a second, and the fall in pixels a second squared."""

    def where(t: float) -> tuple[float, float] | None:
        s = t - at_s
        place = x + right * s, y + down * s + fall * s * s / 2
        return place if s >= 0 and place[1] < 330 else None

    return where


def watched(
    scene,
    *movers: Where,
    hz: float = 12.0,
    until_s: float = 3.0,
    size: float = 12.0,
    masks=(),
    tracks: Callable[[float], Iterable[Track]] = lambda _: (),
) -> dict[int, Flight]:
    """Every flight that was told of, as last told."""
    sense, told = FlightSense(masks=masks), {}
    believed: Scene | None = None
    for number in range(round(until_s * hz)):
        t = number / hz
        things = [
            (place[0] - size / 2, place[1] - size / 2, size, size, 15.0)
            for where in movers
            if (place := where(t)) is not None
        ]
        sense.see(scene.frame(t, things), believed)
        believed = Scene(
            source="x", time_s=START_S + t, width=640, height=360, tracks=tuple(tracks(t))
        )
        told |= {flight.id: flight for flight in sense.tell(Signals()).flights}
    return told


@pytest.mark.parametrize("hz", [8.0, 12.0, 30.0])
def test_a_thrown_thing_is_followed_at_any_usual_rate(place, hz) -> None:
    flights = watched(place(), thrown(100, 200, 220, -250), hz=hz)
    assert flights
    longest = max(flights.values(), key=lambda one: len(one.path))
    first, last = longest.path[0], longest.path[-1]
    assert first[0] - START_S == pytest.approx(1.0, abs=0.35)
    assert last[1] - first[1] > 100
    assert longest.size == pytest.approx(12, rel=0.5)


def test_the_path_is_in_pixels_of_the_source(place) -> None:
    where = thrown(100, 200, 220, -250)
    flights = watched(place(), where)
    for time_s, x, y in max(flights.values(), key=lambda one: len(one.path)).path:
        true = where(time_s - START_S)
        assert true is not None
        assert (x, y) == pytest.approx(true, abs=4)


@pytest.mark.parametrize(
    "where",
    [
        lambda t: (50 + 180 * t, 150.0),
        lambda t: (50 + 150 * t, 250 - 60 * t),
        thrown(100, 60, 150, 260, fall=-300.0),
        lambda t: (300 + 60 * np.sin(7 * t), 180 + 60 * np.cos(7 * t)),
    ],
    ids=["straight", "rises straight", "curves upwards", "circles"],
)
def test_what_does_not_fall_does_not_fly(place, where) -> None:
    assert not watched(place(), where)


def test_what_falls_too_slowly_for_its_size_is_no_thrown_thing(place) -> None:
    assert not watched(place(), thrown(60, 100, 150, 10, fall=25), size=20)


def test_an_insect_that_zigzags_does_not_fly(place) -> None:
    steps = np.random.default_rng(5).uniform(-60, 60, (200, 2)).cumsum(axis=0)
    # Folded at the edges of the picture, as a path between two mirrors.
    turns = np.abs((steps + np.array((320, 180))) % (1200, 640) - (600, 320)) + 20
    assert not watched(place(), lambda t: tuple(turns[round(t * 12)]), until_s=5)


def test_the_limbs_of_who_is_known_to_be_there_do_not_fly(place) -> None:
    def person(t: float) -> list[Track]:
        box = Box(60, 40, 500, 340)
        return [
            Track(id=1, label="person", box=box, score=0.9, first_seen_s=0, last_seen_s=START_S + t)
        ]

    assert not watched(place(), thrown(120, 200, 200, -220), tracks=person)


def test_nothing_flies_inside_a_mask(place) -> None:
    whole = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)
    assert not watched(place(), thrown(100, 200, 220, -250), masks=whole)


def test_rain_is_no_hail_of_bottles(place) -> None:
    drops = [thrown(10 + 16 * n, 5, 5, 300, at_s=0.0) for n in range(38)]
    again = [lambda t, drop=drop, n=n: drop((t + 0.13 * n) % 0.8) for n, drop in enumerate(drops)]
    assert not watched(place(), *again, until_s=4)


def test_at_three_pictures_a_second_nothing_is_made_up(place) -> None:
    assert not watched(place(), thrown(100, 200, 220, -250), hz=3.0)


def test_a_flight_is_forgotten_a_second_after_its_end(place) -> None:
    sense, scene, where = FlightSense(), place(), thrown(100, 200, 220, -250)
    told = []
    for number in range(60):
        t = number / 12
        at = where(t)
        things = [] if at is None else [(at[0] - 6, at[1] - 6, 12, 12, 15.0)]
        sense.see(scene.frame(t, things), None)
        told.append(bool(sense.tell(Signals()).flights))
    assert any(told)
    assert not any(told[45:])


def test_a_parabola_is_fitted_to_the_pixel() -> None:
    points = [(t, 10 + 80 * t, 50 - 100 * t + 200 * t * t) for t in np.linspace(0, 1, 12)]
    found = fitted(points)
    assert found.at(0.5) == pytest.approx((50, 50), abs=1e-6)
    assert found.error < 1e-6
    assert found.flies(8.0)
    assert not found.flies(200.0)


def test_feet_that_pass_at_an_even_height_do_not_fly():
    x = [146, 154, 160, 165, 170, 174, 186, 193, 195, 198, 202, 208, 213]
    y = [152, 149, 150, 150, 148, 148, 148, 147, 148, 148, 148, 149, 148]
    steps = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14]
    found = fitted([(step / 12, a, b) for step, a, b in zip(steps, x, y, strict=True)])
    assert found.error < 2.0
    assert not found.flies(2.2)
