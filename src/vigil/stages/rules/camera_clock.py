"""The camera's clock is wrong."""

from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Severity, part
from vigil.stages.rules.camera_health import CameraRule
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Seconds
from vigil.stages.rules.words import Phrase


@part
class CameraClock(CameraRule):
    """Fires when the camera's own clock has been off ours by more than `off_by_s`, for long.

    A camera over RTSP reports its time now and then (sender reports, RFC 3550); what it burns into
    the picture, and what its own recordings are named after, follows that clock. The event begins
    when it was found off and ends when it has been right for `steady_s`. Limits: a camera that
    reports no time, or only the time since it started, is never told of; nor is one over HTTP.
    """

    CLAIM: ClassVar[str] = "The camera's clock is wrong by more than {number} seconds."
    CLAIM_ZH: ClassVar[str] = "摄像头时钟偏差超过{number}秒。"

    name: str = "camera_clock"
    longer_than_s: Seconds = 60.0
    steady_s: Seconds = 10.0
    off_by_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10.0
    """Seconds, ahead or behind."""
    severity: Severity = Severity.LOW

    @property
    def number_words(self) -> Phrase:
        return (f"{self.off_by_s:g}", f"{self.off_by_s:g}")

    def _begin(self) -> None:
        super()._begin()
        self._off_lived_s: float | None = None

    def fault_s(self, moment: Moment) -> float | None:
        health = moment.scene.health
        if health is None or health.clock_off_s is None:
            return None
        if abs(health.clock_off_s) < self.off_by_s:
            self._off_lived_s = None
            return 0.0
        if self._off_lived_s is None:
            self._off_lived_s = moment.lived_s
        return moment.lived_s - self._off_lived_s
