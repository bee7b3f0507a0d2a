"""People together: a queue that moves up, a crowd that comes to stay."""

import numpy as np

from vigil.sim.people import Looks
from vigil.sim.route import Route, Stop
from vigil.sim.world import Walker

Point = tuple[float, float]


def queue(
    counter: Point,
    tail: Point,
    count: int,
    *,
    first_id: int = 1,
    first_s: float = 0.0,
    arrive_s: float = 3.0,
    served_s: float = 8.0,
    apart_m: float = 0.8,
    leaves_to: Point,
    seed: int = 0,
) -> tuple[Walker, ...]:
    """People who join at the tail, move up as others are served, and leave from the counter.

    One comes each `arrive_s` seconds; each is served for `served_s`. `tail` tells the direction
    in which the queue stands, metres; there is no end to how long it may become.
    """
    start, away = np.array(counter, float), np.array(tail, float) - np.array(counter, float)
    step = away / np.linalg.norm(away) * apart_m
    walkers, free_s = [], 0.0
    done: list[float] = []
    for number in range(count):
        comes_s = first_s + number * arrive_s
        ahead = [leaves for leaves in done if leaves > comes_s]
        place = len(ahead)
        begins_s = max(comes_s, free_s)
        free_s = begins_s + served_s
        done.append(free_s)
        points, stops, at_s = [tuple(start + (place + 6) * step)], [], comes_s
        # It moves up by one place whenever somebody before it has gone.
        for rank in range(place, -1, -1):
            until_s = ahead[place - rank] if rank > 0 else free_s
            walk_s = 6 * apart_m / 1.2 if rank == place else apart_m / 0.8
            points.append(tuple(start + rank * step))
            stops.append(Stop(len(points) - 1, max(0.2, until_s - at_s - walk_s)))
            at_s = max(until_s, at_s + walk_s)
        points.append(leaves_to)
        looks = Looks.from_seed(seed * 1000 + number)
        route = Route(points=tuple(points), start_s=comes_s, stops=tuple(stops), speed_m_s=1.2)
        walkers.append(Walker(id=first_id + number, looks=looks, route=route))
    return tuple(walkers)


def crowd(
    middle: Point,
    count: int,
    *,
    comes_from: tuple[Point, ...],
    first_id: int = 1,
    first_s: float = 0.0,
    within_s: float = 6.0,
    stays_s: float = 20.0,
    apart_m: float = 0.7,
    seed: int = 0,
) -> tuple[Walker, ...]:
    """People who come from several sides, stand together in rings, and go where they came from."""
    random = np.random.default_rng([seed, 53])
    walkers = []
    for number in range(count):
        ring = 0 if number == 0 else 1 + (number - 1) // 6
        turn = 2 * np.pi * ((number - 1) % 6 + 0.5 * (ring % 2)) / 6
        jitter = random.normal(0, 0.06, 2)
        place = (
            middle[0] + float(np.cos(turn) * ring * apart_m + jitter[0]),
            middle[1] + float(np.sin(turn) * ring * apart_m + jitter[1]),
        )
        origin = comes_from[number % len(comes_from)]
        start_s = first_s + float(random.uniform(0, within_s))
        route = Route(
            points=(origin, place, origin), start_s=start_s, stops=(Stop(1, stays_s),),
            speed_m_s=float(random.uniform(1.1, 1.5)),
        )  # fmt: skip
        looks = Looks.from_seed(seed * 1000 + 500 + number)
        walkers.append(Walker(id=first_id + number, looks=looks, route=route))
    return tuple(walkers)
