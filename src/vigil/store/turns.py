"""Threads of one process that use one database file, one after the other."""

import threading
from collections import deque
from typing import Any


class Turns:
    """First come, first served.

    SQLite lets those who wait sleep ever longer and look again: under load most of the time nobody
    writes, and who comes late may be first. This is a courtesy among our own threads. Who has
    waited long enough tries without a turn, as other processes do.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._owner: int | None = None
        """The thread whose turn it is; 0 while it is handed on."""

    def take(self, wait_s: float) -> bool:
        """Whether it is our turn now, to be given back; not if this thread has it already."""
        me = threading.get_ident()
        with self._lock:
            if self._owner == me:
                return False
            if self._owner is None:
                self._owner = me
                return True
            door = threading.Lock()
            door.acquire()
            self._waiting.append(door)
        opened = door.acquire(timeout=wait_s)
        with self._lock:
            if not opened and door in self._waiting:
                self._waiting.remove(door)
                return False
            self._owner = me
            return True

    def give(self) -> None:
        """The next one, please."""
        with self._lock:
            self._owner = 0 if self._waiting else None
            if self._waiting:
                self._waiting.popleft().release()

    def on_checkout(self, _connection: object, record: Any, _proxy: object) -> None:
        """Whoever takes a connection out of a pool takes a turn with it; see `TURN_S`."""
        record.info[Turns] = self.take(TURN_S)

    def on_checkin(self, _connection: object, record: Any) -> None:
        """The connection is back, committed or rolled back."""
        if record.info.pop(Turns, False):
            self.give()


TURN_S = 2.0
"""How long a library that knows no turns waits for one."""
