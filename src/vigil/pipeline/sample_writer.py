"""One thread a shard that writes the pictures of samples, and tells of each that is on the disk."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import structlog

from vigil.core import Image, Sample
from vigil.core.durable import write_durably

log = structlog.get_logger(__name__)
MOST_WAITING = 8
"""Pictures in memory that wait for the disk."""


@dataclass(slots=True)
class SampleCounts:
    """What became of the looks of one camera that somebody wanted kept."""

    kept: int = 0
    """Pictures that are on the disk, and told of."""
    refused: int = 0
    """Wanted, and no budget was left."""
    missed: int = 0
    """That the disk did not take, or not fast enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A picture on its way to the disk; what was masked is black in it already."""

    sample: Sample
    """All but the size of its file."""
    image: Image
    quality: int
    account_file: Path
    account: bytes
    """What the camera's budget has come to with it."""
    counts: SampleCounts


class SampleWriter:
    """The watch never waits for it: what the disk does not take in time is left out and counted.

    The account is written first, so that a crash may cost a sample, and never exceeds a budget.
    A crash before a picture is told of leaves a file without a row, which the store sweeps away.
    """

    def __init__(self, folder: Path, tell: Callable[[Sample], None]) -> None:
        """`tell` is called from the writer's thread once a picture is on the disk."""
        self._folder = folder
        self._tell = tell
        self._queue: queue.Queue[Taken | None] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None

    @property
    def has_room(self) -> bool:
        """Whether one more would be taken now."""
        return not self._queue.full()

    def put(self, taken: Taken) -> None:
        """Have a picture written; to be asked for room before, by the only thread that puts."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="samples", daemon=True)
            self._thread.start()
        self._queue.put(taken)

    def close(self) -> None:
        """Return when everything is written; more may be put afterwards."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (taken := self._queue.get()) is not None:
            try:
                size_bytes = self._write(taken)
            except OSError as error:
                taken.counts.missed += 1
                log.warning(
                    "a sample was not kept", camera=taken.sample.source, reason=error.strerror
                )
                continue
            taken.counts.kept += 1
            self._tell(replace(taken.sample, size_bytes=size_bytes))

    def _write(self, taken: Taken) -> int:
        for file in (taken.account_file, self._folder / taken.sample.path):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(taken.account_file, taken.account)
        picture = jpeg(taken.image, taken.quality)
        write_durably(self._folder / taken.sample.path, picture)
        return len(picture)


def jpeg(image: Image, quality: int) -> bytes:
    """Encode a picture. Raises OSError where that cannot be done."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
    coded, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    if not coded:
        raise OSError(0, "the picture cannot be encoded")
    return data.tobytes()
