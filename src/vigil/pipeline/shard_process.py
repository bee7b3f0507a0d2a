"""One shard's process, as its supervisor sees it."""

import multiprocessing
import signal
import threading
from collections.abc import Callable
from ctypes import c_char
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

import structlog

from vigil.config.app import CameraConfig
from vigil.config.home import Home
from vigil.pipeline.worker import MARK_BYTES, Acknowledge, Add, Command, Remove, Stop, process

log = structlog.get_logger(__name__)


class Role(Enum):
    """What a shard's process is for."""

    SPARE = "waits, ready, without cameras"
    SHARED = "takes cameras until it is full"
    ALONE = "holds one suspect camera and takes no other"


@dataclass(kw_only=True, eq=False)
class ShardProcess:
    """A process, the pipes that lead to it, and what it has been given to do."""

    number: int
    process: SpawnProcess
    commands: Connection
    reports: Connection
    mark: Any
    """Shared memory with the name of the camera being decoded."""
    role: Role = Role.SPARE
    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    """What it last told of itself; empty until its imports are done."""
    stopping: bool = False
    stuck: bool = False
    """We killed it, because its loop did not come round."""
    reader: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """What people read."""
        return f"{'spare' if self.role is Role.SPARE else 'shard'}-{self.number}"

    @property
    def busy_s(self) -> float:
        """For how long the present turn of its loop had lasted when it last told."""
        found: float = self.figures.get("process", {}).get("busy_s", 0.0)
        return found

    @property
    def marked(self) -> str:
        """The camera being decoded, or the one that was when the process died."""
        name: str = self.mark.value.decode(errors="replace")
        return name

    @property
    def ended_from_outside(self) -> bool:
        """Whether the process, which is gone, was killed or told to end by somebody else.

        The kernel that is out of memory does so, too; whatever was being decoded broke nothing.
        """
        return self.process.exitcode in (0, -signal.SIGKILL) and not self.stuck

    def give(self, camera: CameraConfig) -> None:
        """Have it watch a camera, from the beginning if it has that camera already."""
        self.cameras[camera.name] = camera
        self.send(Add(camera=camera))

    def take_away(self, name: str) -> None:
        """Have it leave a camera; what held one suspect has nothing more to do."""
        if self.cameras.pop(name, None) is None:
            return
        self.send(Remove(name=name))
        if self.role is Role.ALONE:
            self.stop()

    def stop(self) -> None:
        """Have it end all open events and leave."""
        self.stopping = True
        self.send(Stop())

    def send(self, command: Command) -> None:
        """Give a command; a shard that just died is noticed by its reader."""
        with self._lock:
            try:
                self.commands.send(command)
            except OSError:
                log.debug("command not sent", shard=self.number)

    def acknowledge(self, number: int) -> Callable[[], None]:
        """What is to be called once step `number` is safe."""
        return lambda: self.send(Acknowledge(number=number))

    def hang_up(self) -> None:
        """Close the pipes of a process that is gone."""
        self.commands.close()
        self.reports.close()


def start_process(number: int, home: Home) -> ShardProcess:
    """Start a spare, which needs a second or more until its imports are done.

    Raises OSError when the machine has no room for another process.
    """
    # A fresh interpreter inherits no locks, threads or passwords of this one.
    context = multiprocessing.get_context("spawn")
    commands_here, commands_there = context.Pipe()
    reports_here, reports_there = context.Pipe(duplex=False)
    mark = context.Array(c_char, MARK_BYTES, lock=False)
    child = context.Process(
        target=process,
        args=(commands_there, reports_there, mark, home),
        name=f"vigil-shard-{number}",
        daemon=True,
    )
    child.start()
    commands_there.close()
    reports_there.close()
    return ShardProcess(
        number=number, process=child, commands=commands_here, reports=reports_here, mark=mark
    )
