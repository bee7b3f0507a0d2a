"""The camera sends nothing."""

from typing import ClassVar

from vigil.core import Severity, part
from vigil.stages.rules.camera_health import CameraRule
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Seconds


@part
class CameraOffline(CameraRule):
    """Fires when no packet has come for `longer_than_s`; the event begins at the last packet.

    It ends when packets have come again for `steady_s`. Limits: a camera that sends a stale or
    covered picture is not offline; a shorter gap is not told.
    """

    CLAIM: ClassVar[str] = "The camera sends no video."
    CLAIM_ZH: ClassVar[str] = "摄像头没有视频信号。"

    name: str = "camera_offline"
    longer_than_s: Seconds = 5.0
    severity: Severity = Severity.HIGH

    def fault_s(self, moment: Moment) -> float | None:
        health = moment.scene.health
        return None if health is None else health.offline_s
