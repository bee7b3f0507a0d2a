"""A fact about a whole zone, which must hold for a while before it is told."""

from vigil.stages.rules.moment import Moment


class Holding:
    """Begins when a fact is found in `inertia` looks; ends when it was not for `close_s`.

    While nobody looks, nothing is noted, it stays as it is, and its clock runs on.
    """

    # Several rules keep one for each thing.
    __slots__ = (
        "_close_s", "_failing_lived_s", "_inertia", "_since_lived_s", "hits", "last_s", "since_s",
    )  # fmt: skip

    def __init__(self, *, inertia: int, close_s: float) -> None:
        self._inertia = inertia
        self._close_s = close_s
        self.hits = 0
        """In how many looks it was found; 0 when it has ended. Who was never found need not be
        noted when they are not found again."""
        self._failing_lived_s: float | None = None
        self.since_s = 0.0
        """Time of the first look that found it so."""
        self.last_s = 0.0
        """Time of the last."""
        self._since_lived_s = 0.0

    @property
    def on(self) -> bool:
        """Whether it was found often enough, and has not ended."""
        return self.hits >= self._inertia

    def note(self, moment: Moment, *, holds: bool, late_s: float = 0.0) -> None:
        """Take in one look; `late_s`: for how long it held before anybody could be sure."""
        if not holds:
            if self.hits:
                self._fail(moment)
            return
        if self.hits == 0:
            self.since_s = moment.time_s - late_s
            self._since_lived_s = moment.lived_s - late_s
        self.hits += 1
        self.last_s, self._failing_lived_s = moment.time_s, None

    def lasted(self, moment: Moment, duration_s: float) -> bool:
        """Whether it is on and has been for `duration_s`."""
        return self.on and moment.passed(self._since_lived_s, duration_s)

    def _fail(self, moment: Moment) -> None:
        if self._failing_lived_s is None:
            self._failing_lived_s = moment.lived_s
        if not self.on or moment.passed(self._failing_lived_s, self._close_s):
            self.hits = 0
