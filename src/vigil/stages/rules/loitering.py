"""Somebody stays too long."""

from dataclasses import dataclass
from typing import ClassVar

from vigil.core import Step, part
from vigil.stages.rules.escalation import escalated
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels, Seconds
from vigil.stages.rules.trails import Trail, Trails


@dataclass(slots=True, kw_only=True)
class _Stay(Trail):
    votes: int = 0
    """Looks that found it inside, less those that found it outside before it was believed."""
    since_s: float = 0.0
    """When it was first found inside."""
    since_lived_s: float = 0.0
    inside_s: float = 0.0
    """When it was last found inside."""
    away_lived_s: float | None = None
    """Since when it is outside or missing; None while inside, or while nobody looks."""

    def enter(self, moment: Moment) -> None:
        """It was found inside."""
        if self.votes == 0:
            self.since_s, self.since_lived_s = moment.time_s, moment.lived_s
        self.votes += 1
        self.inside_s, self.away_lived_s = moment.time_s, None

    def stray(self, moment: Moment, inertia: int) -> None:
        """It was found outside, or was looked for in vain."""
        if self.away_lived_s is None:
            self.away_lived_s = moment.lived_s
        if self.votes < inertia and self.missing_lived_s is None:
            self.votes = max(self.votes - 1, 0)


@part
class Loitering(SceneRule):
    """Fires when one thing has stayed in the zone for `longer_than_s`.

    Each thing has its own clock, which begins at its first look inside and also runs while it is
    outside or hidden for less than `grace_s`, and while nobody looks because nothing moves. The
    event ends when it has been away for `grace_s`, at the moment it was last inside. With
    `escalate_s` the severity rises by one step after so long a stay. Limits: a track that is
    lost for longer, or taken over by another person, starts anew.
    """

    CLAIM: ClassVar[str] = "{Thing} stays {where} for longer than {seconds} seconds."
    CLAIM_ZH: ClassVar[str] = "{where}有{label}停留超过{seconds}秒。"

    name: str = "loitering"
    labels: Labels = ("person", "object")
    inertia: Count = 3
    longer_than_s: Seconds = 60.0
    grace_s: Seconds = 5.0
    """Seconds for which a thing may be out of the zone or out of sight."""
    escalate_s: Seconds | None = None
    """Length of a stay that raises the severity; None: it stays as it is."""

    def forget(self) -> None:
        self._stays = Trails(_Stay, grace_s=self.grace_s)

    def judge(self, moment: Moment) -> list[Step]:
        scene = moment.scene
        seen = self._stays.see(moment, self.counted(scene, self._stays))
        found = {stay.number for stay in seen}
        places = self.places(scene)
        inside = {stay.number for stay in seen if places[stay.box]}
        steps: list[Step] = []
        lived_s, long_s = moment.lived_s, self.longer_than_s - ROUNDING_S
        for stay in self._stays:
            if stay.number in inside:
                stay.enter(moment)
            elif scene.looked and (stay.number in found or stay.missing_lived_s is not None):
                stay.stray(moment, self.inertia)
            # Most who are there have not been for long.
            if stay.away_lived_s is not None or lived_s - stay.since_lived_s >= long_s:
                steps += self._judge_stay(stay, moment)
        for stay in self._stays.lost(moment):
            steps += self._lives.end(stay.number, moment)
        return steps

    def _judge_stay(self, stay: _Stay, moment: Moment) -> list[Step]:
        if stay.away_lived_s is not None:
            if not moment.passed(stay.away_lived_s, self.grace_s):
                return []
            stay.votes = 0
            return self._lives.end(stay.number, moment)
        stayed = moment.passed(stay.since_lived_s, self.longer_than_s)
        if stay.votes < self.inertia or not stayed:
            return []
        sighting = self.sighting(
            start_s=stay.since_s,
            end_s=stay.inside_s,
            label=stay.label,
            box=stay.box,
            track_ids=stay.ids,
            seconds=self.longer_than_s,
            severity=escalated(
                self.severity,
                since_lived_s=stay.since_lived_s,
                after_s=self.escalate_s,
                moment=moment,
            ),
        )
        return self._lives.hold(stay.number, moment, sighting)
