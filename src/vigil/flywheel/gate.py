"""The gate before a model is put to use: it must be better, and worse nowhere.

Two models look at the same hold-out, which people alone labelled and neither has learnt from, and
at the same confirmed events. What is refused is refused with all reasons at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vigil.train.judging import Judged


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much worse is still no reason to refuse, in shares of one."""

    slice_loss: float = 0.02
    """Recall of one camera or size."""
    precision_loss: float = 0.02
    """Of all that is told, at each model's own score."""
    events_loss: float = 0.02
    """Confirmed events in which the thing is seen."""
    slice_things: int = 20
    """Slices with fewer things say nothing: one thing would be more than the bound."""
    least_things: int = 50
    """A hold-out with fewer things proves nothing."""


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """Both models on clips of confirmed events."""

    events: int
    old: int
    """Events in which the model in use sees the thing where it was."""
    new: int


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Whether a model may be put to use, and why not."""

    old: Judged
    new: Judged
    shadow: Shadow | None
    reasons: tuple[str, ...]
    """Against it; none: it may."""
    unjudged: tuple[str, ...]
    """Slices with too few things to be judged."""

    @property
    def passed(self) -> bool:
        return not self.reasons


def compare(
    old: Judged, new: Judged, shadow: Shadow | None = None, *, bounds: Bounds | None = None
) -> Passage:
    """Compare what two models reached on the same pictures, each at its own score."""
    allowed = bounds or Bounds()
    slices = sorted(old.things_by)
    few = [name for name in slices if old.things_by[name] < allowed.slice_things]
    reasons = [
        *_on_all(old, new, allowed),
        *_on_slices(old, new, [name for name in slices if name not in few], allowed),
        *_on_events(shadow, allowed),
    ]
    return Passage(
        old=old, new=new, shadow=shadow, reasons=tuple(reasons), unjudged=tuple(few)
    )  # fmt: skip


def _on_all(old: Judged, new: Judged, allowed: Bounds) -> list[str]:
    reasons = []
    if old.boxes < allowed.least_things:
        reasons.append(
            f"the hold-out has {old.boxes} things of these words; needed: {allowed.least_things}"
        )
    if new.average_precision_50 <= old.average_precision_50:
        reasons.append(
            f"AP50 {new.average_precision_50:.3f} is not above {old.average_precision_50:.3f}"
        )
    if new.precision < old.precision - allowed.precision_loss:
        reasons.append(f"precision {new.precision:.3f}, was {old.precision:.3f}")
    return reasons


def _on_slices(old: Judged, new: Judged, slices: Sequence[str], allowed: Bounds) -> list[str]:
    return [
        f"{name}: recall {new.recall_by.get(name, 0.0):.3f}, was {old.recall_by[name]:.3f}"
        for name in slices
        if new.recall_by.get(name, 0.0) < old.recall_by[name] - allowed.slice_loss
    ]


def _on_events(shadow: Shadow | None, allowed: Bounds) -> list[str]:
    if shadow is None or shadow.new >= shadow.old - allowed.events_loss * shadow.events:
        return []
    return [f"sees {shadow.new} of {shadow.events} confirmed events; the model in use {shadow.old}"]
