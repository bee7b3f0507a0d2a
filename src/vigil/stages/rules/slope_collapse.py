"""A slope has slid, or the ground has changed for good."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Severity, Step, SurfaceChange, part
from vigil.stages.rules.geometry import covered, fractions
from vigil.stages.rules.life import Sighting
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Labels, Seconds, Share

IN_FRONT = 0.3
"""Share of a changed region that a thing's box must cover to be what changed it."""
TOGETHER_S = 10.0
"""What comes to rest within so many seconds came down together."""
EXPLAINED = 0.3
"""Share of its moments in which a thing must be there; who only walks by explains nothing."""


@dataclass(kw_only=True)
class _Change:
    """What is remembered of a changed region."""

    seen_lived_s: float
    moments: int = 0
    explained: int = 0
    """Moments in which something that a detector knows was there."""
    event: int | None = None
    """The event that it belongs to, once it is told."""


@part
class SlopeCollapse(SceneRule):
    """Fires when the texture of a part of the zone has changed for good, for `longer_than_s`.

    The change must cover `min_area` of the picture and be as strong as `strength`. Where a thing
    of `labels` is, or was while the change came about, it is that thing's: a vehicle that parks
    has not made the slope slide. The event begins when the ground came to rest and ends when the
    change is gone, or after an hour, when it is usual. Limits: snow, and water that comes and
    goes, change a surface as well; without a model for vehicles whatever parks in the zone is
    told of; a slope of bare sand, without any texture, shows no change.
    """

    CLAIM: ClassVar[str] = "Earth, rock or something spilt covers new ground {where}."
    CLAIM_ZH: ClassVar[str] = "{where}出现边坡滑塌、落石或地面覆盖物。"

    name: str = "slope_collapse"
    labels: Labels = (
        "backpack",
        "bicycle",
        "bus",
        "car",
        "handbag",
        "motorcycle",
        "person",
        "suitcase",
        "train",
        "truck",
        "van",
        "vehicle",
    )
    """Things that explain a change; not what is looked for."""
    longer_than_s: Seconds = 30.0
    min_area: Share = 0.01
    """Fraction of the picture."""
    strength: Annotated[Share, Field(gt=0)] = 0.6
    """How different it must be, 0: the same, 1: nothing in common."""
    gone_s: Seconds = 5.0
    """Missing for so long, the change is over."""
    severity: Severity = Severity.HIGH

    @property
    def signals(self) -> frozenset[str]:
        return frozenset({"surface"})

    def forget(self) -> None:
        self._changes: dict[int, _Change] = {}
        self._began_s: dict[int, float] = {}

    def judge(self, moment: Moment) -> list[Step]:
        signals = moment.scene.signals
        if signals is None:
            return []
        steps: list[Step] = []
        for change in signals.surface:
            known = self._changes.setdefault(change.id, _Change(seen_lived_s=moment.lived_s))
            known.seen_lived_s = moment.lived_s
            known.moments += 1
            known.explained += self._is_explained(change, moment)
            if known.event is None and self._is_told(change, known, moment):
                known.event = self._event_for(change)
            if known.event is not None:
                steps += self._lives.hold(known.event, moment, self._seen(change, moment))
        return steps + self._end_what_is_gone(moment)

    def _event_for(self, change: SurfaceChange) -> int:
        """The event of what came down with it, or one of its own."""
        for number, since_s in self._began_s.items():
            if abs(since_s - change.since_s) <= TOGETHER_S:
                return number
        self._began_s[change.id] = change.since_s
        return change.id

    def _end_what_is_gone(self, moment: Moment) -> list[Step]:
        kept = {
            number: known
            for number, known in self._changes.items()
            if not moment.passed(known.seen_lived_s, max(self.gone_s, 1e-3))
        }
        self._changes = kept
        there = {known.event for known in kept.values()}
        steps: list[Step] = []
        for number in [each for each in self._began_s if each not in there]:
            del self._began_s[number]
            steps += self._lives.end(number, moment)
        return steps

    def _is_told(self, change: SurfaceChange, known: _Change, moment: Moment) -> bool:
        lasted = moment.time_s - change.since_s >= self.longer_than_s
        large = change.area >= self.min_area and change.strength >= self.strength
        explained = known.explained >= EXPLAINED * known.moments
        x1, y1, x2, y2 = change.box
        middle = fractions(((x1 + x2) / 2, (y1 + y2) / 2), moment.scene)
        return large and lasted and not explained and self._area.holds(middle)

    def _is_explained(self, change: SurfaceChange, moment: Moment) -> bool:
        boxes = [
            track.box
            for track in moment.scene.tracks
            if track.label in self.labels and track.score >= self.min_score
        ]
        return any(covered(change.box, box) >= IN_FRONT for box in boxes)

    def _seen(self, change: SurfaceChange, moment: Moment) -> Sighting:
        return self.sighting(
            start_s=change.since_s,
            end_s=moment.time_s,
            label="",
            box=change.box,
            seconds=self.longer_than_s,
        )
