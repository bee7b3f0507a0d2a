"""Stories of people told in the boxes that a camera of the rendered world has of them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from benchmarks.scenarios import START_S
from vigil.core import Box, Health, Reading, Scene, Signals, Track
from vigil.sim.camera import Camera
from vigil.sim.motions import GROUND, Deed
from vigil.sim.people import Looks
from vigil.sim.render import Renderer
from vigil.sim.route import Route, Stop
from vigil.sim.site import Site
from vigil.sim.sites import yard
from vigil.sim.world import Walker, World

Place = tuple[float, float]
"""Metres on the ground."""
RATES_HZ = (2.0, 3.0, 5.0, 8.0, 10.0)
ON_SPOT_S = 3.0
"""When somebody who goes to a spot is there, or soon after."""
Energy = Callable[[Walker, float], float]


@lru_cache(maxsize=1)
def ground() -> Site:
    """Where it all happens; boxes alone need no more of it."""
    return yard(False)


def view(chance: Random, *, width: int = 640) -> Camera:
    """A camera on a wall or pole, 2.3 to 5 m high, 6 to 12 m away."""
    away, aside = chance.uniform(6.0, 11.0), chance.uniform(-4.0, 4.0)
    return Camera(
        position=(aside, 2.5 - away, chance.uniform(2.3, 4.6)),
        target=(chance.uniform(-0.5, 0.5), 2.5, chance.uniform(0.5, 1.0)),
        view_deg=chance.uniform(55, 78),
        width=width,
        height=width * 9 // 32 * 2,
    )


def goes_to(spot: Place, *, stays_s: float, start_s: float = 0.0, chance: Random) -> Route:
    """Comes from one side, stays at a spot, and goes on to the other."""
    side = chance.choice((-1, 1))
    reach, speed = chance.uniform(2.2, 3.4), chance.uniform(1.0, 1.6)
    before = (spot[0] - side * reach, spot[1] + chance.uniform(-0.8, 0.8))
    after = (spot[0] + side * 9.0, spot[1] + chance.uniform(-1, 1))
    return Route(
        points=(before, spot, after), start_s=start_s, speed_m_s=speed, stops=(Stop(1, stays_s),)
    )


def passes(chance: Random, *, start_s: float = 0.0, y: float | None = None) -> Route:
    """Walks across the view."""
    side = chance.choice((-1, 1))
    ys = [y if y is not None else chance.uniform(0.5, 6.0) for _ in range(2)]
    return Route(
        points=((-9.0 * side, ys[0]), (9.0 * side, ys[1])),
        start_s=start_s,
        speed_m_s=chance.uniform(0.9, 1.7),
    )


def walker(id_: int, route: Route, *deeds: Deed, chance: Random) -> Walker:
    looks = Looks.from_seed(chance.randrange(10**6))
    return Walker(id=id_, looks=looks, route=route, deeds=deeds)


def arrival_s(route: Route) -> float:
    """When somebody stands at the stop of their way."""
    return route.stop_interval_s(1)[0]


def anywhere(chance: Random) -> float:
    """A direction, radians."""
    return chance.uniform(-math.pi, math.pi)


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """How well a detector sees people, and a tracker follows them."""

    hz: float
    missed: float
    """Share of looks that miss somebody who stands …"""
    missed_lying: float
    """… and who lies or falls."""
    lost_falling: float
    """Share of falls after which somebody has a new id."""
    jitter: float
    """Standard deviation of each side of a box, of the lengths of its sides."""
    reads: bool = False
    """Whether a reader of postures is there, right nine times of ten."""

    @classmethod
    def drawn(cls, chance: Random) -> "Eyes":
        """From a good day to a bad one."""
        return cls(
            hz=chance.choice(RATES_HZ),
            missed=chance.choice((0.0, 0.03, 0.1)),
            missed_lying=chance.choice((0.0, 0.15, 0.4)),
            lost_falling=chance.choice((0.0, 0.0, 0.5)),
            jitter=chance.choice((0.005, 0.015, 0.03)),
            reads=chance.random() < 0.5,
        )


WORDS = {"sit_down": "sitting", "crouch": "sitting", "kneel": "bent", "pick_up": "bent"}
"""What a reader calls what somebody does."""
PATIENCE_S = 3.0
"""A tracker finds again under the same id who was missed for no longer."""


@dataclass(kw_only=True)
class _Known:
    id: int
    first_s: float
    last_s: float
    hits: int = 0
    foot: tuple[float, float] = (0.0, 0.0)
    misses: int = 0
    track: Track | None = None


@dataclass(kw_only=True)
class Watched:
    """Turns a world into what is believed of it."""

    world: World
    camera: Camera
    eyes: Eyes
    chance: Random
    energy: Energy | None = None
    """How much somebody moves at a time of the story; None: nobody senses that."""
    shown: float = 0.25
    _known: dict[int, _Known] = field(default_factory=dict)
    _count: int = 0

    def scenes(self) -> list[Scene]:
        """Every look of the story."""
        renderer = Renderer(world=self.world, camera=self.camera)
        looks = (
            number / self.eyes.hz for number in range(round(self.world.seconds * self.eyes.hz))
        )
        return [self._scene(renderer, time_s) for time_s in looks]

    def _scene(self, renderer: Renderer, time_s: float) -> Scene:
        truth = renderer.truth(time_s)
        tracks: list[Track] = []
        moving: dict[int, float] = {}
        for row, actor_id in enumerate(truth.ids):
            if truth.visible[row] < self.shown:
                continue
            actor = self.world.actor(actor_id)
            assert isinstance(actor, Walker)
            box = Box(*(float(side) for side in truth.boxes[row]))
            track = self._followed(actor, box, time_s)
            if track is not None:
                tracks.append(track)
                if self.energy is not None:
                    moving[track.id] = self.energy(actor, time_s)
        return Scene(
            source="story", time_s=START_S + time_s, width=self.camera.width,
            height=self.camera.height, tracks=tuple(tracks), signals=_signals(moving),
            health=Health(), looked=True,
        )  # fmt: skip

    def _followed(self, actor: Walker, box: Box, time_s: float) -> Track | None:
        """The track of somebody at this look; None where they are missed for good."""
        known = self._known.get(actor.id)
        low = _is_low(actor.deeds, time_s)
        if self.chance.random() < (self.eyes.missed_lying if low else self.eyes.missed):
            if known is None or known.track is None:
                return None
            known.misses += 1
            return known.track if known.misses == 1 else None
        gone = known is None or time_s - known.last_s > PATIENCE_S
        step_s = 1 / self.eyes.hz
        falls = any(d.falls and d.start_s <= time_s < d.start_s + step_s for d in actor.deeds)
        if gone or known is None or (falls and self.chance.random() < self.eyes.lost_falling):
            self._count += 1
            known = _Known(id=self._count, first_s=time_s, last_s=time_s)
            self._known[actor.id] = known
        shaken = self._shaken(box)
        (x, y), before = shaken.foot, known.foot if known.hits else shaken.foot
        gap_s = max(time_s - known.last_s, step_s)
        known.hits += 1
        known.last_s, known.foot, known.misses = time_s, (x, y), 0
        score = min(max(self.chance.gauss(0.45 if low else 0.85, 0.08), 0.15), 1.0)
        known.track = Track(
            known.id, "person", shaken, score, START_S + known.first_s, START_S + time_s,
            known.hits, ((x - before[0]) / gap_s, (y - before[1]) / gap_s),
            self._readings(actor, time_s, low=low),
        )  # fmt: skip
        return known.track

    def _readings(self, actor: Walker, time_s: float, *, low: bool) -> tuple[Reading, ...]:
        if not self.eyes.reads or self.chance.random() < 0.1:
            return ()
        doing = next((deed.what for deed in actor.deeds if deed.acts(time_s)), "")
        word = "lying" if low else WORDS.get(doing, "bent" if doing in GROUND else "upright")
        if self.chance.random() < 0.1:
            word = self.chance.choice(("lying", "bent", "sitting", "upright"))
        return (Reading("posture", word, self.chance.uniform(0.3, 0.9)),)

    def _shaken(self, box: Box) -> Box:
        wide, high, jitter = box.width, box.height, self.eyes.jitter
        sides = (
            side + self.chance.gauss(0, jitter * size)
            for side, size in zip(box, (wide, high, wide, high), strict=True)
        )
        return Box(*sides).clipped(self.camera.width, self.camera.height)


def _signals(moving: Mapping[int, float]) -> Signals:
    return Signals(motion=0.02, energy=dict(moving))


def _is_low(deeds: Sequence[Deed], time_s: float) -> bool:
    return any(
        deed.what in GROUND and deed.reached_s - 0.4 <= time_s < deed.rises_s + 1 for deed in deeds
    )
