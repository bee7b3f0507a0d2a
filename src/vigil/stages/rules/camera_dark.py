"""The camera shows nothing but darkness."""

from typing import ClassVar

from vigil.core import Severity, Signals, View, part
from vigil.stages.rules.camera_view import Levels, ViewRule
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Seconds


@part
class CameraDark(ViewRule):
    """Fires when the picture is darker than `darker_than` and even, for `longer_than_s`.

    A night picture with a lamp in it is not even, and not meant. The event begins when it went
    dark and ends when it has been bright for `steady_s`. Limits: a cap on the lens and a room
    whose lamps are out look the same; give it a schedule where nights are dark.
    """

    CLAIM: ClassVar[str] = "The camera's picture is dark."
    CLAIM_ZH: ClassVar[str] = "摄像头画面全黑。"

    name: str = "camera_dark"
    longer_than_s: Seconds = 10.0
    darker_than: Levels = 20.0
    """Levels of mean brightness, 0 to 255."""
    even: Levels = 8.0
    """Standard deviation of brightness below which a picture is even, levels."""
    severity: Severity = Severity.HIGH

    def ills(self, view: View, signals: Signals, moment: Moment) -> bool:
        return signals.brightness < self.darker_than and view.contrast < self.even
