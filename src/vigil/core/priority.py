"""Who goes first on a processor that is busy."""

import os
import threading
from contextlib import suppress

NICENESS = 5
"""On Linux's scheduler three of these threads together get as much as one that watches a camera;
at 10 judges starve beside a busy watch, and verdicts come after their deadlines."""


def give_way() -> None:
    """Make this thread, and those that it starts, less urgent than the watch of live cameras."""
    # On Linux each thread has a niceness of its own, which those that it starts inherit.
    with suppress(OSError):
        usual = os.getpriority(os.PRIO_PROCESS, os.getpid())
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), usual + NICENESS)
