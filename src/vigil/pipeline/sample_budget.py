"""How many samples a camera may still give: remembered over restarts, without a database."""

import json
from collections.abc import Sequence
from pathlib import Path

import structlog

from vigil.core import Limits

log = structlog.get_logger(__name__)
MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0
ALL = ""
"""The name under which the camera's own account is kept."""


class SampleBudget:
    """The moments of what was kept in the last day, by who wanted it, in the stream's own time.

    A limit holds for every stretch of so long, not for the hours of a clock, and on both sides: a
    file that is watched again finds the budget of its hour spent, and a clock that was ahead for a
    while does not stop the sampling.
    """

    def __init__(self, file: Path) -> None:
        """`file`: where the last account was written, if any was."""
        self.file = file
        self._moments: dict[str, list[float]] = _read(file)

    def allows(self, who: str, limits: Limits, time_s: float) -> bool:
        """Whether one more may be kept at a moment."""
        near = [abs(time_s - moment_s) for moment_s in self._moments.get(who, ())]
        return all(
            most is None or sum(gap_s < span_s for gap_s in near) < most
            for most, span_s in (
                (limits.minutely, MINUTE_S),
                (limits.hourly, HOUR_S),
                (limits.daily, DAY_S),
            )
        )

    def charge(self, who: Sequence[str], time_s: float) -> bytes:
        """Count one for each of these; the account, to be on the disk before what was charged."""
        for name in who:
            self._moments.setdefault(name, []).append(time_s)
        self._moments = {
            name: kept
            for name, moments in self._moments.items()
            if (kept := [one for one in moments if abs(time_s - one) < DAY_S])
        }
        return json.dumps(self._moments).encode()


def _read(file: Path) -> dict[str, list[float]]:
    """The account; an empty one where there is none, or none that can be read."""
    try:
        found = json.loads(file.read_bytes())
        return {str(name): [float(one) for one in moments] for name, moments in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning(
            "account of samples not readable, begun anew", file=str(file), reason=str(error)
        )
        return {}
