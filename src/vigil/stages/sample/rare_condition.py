"""Conditions that this camera seldom has."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from vigil.config.settings import Positive
from vigil.core import Detections, Limits, Look, Scene, Step, part
from vigil.stages.sample.condition import USUAL, condition_of

PRIOR_S = 600.0
"""A camera that has just been started is taken to have had usual conditions for so long."""
LONGEST_GAP_S = 60.0
"""Nobody knows what it was like between two looks that are further apart."""
DAY_S = 86_400.0


@part
class RareCondition:
    """Wants looks in a condition (`rain`, `dark` …) that the camera was seldom seen in.

    A condition is rare while its share of the time of late is below `share`; what was `half_life_s`
    ago counts half. A score is the higher the rarer. It is learnt anew after each start.
    """

    share: Annotated[float, Field(gt=0, le=1)] = 0.1
    half_life_s: Positive = DAY_S
    limits: Limits = Limits(hourly=1, daily=4)

    def __post_init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float, {USUAL: PRIOR_S})
        self._now: str | None = None
        self._last_s: float | None = None

    @property
    def kind(self) -> str:
        return "rare_condition"

    def offer(
        self, look: Look, detections: Detections, scene: Scene, steps: Sequence[Step]
    ) -> float | None:
        if scene.signals is not None:
            self._now = condition_of(scene.signals)
        if self._now is None:
            return None
        self._pass_time(self._now, scene.time_s)
        share = self._seconds[self._now] / sum(self._seconds.values())
        return 1.0 - share if self._now != USUAL and share < self.share else None

    def _pass_time(self, condition: str, time_s: float) -> None:
        passed_s = 0.0 if self._last_s is None else max(0.0, time_s - self._last_s)
        self._last_s = time_s
        fading = 0.5 ** (passed_s / self.half_life_s)
        for word in self._seconds:
            self._seconds[word] *= fading
        self._seconds[condition] += min(passed_s, LONGEST_GAP_S)
