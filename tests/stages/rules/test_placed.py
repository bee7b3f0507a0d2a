"""Who stood where is remembered once for all rules that begin with the same scene."""

from collections.abc import Sequence
from dataclasses import replace

from vigil.core import Box, Scene
from vigil.stages.rules.moment import Lifetime
from vigil.stages.rules.placed import Leavers, Stood

from .films import Actor, film, walks

PERSON = ("person",)


def scenes() -> list[Scene]:
    """Somebody comes, stands for a while and goes; each time as scenes that nobody has seen."""
    path = walks((0, (0.1, 0.8)), (5, (0.5, 0.8)), (15, (0.5, 0.8)), (20, (0.9, 0.8)))
    return [replace(scene) for scene in film(Actor(id=1, high=0.3, where=path), until_s=30)]


def seen_by(leavers: Leavers, shown: Sequence[Scene]) -> list[Stood]:
    lifetime = Lifetime()
    return [leavers.note(lifetime.at(scene)) for scene in shown]


def of(labels: tuple[str, ...] = PERSON, still: float = 0.15) -> Leavers:
    return Leavers(labels, still=still, inertia=3)


def test_where_somebody_stood_is_known_after_they_went():
    *_, stood = seen_by(of(), scenes())
    (box,) = stood
    assert stood.fits(box)
    assert not stood.fits(Box(0, 0, 5, 5))


def test_who_begins_with_the_same_scene_is_told_the_same():
    shown = scenes()
    first, second = seen_by(of(), shown), seen_by(of(), shown)  # one after the other
    assert all(one is other for one, other in zip(first, second, strict=True))
    assert first == seen_by(of(), scenes())


def test_side_by_side_each_scene_is_taken_in_once():
    one, other, lifetime = of(), of(), Lifetime()
    told = []
    for scene in scenes():
        moment = lifetime.at(scene)
        told.append((one.note(moment), other.note(moment)))
    alone = seen_by(of(), scenes())
    assert told == [(stood, stood) for stood in alone]


def test_who_begins_later_or_means_something_else_remembers_alone():
    shown = scenes()
    seen_by(of(), shown)
    late = [scene for scene in shown if scene.time_s > shown[0].time_s + 21]
    *_, stood = seen_by(of(), late)
    assert stood == ()
    *_, of_cars = seen_by(of(("car",)), shown)
    assert of_cars == ()
    *_, of_nobody = seen_by(of(()), shown)
    assert of_nobody == ()
