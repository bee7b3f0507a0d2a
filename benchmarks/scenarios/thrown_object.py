"""A thing is thrown; lures fly elsewhere, hop, stay on their side of the fence, or are none."""

from dataclasses import replace
from random import Random

from benchmarks.scenarios import START_S, Rendered, Scenario, Wanted
from benchmarks.scenarios._stage import Actor as Body
from benchmarks.scenarios._stage import Place, Stage, stays
from benchmarks.scenarios._things import YARD, in_yard, walker
from vigil.core import Flight, Scene, Signals
from vigil.sim.animals import Animal
from vigil.sim.route import Route
from vigil.sim.things import Thrown
from vigil.sim.world import Actor
from vigil.stages.rules.thrown_object import ThrownObject

WINDOWS = ((0.3, 0.05), (0.95, 0.05), (0.95, 0.98), (0.3, 0.98))
FENCE = ((0.62, 0.1), (0.62, 0.98))
TRUE = ("from a window", "over the fence", "twice", "bounces", "dropped")
LURES = ("outside the zone", "before the fence", "hop", "nobody throws", "beside the fence")
PICTURES_HZ = (8.0, 12.0, 15.0, 25.0)


def scenario(chance: Random) -> Scenario:
    stage = Stage.drawn(chance, slowest_hz=3.0)
    story = chance.choice(TRUE + LURES)
    at_s = [chance.uniform(5, 8)]
    if story == "twice":
        at_s.append(at_s[0] + chance.uniform(4, 8))
    paths = [_path(story, chance, start_s) for start_s in at_s] if story != "nobody throws" else []
    if story == "bounces":
        paths.append(_after(paths[0], chance))
    fence = FENCE if "fence" in story else None
    people = [Body(where=stays((chance.uniform(0.1, 0.9), 0.9), sway=0.05)) for _ in range(2)]
    wanted = [Wanted(start_s=t, end_s=t + 1.5, by_s=t + 2.5) for t in at_s]
    return Scenario(
        rule=ThrownObject(zone=WINDOWS, over=fence),
        scenes=_flying(stage.scenes(people, 22), paths, chance),
        wanted=tuple(wanted) if story in TRUE else (),
        story=story,
    )


Path = list[tuple[float, float, float]]
"""Seconds of the story, and x and y as fractions of the picture."""


def _path(story: str, chance: Random, start_s: float) -> Path:
    lasts_s = chance.uniform(0.7, 1.2)
    start, to = {
        "from a window": ((0.5, 0.15), (0.65, 0.9)),
        "over the fence": ((0.45, 0.6), (0.8, 0.8)),
        "twice": ((0.4, 0.3), (0.6, 0.9)),
        "bounces": ((0.4, 0.3), (0.6, 0.85)),
        "dropped": ((0.5, 0.15), (0.5, 0.9)),
        "outside the zone": ((0.05, 0.2), (0.25, 0.9)),
        "before the fence": ((0.35, 0.6), (0.57, 0.8)),
        "hop": ((0.5, 0.8), (0.53, 0.8)),
        "beside the fence": ((0.45, 0.04), (0.8, 0.04)),
    }[story]
    rise = 0.02 if story in ("hop", "beside the fence") else chance.uniform(0.03, 0.12)
    return _arc(chance, start, to, start_s, lasts_s, 0.0 if story == "dropped" else rise)


def _arc(
    chance: Random, start: Place, to: Place, start_s: float, lasts_s: float, rise: float
) -> Path:
    hz, path = chance.choice(PICTURES_HZ), []
    for number in range(round(lasts_s * hz) + 1):
        share = number / hz / lasts_s
        if number > 4 and chance.random() < 0.1:
            continue
        fall = share * share if not rise else share  # what is dropped starts from rest
        x = start[0] + share * (to[0] - start[0]) + chance.gauss(0, 0.001)
        y = start[1] + fall * (to[1] - start[1]) - 4 * rise * share * (1 - share)
        path.append((start_s + number / hz, x, y + chance.gauss(0, 0.001)))
    return path


def _after(first: Path, chance: Random) -> Path:
    """The same thing, after it came down."""
    time_s, x, y = first[-1]
    return _arc(chance, (x, y), (x + 0.12, y), time_s + 0.15, 0.6, 0.04)


def _flying(scenes: list[Scene], paths: list[Path], chance: Random) -> list[Scene]:
    size = chance.uniform(0.01, 0.03)
    told = []
    for scene in scenes:
        flights = []
        for number, path in enumerate(paths, start=1):
            known = [point for point in path if START_S + point[0] <= scene.time_s]
            if len(known) >= 5 and scene.time_s - START_S - known[-1][0] <= 1.0:
                flights.append(
                    Flight(
                        id=number,
                        path=tuple(
                            (START_S + t, x * scene.width, y * scene.height) for t, x, y in known
                        ),
                        size=size * scene.width,
                    )
                )
        signals = replace(scene.signals or Signals(), flights=tuple(flights))
        told.append(replace(scene, signals=signals))
    return told


def film(seed: int) -> Rendered:
    chance = Random(seed)
    story = chance.choice(("thrown", "dropped from above", "thrown by a walker", "walk", "dog"))
    at_s = chance.uniform(5, 7)
    side = chance.choice((-1, 1))
    across = ((-6.0 * side, 3.4), (6.0 * side, 3.0))
    actors: list[Actor] = [walker(1, across, 2.0, chance)]
    if story == "dog":
        actors.append(
            Animal(
                id=2, kind="dog", route=Route(points=((6, 2), (-6, 2.4)), start_s=3, speed_m_s=2)
            )
        )
    start = (-3.0 * side, 4.5, chance.uniform(1.5, 2.2))
    velocity = (side * chance.uniform(3, 5), chance.uniform(-1, 0.5), chance.uniform(2.5, 4))
    if story == "dropped from above":
        start, velocity = (chance.uniform(-2, 2), 6.0, chance.uniform(3, 3.6)), (0.6, -0.5, 0.0)
    told = story not in ("walk", "dog")
    if told:
        actors.append(
            Thrown.at(
                3, start=start, velocity=velocity, thrown_s=at_s, size=chance.uniform(1, 1.6),
                kind=chance.choice(("bottle", "bag", "carton")),
            )
        )  # fmt: skip
    return Rendered(
        world=in_yard(tuple(actors), 12.0, seed),
        camera=replace(YARD, rate=12.0),
        rule={"kind": "thrown_object"},
        wanted=(Wanted(start_s=at_s, end_s=at_s + 1.5, by_s=at_s + 4),) if told else (),
        story=story,
    )
