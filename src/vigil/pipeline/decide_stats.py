"""Figures of deciding: outcomes, what large models cost, and where the time goes."""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vigil.core import Decision
from vigil.pipeline.dispatcher import Dispatcher

STAGES = ("queue", "clip", "frames", "model", "total")
"""Where the time goes between the record of an event and its verdict."""
REMEMBERED = 500
"""Verdicts over which percentiles are taken."""


@dataclass(kw_only=True)
class DecideStats:
    """What was decided since the start."""

    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By outcome and reason; an event that is amended counts once more."""
    verdicts: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    """Sums by stage."""
    _recent: dict[str, deque[float]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=REMEMBERED))
    )

    def decided(self, decision: Decision) -> None:
        """An event stands otherwise than before."""
        reason = "" if decision.reason is None else decision.reason.value
        self.decisions[decision.outcome.value, reason] += 1

    def took(self, seconds: Mapping[str, float]) -> None:
        """A verdict came after so many seconds, by stage."""
        self.verdicts += 1
        for stage in STAGES:
            self.seconds[stage] += seconds[stage]
            self._recent[stage].append(seconds[stage])

    def as_json(self, *, judging: int, dispatcher: Dispatcher) -> dict[str, Any]:
        """`judging`: events that are before their judges now."""
        tallies = dispatcher.tallies
        return {
            "judging": judging,
            "decisions": [
                {"outcome": outcome, "reason": reason, "events": events}
                for (outcome, reason), events in sorted(self.decisions.items())
            ],
            "verdicts": self.verdicts,
            "seconds": dict(self.seconds),
            "percentiles_s": {stage: self._percentiles(stage) for stage in STAGES},
            "brain": {
                "waiting": dispatcher.waiting,
                "calls": dict(tallies.asked),
                "shed": dict(tallies.shed),
                "shared": tallies.shared,
            },
        }

    def _percentiles(self, stage: str) -> dict[str, float] | None:
        """None before there was a verdict."""
        recent = self._recent.get(stage)
        if not recent:
            return None
        found = np.percentile(recent, (50, 95, 99))
        return {f"p{q}": round(float(s), 3) for q, s in zip((50, 95, 99), found, strict=True)}
