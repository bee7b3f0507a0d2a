"""A stage for stories: who walks where, and what a fallible detector and tracker make of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from benchmarks.scenarios import START_S
from vigil.core import Box, Health, Scene, Signals, StaticBlob, Track

Place = tuple[float, float]
"""x and y of a foot, fractions of the picture."""
Where = Callable[[float], Place | None]
SIZES = ((640, 360), (1280, 720), (1920, 1080), (960, 720), (2560, 1440))
RATES_HZ = (2.0, 3.0, 5.0, 8.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Something that is at `where(seconds)`; None while it is nowhere."""

    where: Where
    label: str = "person"
    high: float = 0.25
    """Fraction of the picture's height."""
    wide: float = 0.4
    """Of its height in pixels."""
    score: float = 0.85
    """Mean of the detector's scores."""
    blob: bool = False
    """Found in the background only, not by a detector."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """How much goes wrong between the world and the tracks."""

    missed: float = 0.05
    """Share of looks that do not find a thing."""
    jitter: float = 0.02
    """Standard deviation of each side of a box, fractions of its height."""
    switches_s: float = 40.0
    """A track is lost and begun under a new id once in so many seconds, in the mean."""
    spurious: float = 0.0
    """Share of looks with a false box somewhere."""

    @classmethod
    def drawn(cls, chance: Random) -> "Trouble":
        """From a good day to a bad one."""
        return cls(
            missed=chance.choice((0.0, 0.03, 0.08, 0.15)),
            jitter=chance.choice((0.005, 0.015, 0.03)),
            switches_s=chance.choice((1e9, 60.0, 20.0)),
        )


@dataclass(kw_only=True)
class _Followed:
    id: int
    first_s: float
    hits: int = 0
    foot: Place | None = None
    before_s: float = 0.0


@dataclass(kw_only=True)
class Stage:
    """Turns actors into scenes at `hz`; what one look misses is believed where it was."""

    chance: Random
    hz: float = 5.0
    size: tuple[int, int] = (1280, 720)
    trouble: Trouble = field(default_factory=Trouble)

    @classmethod
    def drawn(cls, chance: Random, *, slowest_hz: float = 2.0) -> "Stage":
        """Of any rate from `slowest_hz` on, picture size and trouble."""
        return cls(
            chance=chance,
            hz=chance.choice([hz for hz in RATES_HZ if hz >= slowest_hz]),
            size=chance.choice(SIZES),
            trouble=Trouble.drawn(chance),
        )

    def scenes(self, actors: Sequence[Actor], seconds: float) -> list[Scene]:
        """The story as rules see it; every scene is a look."""
        followed: dict[int, _Followed] = {}
        since: dict[int, float] = {}
        count, scenes = 0, []
        for number in range(round(seconds * self.hz)):
            t = number / self.hz
            time_s, tracks, blobs = START_S + t, [], []
            for index, actor in enumerate(actors):
                place = actor.where(t)
                if place is None:
                    followed.pop(index, None)
                    continue
                if actor.blob:
                    box = self._box(actor, place, jitter=0.0)
                    began_s = since.setdefault(index, time_s)
                    blobs.append(StaticBlob(id=index + 1, box=box, since_s=began_s))
                    continue
                if index in followed and self._switches():
                    del followed[index]
                if self.chance.random() < self.trouble.missed:
                    continue
                if index not in followed:
                    count += 1
                    followed[index] = _Followed(id=count, first_s=time_s)
                tracks.append(self._track(actor, followed[index], place, time_s))
            if self.chance.random() < self.trouble.spurious:
                count += 1
                tracks.append(self._ghost(count, time_s))
            scenes.append(self._scene(time_s, tracks, blobs))
        return scenes

    def _switches(self) -> bool:
        return self.chance.random() < 1 / (self.trouble.switches_s * self.hz)

    def _box(self, actor: Actor, place: Place, *, jitter: float) -> Box:
        width, height = self.size
        high = actor.high * height
        wide = actor.wide * high
        x, y = place[0] * width, place[1] * height

        def off() -> float:
            return self.chance.gauss(0, jitter * high) if jitter else 0.0

        box = Box(x - wide / 2 + off(), y - high + off(), x + wide / 2 + off(), y + off())
        return Box(*(float(side) for side in box)).clipped(width, height)

    def _track(self, actor: Actor, one: _Followed, place: Place, time_s: float) -> Track:
        box = self._box(actor, place, jitter=self.trouble.jitter)
        foot = box.foot
        step_s = time_s - one.before_s
        speed = (0.0, 0.0)
        if one.foot is not None and step_s > 0:
            speed = ((foot[0] - one.foot[0]) / step_s, (foot[1] - one.foot[1]) / step_s)
        one.foot, one.before_s, one.hits = foot, time_s, one.hits + 1
        score = min(max(self.chance.gauss(actor.score, 0.06), 0.1), 1.0)
        return Track(
            id=one.id, label=actor.label, box=box, score=score, first_seen_s=one.first_s,
            last_seen_s=time_s, hits=one.hits, velocity=speed,
        )  # fmt: skip

    def _ghost(self, id_: int, time_s: float) -> Track:
        x, y = self.chance.random(), self.chance.random()
        actor = Actor(where=lambda _t: (x, y), high=0.15)
        box = self._box(actor, (x, y), jitter=0.0)
        return Track(
            id=id_, label="person", box=box, score=0.55, first_seen_s=time_s, last_seen_s=time_s
        )

    def _scene(self, time_s: float, tracks: list[Track], blobs: list[StaticBlob]) -> Scene:
        return Scene(
            source="story", time_s=time_s, width=self.size[0], height=self.size[1],
            tracks=tuple(tracks), signals=Signals(static_blobs=tuple(blobs)), health=Health(),
            looked=True,
        )  # fmt: skip


def stays(at: Place, start_s: float = 0.0, end_s: float = 1e9, *, sway: float = 0.0) -> Where:
    """Stands there, shifting about by `sway` of the picture."""

    def where(t: float) -> Place | None:
        if not start_s <= t < end_s:
            return None
        # Two slow swings of unlike length: nobody stands like a post.
        shift = sway * ((t * 0.31 + at[0] * 9) % 2 - 1) if sway else 0.0
        return at[0] + abs(shift) - sway / 2, at[1]

    return where


def walks(*stops: tuple[float, Place]) -> Where:
    """From stop to stop, each a second and a place; absent before the first and after the last."""

    def where(t: float) -> Place | None:
        for (t1, (x1, y1)), (t2, (x2, y2)) in pairwise(stops):
            if t1 <= t <= t2:
                share = (t - t1) / (t2 - t1) if t2 > t1 else 1.0
                return x1 + share * (x2 - x1), y1 + share * (y2 - y1)
        return None

    return where


def hidden(where: Where, *out: tuple[float, float]) -> Where:
    """The same, out of sight during the given spans of seconds."""
    return lambda t: None if any(a <= t < b for a, b in out) else where(t)
