"""The camera looks somewhere else."""

from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Severity, Signals, View, part
from vigil.stages.rules.camera_health import KEY
from vigil.stages.rules.camera_view import ViewRule, is_hidden
from vigil.stages.rules.large_things import LargeThings
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Seconds, Share

SHARP = 0.4
"""A blurred picture is like nothing, and yet the camera has not moved."""


@part
class CameraMoved(ViewRule):
    """Fires when the camera has shown one and the same other view for `longer_than_s`.

    It is another view when its edges have little in common with those of the usual one, or are the
    same in another place, further away than `shift`. Whoever shakes the camera, and what passes
    close by, shows no one view for so long. The event begins when it moved; it ends when it is
    turned back, or when the new view has become the usual one, after about a minute. Limits: a
    camera that goes round on purpose moves each time; turned in the dark it is found in the light.
    """

    CLAIM: ClassVar[str] = "The camera has been turned or moved."
    CLAIM_ZH: ClassVar[str] = "摄像头被转动或移位。"

    name: str = "camera_moved"
    longer_than_s: Seconds = 15.0
    likeness: Annotated[Share, Field(gt=0)] = 0.25
    """Less alike it is another view; 1: the same."""
    shift: Annotated[Share, Field(gt=0)] = 0.03
    """Fractions of the picture by which a view may move."""
    severity: Severity = Severity.HIGH

    def _begin(self) -> None:
        super()._begin()
        self._large = LargeThings()

    def ills(self, view: View, signals: Signals, moment: Moment) -> bool | None:
        filled = self._large.fill(moment)
        if is_hidden(view) or filled:
            return None
        shifted = max(abs(view.shift[0]), abs(view.shift[1])) >= self.shift
        return shifted or (view.likeness < self.likeness and view.sharpness >= SHARP)

    def fault_s(self, moment: Moment) -> float | None:
        fault_s = super().fault_s(moment)
        signals = moment.scene.signals
        if not fault_s or KEY in self._lives or signals is None or signals.view is None:
            return fault_s
        # Each picture may be another: who shakes it has not turned it.
        return min(fault_s, signals.view.new_s)
