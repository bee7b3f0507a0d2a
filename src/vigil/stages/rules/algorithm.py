"""An algorithm of the user's own: its head finds what it was shown in one still after another."""

from dataclasses import replace
from typing import ClassVar

from vigil.core import Likeness, Rung, Scene, Step, part
from vigil.stages.rules.camera_health import NO_LABELS
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import Zone, area_of
from vigil.stages.rules.holding import Holding
from vigil.stages.rules.life import Lives, Sighting
from vigil.stages.rules.moment import Lifetime, Moment
from vigil.stages.rules.quiet import quiet
from vigil.stages.rules.settings import Count, Labels, RuleSettings, Seconds, Share


@part
class AlgorithmRule(RuleSettings):
    """Fires when the head of `algorithm` tells one of its words in `inertia` stills in turn.

    `algorithm`: its name; `version`: of its head, None: the one in use when the camera starts.
    `labels`: which of its words are told; empty: all that the head looks for, of two the first.
    `min_score`: probability from which a word counts; None: what the head was made with. `zone`:
    what was found must stand there; the view as a whole stands nowhere. It ends when stills of
    `close_s` have not shown it. `suspicions`: what the head is unsure of is suspected, too, though
    no word counts yet; nobody hears of that unless a judge confirms it. An attached algorithm
    suspects where the file has a `brain`. Limits: stills are seconds apart, so what is shorter is
    missed.
    """

    CLAIM: ClassVar[str] = "The picture shows {label}."
    CLAIM_ZH: ClassVar[str] = "画面中有{label}。"

    name: str = "algorithm"
    version: Count | None = None
    labels: Labels = ()
    min_score: Share | None = None
    zone: Zone | None = None
    inertia: Count = 3
    close_s: Seconds = 10.0
    suspicions: bool = False

    def __post_init__(self) -> None:
        if not self.algorithm:
            raise ValueError("algorithm: none is named; allowed: one of `vigil algorithm list`")
        self._area = area_of(self.zone)
        self._begin()

    def _begin(self) -> None:
        self._lives = Lives(self)
        # Apart, so that the end of a suspicion puts off nothing that is sure.
        self._suspected = Lives(self)
        self._lifetime = Lifetime()
        self._last: Moment | None = None
        self._holding: dict[tuple[str, bool], Holding] = {}
        """By word, and whether it is only suspected."""

    @property
    def needs(self) -> Rung:
        return Rung.KEYFRAME

    @property
    def wants(self) -> frozenset[str]:
        return NO_LABELS

    @property
    def signals(self) -> frozenset[str]:
        return frozenset({"likenesses"})

    def update(self, scene: Scene) -> list[Step]:
        if scene.signals is None:
            return []
        moment = self._last = self._lifetime.at(scene)
        steps = [*self._lives.tick(moment), *quiet(self._suspected.tick(moment))]
        for likeness in scene.signals.likenesses:
            if likeness.algorithm == self.algorithm and self._is_meant(likeness.word):
                steps += self._judge(likeness, moment)
        return steps

    def close(self, time_s: float) -> list[Step]:
        steps = [*self._lives.end_all(time_s), *quiet(self._suspected.end_all(time_s))]
        self._begin()
        return steps

    def dismiss(self, event_id: str) -> list[Step]:
        """End an open event; nothing more is told of the word until it is over."""
        for lives in (self._lives, self._suspected):
            key = lives.key_of(event_id)
            if key is not None and self._last is not None:
                steps = lives.dismiss(key, self._last)
                return steps if lives is self._lives else quiet(steps)
        return []

    def _is_meant(self, word: str) -> bool:
        return not self.labels or word in self.labels

    def _judge(self, likeness: Likeness, moment: Moment) -> list[Step]:
        word = likeness.word
        least = likeness.least if self.min_score is None else self.min_score
        told = self._note(word, moment, holds=self._holds(likeness, moment.scene, least))
        steps = self._follow(self._lives, told, likeness, moment)
        if not self.suspicions or likeness.unsure_from is None:
            return steps
        if told.on:
            # What is told need not be suspected any more.
            self._holding.pop((word, True), None)
            return steps + quiet(self._suspected.end(word, moment))
        may_be = self._holds(likeness, moment.scene, min(likeness.unsure_from, least))
        doubt = self._note(word, moment, holds=may_be, suspected=True)
        return steps + quiet(self._follow(self._suspected, doubt, likeness, moment))

    def _note(self, word: str, moment: Moment, *, holds: bool, suspected: bool = False) -> Holding:
        fresh = Holding(inertia=self.inertia, close_s=self.close_s)
        holding = self._holding.setdefault((word, suspected), fresh)
        holding.note(moment, holds=holds)
        return holding

    def _follow(
        self, lives: Lives, holding: Holding, likeness: Likeness, moment: Moment
    ) -> list[Step]:
        word = likeness.word
        if not holding.on:
            return lives.end(word, moment)
        if holding.last_s != moment.time_s:
            return []
        sighting = Sighting(
            start_s=holding.since_s,
            end_s=holding.last_s,
            claims=self.claims(label=word, whole=self.zone is None),
            label=word,
            box=likeness.box,
        )
        # The event is to name the head that claimed it.
        cards = (*moment.scene.cards, f"{likeness.algorithm}@{likeness.version}")
        claimed = moment._replace(scene=replace(moment.scene, cards=cards))
        return lives.hold(word, claimed, sighting)

    def _holds(self, likeness: Likeness, scene: Scene, least: float) -> bool:
        if likeness.likelihood < least:
            return False
        if self.zone is None:
            return True
        return likeness.box is not None and digest(scene).places(self._area)[likeness.box]
