"""How a running supervisor tells other processes how it is: one small file, replaced whole."""

import json
import os
from pathlib import Path
from typing import Any

import psutil
import structlog

from vigil.config.home import Home
from vigil.core import VigilError

log = structlog.get_logger(__name__)
STALE_S = 5.0
"""Silence after which a supervisor is not believed to be alive."""


def status_path(home: Home) -> Path:
    """Where the file stands."""
    return home.run / "status.json"


def write_status(home: Home, status: dict[str, Any], *, time_s: float) -> None:
    """Replace the file in one step; `time_s` is UTC seconds. A full disk is logged, no more."""
    path = status_path(home)
    fresh = path.with_suffix(".new")
    text = json.dumps(status | {"time_s": time_s, "pid": os.getpid()}, ensure_ascii=False)
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        log.warning("status not written", file=str(path), reason=error.strerror)


def remove_status(home: Home) -> None:
    """Nothing runs any more."""
    status_path(home).unlink(missing_ok=True)


def read_status(home: Home, *, now_s: float) -> dict[str, Any]:
    """What was written last; `now_s` is UTC seconds.

    Raises VigilError when nothing runs, or when what runs has been silent for too long.
    """
    try:
        found: dict[str, Any] = json.loads(status_path(home).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise VigilError(f"not running: no status in {home.path}; start with: vigil run") from error
    silent_s = now_s - found["time_s"]
    if not psutil.pid_exists(found["pid"]):
        raise VigilError(f"not running: it died {max(0.0, silent_s):.0f} s ago in {home.path}")
    if silent_s > STALE_S:
        raise VigilError(f"not running well: the last sign of life is {silent_s:.0f} s old")
    return found
