"""A shard as a process: commands come in, steps and figures go out, frames never leave it."""

import json
import os
import queue
import signal
import sys
import threading
from ctypes import c_char
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import SynchronizedArray

import structlog

from vigil.config.app import CameraConfig
from vigil.config.home import Home
from vigil.core import Clip, Step, VigilError
from vigil.core.json import clip_json, event_json
from vigil.pipeline.build import Builder
from vigil.pipeline.shard import Shard
from vigil.pipeline.stats import camera_stats, process_stats

log = structlog.get_logger(__name__)
MARK_BYTES = 128


@dataclass(frozen=True, kw_only=True)
class Add:
    """Begin to watch a camera. Carries its passwords, so it travels by pipe only."""

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
        with self._lock:
            self._count += 1
            number = self._count
            message = {
                "step": event_json(step),
                "clip": None if clip is None else clip_json(clip),
                "number": number,
            }
            data = json.dumps(message).encode()
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
    serve(commands, reports, mark, home)
    # Taking the inference engines down politely takes seconds and saves nothing.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def serve(
    commands: Connection,
    reports: Connection,
    mark: "SynchronizedArray[c_char]",
    home: Home,
) -> None:
    """Watch the cameras that the commands name, until told to stop or left alone."""
    # Ctrl-C reaches the whole group; the supervisor alone decides how to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = threading.Event()
    outbox = PipeOutbox(reports)
    builder = Builder(home)
    shard = Shard(
        cameras=[], outbox=outbox, mark=lambda name: _write(mark, name), keep_running=True
    )
    inbox: queue.SimpleQueue[Add | Remove | Acknowledge | Stop] = queue.SimpleQueue()

    def listen() -> None:
        try:
            while True:
                inbox.put(commands.recv())
        except (EOFError, OSError):
            stop.set()  # the supervisor is gone, and with it everybody who could want us

    def between_turns() -> None:
        while not inbox.empty():
            _obey(inbox.get(), shard, builder, outbox, stop)
        if outbox.broken.is_set():
            stop.set()

    threading.Thread(target=listen, name="commands", daemon=True).start()
    figures = threading.Thread(target=_tell, args=(shard, outbox, stop), daemon=True)
    figures.start()
    shard.run(stop, between_turns=between_turns)
    outbox.close(timeout_s=1.0)


def _obey(
    command: Add | Remove | Acknowledge | Stop,
    shard: Shard,
    builder: Builder,
    outbox: PipeOutbox,
    stop: threading.Event,
) -> None:
    match command:
        case Acknowledge(number=number):
            outbox.acknowledged(number)
        case Add(camera=camera):
            try:
                shard.add(*builder.camera(camera))
            except VigilError as error:
                log.error("camera not started", camera=camera.name, error=str(error))
                outbox.tell({"refused": camera.name, "reason": str(error)})
        case Remove(name=name):
            if any(camera.name == name for camera in shard.cameras):
                shard.remove(name)
        case Stop():
            stop.set()


def _tell(shard: Shard, outbox: PipeOutbox, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        outbox.tell(
            {
                "cameras": {camera.name: camera_stats(camera) for camera in shard.cameras},
                "process": process_stats(unacknowledged=len(outbox.unacknowledged)),
            }
        )


def _write(mark: "SynchronizedArray[c_char]", name: str) -> None:
    mark.value = name.encode()[: MARK_BYTES - 1]  # type: ignore[attr-defined]
