"""Somebody lies on the ground and does not move."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Rung, Severity, Step, part
from vigil.stages.rules.geometry import distance
from vigil.stages.rules.holding import Holding
from vigil.stages.rules.lying import LYING, Bodies, Body, note_looks, postures_in
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels, Seconds, Share

WITHIN_S = 2.0
"""As `fall`: who went down within it is taken for lying in a less wide box."""
DROP = 0.2
FALLEN_WIDE = 0.6


@dataclass(slots=True, kw_only=True)
class _Liar(Body):
    rest: Holding
    spot: tuple[float, float] | None = None
    """Middle of the box where they came to lie, pixels."""
    off: int = 0
    """Looks in a row that found them off it."""

    def strays(self, *, still: float, inertia: int) -> bool:
        """Take in a look that found them lying: whether they have moved on to another spot."""
        box = self.box
        middle = ((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2)
        if self.spot is None:
            self.spot = middle
        near = distance(middle, self.spot) <= still * max(box.width, box.height, 1.0)
        self.off = 0 if near else self.off + 1
        if self.off < inertia:
            return False
        self.spot, self.off = middle, 0
        return True


@part
class LyingStill(SceneRule):
    """Fires when somebody has lain in one place for `longer_than_s`.

    Lying is who is in a box wider than `wide` of its height, or who went down before our eyes and
    has not come up, or of whom a reader says so; any other posture that a reader tells denies it.
    Who crawls on begins anew. Who is lost for less than `grace_s` still lies there, since
    detectors are seldom sure of who lies, and so is whom nobody looks at because nothing moves.
    The event ends when they get up, move or are gone. Limits: who lies along the line of sight,
    and was not seen going down, may be in a high box; a wide box is also that of two people taken
    for one, and of an animal taken for a person.
    """

    CLAIM: ClassVar[str] = "{Thing} lies still {where} for longer than {seconds} seconds."
    CLAIM_ZH: ClassVar[str] = "{where}有{label}倒卧不动超过{seconds}秒。"

    name: str = "lying_still"
    labels: Labels = ("person",)
    inertia: Count = 3
    min_score: Share = 0.3
    severity: Severity = Severity.HIGH
    longer_than_s: Seconds = 10.0
    wide: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.2
    """Width over height."""
    still: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.5
    """How far the middle of the box may stray, in lengths of its longer side."""
    grace_s: Seconds = 5.0
    """Seconds for which they may be lost, or seem to be no longer lying."""

    @property
    def needs(self) -> Rung:
        return Rung.KEYFRAME

    def forget(self) -> None:
        self._people = Bodies(self._new_person, grace_s=self.grace_s)

    def judge(self, moment: Moment) -> list[Step]:
        scene, steps = moment.scene, list[Step]()
        seen = self._people.see(moment, self.counted(scene, self._people))
        note_looks(seen, moment, WITHIN_S)
        postures = postures_in(scene)
        for person in seen:
            posture = postures.get(person.ids[-1], "") if postures else ""
            lies = self._lies(person, posture, moment) and self.stands_inside(person.box, scene)
            if lies and person.strays(still=self.still, inertia=self.inertia):
                person.rest = self._new_rest()
                steps += self._lives.end(person.number, moment)
            if lies or person.rest.hits:
                person.rest.note(moment, holds=lies)
        busy = not self._lives.idle
        for person in self._people:
            if person.rest.hits or (busy and self._lives.concerns(person.number)):
                steps += self._judge_person(person, moment)
        for person in self._people.lost(moment):
            steps += self._lives.end(person.number, moment)
        return steps

    def _lies(self, person: _Liar, posture: str, moment: Moment) -> bool:
        down = person.is_down(moment, DROP, FALLEN_WIDE, WITHIN_S, posture)
        if posture:
            return posture == LYING
        return (down and person.low) or person.shape >= self.wide

    def _judge_person(self, person: _Liar, moment: Moment) -> list[Step]:
        if not person.rest.on:
            return self._lives.end(person.number, moment)
        # Who seemed up at the last look may be getting up: that is waited for.
        lay = person.rest.last_s >= person.seen_s
        if not lay or not person.rest.lasted(moment, self.longer_than_s):
            return []
        sighting = self.sighting(
            start_s=person.rest.since_s,
            end_s=person.rest.last_s,
            label=person.label,
            box=person.box,
            track_ids=person.ids,
            seconds=self.longer_than_s,
        )
        return self._lives.hold(person.number, moment, sighting)

    def _new_person(self, **known: object) -> _Liar:
        return _Liar(rest=self._new_rest(), **known)  # type: ignore[arg-type]

    def _new_rest(self) -> Holding:
        return Holding(inertia=self.inertia, close_s=self.grace_s)
