"""Parts that fail as real ones do, when a test wants them to. Loaded as plug-ins are."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from vigil.core import Detections, Frame, Look, Rung, Signals, part
from vigil.stages.detect.motion import MotionDetector
from vigil.stages.gate.luma import LumaGate


@part
class FusedGate(LumaGate):
    """Does what a broken decoder would while the file `fuse` is there: abort, or never return."""

    fuse: Path
    hangs: bool = False

    def see(self, frame: Frame) -> Signals:
        while self.fuse.exists():
            if not self.hangs:
                os.abort()
            time.sleep(0.05)
        return super().see(frame)


@part
class DiaryGate(FusedGate):
    """Writes down when it saw a picture: one line each, seconds of the monotonic clock."""

    diary: Path

    def see(self, frame: Frame) -> Signals:
        signals = super().see(frame)
        with self.diary.open("a") as file:
            file.write(f"{time.monotonic()}\n")
        return signals


@part
class SlowDetector(MotionDetector):
    """Needs `seconds` for each look."""

    seconds: float

    @property
    def needs(self) -> Rung:
        return Rung.DETECT

    def detect(self, looks: Sequence[Look]) -> list[Detections]:
        time.sleep(self.seconds * len(looks))
        return super().detect(looks)


@part
class FusedDetector(SlowDetector):
    """Takes the process down while the file `fuse` is there; nobody can tell whose look it was."""

    fuse: Path

    def detect(self, looks: Sequence[Look]) -> list[Detections]:
        if self.fuse.exists():
            os.abort()
        return super().detect(looks)
