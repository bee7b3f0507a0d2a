"""A shard as a process: commands come in, steps and figures go out, frames never leave it."""

import json
import os
import queue
import resource
import signal
import sys
import threading
import time
from ctypes import c_char
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import SynchronizedArray
from typing import TypeAlias

import structlog

from vigil.config.app import CameraConfig
from vigil.config.home import Home
from vigil.core import Clip, Sample, Step, VigilError
from vigil.core.json import clip_json, event_json
from vigil.core.sample_json import sample_json
from vigil.core.stats import Minute, minute_json
from vigil.pipeline.build import Builder
from vigil.pipeline.camera import Camera
from vigil.pipeline.dismissals import Dismissals
from vigil.pipeline.logs import log_to_stderr
from vigil.pipeline.settle import settle
from vigil.pipeline.shard import Shard
from vigil.pipeline.stats import CameraStats, camera_stats, process_stats

log = structlog.get_logger(__name__)
MARK_BYTES = 512
"""Room for a camera's name of 64 characters in any script."""
DISMISSALS_S = 1.0
LEAVE_S = 4.0
"""A shard whose supervisor is gone ends politely for so long, and then at once."""


@dataclass(frozen=True, kw_only=True)
class Add:
    """Begin to watch a camera, anew if it is watched. Its passwords travel by pipe only."""

    camera: CameraConfig


@dataclass(frozen=True, kw_only=True)
class Remove:
    """Stop watching a camera."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Acknowledge:
    """The step with this number is in the database or the fsynced spill."""

    number: int


@dataclass(frozen=True, kw_only=True)
class Stop:
    """End all open events and leave."""


Command: TypeAlias = Add | Remove | Acknowledge | Stop


class PipeOutbox:
    """Sends steps to the supervisor and keeps each one until it is acknowledged.

    `put` never waits: a thread does the sending, so a slow database cannot hold up the watch.
    """

    def __init__(self, pipe: Connection) -> None:
        self.unacknowledged: dict[int, bytes] = {}
        self.broken = threading.Event()
        self._pipe = pipe
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._count = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._send, name="outbox", daemon=True)
        self._thread.start()

    def put(self, step: Step, clip: Clip | None) -> None:
        """Take over a step and the clip that goes with it."""
        self._keep({"step": event_json(step), "clip": None if clip is None else clip_json(clip)})

    def put_minute(self, minute: Minute) -> None:
        """Take over the figures of a minute."""
        self._keep({"minute": minute_json(minute)})

    def put_sample(self, sample: Sample) -> None:
        """Take over a sample whose picture is on the disk."""
        self._keep({"sample": sample_json(sample)})

    def _keep(self, message: dict[str, object]) -> None:
        with self._lock:
            self._count += 1
            number = self._count
            data = json.dumps(message | {"number": number}).encode()
            self.unacknowledged[number] = data
            self._queue.put(data)

    def tell(self, figures: dict[str, object]) -> None:
        """Send figures; nobody acknowledges them."""
        self._queue.put(json.dumps(figures).encode())

    def acknowledged(self, number: int) -> None:
        """The supervisor has step `number` safe."""
        with self._lock:
            self.unacknowledged.pop(number, None)

    def close(self, timeout_s: float) -> None:
        """Send what is queued, for at most `timeout_s`."""
        self._queue.put(None)
        self._thread.join(timeout_s)

    def _send(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._pipe.send_bytes(data)
            except OSError:
                self.broken.set()
                return


def process(
    commands: Connection, reports: Connection, mark: "SynchronizedArray[c_char]", home: Home
) -> None:
    """What a shard's process runs; it leaves as soon as everything is said."""
    # Ctrl-C reaches the whole group; the supervisor alone decides how to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A core dump would hold passwords, and the neighbours of a crash would wait for its writing.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    log_to_stderr()
    settle()
    worker = Worker(commands, reports, mark, home)
    # Service managers tell the whole group to end; events and clips are finished all the same.
    signal.signal(signal.SIGTERM, lambda *_: worker.inbox.put(Stop()))
    code = 0
    try:
        worker.run()
    except Exception:
        log.exception("shard failed")
        code = 1
    worker.outbox.close(timeout_s=1.0)
    # Taking the inference engines down politely takes seconds and saves nothing.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class Worker:
    """Watches the cameras that the commands name, until told to stop or left alone."""

    def __init__(
        self,
        commands: Connection,
        reports: Connection,
        mark: "SynchronizedArray[c_char]",
        home: Home,
    ) -> None:
        self.outbox = PipeOutbox(reports)
        self._commands = commands
        self._mark = mark
        self._builder = Builder(
            home,
            tell_minute=self.outbox.put_minute,
            tell_sample=self.outbox.put_sample,
            strict=False,
        )
        self._stop = threading.Event()
        self.inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._ended: dict[str, CameraStats] = {}
        self._turn_began_s = time.monotonic()
        self._dismissals = Dismissals(home)
        self._dismissals_due_s = 0.0
        self._shard = Shard(
            cameras=[],
            outbox=self.outbox,
            mark=self._write_mark,
            on_ended=self._remember,
            keep_running=True,
        )

    def run(self) -> None:
        """Until told to stop; then every open event has its end and every clip is finished."""
        threading.Thread(target=self._listen, name="commands", daemon=True).start()
        threading.Thread(target=self._tell, name="figures", daemon=True).start()
        self._shard.run(self._stop, between_turns=self._between_turns)
        self._builder.close()

    def _listen(self) -> None:
        try:
            while True:
                command: Command = self._commands.recv()
                self.inbox.put(command)
                if isinstance(command, Stop):
                    self._stop.set()
        except (EOFError, OSError):
            self._leave()

    def _leave(self) -> None:
        """The supervisor is gone, and with it everybody who could want us."""
        self._stop.set()
        time.sleep(LEAVE_S)
        os._exit(1)

    def _between_turns(self) -> None:
        self._turn_began_s = time.monotonic()
        while not self.inbox.empty():
            self._obey(self.inbox.get())
        self._heed_dismissals()
        if self.outbox.broken.is_set():
            self._stop.set()

    def _heed_dismissals(self) -> None:
        """Once a second: has somebody said that an event is of no concern?"""
        if self._turn_began_s < self._dismissals_due_s:
            return
        self._dismissals_due_s = self._turn_began_s + DISMISSALS_S
        for camera, steps in self._dismissals.apply(self._shard.cameras):
            self._shard.tell(camera, steps)

    def _obey(self, command: Command) -> None:
        match command:
            case Acknowledge(number=number):
                self.outbox.acknowledged(number)
            case Add(camera=camera):
                self._add(camera)
            case Remove(name=name):
                self._remove(name)
            case Stop():
                self._stop.set()

    def _remove(self, name: str) -> None:
        self._ended.pop(name, None)
        if any(camera.name == name for camera in self._shard.cameras):
            self._shard.remove(name)

    def _add(self, camera: CameraConfig) -> None:
        self._remove(camera.name)
        # A model or a setting that takes the process down is the camera's doing, too.
        self._write_mark(camera.name)
        try:
            self._shard.add(*self._builder.camera(camera))
        except VigilError as error:
            log.error("camera not started", camera=camera.name, error=str(error))
            self.outbox.tell({"refused": camera.name, "reason": str(error)})
        self._write_mark("")

    def _remember(self, camera: Camera) -> None:
        """The source has ended, and its last figures are still wanted."""
        self._ended[camera.name] = camera_stats(camera)

    def _tell(self) -> None:
        while True:
            cameras = {camera.name: camera_stats(camera) for camera in self._shard.cameras}
            busy_s = time.monotonic() - self._turn_began_s
            self.outbox.tell(
                {
                    "cameras": {**self._ended, **cameras},
                    "process": process_stats(
                        unacknowledged=len(self.outbox.unacknowledged), busy_s=busy_s
                    ),
                }
            )
            if self._stop.wait(1.0):
                return

    def _write_mark(self, name: str) -> None:
        self._mark.value = name.encode()[: MARK_BYTES - 1]  # type: ignore[attr-defined]
