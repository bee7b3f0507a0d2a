"""An action that a network of clips sees: what boxes alone do not show."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Action, ActionQuestion, Rung, Scene, Step, part
from vigil.core.actions import Where
from vigil.stages.rules.camera_health import NO_LABELS
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import Zone, area_of
from vigil.stages.rules.life import Lives, Sighting
from vigil.stages.rules.moment import Lifetime, Moment
from vigil.stages.rules.quiet import quiet
from vigil.stages.rules.settings import Labels, RuleSettings, Seconds, Share

KEPT = 0.7
"""Of the score that begins it, what must be kept unless the rule says otherwise."""
Rate = Annotated[float, Field(gt=0, le=60)]
Most = Annotated[int, Field(ge=1, le=64)]


@dataclass(slots=True, kw_only=True)
class _Run:
    """Scores of one word and one person that never fell too low."""

    start_s: float
    since_lived_s: float
    last_s: float
    last_lived_s: float


class _Runs:
    """Finds out what goes on: it begins at `begins`, and is kept up by `keeps`."""

    def __init__(self, lives: Lives, *, begins: float, keeps: float) -> None:
        self.lives = lives
        self._begins, self._keeps = begins, keeps
        self._runs: dict[Hashable, _Run] = {}

    def note(self, key: Hashable, action: Action, moment: Moment) -> _Run | None:
        """The run that a score belongs to; None where it belongs to none, or breaks one."""
        run = self._runs.get(key)
        if action.score < (self._begins if run is None else self._keeps):
            if run is not None and key not in self.lives:
                del self._runs[key]  # not yet told: it begins anew
            return None
        if run is None:
            run = self._runs[key] = _Run(
                start_s=action.start_s,
                since_lived_s=moment.lived_s,
                last_s=moment.time_s,
                last_lived_s=moment.lived_s,
            )
        run.last_s, run.last_lived_s = moment.time_s, moment.lived_s
        return run

    def over(self, moment: Moment, close_s: float) -> list[Step]:
        """End what was not seen for so long."""
        gone = [key for key, run in self._runs.items() if moment.passed(run.last_lived_s, close_s)]
        return [step for key in gone for step in self.drop(key, moment)]

    def drop(self, key: Hashable, moment: Moment) -> list[Step]:
        self._runs.pop(key, None)
        return self.lives.end(key, moment)


@part
class ActionRule(RuleSettings):
    """Fires when the network `model` sees one of `labels` for `longer_than_s`.

    `model`: of the registry, with a card for clips. `labels`: those of its words that are told.
    `where`: `view`, or `person`: each track of `who` by itself, at most `most` at once, the larger
    first. `rate`: pictures a second; None: as the card says. `min_score`: probability from which it
    begins; it goes on while that is at least `keep_score` (None: 0.7 of `min_score`), and is over
    when it was not for `close_s`. `zone`: where the person must stand; the whole view stands
    nowhere. `suspect_score`: from which it is suspected, and told only if a judge confirms it;
    None: nothing is. Limits: asked only while something moves; what is shorter than a clip is
    judged with what was before it.
    """

    CLAIM: ClassVar[str] = "This action is to be seen {where}: {label}."
    CLAIM_ZH: ClassVar[str] = "{where}出现该动作：{label}。"

    name: str = "action"
    model: str
    labels: Labels
    where: Where = "person"
    who: Labels = ("person", "pedestrian")
    most: Most = 4
    rate: Rate | None = None
    min_score: Share = 0.6
    keep_score: Share | None = None
    suspect_score: Share | None = None
    longer_than_s: Seconds = 1.0
    close_s: Seconds = 3.0
    zone: Zone | None = None

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError("labels: none is named; allowed: words of the model")
        if self.zone is not None and self.where == "view":
            raise ValueError("zone: the whole view stands in none; allowed: with `where: person`")
        kept = self.keep_score
        if kept is not None and kept > self.min_score:
            raise ValueError(f"keep_score: found {kept}; allowed: min_score at most")
        suspected = self.suspect_score
        if suspected is not None and suspected >= self.min_score:
            raise ValueError(f"suspect_score: found {suspected}; allowed: less than min_score")
        self._area = area_of(self.zone)
        self._begin()

    def _begin(self) -> None:
        kept = KEPT * self.min_score if self.keep_score is None else self.keep_score
        self._sure = _Runs(Lives(self), begins=self.min_score, keeps=kept)
        # Apart, so that the end of a suspicion puts off nothing that is sure.
        least = self.suspect_score
        self._suspected = (
            None if least is None else _Runs(Lives(self), begins=least, keeps=KEPT * least)
        )
        self._lifetime = Lifetime()
        self._last: Moment | None = None

    @property
    def question(self) -> ActionQuestion:
        """What its network is asked."""
        if self.where == "view":
            return ActionQuestion(self.model, "view", rate=self.rate)
        return ActionQuestion(self.model, "person", self.who, self.rate, self.most)

    @property
    def needs(self) -> Rung:
        # An action may be over within a group of pictures, and clips need even times.
        return Rung.LUMA

    @property
    def wants(self) -> frozenset[str]:
        return NO_LABELS if self.where == "view" else frozenset(self.who)

    @property
    def signals(self) -> frozenset[str]:
        return frozenset({"actions"})

    def update(self, scene: Scene) -> list[Step]:
        moment = self._last = self._lifetime.at(scene)
        suspected = self._suspected
        steps = self._sure.lives.tick(moment)
        if suspected is not None:
            steps += quiet(suspected.lives.tick(moment))
        for action in scene.signals.actions if scene.signals is not None else ():
            if self._is_meant(action, scene):
                steps += self._judge(action, moment)
        steps += self._sure.over(moment, self.close_s)
        if suspected is not None:
            steps += quiet(suspected.over(moment, self.close_s))
        return steps

    def close(self, time_s: float) -> list[Step]:
        steps = self._sure.lives.end_all(time_s)
        if self._suspected is not None:
            steps += quiet(self._suspected.lives.end_all(time_s))
        self._begin()
        return steps

    def dismiss(self, event_id: str) -> list[Step]:
        """End an open event; nothing more is told of the same person until it is over."""
        for runs in (self._sure, self._suspected):
            key = runs.lives.key_of(event_id) if runs is not None else None
            if runs is not None and key is not None and self._last is not None:
                steps = runs.lives.dismiss(key, self._last)
                return steps if runs is self._sure else quiet(steps)
        return []

    def _is_meant(self, action: Action, scene: Scene) -> bool:
        viewed = action.track_id is None
        if action.model != self.model or action.word not in self.labels:
            return False
        if viewed != (self.where == "view"):
            return False
        if self.zone is None or action.box is None:
            return True
        return digest(scene).places(self._area)[action.box]

    def _judge(self, action: Action, moment: Moment) -> list[Step]:
        key = (action.word, action.track_id)
        run = self._sure.note(key, action, moment)
        steps = self._follow(self._sure, key, run, action, moment)
        if self._suspected is None:
            return steps
        if key in self._sure.lives:
            # What is told need not be suspected any more.
            return steps + quiet(self._suspected.drop(key, moment))
        doubt = self._suspected.note(key, action, moment)
        return steps + quiet(self._follow(self._suspected, key, doubt, action, moment))

    def _follow(
        self, runs: _Runs, key: Hashable, run: _Run | None, action: Action, moment: Moment
    ) -> list[Step]:
        if run is None or not moment.passed(run.since_lived_s, self.longer_than_s):
            return []
        # The event is to name the network that claimed it.
        cards = (*moment.scene.cards, f"{action.model.partition('@')[0]}@{action.version}")
        claimed = moment._replace(scene=replace(moment.scene, cards=cards))
        sighting = Sighting(
            start_s=run.start_s,
            end_s=run.last_s,
            claims=self.claims(
                label=action.word, whole=self.zone is None, seconds=self.longer_than_s
            ),
            label=action.word,
            box=action.box,
            track_ids=() if action.track_id is None else (action.track_id,),
        )
        return runs.lives.hold(key, claimed, sighting)
