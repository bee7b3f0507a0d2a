"""The wake ladder: how far to climb for a packet, and when the next look is due.

Pure policy: it is told what was seen and when, and never touches a pixel or a clock.
"""

from collections import deque

from vigil.core import Rung, part


class KeySpacing:
    """Seconds between key frames, as measured."""

    def __init__(self, longest_s: float, memory: int = 6, needed: int = 2) -> None:
        self._longest_s = longest_s
        self._needed = needed
        self._gaps_s: deque[float] = deque(maxlen=memory)
        self._last_s: float | None = None

    def see(self, time_s: float) -> None:
        """A key frame was taken at `time_s`."""
        if self._last_s is not None and time_s > self._last_s:
            self._gaps_s.append(time_s - self._last_s)
        self._last_s = time_s

    def waited(self, time_s: float) -> bool:
        """Whether the current group of pictures is already longer than allowed."""
        return self._last_s is not None and time_s - self._last_s > self._longest_s

    @property
    def gap_s(self) -> float | None:
        """The longest gap remembered."""
        return max(self._gaps_s, default=None)

    @property
    def short(self) -> bool:
        """Whether enough gaps are known and none is longer than allowed."""
        return len(self._gaps_s) >= self._needed and max(self._gaps_s) <= self._longest_s

    def forget(self) -> None:
        """The stream began anew."""
        self._gaps_s.clear()
        self._last_s = None


@part
class Ladder:
    """Decides the rung of a camera: asleep on key frames, on 5 Hz luma, or looking.

    The camera rests on key frames when they come at least every `longest_key_gap_s` and nothing
    that depends on it needs more; otherwise on `luma_hz` luma. Motion wakes it: it looks
    `detect_hz` times a second, `alert_hz` times while what it sees is ambiguous, and `search_hz`
    times while it searches, as long as something moves and for `look_on_s` beyond (`follow_hz`
    where looks cost next to nothing). It stays on luma for `hold_s`, since falling asleep and
    catching up costs more. Things believed to stand under a closed gate are looked at again after
    `recheck_s`, then after twice as long each time, up to `longest_recheck_s`.
    """

    luma_hz: float = 5.0
    detect_hz: float = 2.0
    alert_hz: float = 5.0
    search_hz: float = 12.0
    follow_hz: float = 10.0
    look_on_s: float = 0.5
    hold_s: float = 2.0
    longest_key_gap_s: float = 2.2
    recheck_s: float = 10.0
    longest_recheck_s: float = 600.0

    def __post_init__(self) -> None:
        self.floor = Rung.KEYFRAME
        """What rules, the detector and the recall ledger need even when nothing happens."""
        self.spacing = KeySpacing(self.longest_key_gap_s)
        self._moved_s = float("-inf")
        self._next_luma_s = float("-inf")
        self._last_look_s = float("-inf")
        self._recheck_s = self.recheck_s

    def rung(self, time_s: float) -> Rung:
        """How far to climb for a packet of `time_s`."""
        if self.floor >= Rung.DETECT:
            return self.floor
        still_s = time_s - self._moved_s
        if still_s < self.look_on_s:
            return Rung.DETECT
        return max(self.rest(time_s), Rung.LUMA if still_s < self.hold_s else Rung.PACKETS)

    def rest(self, time_s: float) -> Rung:
        """The rung on which the camera stays while nothing happens."""
        if not self.spacing.short or self.spacing.waited(time_s):
            return max(self.floor, Rung.LUMA)
        return self.floor

    def moved(self, time_s: float) -> None:
        """Something worth a detector was seen at `time_s`."""
        self._moved_s = max(self._moved_s, time_s)

    def luma_due(self, time_s: float) -> bool:
        """Whether brightness is to be compared now; true at most `luma_hz` times a second."""
        if time_s < self._next_luma_s - 1e-3:
            return False
        # Steps on a fixed grid keep the rate; after a gap the grid starts anew.
        step_s = 1 / self.luma_hz
        on_grid = time_s - self._next_luma_s < step_s
        self._next_luma_s = (self._next_luma_s if on_grid else time_s) + step_s
        return True

    def look_due(
        self,
        time_s: float,
        *,
        awake: bool,
        ambiguous: bool,
        believed: bool,
        searching: bool = False,
    ) -> bool:
        """Whether the detector is to look now.

        `awake`: something moved lately; `ambiguous`: the tracker wants a closer look; `believed`:
        there are tracks; `searching`: what moves is not known yet.
        """
        since_s = time_s - self._last_look_s
        if since_s < 0:
            return True
        if self.floor >= Rung.FULL:
            return True
        if awake and searching:
            return since_s >= 0.9 / self.search_hz
        if awake:
            return since_s >= self._period_s(ambiguous)
        if self.floor >= Rung.DETECT:
            return since_s >= self._period_s(ambiguous)
        return believed and since_s >= self._recheck_s

    def follow_due(self, time_s: float) -> bool:
        """Whether a detector whose looks cost next to nothing is to look between luma looks."""
        awake = time_s - self._moved_s < self.look_on_s
        return awake and time_s - self._last_look_s >= 0.9 / self.follow_hz

    def looked(self, time_s: float) -> None:
        """The detector looked at `time_s`."""
        rechecked = time_s - max(self._last_look_s, self._moved_s) >= self._recheck_s
        longer_s = min(2 * self._recheck_s, self.longest_recheck_s)
        self._recheck_s = longer_s if rechecked else self.recheck_s
        self._last_look_s = time_s

    def began(self, time_s: float) -> None:
        """Pictures are seen again from `time_s` on: the first that moves is worth a look."""
        self._last_look_s = time_s - 1 / self.detect_hz

    def restart(self) -> None:
        """The stream began anew: spacing and grids are unknown again."""
        self.spacing.forget()
        self._moved_s = self._next_luma_s = self._last_look_s = float("-inf")

    def _period_s(self, ambiguous: bool) -> float:
        # A little under the period, so that a frame that comes a hair early is not put off.
        return 0.9 / (self.alert_hz if ambiguous else self.detect_hz)
