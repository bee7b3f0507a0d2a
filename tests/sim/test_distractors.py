"""What is no event changes the picture, and never the truth."""

from functools import lru_cache

import numpy as np
import pytest

from vigil.core import ConfigError, Image
from vigil.sim.acts import FALSE_ACTS, PLACES, TRUE_ACTS
from vigil.sim.animals import Animal
from vigil.sim.distractors import (
    Branch,
    Distraction,
    Flicker,
    HeadlightSweep,
    Insect,
    StrayShadow,
)
from vigil.sim.litter import Litter
from vigil.sim.parade import parade
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route, Stance, Stop
from vigil.sim.sites import car_park
from vigil.sim.world import Actor, Disturbance, Walker, World

CAMERA = PLACES["car_park"].camera
WAY = Route(points=((-9.0, 2.0), (9.0, 2.4)), start_s=2.0, speed_m_s=2.5)
SPELL = {"start_s": 2.0, "end_s": 9.0}
DISTRACTIONS: dict[str, tuple[Distraction, bool]] = {
    "branch": (Branch(**SPELL), False),
    "cloud": (StrayShadow(kind="cloud", route=WAY, **SPELL), False),
    "flicker": (Flicker(**SPELL), False),
    "headlights": (HeadlightSweep(position=(-14, -6), from_deg=5, to_deg=70, **SPELL), True),
    "insect": (Insect(size=0.1, **SPELL), False),
    "shadow": (StrayShadow(route=WAY, **SPELL), False),
}


@lru_cache(maxsize=16)
def view(actors: tuple[Actor, ...] = (), more: tuple[Disturbance, ...] = (), dark: bool = False):
    world = World(site=car_park(dark), seconds=10.0, actors=actors, disturbances=more)
    return Renderer(world=world, camera=CAMERA)


def changed(one: Image, other: Image, *, by: int = 14) -> float:
    """Share of the picture that differs by more than noise."""
    apart = np.abs(one.astype(int) - other).max(axis=2)
    return float((apart > by).mean())


@pytest.mark.parametrize("name", DISTRACTIONS)
def test_a_distraction_is_seen_and_is_in_no_truth(name: str) -> None:
    one, dark = DISTRACTIONS[name]
    moved = 0.0
    for time_s in np.arange(4.0, 7.0, 0.35).tolist():
        picture, truth = view(more=(one,), dark=dark).picture(time_s)
        assert len(truth) == 0
        empty, _ = view(dark=dark).picture(time_s)
        moved = max(moved, changed(picture, empty))
    assert moved > 0.002


@pytest.mark.parametrize("name", sorted(set(DISTRACTIONS) - {"branch"}))
def test_before_and_after_nothing_is_left_of_it(name: str) -> None:
    one, dark = DISTRACTIONS[name]
    for time_s in (1.0, 9.5):
        picture, _ = view(more=(one,), dark=dark).picture(time_s)
        assert np.array_equal(picture, view(dark=dark).picture(time_s)[0])


def test_a_branch_hangs_still_until_the_gust() -> None:
    hanging = view(more=(Branch(**SPELL),))
    calm = changed(hanging.picture(0.5)[0], hanging.picture(1.0)[0])
    gust = changed(hanging.picture(5.0)[0], hanging.picture(5.5)[0])
    assert gust > 3 * calm


@pytest.mark.parametrize("name", DISTRACTIONS)
def test_the_same_moment_gives_the_same_picture(name: str) -> None:
    one, dark = DISTRACTIONS[name]
    first, _ = view(more=(one,), dark=dark).picture(5.0)
    world = World(site=car_park(dark), seconds=10.0, disturbances=(one,))
    again, _ = Renderer(world=world, camera=CAMERA).picture(5.0)
    assert np.array_equal(first, again)


def test_animals_and_litter_go_by_labels_of_their_own() -> None:
    walker = Walker(id=1, route=WAY, looks=Looks())
    dog = Animal(id=2, route=WAY, kind="dog")
    cat = Animal(id=3, route=WAY, kind="cat")
    bag = Litter(id=4, route=WAY)
    heights = {}
    for actor in (walker, dog, cat, bag):
        picture, truth = view(actors=(actor,)).picture(5.0)
        assert truth.labels == (actor.label,)
        assert changed(picture, view().picture(5.0)[0]) > 0.0005
        heights[actor.label] = truth.boxes[0, 3] - truth.boxes[0, 1]
    assert heights["cat"] < heights["dog"] < heights["person"]
    assert heights["litter"] < heights["dog"]


@pytest.mark.parametrize("kind", ["dog", "cat"])
def test_paws_stay_on_the_ground(kind: str) -> None:
    for travelled_m in np.linspace(0, 1, 9):
        stance = Stance(x=0, y=0, heading=0, speed_m_s=1.0, travelled_m=float(travelled_m))
        solid = Animal(id=1, route=WAY, kind=kind).solid(stance, 0.0)
        assert -0.05 < solid.points[:, 2].min() < 0.03


def test_a_resting_animal_keeps_its_place() -> None:
    route = Route(points=((-2, 2), (0, 2), (2, 2)), start_s=0.0, stops=(Stop(1, 5.0),))
    dog = view(actors=(Animal(id=1, route=route),))
    boxes = [dog.truth(t).boxes[0] for t in (3.5, 4.5, 5.5)]
    assert np.ptp(boxes, axis=0).max() < 1


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("night", [False, True])
def test_a_parade_gives_each_act_a_time_of_its_own(place: str, night: bool) -> None:
    film = parade(place, seed=5, acts=8, night=night)
    assert sum(act.is_event for act in film.acts) == 4
    for act, after in zip(film.acts, film.acts[1:], strict=False):
        assert act.start_s < act.end_s <= after.start_s - 5
    assert film.acts[-1].end_s < film.script.world.seconds
    for event in film.true_events():
        act = film.on_at(event.start_s)
        assert act is not None
        assert act.is_event


def test_parades_put_on_every_act() -> None:
    seen = {act.what for seed in range(12) for act in parade("car_park", seed=seed, acts=12).acts}
    seen |= {a.what for s in range(12) for a in parade("yard", seed=s, acts=12, night=True).acts}
    assert seen == {*TRUE_ACTS, *FALSE_ACTS}


def test_a_parade_may_be_about_few_things_only() -> None:
    acts = parade("yard", seed=1, acts=6, only=("leave", "resting_dog", "cloud"), night=True).acts
    assert sorted(act.what for act in acts) == ["leave"] * 3 + ["resting_dog"] * 3


def test_the_same_seed_is_the_same_parade() -> None:
    assert parade("street", seed=3).acts == parade("street", seed=3).acts
    assert parade("street", seed=3).acts != parade("street", seed=4).acts


def test_an_unknown_place_is_told_what_there_is() -> None:
    with pytest.raises(ConfigError, match="no place 'moon'; allowed: car_park, corridor"):
        parade("moon", seed=0)
