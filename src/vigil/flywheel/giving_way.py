"""Training beside a watch: one process at a time, with only the time that nobody else wants."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vigil.config.home import Home
from vigil.core import DataError

LOWEST = 19


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Nobody else trains models anew in this home meanwhile, until the process ends in any way.

    Raises `DataError` when another process does.
    """
    handle = os.open(home.run / "retrain.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(f"{home.path}: models are being trained anew already") from error
        yield
    finally:
        os.close(handle)  # the file stays: see `claimed`


def give_way() -> None:
    """Let this process have only the time that nobody else wants, for good.

    Where the system knows it, even the lowest niceness is too much: `SCHED_IDLE` gets a share only
    of what a watch on the same processor leaves.
    """
    os.nice(LOWEST)
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):  # forbidden in some containers
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
