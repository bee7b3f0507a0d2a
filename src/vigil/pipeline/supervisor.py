"""Many cameras: places them on shards, records their steps, and heals what breaks."""

import json
import multiprocessing
import threading
from collections.abc import Mapping
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
from vigil.pipeline.worker import MARK_BYTES, Acknowledge, Add, Remove, Stop, process

log = structlog.get_logger(__name__)
QUARANTINE_S = 600.0
"""How long a camera that crashed its shard twice is left alone."""


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
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, command: Add | Remove | Acknowledge | Stop) -> None:
        """Give a command; a shard that just died is noticed by its reader."""
        with self.lock:
            try:
                self.commands.send(command)
            except OSError:
                log.debug("command not sent", shard=self.number)


@dataclass(kw_only=True)
class _Suspect:
    crashes: int = 0
    released_s: float = 0.0
    """When a quarantine ends, monotonic seconds."""


class Supervisor:
    """Owns the shards of one machine; `apply` a configuration, `close` to end."""

    def __init__(self, *, home: Home, store: Store, clock: Clock | None = None) -> None:
        self._home = home
        self._store = store
        self._clock = clock or SystemClock()
        self._context = multiprocessing.get_context("spawn")
        self._app: App | None = None
        self._shards: list[ShardHandle] = []
        self._suspects: dict[str, _Suspect] = {}
        self._refused: dict[str, str] = {}
        self._lock = threading.RLock()
        self._count = 0
        self._closing = False
        self.events_recorded = 0
        self.shard_restarts = 0

    def apply(self, app: App) -> None:
        """Make the running cameras those of `app`; cameras that did not change notice nothing."""
        with self._lock:
            before = self._app.cameras if self._app else {}
            self._app = app
            for name, camera in before.items():
                if app.cameras.get(name) != camera:
                    self._remove(name)
            for name, camera in app.cameras.items():
                if before.get(name) != camera:
                    self._suspects.pop(name, None)
                    self._place(name, camera)

    def tend(self) -> None:
        """Let cameras out of quarantine whose time is over; call now and then."""
        now_s = self._clock.monotonic_s()
        with self._lock:
            for name, suspect in self._suspects.items():
                if suspect.released_s and suspect.released_s <= now_s and self._app:
                    suspect.released_s = 0.0
                    suspect.crashes = 1  # one more crash, and it is back
                    if name in self._app.cameras:
                        self._place(name, self._app.cameras[name], alone=True)

    def status(self) -> dict[str, Any]:
        """Figures of all cameras and processes now."""
        with self._lock:
            cameras: dict[str, Any] = {}
            for name in self._app.cameras if self._app else ():
                cameras[name] = self._camera_status(name)
            return {
                "cameras": cameras,
                "processes": {
                    f"shard-{shard.number}": shard.figures["process"]
                    for shard in self._shards
                    if "process" in shard.figures
                },
                "events_recorded": self.events_recorded,
                "steps_spilled": getattr(self._store, "waiting", 0),
                "shard_restarts": self.shard_restarts,
            }

    def close(self, timeout_s: float = 1.5) -> None:
        """End all shards; those that do not end by themselves in time are killed."""
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
                shard.process.kill()
                shard.process.join(1.0)

    # Placing

    def _place(self, name: str, camera: CameraConfig, *, alone: bool = False) -> None:
        assert self._app is not None
        self._refused.pop(name, None)
        most = 1 if alone else self._app.shards.cameras_per_shard
        open_shards = [
            shard
            for shard in self._shards
            if not (alone or shard.alone or shard.stopping) and len(shard.cameras) < most
        ]
        shard = min(open_shards, key=lambda each: len(each.cameras), default=None)
        if shard is None or (len(shard.cameras) and len(self._shards) < self._wanted_shards()):
            shard = self._start(alone=alone)
        shard.cameras[name] = camera
        shard.send(Add(camera=camera))

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
        threading.Thread(target=self._read, args=(shard,), daemon=True).start()
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
        self._ended(shard)

    def _record(self, shard: ShardHandle, message: Mapping[str, Any]) -> None:
        clip = message["clip"]
        step = step_from_json(message["step"])
        self._store.record(step, None if clip is None else clip_from_json(clip))
        self.events_recorded += step.kind == "new"
        shard.send(Acknowledge(number=message["number"]))

    def _ended(self, shard: ShardHandle) -> None:
        with self._lock:
            self._shards.remove(shard)
            if shard.stopping or self._closing:
                return
            name = shard.mark.value.decode(errors="replace")
            log.error("shard died", shard=shard.number, code=shard.process.exitcode, camera=name)
            self.shard_restarts += 1
            cameras = dict(shard.cameras)
            if name in cameras:
                self._suspect(name, cameras.pop(name))
            for each, camera in cameras.items():
                self._place(each, camera)

    def _suspect(self, name: str, camera: CameraConfig) -> None:
        """A camera was being decoded when its shard died: next time alone, then not at all."""
        suspect = self._suspects.setdefault(name, _Suspect())
        suspect.crashes += 1
        if suspect.crashes < 2:
            self._place(name, camera, alone=True)
            return
        suspect.released_s = self._clock.monotonic_s() + QUARANTINE_S
        log.error("camera quarantined", camera=name, seconds=QUARANTINE_S)

    def _camera_status(self, name: str) -> dict[str, Any]:
        suspect = self._suspects.get(name)
        if suspect and suspect.released_s:
            left_s = max(0.0, suspect.released_s - self._clock.monotonic_s())
            reason = f"crashed its process {suspect.crashes} times; tried again in {left_s:.0f} s"
            return {"state": "quarantined", "reason": reason}
        if name in self._refused:
            return {"state": "refused", "reason": self._refused[name]}
        for shard in self._shards:
            if name in shard.cameras:
                figures: dict[str, Any] = shard.figures.get("cameras", {}).get(name, {})
                return figures or {"state": "starting", "reason": ""}
        return {"state": "starting", "reason": ""}
