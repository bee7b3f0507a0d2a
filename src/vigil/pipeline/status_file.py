"""How a running supervisor tells other processes how it is: one small file, replaced whole."""

import json
import os
from pathlib import Path
from typing import Any

from vigil.config.home import Home
from vigil.core import VigilError


def status_path(home: Home) -> Path:
    """Where the file stands."""
    return home.run / "status.json"


def write_status(home: Home, status: dict[str, Any], *, time_s: float) -> None:
    """Replace the file in one step; `time_s` is UTC seconds."""
    path = status_path(home)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(status | {"time_s": time_s, "pid": os.getpid()}), encoding="utf-8")
    fresh.replace(path)


def read_status(home: Home) -> dict[str, Any]:
    """What was written last. Raises VigilError when nothing ever ran here."""
    path = status_path(home)
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise VigilError(f"not running: no status in {home.path}; start with: vigil run") from error
    return found
