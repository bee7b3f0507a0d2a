"""Somebody falls."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Rung, Severity, Step, part
from vigil.stages.rules.holding import Holding
from vigil.stages.rules.lying import Bodies, Body, note_looks, postures_in
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels, Seconds, Share

EDGE = 0.98
"""Of the picture's height: who reached further down before the head sank walks out below."""


@dataclass(slots=True, kw_only=True)
class _Faller(Body):
    down: Holding
    leaves: bool = False
    """Whether, when last seen, they seemed to walk out of the picture below."""


@part
class Fall(SceneRule):
    """Fires when somebody who stood is down within a moment, and stays so for a while.

    Down is whose head (the top of the box) has dropped by more than `drop` of their own standing
    height within `within_s` and whose box is wider than `wide` of its height; and they must have
    been seen lower than anybody who bends, crouches or sits. A track that is lost while down goes
    on for `carry_s`, since detectors miss who lies. The event ends when they are up again or
    nobody has found them down for `close_s`. A posture that a reader tells decides where there is
    one: `lying` stands for the wide box, any other word denies it. Limits: who falls
    towards the camera or away from it may lie in a high, narrow box; who sits or lies down as
    fast as they would fall has fallen.
    """

    CLAIM: ClassVar[str] = "{Thing} falls to the ground {where}."
    CLAIM_ZH: ClassVar[str] = "{where}有{label}跌倒在地。"

    name: str = "fall"
    labels: Labels = ("person",)
    inertia: Count = 2
    min_score: Share = 0.3
    severity: Severity = Severity.HIGH
    drop: Annotated[float, Field(gt=0, le=1)] = 0.2
    """Of the own standing height."""
    wide: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.6
    """Width over height."""
    within_s: Annotated[Seconds, Field(gt=0)] = 2.0
    """Seconds that a fall may take."""
    longer_than_s: Seconds = 0.8
    """Seconds for which they must stay down."""
    carry_s: Seconds = 1.5
    """Seconds for which who is lost while down is still down."""
    close_s: Seconds = 1.5
    """Seconds after which it is over when they are no longer down."""

    @property
    def needs(self) -> Rung:
        # Between two key frames a fall is over, and who lies may be found by nobody.
        return Rung.LUMA

    def forget(self) -> None:
        self._people = Bodies(self._new_person, grace_s=self.carry_s)
        self._hurried = False

    @property
    def hurried(self) -> bool:
        """Whether somebody may be falling, which takes a look or two at the usual rate."""
        return self._hurried

    def judge(self, moment: Moment) -> list[Step]:
        scene = moment.scene
        seen = self._people.see(moment, self.counted(scene, self._people))
        note_looks(seen, moment, self.within_s)
        postures = postures_in(scene)
        for person in seen:
            posture = postures.get(person.ids[-1], "") if postures else ""
            down = person.is_down(moment, self.drop, self.wide, self.within_s, posture)
            person.leaves = down and person.walks_out(EDGE * scene.height)
            holds = down and self.stands_inside(person.box, scene)
            if holds or person.down.hits:
                person.down.note(moment, holds=holds)
        steps: list[Step] = []
        busy = not self._lives.idle
        for person in self._people:
            if person.down.hits or (busy and self._lives.concerns(person.number)):
                steps += self._judge_person(person, moment)
        for person in self._people.lost(moment):
            steps += self._lives.end(person.number, moment)
        if scene.looked:
            self._hurried = any(self._may_fall(person, moment) for person in seen)
        return steps

    def _judge_person(self, person: _Faller, moment: Moment) -> list[Step]:
        if not person.down.on:
            return self._lives.end(person.number, moment)
        # Who was up again at the last look has stumbled.
        still_down = person.low and person.down.last_s >= person.seen_s
        if not still_down or person.leaves or not person.down.lasted(moment, self.longer_than_s):
            return []
        sighting = self.sighting(
            start_s=person.down.since_s,
            end_s=person.down.last_s,
            label=person.label,
            box=person.box,
            track_ids=person.ids,
            seconds=self.longer_than_s,
        )
        return self._lives.hold(person.number, moment, sighting)

    def _may_fall(self, person: _Faller, moment: Moment) -> bool:
        if person.stood is None:
            return person.sinks()
        untold = person.number not in self._lives
        return untold and not moment.passed(person.tall_lived_s, self.within_s + self.longer_than_s)

    def _new_person(self, **known: object) -> _Faller:
        holding = Holding(inertia=self.inertia, close_s=self.close_s)
        return _Faller(down=holding, **known)  # type: ignore[arg-type]
