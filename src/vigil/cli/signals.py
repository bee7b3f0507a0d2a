"""Ctrl-C and SIGTERM: end what runs, politely; the second time at once."""

import signal
import threading
from queue import SimpleQueue
from types import FrameType


def stop_on_signals() -> threading.Event:
    """An event that is set when this process is told to end."""
    stop = threading.Event()
    told: SimpleQueue[int] = SimpleQueue()

    def hear(number: int, _frame: FrameType | None) -> None:
        # An event must not be set here: the main thread may hold its lock at this very moment.
        signal.signal(number, signal.SIG_DFL)
        told.put(number)

    def pass_on() -> None:
        told.get()
        stop.set()

    signal.signal(signal.SIGINT, hear)
    signal.signal(signal.SIGTERM, hear)
    threading.Thread(target=pass_on, name="signals", daemon=True).start()
    return stop
