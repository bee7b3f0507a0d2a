"""Cameras that were being decoded when their process died."""

from collections.abc import Iterable
from dataclasses import dataclass

from vigil.core import Clock

QUARANTINE_S = 600.0
"""How long a camera that crashed its process twice is left alone."""
FORGET_S = 3600.0
"""A camera that ran for so long since its last crash has a clean record."""


@dataclass(slots=True, kw_only=True)
class _Record:
    crashes: int = 0
    last_s: float = 0.0
    """Of the last crash, monotonic seconds."""
    released_s: float | None = None
    """When the quarantine ends; None while there is none."""


class Suspects:
    """Counts the crashes of each camera and says when one is to be left alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._unexplained_s: dict[str, float] = {}
        """When the process of a camera last died and nobody knew why, monotonic seconds."""

    def crashed(self, name: str) -> bool:
        """Count a crash; True when the camera is in quarantine from now on."""
        if not self.suspected(name):
            self._records.pop(name, None)
        now_s = self._clock.monotonic_s()
        record = self._records.setdefault(name, _Record())
        record.crashes += 1
        record.last_s = now_s
        if record.crashes < 2:
            return False
        record.released_s = now_s + QUARANTINE_S
        return True

    def suspected(self, name: str) -> bool:
        """Whether a camera has crashed its process not long ago."""
        record = self._records.get(name)
        if record is None:
            return False
        return self._clock.monotonic_s() - record.last_s <= FORGET_S + QUARANTINE_S

    def unexplained(self, names: Iterable[str]) -> bool:
        """Note that the process of these cameras died and none was being decoded.

        True when one of them has seen that before, not long ago: then it is no accident.
        """
        now_s = self._clock.monotonic_s()
        seen = {name: self._unexplained_s.get(name) for name in names}
        self._unexplained_s |= dict.fromkeys(seen, now_s)
        return any(then_s is not None and now_s - then_s <= FORGET_S for then_s in seen.values())

    def reason(self, name: str) -> str | None:
        """Why a camera is in quarantine; None when it is not."""
        record = self._records.get(name)
        if record is None or record.released_s is None:
            return None
        left_s = max(0.0, record.released_s - self._clock.monotonic_s())
        return f"crashed its process {record.crashes} times; tried again in {left_s:.0f} s"

    def release(self) -> list[str]:
        """Cameras whose quarantine is over; one more crash, and they are back in it."""
        now_s = self._clock.monotonic_s()
        over = [
            name
            for name, record in self._records.items()
            if record.released_s is not None and record.released_s <= now_s
        ]
        for name in over:
            self._records[name].released_s = None
        return over

    def forget(self, name: str) -> None:
        """The camera is gone, or has other settings: nothing is known of it."""
        self._records.pop(name, None)
        self._unexplained_s.pop(name, None)
