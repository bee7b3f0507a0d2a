"""A stage for stories: who walks where, and what a fallible detector and tracker make of it."""

from collections.abc import Callable, Mapping, Sequence
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
    rest_s: float = 2.0
    """For so long a thing of the background must be there before anybody can tell."""
    removed: bool = False
    """The background shows where it stood."""


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


GRACE_S = 0.05
"""A tracker believes in what one look missed, and in what more did for no longer than this."""


@dataclass(kw_only=True)
class _Followed:
    """A thing that the tracker knows."""

    actor: int
    id: int
    first_s: float
    track: Track | None = None
    misses: int = 0

    def believed(self, time_s: float) -> Track | None:
        """Where it is thought to be after a look that missed it; None once nobody thinks so."""
        self.misses += 1
        track = self.track
        if track is None or (self.misses > 1 and time_s - track.last_seen_s > GRACE_S):
            return None
        ahead_s = time_s - track.last_seen_s
        right, down = track.velocity[0] * ahead_s, track.velocity[1] * ahead_s
        x1, y1, x2, y2 = track.box
        return track._replace(box=Box(x1 + right, y1 + down, x2 + right, y2 + down))


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
        known: list[_Followed] = []
        since: dict[int, float] = {}
        self._count, scenes = 0, []
        for number in range(round(seconds * self.hz)):
            t = number / self.hz
            time_s = START_S + t
            places = {index: actor.where(t) for index, actor in enumerate(actors)}
            there = {index: place for index, place in places.items() if place is not None}
            bodies = {index: at for index, at in there.items() if not actors[index].blob}
            tracks = self._tracks(actors, bodies, known, time_s)
            known = [one for one in known if one.track is not None]
            if self.chance.random() < self.trouble.spurious:
                tracks.append(self._ghost(time_s))
            since = {index: since.get(index, time_s) for index in there}
            blobs = [
                StaticBlob(
                    id=index + 1,
                    box=self._box(actors[index], place),
                    since_s=since[index],
                    removed=actors[index].removed,
                )
                for index, place in there.items()
                if actors[index].blob and time_s - since[index] >= actors[index].rest_s
            ]
            scenes.append(self._scene(time_s, tracks, blobs))
        return scenes

    def _tracks(
        self,
        actors: Sequence[Actor],
        places: Mapping[int, Place],
        known: list[_Followed],
        time_s: float,
    ) -> list[Track]:
        """Who is found at this look, and who is only believed to be there."""
        found: dict[int, Track] = {}
        for index, place in places.items():
            if self.chance.random() < self.trouble.missed:
                continue
            one = next((one for one in known if one.actor == index), None)
            if one is not None and self._switches():
                one.actor = -1
                one = None
            if one is None:
                self._count += 1
                one = _Followed(actor=index, id=self._count, first_s=time_s)
                known.append(one)
            one.track = found[one.id] = self._track(actors[index], one, place, time_s)
            one.misses = 0
        tracks = list(found.values())
        for one in known:
            if one.id not in found:
                believed = one.believed(time_s)
                if believed is not None:
                    tracks.append(believed)
                elif one.actor not in places:
                    one.track = None
        return tracks

    def strolls(self, high: float, heights_s: float = 0.8) -> float:
        """Fractions of the picture's width a second of who goes so many of its heights a second."""
        return heights_s * high * self.size[1] / self.size[0]

    def _switches(self) -> bool:
        return self.chance.random() < 1 / (self.trouble.switches_s * self.hz)

    def _box(self, actor: Actor, place: Place, *, jitter: float = 0.0) -> Box:
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
        before, speed = one.track, (0.0, 0.0)
        if before is not None and time_s > before.last_seen_s:
            step_s = time_s - before.last_seen_s
            (x, y), (was_x, was_y) = box.foot, before.box.foot
            speed = ((x - was_x) / step_s, (y - was_y) / step_s)
        score = min(max(self.chance.gauss(actor.score, 0.06), 0.1), 1.0)
        return Track(
            id=one.id, label=actor.label, box=box, score=score, first_seen_s=one.first_s,
            last_seen_s=time_s, hits=before.hits + 1 if before else 1, velocity=speed,
        )  # fmt: skip

    def _ghost(self, time_s: float) -> Track:
        self._count += 1
        place = (self.chance.random(), self.chance.random())
        box = self._box(Actor(where=stays(place), high=0.15), place)
        return Track(
            id=self._count,
            label="person",
            box=box,
            score=0.55,
            first_seen_s=time_s,
            last_seen_s=time_s,
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
