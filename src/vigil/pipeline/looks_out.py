"""The looks of one watch that are out with the detector, in the order of their answers."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vigil.core import Boxes, Frame, Look, Rung, Signals
from vigil.pipeline.audit import Audit
from vigil.pipeline.easing import Easing
from vigil.pipeline.pictures import let_go

NOWHERE: Boxes = np.zeros((0, 4), np.float32)
"""The regions of a look that needs no detector: it only moves the time on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A look, and what its answer is wanted for."""

    look: Look
    signals: Signals | None
    veto: bool = False
    audit: Audit | None = None


class LooksOut:
    """Makes looks for words (`labels`; empty: all), and knows them again when they are answered."""

    def __init__(self, labels: frozenset[str], easing: Easing) -> None:
        self._labels = labels
        self._easing = easing
        self._pending: deque[Pending] = deque()

    @property
    def looks(self) -> list[Look]:
        """Those that are out."""
        return [pending.look for pending in self._pending]

    def ask(
        self, frame: Frame, regions: Boxes, rung: Rung, signals: Signals | None, *, veto: bool
    ) -> None:
        """Have the detector look; `veto`: on the picture that would wake the camera."""
        look = Look(frame=frame, regions=regions, rung=rung, labels=self._labels)
        look = self._easing.ease(look)
        self._pending.append(Pending(look=look, signals=signals, veto=veto))

    def wait(self, frame: Frame, signals: Signals | None) -> None:
        """Only move the time on."""
        # A caught-up stretch waits with a dozen of these: none may hold on to its picture.
        look = Look(frame=let_go(frame), regions=NOWHERE, rung=Rung.LUMA, labels=self._labels)
        self._pending.append(Pending(look=look, signals=signals))

    def audit(self, audit: Audit, looks: Iterable[Look]) -> None:
        """Have looks answered for an audit alone."""
        eased = map(self._easing.ease, looks)
        self._pending.extend(Pending(look=look, signals=None, audit=audit) for look in eased)

    def answered(self, look: Look) -> Pending:
        """The oldest one; raises `ValueError` when this is another."""
        pending = self._pending.popleft()
        if pending.look is not look:
            raise ValueError("answers must come in the order of the looks")
        return pending
