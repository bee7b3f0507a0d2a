"""One thread a shard that writes clips, so that a slow disk does not hold up the watch."""

import threading
from collections import deque
from collections.abc import Iterable

from vigil.core import Outbox
from vigil.pipeline.clip_desk import Begin, ClipDesk, Grow, Order

QUEUE_BYTES = 64 << 20
"""Packets that may wait for the disk; beyond it the loop waits, too."""


class ClipThread:
    """Carries out orders one after the other, exactly in the order in which they were put.

    Until the first clip is ordered no thread is needed, and steps go on at once. What the outbox
    raises ends the thread and comes out of `put` and `close`.
    """

    def __init__(self, outbox: Outbox, *, queue_bytes: int = QUEUE_BYTES) -> None:
        self._desk = ClipDesk(outbox)
        self._queue_bytes = queue_bytes
        self._orders: deque[Order] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._failure: Exception | None = None
        self._closing = False
        self._thread: threading.Thread | None = None

    def put(self, orders: Iterable[Order]) -> None:
        """Have them carried out, after all that were put before."""
        for order in orders:
            if self._thread is None and not isinstance(order, Begin):
                self._desk.carry_out(order)
            else:
                self._hand_over(order)

    def close(self) -> None:
        """Return when everything is carried out; nothing may be put afterwards."""
        if self._thread is None:
            return
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._raise_failure()

    def _hand_over(self, order: Order) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="clips", daemon=True)
            self._thread.start()
        with self._changed:
            self._changed.wait_for(
                lambda: self._waiting_bytes <= self._queue_bytes or self._failure is not None
            )
            self._raise_failure()
            self._orders.append(order)
            self._waiting_bytes += _size(order)
            self._changed.notify_all()

    def _work(self) -> None:
        while (order := self._next()) is not None:
            try:
                self._desk.carry_out(order)
            except Exception as error:  # noqa: BLE001 - whatever it is, the loop must hear of it
                with self._changed:
                    self._failure = error
                    self._changed.notify_all()
                return
            with self._changed:
                self._waiting_bytes -= _size(order)
                self._changed.notify_all()

    def _next(self) -> Order | None:
        """The oldest order; None when all are done and no more will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._orders or self._closing)
            return self._orders.popleft() if self._orders else None

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


def _size(order: Order) -> int:
    """Encoded bytes that an order keeps in memory."""
    match order:
        case Grow(packet=packet):
            return len(packet.data)
        case Begin(packets=packets):
            return sum(len(packet.data) for packet in packets)
        case _:
            return 0
