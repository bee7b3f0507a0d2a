"""Something hides most of the camera's view."""

from typing import ClassVar

from vigil.core import Severity, Signals, View, part
from vigil.stages.rules.camera_view import MOSTLY_LOST, ViewRule, is_hidden
from vigil.stages.rules.large_things import LargeThings
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Seconds


@part
class CameraCovered(ViewRule):
    """Fires when most of the usual view is suddenly gone, with nothing detailed in its place.

    A hand, a bag, paint: how bright it is does not matter. It is sudden when the view was well
    `sudden_s` before; dusk and fog take longer. Where a tracked vehicle fills the picture nothing
    is told. The event begins when the view was lost and ends when it has been back for `steady_s`.
    Limits: in a place without any other light, lamps that go out look the same (`dark` off leaves
    dark pictures to `camera_dark`); so does a camera turned to a blank wall; a cover with a pattern
    of its own is told by `camera_moved`.
    """

    CLAIM: ClassVar[str] = "Something covers the camera."
    CLAIM_ZH: ClassVar[str] = "摄像头被遮挡。"

    name: str = "camera_covered"
    longer_than_s: Seconds = 5.0
    sudden_s: Seconds = 10.0
    """Seconds within which the view must be lost."""
    dark: bool = True
    """Also when the picture went dark."""
    severity: Severity = Severity.HIGH

    def _begin(self) -> None:
        super()._begin()
        self._large = LargeThings()
        self._whole_lived_s: float | None = None
        self._sudden = False

    def ills(self, view: View, signals: Signals, moment: Moment) -> bool | None:
        if view.lost < MOSTLY_LOST / 2:
            self._whole_lived_s, self._sudden = moment.lived_s, False
            return False
        if not is_hidden(view) or (not self.dark and signals.brightness < DARK):
            return False
        if self._whole_lived_s is not None:
            # Said once: later on the view has been lost for longer.
            self._sudden |= not moment.passed(self._whole_lived_s, self.sudden_s)
        if self._large.fill(moment):
            return None
        return self._sudden


DARK = 20.0
"""Levels of mean brightness, 0 to 255."""
