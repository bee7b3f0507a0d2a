"""A site, the actors that pass through it, and what disturbs the view."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from vigil.sim.distractors import Distraction
from vigil.sim.mesh import Colour, Mesh, block, joined, limb
from vigil.sim.motions import Deed
from vigil.sim.people import STRIDE_M, Body, Looks, Pose, body
from vigil.sim.props import Prop
from vigil.sim.route import Route, Stance
from vigil.sim.site import Site
from vigil.sim.vehicles import CAR, PAINTS, VAN, spoke_step, vehicle

CYCLE_STEPS = 32
"""A stride is drawn in so many poses; a foot then slides by less than 5 cm."""

WHEEL_STEPS = 6
"""Pictures of a wheel from one spoke to the next."""


@dataclass(frozen=True, kw_only=True)
class Walker:
    """A person on foot."""

    id: int
    route: Route
    looks: Looks
    deeds: tuple[Deed, ...] = ()
    """What they do besides walking, in order of time; the route should stop meanwhile."""
    label: Literal["person"] = "person"


@dataclass(frozen=True, kw_only=True)
class Vehicle:
    """A car or van."""

    id: int
    route: Route
    kind: Literal["car", "van"] = "car"
    paint: Colour = PAINTS[0]
    lights: bool = False

    @property
    def label(self) -> str:
        """The word of the COCO vocabulary; it has none for vans but `truck`."""
        return "car" if self.kind == "car" else "truck"


@dataclass(frozen=True, kw_only=True)
class Bag:
    """A bag that its owner carries until it is put down."""

    id: int
    owner: int
    """Id of the walker."""
    put_down_s: float
    picked_up_s: float | None = None
    """When the owner takes it again; None: never."""
    taken_by: int | None = None
    """Id of another walker who takes it then, in the owner's stead."""
    kind: Literal["suitcase", "backpack", "handbag"] = "suitcase"
    colour: Colour = (0.16, 0.13, 0.12)

    @property
    def label(self) -> str:
        """The word of the COCO vocabulary."""
        return self.kind

    def bent_for(self, walker: int) -> list[float]:
        """When somebody bends down for it."""
        taker = self.owner if self.taken_by is None else self.taken_by
        down = [self.put_down_s] if walker == self.owner else []
        up = [self.picked_up_s] if self.picked_up_s and walker == taker else []
        return down + up


Actor = Walker | Vehicle | Bag | Prop


@dataclass(frozen=True, kw_only=True)
class LightSwitch:
    """The light changes at once: a lamp is switched, an exposure jumps."""

    at_s: float
    gain: float = 1.5
    """Of pixel values."""

    def acts(self, time_s: float) -> bool:
        """Whether it changes the picture of that moment."""
        return time_s >= self.at_s


@dataclass(frozen=True, kw_only=True)
class _Spell:
    """Something that lasts for a while."""

    start_s: float
    end_s: float

    def acts(self, time_s: float) -> bool:
        """Whether it changes the picture of that moment."""
        return self.start_s <= time_s <= self.end_s


@dataclass(frozen=True, kw_only=True)
class Rain(_Spell):
    """Streaks in front of the lens."""

    strength: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Wind(_Spell):
    """Leaves move."""

    strength: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Shake(_Spell):
    """The camera's pole sways."""

    pixels: float = 2.0
    """Largest shift, for a picture 640 pixels wide."""


@dataclass(frozen=True, kw_only=True)
class Frozen(_Spell):
    """The camera sends its picture of `start_s` over and over; the truth goes on meanwhile."""


Disturbance = LightSwitch | Rain | Wind | Shake | Frozen | Distraction


@dataclass(frozen=True, kw_only=True, eq=False)
class World:
    """Everything that cameras may see, in seconds from 0 to `seconds`.

    Raises:
        ValueError: two actors with one id, or a bag whose owner is no walker of this world.
    """

    site: Site
    seconds: float
    actors: tuple[Actor, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        ids = [actor.id for actor in self.actors]
        if len(set(ids)) < len(ids):
            raise ValueError(f"every actor needs its own id: {ids}")
        walkers = {actor.id for actor in self.actors if isinstance(actor, Walker)}
        for actor in self.actors:
            if not isinstance(actor, Bag):
                continue
            for carrier in {actor.owner, actor.taken_by or actor.owner} - walkers:
                raise ValueError(f"bag {actor.id}: no walker {carrier}; found {walkers}")

    def actor(self, id_: int) -> Actor:
        """The actor with that id."""
        return next(actor for actor in self.actors if actor.id == id_)

    def owner(self, bag: Bag) -> Walker:
        """Who carries a bag."""
        return next(
            actor for actor in self.actors if isinstance(actor, Walker) and actor.id == bag.owner
        )

    def carrier(self, bag: Bag, time_s: float) -> Walker:
        """Who has it in hand, or had it last."""
        if bag.taken_by is None or not _taken(bag, time_s):
            return self.owner(bag)
        return next(a for a in self.actors if isinstance(a, Walker) and a.id == bag.taken_by)

    def stance(self, actor: Actor, time_s: float) -> Stance | None:
        """Where an actor stands on the ground, None while it is nowhere; a bag where it lies."""
        if not isinstance(actor, Bag):
            return actor.route.at(time_s)
        lies = actor.put_down_s <= time_s and not _taken(actor, time_s)
        return self.carrier(actor, time_s).route.at(actor.put_down_s if lies else time_s)

    def solid(self, actor: Actor, time_s: float) -> Mesh | None:
        """The actor as it is at that time, in its place; None while it is nowhere."""
        stance = self.stance(actor, time_s)
        if stance is None:
            return None
        if isinstance(actor, Walker):
            person = _body(actor.looks, self._pose(actor, stance, time_s))
            return person.mesh.placed(stance.x, stance.y, 0.0, _heading(actor, stance, time_s))
        if isinstance(actor, Vehicle):
            shape = CAR if actor.kind == "car" else VAN
            step = spoke_step(shape, stance.travelled_m, WHEEL_STEPS)
            drawn = _vehicle(actor.kind, actor.paint, step, actor.lights)
            return drawn.placed(stance.x, stance.y, 0.0, stance.heading)
        if isinstance(actor, Prop):
            return actor.solid(stance, time_s)
        return self._bag(actor, stance, time_s)

    def _pose(self, walker: Walker, stance: Stance, time_s: float) -> Pose:
        stoop, burdened = 0.0, False
        for bag in (one for one in self.actors if isinstance(one, Bag)):
            moments = bag.bent_for(walker.id)
            near = min((abs(time_s - moment) for moment in moments), default=np.inf)
            stoop = max(stoop, float(np.clip(1.25 - near / 0.7, 0, 1)))
            lies = bag.put_down_s <= time_s and not _taken(bag, time_s)
            burdened |= not lies and self.carrier(bag, time_s).id == walker.id
        effort = min(stance.speed_m_s / 1.2, 1.5)
        strides = stance.travelled_m / (STRIDE_M * walker.looks.height_m / 1.75)
        idle = 0.8 * np.sin(time_s * 0.9 + walker.id) if effort < 0.3 else 0.0
        postures = (deed.posture(time_s) for deed in walker.deeds)
        posture = next((one for one in postures if one is not None), None)
        if posture is not None:
            return Pose(posture=posture.rounded())
        return Pose(
            cycle=round(strides * CYCLE_STEPS) % CYCLE_STEPS / CYCLE_STEPS,
            effort=round(effort * 4) / 4,
            stoop=round(stoop, 1),
            burdened=burdened,
            look_round=round(float(idle) * 5) / 5,
        )

    def _bag(self, bag: Bag, stance: Stance, time_s: float) -> Mesh:
        owner = self.carrier(bag, time_s)
        moment_s = time_s
        lies = bag.put_down_s <= time_s and not _taken(bag, time_s)
        if lies:
            moment_s = bag.put_down_s
        x, y, z = _body(owner.looks, self._pose(owner, stance, moment_s)).right_hand
        mesh = _luggage(bag.kind, bag.colour)
        top = float(mesh.points[:, 2].max())
        local = np.array([x + 0.05, y, 0.0 if lies else max(z - top + 0.04, 0.0)], np.float32)
        moved = Mesh(
            mesh.points + local, mesh.faces, mesh.colours, mesh.gloss, mesh.glow, mesh.lift_m
        )
        return moved.placed(stance.x, stance.y, 0.0, stance.heading)


def _heading(walker: Walker, stance: Stance, time_s: float) -> float:
    """Where somebody looks: along their way, or where what they do turns them."""
    turned = (deed.faces for deed in walker.deeds if deed.acts(time_s))
    return next((one for one in turned if one is not None), stance.heading)


def _taken(bag: Bag, time_s: float) -> bool:
    return bag.picked_up_s is not None and time_s >= bag.picked_up_s


@lru_cache(maxsize=2048)
def _body(looks: Looks, pose: Pose) -> Body:
    return body(looks, pose)


@lru_cache(maxsize=64)
def _vehicle(kind: str, paint: Colour, step: int, lights: bool) -> Mesh:
    shape = CAR if kind == "car" else VAN
    return vehicle(shape, paint, turn=step / WHEEL_STEPS, lights=lights)


@lru_cache(maxsize=16)
def _luggage(kind: str, colour: Colour) -> Mesh:
    """A bag standing at the origin."""
    dark = (colour[0] * 0.5, colour[1] * 0.5, colour[2] * 0.5)
    if kind == "suitcase":
        shell = block((0.24, 0.46, 0.56), (0, 0, 0.33), colour, gloss=0.12)
        bands = block((0.25, 0.03, 0.57), (0, 0.1, 0.33), dark, lift_m=0.05)
        feet = block((0.2, 0.4, 0.05), (0, 0, 0.025), (0.05, 0.05, 0.05))
        handle = limb(
            [(0, -0.1, 0.61), (0, -0.09, 0.7), (0, 0.09, 0.7), (0, 0.1, 0.61)], [0.015] * 4, dark, 6
        )
        return joined([shell, bands, feet, handle])
    if kind == "backpack":
        sack = limb(
            [(0, 0, 0.0), (0, 0, 0.03), (0, 0, 0.22), (0, -0.01, 0.40), (0, -0.02, 0.47)],
            [0.13, 0.16, 0.17, 0.13, 0.05], colour, 12,
        )  # fmt: skip
        pocket = block((0.20, 0.08, 0.18), (0, 0.15, 0.14), dark)
        return joined([sack, pocket])
    sack = block((0.14, 0.36, 0.24), (0, 0, 0.12), colour, gloss=0.1)
    handle = limb(
        [(0, -0.12, 0.23), (0, -0.08, 0.36), (0, 0.08, 0.36), (0, 0.12, 0.23)], [0.012] * 4, dark, 6
    )
    return joined([sack, handle])
