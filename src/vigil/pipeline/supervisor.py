"""Many cameras: places them on shards, records their steps, and heals what breaks."""

import json
import multiprocessing
import threading
from collections.abc import Callable, Mapping
from ctypes import c_char
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

import structlog

from vigil.config.app import App, CameraConfig
from vigil.config.home import Home
from vigil.core import Clock, Store, SystemClock
from vigil.core.json import clip_from_json, step_from_json
from vigil.pipeline.recorder import Recorder
from vigil.pipeline.stats import pooled_recall
from vigil.pipeline.suspects import Suspects
from vigil.pipeline.worker import MARK_BYTES, Acknowledge, Add, Command, Remove, Stop, process

log = structlog.get_logger(__name__)
STUCK_S = 60.0
"""A shard whose loop does not come round for so long is killed; its mark says why."""


@dataclass(kw_only=True, eq=False)
class ShardHandle:
    """One shard's process, as seen from here."""

    number: int
    process: SpawnProcess
    commands: Connection
    reports: Connection
    mark: Any
    """Shared memory with the name of the camera being decoded."""
    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    alone: bool = False
    """Holds one suspect camera and takes no other."""
    stopping: bool = False
    reader: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, command: Command) -> None:
        """Give a command; a shard that just died is noticed by its reader."""
        with self.lock:
            try:
                self.commands.send(command)
            except OSError:
                log.debug("command not sent", shard=self.number)

    def acknowledge(self, number: int) -> Callable[[], None]:
        """What is to be called once step `number` is safe."""
        return lambda: self.send(Acknowledge(number=number))


class Supervisor:
    """Owns the shards of one machine; `apply` a configuration, `close` to end."""

    def __init__(self, *, home: Home, store: Store, clock: Clock | None = None) -> None:
        self.recorder = Recorder(store)
        self.shard_restarts = 0
        self._home = home
        self._clock = clock or SystemClock()
        self._context = multiprocessing.get_context("spawn")
        self._app: App | None = None
        self._shards: list[ShardHandle] = []
        self._suspects = Suspects(self._clock)
        self._refused: dict[str, str] = {}
        self._lock = threading.RLock()
        self._count = 0
        self._closing = False

    def apply(self, app: App) -> None:
        """Make the running cameras those of `app`; cameras that did not change notice nothing."""
        with self._lock:
            before = self._app.cameras if self._app else {}
            self._app = app
            for name, camera in before.items():
                if app.cameras.get(name) != camera:
                    self._suspects.forget(name)
                    self._remove(name)
            for name, camera in app.cameras.items():
                if before.get(name) != camera:
                    self._place(name, camera)

    def tend(self) -> None:
        """Free cameras whose quarantine is over, shards that are stuck, steps that wait."""
        self.recorder.retry()
        with self._lock:
            for name in self._suspects.release():
                if self._app and name in self._app.cameras:
                    self._place(name, self._app.cameras[name], alone=True)
            for shard in self._shards:
                busy_s = shard.figures.get("process", {}).get("busy_s", 0.0)
                if busy_s > STUCK_S and not shard.stopping:
                    log.error("shard is stuck", shard=shard.number, seconds=round(busy_s))
                    shard.figures = {}
                    shard.process.kill()

    def status(self) -> dict[str, Any]:
        """Figures of all cameras and processes now."""
        with self._lock:
            names = self._app.cameras if self._app else ()
            cameras = {name: self._camera_status(name) for name in names}
            processes = {
                f"shard-{shard.number}": shard.figures["process"]
                for shard in self._shards
                if "process" in shard.figures
            }
            return {
                "cameras": cameras,
                "recall": pooled_recall(cameras.values()),
                "processes": processes,
                "events_recorded": self.recorder.events,
                "steps_waiting": self.recorder.waiting,
                "steps_refused": self.recorder.refused,
                "shard_restarts": self.shard_restarts,
            }

    def close(self, timeout_s: float = 1.2) -> None:
        """End all shards; those that do not end by themselves in time are killed.

        Whatever they said before is in the store when this returns, if the store takes it.
        """
        with self._lock:
            self._closing = True
            shards = list(self._shards)
        for shard in shards:
            shard.stopping = True
            shard.send(Stop())
        deadline_s = self._clock.monotonic_s() + timeout_s
        for shard in shards:
            shard.process.join(max(0.0, deadline_s - self._clock.monotonic_s()))
            if shard.process.is_alive():
                log.warning("shard killed: it did not end in time", shard=shard.number)
                shard.process.kill()
        for shard in shards:
            if shard.reader is not None:
                shard.reader.join(5.0)
        self.recorder.retry()
        if self.recorder.waiting:
            log.error("steps are lost: the store took none", steps=self.recorder.waiting)

    # Placing

    def _place(
        self, name: str, camera: CameraConfig, *, alone: bool = False, spread: bool = True
    ) -> None:
        """Give a camera to a shard; `spread`: rather to a new one than to a busy one."""
        assert self._app is not None
        self._refused.pop(name, None)
        most = self._app.shards.cameras_per_shard
        open_shards = [
            shard
            for shard in self._shared_shards()
            if not alone and shard.process.is_alive() and len(shard.cameras) < most
        ]
        shard = min(open_shards, key=lambda each: len(each.cameras), default=None)
        few = spread and len(self._shared_shards()) < self._wanted_shards()
        if shard is None or (few and shard.cameras):
            shard = self._start(alone=alone)
        self._give(shard, name, camera)

    def _give(self, shard: ShardHandle, name: str, camera: CameraConfig) -> None:
        shard.cameras[name] = camera
        shard.send(Add(camera=camera))

    def _shared_shards(self) -> list[ShardHandle]:
        return [shard for shard in self._shards if not (shard.alone or shard.stopping)]

    def _wanted_shards(self) -> int:
        """Enough for all cameras; spread over the cores before any is filled."""
        assert self._app is not None
        full = -(-len(self._app.cameras) // self._app.shards.cameras_per_shard)
        return max(full, min(len(self._app.cameras), multiprocessing.cpu_count()))

    def _remove(self, name: str) -> None:
        for shard in self._shards:
            if shard.cameras.pop(name, None) is not None:
                shard.send(Remove(name=name))
                if shard.alone:
                    shard.stopping = True
                    shard.send(Stop())

    def _start(self, *, alone: bool) -> ShardHandle:
        self._count += 1
        commands_here, commands_there = self._context.Pipe()
        reports_here, reports_there = self._context.Pipe(duplex=False)
        mark = self._context.Array(c_char, MARK_BYTES, lock=False)
        child = self._context.Process(
            target=process,
            args=(commands_there, reports_there, mark, self._home),
            name=f"vigil-shard-{self._count}",
            daemon=True,
        )
        child.start()
        commands_there.close()
        reports_there.close()
        shard = ShardHandle(
            number=self._count,
            process=child,
            commands=commands_here,
            reports=reports_here,
            mark=mark,
            alone=alone,
        )
        self._shards.append(shard)
        shard.reader = threading.Thread(target=self._read, args=(shard,), daemon=True)
        shard.reader.start()
        return shard

    # Reading

    def _read(self, shard: ShardHandle) -> None:
        while True:
            try:
                message = json.loads(shard.reports.recv_bytes())
            except (EOFError, OSError):
                break
            if "step" in message:
                self._record(shard, message)
            elif "refused" in message:
                self._refused[message["refused"]] = message["reason"]
            else:
                shard.figures = message
        shard.process.join()
        self.recorder.end_open(shard.number)
        self._ended(shard)
        shard.commands.close()
        shard.reports.close()

    def _record(self, shard: ShardHandle, message: Mapping[str, Any]) -> None:
        clip = None if message["clip"] is None else clip_from_json(message["clip"])
        acknowledge = shard.acknowledge(message["number"])
        self.recorder.take(shard.number, step_from_json(message["step"]), clip, acknowledge)

    # Healing

    def _ended(self, shard: ShardHandle) -> None:
        with self._lock:
            self._shards.remove(shard)
            if shard.stopping or self._closing:
                return
            name = shard.mark.value.decode(errors="replace")
            log.error("shard died", shard=shard.number, code=shard.process.exitcode, camera=name)
            self.shard_restarts += 1
            cameras = dict(shard.cameras)
            if len(cameras) == 1:
                (name,) = cameras
            if name in cameras:
                suspect = cameras.pop(name)
                # A shard that runs takes them in a moment; a new one needs seconds to start.
                for each, camera in cameras.items():
                    self._place(each, camera, spread=False)
                self._suspect(name, suspect)
            elif cameras:
                self._halve(cameras)

    def _suspect(self, name: str, camera: CameraConfig) -> None:
        """A camera was being decoded when its shard died: next time alone, then not at all."""
        if self._suspects.crashed(name):
            log.error("camera quarantined", camera=name, reason=self._suspects.reason(name))
        else:
            self._place(name, camera, alone=True)

    def _halve(self, cameras: Mapping[str, CameraConfig]) -> None:
        """Nobody knows which camera it was: each half comes back apart, down to a single one."""
        names = list(cameras)
        for half in (names[::2], names[1::2]):
            shard = self._start(alone=False)
            for name in half:
                self._give(shard, name, cameras[name])

    def _camera_status(self, name: str) -> dict[str, Any]:
        if (reason := self._suspects.reason(name)) is not None:
            return {"state": "quarantined", "reason": reason}
        if name in self._refused:
            return {"state": "refused", "reason": self._refused[name]}
        for shard in self._shards:
            figures: dict[str, Any] = shard.figures.get("cameras", {})
            if name in shard.cameras and name in figures:
                return {**figures[name], "shard": shard.number}
        return {"state": "starting", "reason": ""}
