"""Hysteresis: a fact must be seen several times to begin, and be missed for a while to end."""

from collections import deque

from vigil.stages.rules.moment import Moment


class Occupancy:
    """Opens when `needed` of the last `within` looks were hits; closes after `close_s` of misses.

    While nobody looks, nothing is noted and it stays as it is.
    """

    def __init__(self, *, needed: int, within: int, close_s: float) -> None:
        self._needed = needed
        self._close_s = close_s
        self._hits: deque[float | None] = deque(maxlen=within)
        self._missing_lived_s: float | None = None
        self.open = False
        self.since_s = 0.0
        """Time of the hit with which it began; of the first among those that opened it."""
        self.last_s = 0.0
        """Time of the last hit."""

    def credit(self, time_s: float, hits: int) -> None:
        """Count hits of the past, made before anyone could tell of them."""
        self._hits.extend([time_s] * min(hits, self._needed))

    def note(self, moment: Moment, *, hit: bool) -> None:
        """Take in one look."""
        if not self.open:
            self._hits.append(moment.time_s if hit else None)
            self._try_to_open(moment)
        elif not hit:
            self._miss(moment)
        else:
            self._missing_lived_s = None
            self.last_s = moment.time_s

    def _try_to_open(self, moment: Moment) -> None:
        hits = [time_s for time_s in self._hits if time_s is not None]
        if len(hits) >= self._needed:
            self.open = True
            self.since_s, self.last_s = min(hits), max(hits)
            self._missing_lived_s = moment.lived_s if self._hits[-1] is None else None

    def _miss(self, moment: Moment) -> None:
        if self._missing_lived_s is None:
            self._missing_lived_s = moment.lived_s
        if moment.passed(self._missing_lived_s, self._close_s):
            self.open = False
            self._missing_lived_s = None
            self._hits.clear()
