"""What is known of quiet cameras, on disk: one small JSON file for each."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from vigil.brain.quiet import Sketch
from vigil.core.durable import write_durably

log = structlog.get_logger(__name__)

MOST_CLAIMS = 64
"""Of one camera; those that were not asked for longest go."""
LARGEST = 1 << 21
"""Bytes; far above a file of ours."""

Sketches = dict[str, Sketch]
_FILE = TypeAdapter(Sketches)


class QuietStore:
    """Sketches by camera and claim. A damaged or unwritable file costs what was learnt, only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, scope: str) -> Sketches:
        """What is known of this camera; empty when nothing is."""
        path = self._path(scope)
        try:
            if path.stat().st_size > LARGEST:
                raise ValueError(f"larger than {LARGEST} bytes")
            return _FILE.validate_json(path.read_bytes())
        except FileNotFoundError:
            return {}
        except (ValidationError, ValueError, OSError) as error:
            log.warning("what was learnt of a camera is lost", file=path.name, reason=_line(error))
            return {}

    def add(self, scope: str, margins: Mapping[str, Sequence[float]]) -> None:
        """Learn from quiet pictures: margins by claim, which must be finite."""
        known = self.read(scope)
        for claim, found in margins.items():
            # The latest stands last.
            known[claim] = known.pop(claim, Sketch()).with_(found)
        for claim in list(known)[:-MOST_CLAIMS]:
            del known[claim]
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_durably(self._path(scope), _FILE.dump_json(known))
        except OSError as error:
            log.warning("what a quiet camera shows was not kept", reason=_line(error))

    def _path(self, scope: str) -> Path:
        # The name of a camera never becomes a path.
        return self.folder / f"{hashlib.sha256(scope.encode()).hexdigest()[:32]}.json"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
