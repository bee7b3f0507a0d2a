"""Somebody runs."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Rung, Step, part
from vigil.stages.rules.holding import Holding
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.pace import Paced, note_paces, speeds
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels, Seconds
from vigil.stages.rules.trails import Trails

LOST_S = 1.0
"""A track lost and found under a new id in its place within this time goes on."""


@dataclass(slots=True, kw_only=True)
class _Runner(Paced):
    running: Holding


@part
class Running(SceneRule):
    """Fires when somebody moves faster than `faster_than` of their heights a second for a while.

    Walking takes a person some 0.8 of their height a second, running twice that and more. The
    speed is that over the last `over_s`, of the edge of the box that moved less. The event begins
    with the first such stretch and ends when it was slower for `close_s` or is lost. Limits: who
    runs towards the camera or away moves little in the picture and is missed; so is a box cut
    by the edge of the picture; a bicycle whose rider is a `person` to the detector runs.
    """

    CLAIM: ClassVar[str] = "{Thing} runs {where}."
    CLAIM_ZH: ClassVar[str] = "{where}有{label}奔跑。"

    name: str = "running"
    labels: Labels = ("person",)
    inertia: Count = 2
    faster_than: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.4
    """Own heights a second."""
    longer_than_s: Seconds = 1.5
    """Seconds for which the speed must hold, those over which it is taken included."""
    over_s: Annotated[Seconds, Field(gt=0)] = 0.5
    """Seconds over which the speed is taken."""
    close_s: Seconds = 1.0
    """Seconds of slower looks after which it is over."""

    @property
    def needs(self) -> Rung:
        # Two key frames tell no speed.
        return Rung.LUMA

    def forget(self) -> None:
        self._runners = Trails(self._new_runner, grace_s=LOST_S)

    def judge(self, moment: Moment) -> list[Step]:
        scene = moment.scene
        steps: list[Step] = []
        busy = not self._lives.idle
        seen = self._runners.see(moment, self.counted(scene, self._runners))
        note_paces(seen, moment, self.over_s)
        for runner, speed in zip(seen, speeds(seen, self.over_s), strict=True):
            fast = speed is not None and speed >= self.faster_than
            holds = fast and self.stands_inside(runner.box, scene)
            if holds or runner.running.hits:
                runner.running.note(moment, holds=holds, late_s=runner.window_s if holds else 0.0)
            if runner.running.hits or (busy and self._lives.concerns(runner.number)):
                steps += self._judge_runner(runner, moment, fast=fast)
        for runner in self._runners.lost(moment):
            steps += self._lives.end(runner.number, moment)
        return steps

    def _judge_runner(self, runner: _Runner, moment: Moment, *, fast: bool) -> list[Step]:
        if not runner.running.on:
            return self._lives.end(runner.number, moment)
        if not fast or not runner.running.lasted(moment, self.longer_than_s):
            return []
        sighting = self.sighting(
            start_s=runner.running.since_s,
            end_s=runner.running.last_s,
            label=runner.label,
            box=runner.box,
            track_ids=runner.ids,
            seconds=self.longer_than_s,
        )
        return self._lives.hold(runner.number, moment, sighting)

    def _new_runner(self, **known: object) -> _Runner:
        holding = Holding(inertia=self.inertia, close_s=self.close_s)
        return _Runner(running=holding, **known)  # type: ignore[arg-type]
