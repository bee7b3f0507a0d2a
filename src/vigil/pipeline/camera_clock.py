"""How far a camera's own clock is from ours."""

from collections import deque

KEPT = 8
"""Pictures. The least delayed of them tells; the others waited on the way."""
SET_S = 5.0
"""Seconds. No picture waits so long on the way as a rule: the clock was set back, and what came
before says nothing of it. (The next picture that is in time corrects who is wrong about that.)"""


class CameraClock:
    """Compares the times at which pictures were taken, as the camera says, with their arrival."""

    def __init__(self) -> None:
        self._ahead_s: deque[float] = deque(maxlen=KEPT)

    def compare(self, camera_s: float, received_s: float) -> None:
        """A picture was taken at `camera_s` of the camera's clock and came at `received_s`."""
        ahead_s = camera_s - received_s
        if self._ahead_s and ahead_s < max(self._ahead_s) - SET_S:
            self._ahead_s.clear()
        self._ahead_s.append(ahead_s)

    @property
    def off_s(self) -> float | None:
        """Seconds by which the camera's clock is ahead; None while it has not said."""
        return max(self._ahead_s, default=None)
