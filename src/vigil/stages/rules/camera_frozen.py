"""The camera sends the same picture over and over."""

from typing import ClassVar

from vigil.core import Severity, part
from vigil.stages.rules.camera_health import NOTICEABLE_S, CameraRule
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Seconds


@part
class CameraFrozen(CameraRule):
    """Fires when the picture has not changed, not even by noise, for `longer_than_s`.

    The event begins at the last picture that differed and ends when pictures have differed again
    for `steady_s`. Limits: while the camera is offline nobody can tell, so an open event stays
    open; a drawn or noiseless picture (a test card) is frozen by this definition, and a loop of
    old footage is not.
    """

    CLAIM: ClassVar[str] = "The camera shows the same picture all the time."
    CLAIM_ZH: ClassVar[str] = "摄像头画面冻结不动。"

    name: str = "camera_frozen"
    longer_than_s: Seconds = 10.0
    severity: Severity = Severity.HIGH

    def fault_s(self, moment: Moment) -> float | None:
        health = moment.scene.health
        if health is None or health.offline_s >= NOTICEABLE_S:
            return None
        return health.frozen_s
