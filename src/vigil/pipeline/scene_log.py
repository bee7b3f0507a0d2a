"""Every scene of a camera on the disk, so that rules can be tried on what they would have seen.

One file an hour of the scenes' own time: `<folder>/<camera>/<day>/<hour>.scenes` (UTC). Chunks are
appended as they fill; a crash loses what was not written yet, `CHUNK_S` at most.
"""

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import structlog

from vigil.core import Scene, SourceError, uuid7
from vigil.core.scene_record import Chunk, ChunkWriter, read_chunks, settled

log = structlog.get_logger(__name__)
CHUNK_S = 60.0
CHUNK_SCENES = 1000
"""A chunk is written when it holds so many seconds, or so many scenes."""
SUFFIX = ".scenes"
MOST_FILE_BYTES = 1 << 30
"""A larger file is none of ours: an hour takes a few megabytes."""


class SceneLog:
    """Takes the scenes of one watch; a thread of its own writes them.

    Recording must never disturb the watch: what cannot be written is left out and counted.
    """

    def __init__(
        self, camera: str, *, folder: Path | None = None, file: Path | None = None
    ) -> None:
        """`folder`: of all cameras, one file an hour; `file`: everything into this one."""
        self.scenes = 0
        """Written, or waiting to be."""
        self.missed = 0
        """Scenes that could not be written."""
        self._camera = camera
        self._folder, self._file = folder, file
        self._writer = ChunkWriter(camera, uuid7(time.time()))
        self._hour = ""
        self._began_s = 0.0
        self._queue: queue.SimpleQueue[tuple[Path, bytes, int] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def note(self, scene: Scene) -> Scene:
        """Write a scene; return it with its numbers as the record holds them, to be judged so."""
        try:
            scene = settled(scene)
            place = self._place(scene.time_s)
            if self._is_full(scene, place):
                self.flush()
            if not len(self._writer):
                self._began_s, self._hour = scene.time_s, place
            self._writer.add(scene)
            self.scenes += 1
        except (ValueError, OverflowError) as error:
            self.missed += 1
            log.warning("a scene was not recorded", camera=self._camera, reason=str(error))
        return scene

    def flush(self) -> None:
        """Have what was taken until now written."""
        count = len(self._writer)
        if not count:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, name="scenes", daemon=True)
            self._thread.start()
        self._queue.put((self._path(), self._writer.chunk(), count))

    def close(self) -> None:
        """Write the rest; everything is in its file when this returns."""
        self.flush()
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _is_full(self, scene: Scene, place: str) -> bool:
        count = len(self._writer)
        lasted = abs(scene.time_s - self._began_s) >= CHUNK_S
        return count > 0 and (lasted or count >= CHUNK_SCENES or place != self._hour)

    def _place(self, time_s: float) -> str:
        return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d/%H}"

    def _path(self) -> Path:
        if self._file is not None:
            return self._file
        assert self._folder is not None
        return self._folder / folder_name(self._camera) / f"{self._hour}{SUFFIX}"

    def _write(self) -> None:
        while (job := self._queue.get()) is not None:
            path, chunk, count = job
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with path.open("ab") as file:
                    file.write(chunk)
            except OSError as error:
                self.missed += count
                log.warning("scenes not recorded", camera=self._camera, reason=error.strerror)


def folder_name(camera: str) -> str:
    """A camera's name as that of a folder: nothing in it leads elsewhere."""
    name = quote(camera, safe=" ")
    return name.replace(".", "%2E", 1) if name.startswith(".") else name


def scene_files(paths: Iterable[Path]) -> list[Path]:
    """The files named, and those in the folders named, in order of their names.

    Raises SourceError for what is not there, and for a folder without any.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_file():
            found.append(path)
            continue
        inside = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else []
        if not inside:
            what = f"a folder without {SUFFIX} files" if path.is_dir() else "not there"
            raise SourceError(f"{path}: {what}; `record_scenes: true` makes a camera write them")
        found += inside
    return found


def recorded(files: Iterable[Path]) -> Iterator[Chunk]:
    """The chunks of files, in order. Raises SourceError for a file that holds none."""
    for path in files:
        found = False
        try:
            if path.stat().st_size > MOST_FILE_BYTES:
                raise SourceError(f"{path}: larger than any record of an hour of scenes")
            # One at a time: an hour of scenes is larger than its file by far.
            for chunk in read_chunks(path.read_bytes()):
                found = True
                yield chunk
        except ValueError as error:
            raise SourceError(f"{path}: {error}") from error
        except OSError as error:
            raise SourceError(f"{path}: {error.strerror}") from error
        if not found:
            raise SourceError(
                f"{path}: not a record of scenes, or cut short before its first chunk"
            )
