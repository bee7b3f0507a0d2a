"""Stream time becomes UTC seconds: pure, no clock is read here."""

from dataclasses import dataclass, field

WRAPS_S = (2**33 / 90_000, 2**32 / 90_000)
"""Seconds after which MPEG-TS and RTP video clocks start again from 0."""
WRAP_TOLERANCE_S = 10.0
REORDER_S = 2.0
"""B frames step back by less than this; a longer step back is a clock set anew."""
STALE_S = 30.0
"""A picture this much later than expected comes from a clock that stood still."""
DRIFT_WINDOW_S = 20.0
DRIFT_PER_S = 0.005
"""The fastest correction of a slow camera clock: no camera drifts by half a percent."""


@dataclass
class LiveTimeline:
    """One connection's stream clock against ours.

    Spacing follows the stream's own times. The anchor is the least delay between a picture's
    stream time and its arrival: late packets do not move it, a picture from the future does at
    once, and slow drift is followed. Times never go back except for reordered (B) frames, and
    never lie after the arrival.
    """

    frame_rate: float | None = None
    """Pictures a second as declared, for streams without times."""
    not_before_s: float = float("-inf")
    """The last time given before this connection, UTC seconds."""
    _anchor_s: float | None = field(default=None, init=False)
    _highest_pts_s: float = field(default=float("-inf"), init=False)
    _wrapped_s: float = field(default=0.0, init=False)
    _window_start_s: float = field(default=0.0, init=False)
    _window_least_s: float = field(default=float("inf"), init=False)

    def stamp(self, pts_s: float | None, received_s: float) -> float:
        """UTC seconds of a picture with stream time `pts_s` that arrived at `received_s`."""
        if pts_s is None:
            return self._advance_to(self._without_pts(received_s))
        pts_s = self._unwrapped(pts_s)
        delay_s = received_s - pts_s
        if self._anchor_s is None or self._clock_was_set(pts_s, delay_s, self._anchor_s):
            self._start_again(pts_s, received_s)
        anchor_s = self._follow(delay_s, received_s)
        time_s = pts_s + anchor_s
        if pts_s < self._highest_pts_s:
            return max(time_s, self.not_before_s - REORDER_S)
        self._highest_pts_s = pts_s
        return self._advance_to(time_s)

    def _advance_to(self, time_s: float) -> float:
        self.not_before_s = max(self.not_before_s, time_s)
        return self.not_before_s

    def _without_pts(self, received_s: float) -> float:
        """One picture after the last, as long as that agrees with the arrival."""
        if self.frame_rate and received_s - self.not_before_s < 1.0:
            return min(received_s, self.not_before_s + 1 / self.frame_rate)
        return received_s

    def _unwrapped(self, pts_s: float) -> float:
        pts_s += self._wrapped_s
        for wrap_s in WRAPS_S:
            if abs(self._highest_pts_s - pts_s - wrap_s) < WRAP_TOLERANCE_S:
                self._wrapped_s += wrap_s
                return pts_s + wrap_s
        return pts_s

    def _clock_was_set(self, pts_s: float, delay_s: float, anchor_s: float) -> bool:
        return pts_s < self._highest_pts_s - REORDER_S or delay_s - anchor_s > STALE_S

    def _start_again(self, pts_s: float, received_s: float) -> None:
        self._anchor_s = received_s - pts_s
        self._highest_pts_s = pts_s
        self._window_start_s, self._window_least_s = received_s, float("inf")

    def _follow(self, delay_s: float, received_s: float) -> float:
        """The anchor after this packet; the least delay of each window pulls it up slowly."""
        anchor_s = delay_s if self._anchor_s is None else min(self._anchor_s, delay_s)
        self._window_least_s = min(self._window_least_s, delay_s)
        passed_s = received_s - self._window_start_s
        if passed_s >= DRIFT_WINDOW_S:
            anchor_s += min(max(0.0, self._window_least_s - anchor_s), passed_s * DRIFT_PER_S)
            self._window_start_s, self._window_least_s = received_s, float("inf")
        self._anchor_s = anchor_s
        return anchor_s


@dataclass
class FileTimeline:
    """A file's clock: `start_s` plus the seconds since the file's first picture or sound.

    Gaps are believed, since a recording may pause; a step back, as in files glued together,
    goes on where the last picture ended.
    """

    start_s: float = 0.0
    """UTC seconds of the file's beginning."""
    first_pts_s: float = 0.0
    """Stream time of the file's beginning."""
    frame_rate: float | None = None
    _last_s: float | None = field(default=None, init=False)
    _shift_s: float = field(default=0.0, init=False)

    def stamp(self, pts_s: float | None) -> float:
        """UTC seconds of the next picture in decoding order."""
        step_s = 1 / (self.frame_rate or 25.0)
        if pts_s is None:
            time_s = self.start_s if self._last_s is None else self._last_s + step_s
        else:
            time_s = self.start_s + pts_s - self.first_pts_s + self._shift_s
        if self._last_s is not None and time_s < self._last_s - REORDER_S:
            self._shift_s += self._last_s + step_s - time_s
            time_s = self._last_s + step_s
        self._last_s = time_s if self._last_s is None else max(self._last_s, time_s)
        return time_s
