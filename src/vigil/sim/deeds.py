"""What people truly did in a world, as a camera ought to report it: falls, lying, fights."""

from collections.abc import Iterable, Iterator
from math import hypot

from vigil.sim.camera import Camera
from vigil.sim.motions import FIGHTS, GROUND, Deed
from vigil.sim.render import Renderer
from vigil.sim.truth import TrueEvent
from vigil.sim.world import Walker, World

SHOWN = 0.25
"""Who is shown by less of their outline is not seen."""
REACH_M = 1.6
"""Who fights is nobody's opponent beyond."""


def falls(world: World, camera: Camera) -> list[TrueEvent]:
    """Falls in the picture; from losing balance to getting up."""
    return _told(world, camera, (deed for deed in _deeds(world) if deed[1].falls), "fall")


def lying(world: World, camera: Camera, *, longer_than_s: float) -> list[TrueEvent]:
    """Who lies on the ground for longer, however they came to; from lying to getting up."""
    found = []
    for walker, deed in _deeds(world):
        end_s = min(deed.rises_s, _gone_s(world, walker))
        if deed.what in GROUND and end_s - deed.reached_s > longer_than_s:
            found.append((walker, deed))
    return _told(world, camera, found, "lying_still")


def fights(world: World, camera: Camera) -> list[TrueEvent]:
    """Stretches in which two or more fight with each other within reach, one event a group."""
    fighting = [(walker, deed) for walker, deed in _deeds(world) if deed.what in FIGHTS]
    told: list[TrueEvent] = []
    used: set[int] = set()
    for walker, deed in fighting:
        partners = [
            (other, its)
            for other, its in fighting
            if other.id not in used and _together(walker, deed, other, its)
        ]
        if walker.id in used or not partners:
            continue
        ids = (walker.id, *(other.id for other, _ in partners))
        used.update(ids)
        start_s = min([deed.start_s, *(its.start_s for _, its in partners)])
        end_s = max([deed.end_s, *(its.end_s for _, its in partners)])
        if (event := _event(world, camera, "fight", start_s, end_s, ids)) is not None:
            told.append(event)
    return told


def _deeds(world: World) -> Iterator[tuple[Walker, Deed]]:
    for actor in world.actors:
        if isinstance(actor, Walker):
            yield from ((actor, deed) for deed in actor.deeds if deed.start_s < world.seconds)


def _told(
    world: World, camera: Camera, deeds: Iterable[tuple[Walker, Deed]], kind: str
) -> list[TrueEvent]:
    events = []
    for walker, deed in deeds:
        start_s = deed.start_s if kind == "fall" else deed.reached_s
        end_s = min(deed.rises_s, _gone_s(world, walker))
        event = _event(world, camera, kind, start_s, end_s, (walker.id,))
        if event is not None:
            events.append(event)
    return sorted(events, key=lambda event: event.start_s)


def _gone_s(world: World, walker: Walker) -> float:
    return min(walker.route.end_s, world.seconds)


def _together(walker: Walker, deed: Deed, other: Walker, its: Deed) -> bool:
    """Whether two fight at the same time within reach of each other."""
    start_s, end_s = max(deed.start_s, its.start_s), min(deed.end_s, its.end_s)
    if walker.id == other.id or start_s >= end_s:
        return False
    here, there = walker.route.at(start_s), other.route.at(start_s)
    if here is None or there is None:
        return False
    return hypot(here.x - there.x, here.y - there.y) <= REACH_M


def _event(
    world: World, camera: Camera, kind: str, start_s: float, end_s: float, ids: tuple[int, ...]
) -> TrueEvent | None:
    """None where the camera does not see the first of them."""
    truth = Renderer(world=world, camera=camera).truth(start_s)
    if ids[0] not in truth.ids or truth.visible[truth.ids.index(ids[0])] < SHOWN:
        return None
    return TrueEvent(kind=kind, start_s=start_s, end_s=end_s, ids=ids, box=truth.box_of(ids[0]))
