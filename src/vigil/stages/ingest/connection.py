"""One connection to a stream, read in a thread of its own."""

import threading
import time
from collections.abc import Callable
from math import inf

from vigil.core import Clock, Encoding, Packet, SourceError, SourceLost
from vigil.media.demux import Demuxer, Stamp
from vigil.stages.ingest.pace import Pace
from vigil.stages.ingest.rests import Rests
from vigil.stages.ingest.timeline import LiveTimeline

FIRST_PACKET_S = 8.0
"""From the attempt to the first packet: opening, and waiting for a key."""

Take = Callable[[Packet], bool]
"""Takes over a packet, in the thread in which it arrived; False: no more of them."""


class Connection:
    """Hands over what arrives until it breaks off, falls silent or is stopped.

    FFmpeg may block in the thread as long as it likes: a connection that is given up is left to
    end by itself, and nothing of it is handed over any more.
    """

    def __init__(
        self,
        open_demuxer: Callable[[], Demuxer],
        take: Take,
        *,
        name: str,
        clock: Clock,
        not_before_s: float,
        may_rest: bool = False,
    ) -> None:
        """`not_before_s`: time of the last packet of the connection before, UTC seconds.

        `may_rest`: what is not read at once is kept for us, as by TCP.
        """
        self._open = open_demuxer
        self._take = take
        self._name = name
        self._wall_s = clock.now_s() - clock.monotonic_s()
        self._clock = clock
        self._not_before_s = not_before_s
        self._may_rest = may_rest
        self._error: SourceError | None = None
        self._over = threading.Event()
        self._handing_over = threading.Lock()
        self._stopped = False
        self._heard = False
        self._alive_s = time.monotonic()
        self._thread = threading.Thread(target=self._receive, name=f"receive {name}", daemon=True)

    def start(self) -> None:
        """Connect, and begin to hand over."""
        self._thread.start()

    def end(self) -> None:
        """Have `follow` return; from any thread, and without waiting for anything."""
        self._over.set()

    def stop(self) -> None:
        """Hand nothing over any more, and let the thread end by itself."""
        self._over.set()
        with self._handing_over:
            self._stopped = True

    def follow(self, stall_s: float) -> None:
        """Wait until it is over. Raises `SourceError`, also when it is silent for `stall_s`."""
        left_s = stall_s
        while not self._over.wait(min(left_s, stall_s)):
            limit_s = stall_s if self._heard else max(stall_s, FIRST_PACKET_S)
            left_s = limit_s - self._silent_s()
            if left_s <= 0:
                raise SourceLost(f"{self._name}: no packet for {limit_s:.0f} s; is the camera on?")
        if self._error is not None:
            raise self._error

    def _silent_s(self) -> float:
        """Seconds without a packet; less than nothing while we are who makes the stream wait."""
        return time.monotonic() - self._alive_s

    def _receive(self) -> None:
        try:
            with self._open() as demuxer:
                rests = Rests() if self._may_rest and not demuxer.in_bursts else None
                asked_s = self._now_s()
                for packet in demuxer.packets(self._stamp_for(demuxer), self._now_s):
                    if not self._hand_over(packet):
                        return
                    if rests is not None and (pause_s := rests.after(packet, asked_s)):
                        self._over.wait(pause_s)
                    asked_s = self._now_s()
            self._error = SourceLost(f"{self._name}: the server ended the stream")
        except SourceError as error:
            self._error = error
        finally:
            self._over.set()

    def _hand_over(self, packet: Packet) -> bool:
        with self._handing_over:
            if self._stopped:
                return False
            self._heard = True
            self._alive_s = inf
            goes_on = self._take(packet)
            self._alive_s = time.monotonic()
        return goes_on

    def _stamp_for(self, demuxer: Demuxer) -> Stamp:
        """How packets of this stream get their times; pictures and sound have clocks of their own.

        Where the container has no times, the arrival tells more than a frame rate that was guessed.
        """
        lanes = [lane for lane in (demuxer.video, demuxer.audio) if lane is not None]
        rates = {lane: lane.frame_rate if demuxer.has_clock else None for lane in lanes}
        timelines = {lane: LiveTimeline(rate, self._not_before_s) for lane, rate in rates.items()}
        pace = Pace() if demuxer.in_bursts else None

        def stamp(encoding: Encoding, pts_s: float | None, received_s: float) -> float:
            if pts_s is None or not demuxer.has_clock:
                return timelines[encoding].stamp(None, received_s)
            if pace is not None:
                received_s = self._wait_until(pace.due_s(pts_s, received_s))
            return timelines[encoding].stamp(pts_s, received_s)

        return stamp

    def _wait_until(self, due_s: float) -> float:
        """Sleep as long as the connection lives; returns UTC seconds when it is over."""
        self._alive_s = inf
        self._over.wait(max(0.0, due_s - self._now_s()))
        self._alive_s = time.monotonic()
        return max(due_s, self._now_s())

    def _now_s(self) -> float:
        """UTC seconds that cannot jump during one connection."""
        return self._wall_s + self._clock.monotonic_s()
