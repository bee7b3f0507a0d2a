"""Somebody or something crosses a line, one way or the other."""

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from vigil.core import Box, Rung, Step, part
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import Anchor, Line, Wire, distance, stand, wire_over
from vigil.stages.rules.life import Sighting
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Share
from vigil.stages.rules.trails import Trail, Trails

LOST_S = 1.0
"""A track lost on the line and found under a new id within this time is one crossing."""


class _Spot(NamedTuple):
    """Where a thing was at one look."""

    # Each look makes one of everybody: by `tuple.__new__`, which is twice as quick as `_Spot(...)`.

    time_s: float
    box: Box
    place: tuple[float, float]
    """Picture heights."""
    beyond: float
    """Picture heights to the right of the line; negative to the left."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """Where and when a thing last changed sides."""

    time_s: float
    before: _Spot
    between_the_ends: bool


@dataclass(slots=True, kw_only=True)
class _Walker(Trail):
    home: _Spot | None = None
    """First look on the side where it belongs by now."""
    last: _Spot | None = None
    passage: _Passage | None = None
    over: int = 0
    """For how many looks in a row it has been clearly over."""


@part
class LineCrossing(SceneRule):
    """Fires each time a thing has clearly changed sides of a line, between its two ends.

    Walking along the line from its first point to its second, `forward` leads from your left to
    your right (over a line drawn from left to right: downwards). A thing has changed sides when
    it is `hysteresis` beyond and has come `min_travel` from where it was; it must come back
    before it counts the same way again. Each crossing is an event that begins and ends at the
    interpolated moment, with running totals in `counts`. Limits: what first appears beyond the
    line, or is lost on one side and found elsewhere on the other, is not counted.
    """

    CLAIM: ClassVar[str] = "{Thing} crosses the marked line ({direction})."
    CLAIM_ZH: ClassVar[str] = "{label}越过标记线（{direction}）。"

    name: str = "line_crossing"
    line: Line
    """Start and end, fractions of the picture."""
    directions: Literal["both", "forward", "backward"] = "both"
    """Which crossings count."""
    forward: str = "forward"
    """What users call it to cross from left to right of the line, e.g. `in`."""
    backward: str = "backward"
    """What they call the other way, e.g. `out`."""
    anchor: Anchor = "foot"
    """The point of a thing that must cross."""
    inertia: Count = 1
    hysteresis: Share = 0.01
    """How far beyond the line a thing must be, as a fraction of the picture's height."""
    min_travel: Share = 0.05
    """How far it must have come, as a fraction of the picture's height."""

    def __post_init__(self) -> None:
        if self.forward == self.backward:
            raise ValueError(f"forward and backward need two names; both are {self.forward!r}")
        super().__post_init__()

    @property
    def needs(self) -> Rung:
        # A crossing may be over between two key frames.
        return Rung.LUMA

    def forget(self) -> None:
        self._walkers = Trails(_Walker, grace_s=LOST_S)
        self._counts = dict.fromkeys(self._names(), 0)
        self._crossings = 0

    def judge(self, moment: Moment) -> list[Step]:
        scene = moment.scene
        aspect = scene.width / scene.height
        wire = wire_over(self.line, aspect)
        time_s = moment.time_s
        steps: list[Step] = []
        tracks = self.counted(scene, self._walkers)
        walkers = self._walkers.see(moment, tracks)
        boxes = [walker.box for walker in walkers]
        points = (
            digest(scene).feet_of(tracks)
            if self.anchor == "foot"
            else [stand(box, scene, self.anchor) for box in boxes]
        )
        places = [(x * aspect, y) for x, y in points]
        sides = wire.each_beyond(places)
        for walker, box, place, beyond in zip(walkers, boxes, places, sides, strict=True):
            spot = tuple.__new__(_Spot, (time_s, box, place, beyond))
            home, last = walker.home, walker.last
            # Most stay on the side where they belong.
            if home and last and beyond * last.beyond > 0 and beyond * home.beyond > 0:
                walker.last, walker.over = spot, 0
                continue
            passage = self._advance(walker, spot, wire)
            if passage is not None and self.stands_inside(box, scene):
                steps += self._count(moment, walker, spot, passage)
        self._walkers.lost(moment)
        return steps

    def _names(self) -> tuple[str, ...]:
        names = {"forward": (self.forward,), "backward": (self.backward,)}
        return names.get(self.directions, (self.forward, self.backward))

    def _advance(self, walker: _Walker, spot: _Spot, wire: Wire) -> _Passage | None:
        """Note one look; return the passage that it settles, if any."""
        if walker.home is None or walker.last is None:
            # A thing first seen exactly on the line has no side to come from yet.
            walker.home = walker.last = spot if spot.beyond else None
            return None
        beyond = spot.beyond
        if beyond * walker.last.beyond < 0:
            walker.passage = _passage(walker.last, spot, wire)
        if beyond:
            walker.last = spot
        over = beyond * walker.home.beyond < 0 and abs(beyond) >= self.hysteresis
        over = over and distance(walker.home.place, spot.place) >= self.min_travel
        walker.over = walker.over + 1 if over else 0
        if walker.over < self.inertia:
            return None
        walker.home, walker.over = spot, 0
        passage, walker.passage = walker.passage, None
        return passage if passage is not None and passage.between_the_ends else None

    def _count(self, moment: Moment, walker: _Walker, spot: _Spot, passage: _Passage) -> list[Step]:
        direction = self.forward if spot.beyond > 0 else self.backward
        if direction not in self._counts or not self._lives.active:
            return []
        self._counts[direction] += 1
        self._crossings += 1
        sighting = Sighting(
            start_s=passage.time_s,
            end_s=passage.time_s,
            claims=self.claims(label=walker.label, direction=direction),
            label=walker.label,
            box=spot.box,
            track_ids=tuple(walker.ids),
            direction=direction,
            counts=self._counts,
        )
        path = ((passage.before.time_s, passage.before.box), (spot.time_s, spot.box))
        return self._lives.tell(self._crossings, moment, sighting, path)


def _passage(before: _Spot, after: _Spot, wire: Wire) -> _Passage:
    """Interpolate between two looks on different sides."""
    share = before.beyond / (before.beyond - after.beyond)
    x = before.place[0] + share * (after.place[0] - before.place[0])
    y = before.place[1] + share * (after.place[1] - before.place[1])
    time_s = before.time_s + share * (after.time_s - before.time_s)
    return _Passage(time_s, before, 0 <= wire.along((x, y)) <= 1)
