"""The camera's picture has lost its sharpness."""

from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Severity, Signals, View, part
from vigil.stages.rules.camera_view import ViewRule, is_hidden
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Seconds, Share

KNOWN = 0.15
"""Less alike, it is another view, of which nobody knows how sharp it was."""


@part
class CameraBlurred(ViewRule):
    """Fires when the usual view shows less than `sharpness` of its fine detail, for long.

    Fine detail is taken against coarse detail in the same place, so that fog, dusk and a low
    contrast, which take both, are no blur. A lens out of focus, breath, grease or drops on most of
    the glass are. The event begins when it became so and ends when it has been sharp for
    `steady_s`. Limits: dirt that gathers over weeks is learnt as usual; so is a view that stays
    blurred for an hour; a stream whose quality is turned down looks the same.
    """

    CLAIM: ClassVar[str] = "The camera's picture is blurred."
    CLAIM_ZH: ClassVar[str] = "摄像头画面模糊。"

    name: str = "camera_blurred"
    longer_than_s: Seconds = 30.0
    steady_s: Seconds = 5.0
    sharpness: Annotated[Share, Field(gt=0)] = 0.5
    """Fine detail that is left, 1: as sharp as ever."""
    severity: Severity = Severity.LOW

    def ills(self, view: View, signals: Signals, moment: Moment) -> bool | None:
        if view.likeness < KNOWN or is_hidden(view):
            return None
        return view.sharpness < self.sharpness
