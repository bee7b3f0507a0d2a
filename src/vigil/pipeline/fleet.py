"""The shards of one machine: which camera goes where, and who waits to step in."""

import os
from collections.abc import Callable, Sequence

import structlog

from vigil.config.app import CameraConfig, Shards
from vigil.config.home import Home
from vigil.core import Clock
from vigil.pipeline.shard_process import Role, ShardProcess, start_process

log = structlog.get_logger(__name__)
STUCK_S = 60.0
"""A shard whose loop does not come round for so long is killed; its mark says why."""
REST_S = 5.0
"""No spare is started so soon after a shard: the cameras that come back need the processor."""
SPARE_FAILED_S = 60.0
"""How long nothing is tried after a spare that could not start, or died by itself."""


class Fleet:
    """Starts shards and gives them cameras. Its owner sees to it that one thread at a time calls.

    A new process needs seconds for its imports on a busy machine. So spares wait with that behind
    them, and a camera that lost its shard is watched again as soon as it is connected.
    """

    def __init__(self, *, home: Home, clock: Clock, listen: Callable[[ShardProcess], None]) -> None:
        """`listen` is told of every process that was started."""
        self.processes: list[ShardProcess] = []
        """All that live, spares among them."""
        self._home = home
        self._clock = clock
        self._listen = listen
        self._settings = Shards()
        self._cameras = 0
        self._started = 0
        self._rest_until_s = 0.0

    @property
    def shards(self) -> list[ShardProcess]:
        """Those that are there for cameras."""
        return [each for each in self.processes if each.role is not Role.SPARE]

    @property
    def spares(self) -> list[ShardProcess]:
        """Those that wait, the ready ones first."""
        waiting = [each for each in self.processes if each.role is Role.SPARE]
        return sorted(waiting, key=lambda each: not each.figures)

    def expect(self, cameras: int, settings: Shards) -> None:
        """Be prepared for so many cameras in all; settings that change wait for the next start."""
        self._cameras = cameras
        if not self._started:
            self._settings = settings

    def place(self, camera: CameraConfig, *, alone: bool = False, urgent: bool = False) -> None:
        """Give a camera to a shard, `alone` to one that no other camera shares.

        `urgent`: rather to a busy shard than to one that would have to start first. Raises OSError
        when no process could be started.
        """
        shard = None if alone else self._with_room(urgent=urgent)
        if shard is None:
            shard = self._open(Role.ALONE if alone else Role.SHARED)
        shard.give(camera)

    def place_apart(self, cameras: Sequence[CameraConfig]) -> None:
        """Give cameras to a shard that has no others, and one camera alone. Raises OSError."""
        if cameras:
            shard = self._open(Role.SHARED if len(cameras) > 1 else Role.ALONE)
            for camera in cameras:
                shard.give(camera)

    def remove(self, name: str) -> None:
        """Stop watching a camera."""
        for shard in self.shards:
            shard.take_away(name)

    def holder(self, name: str) -> ShardProcess | None:
        """The shard that has a camera."""
        return next((shard for shard in self.shards if name in shard.cameras), None)

    def tend(self) -> None:
        """Kill what is stuck; start a spare where one is missing."""
        for each in self.processes:
            if each.busy_s > STUCK_S and not each.stopping:
                log.error("shard is stuck", shard=each.number, seconds=round(each.busy_s))
                each.figures = {}
                each.stuck = True
                each.process.kill()
        missing = self._settings.spare - len(self.spares) if self.shards else 0
        if missing > 0 and self._clock.monotonic_s() >= self._rest_until_s:
            self._add_spare()

    def ended(self, gone: ShardProcess) -> None:
        """A process is no more."""
        self.processes.remove(gone)
        if gone.role is Role.SPARE and not gone.stopping:
            log.warning("spare died", shard=gone.number, code=gone.process.exitcode)
            self._rest(SPARE_FAILED_S)

    def _with_room(self, *, urgent: bool) -> ShardProcess | None:
        """The shared shard with the fewest cameras; None when another one is better opened."""
        shared = [each for each in self.shards if each.role is Role.SHARED and not each.stopping]
        most = self._settings.cameras_per_shard
        free = [each for each in shared if each.process.is_alive() and len(each.cameras) < most]
        emptiest = min(free, key=lambda each: len(each.cameras), default=None)
        if emptiest is None or not emptiest.cameras or len(shared) >= self._wanted():
            return emptiest
        one_is_ready = any(spare.figures for spare in self.spares)
        return emptiest if urgent and not one_is_ready else None

    def _wanted(self) -> int:
        """Enough shards for all cameras; spread over the processors before any is filled."""
        full = -(-self._cameras // self._settings.cameras_per_shard)
        return max(full, min(self._cameras, processors()))

    def _open(self, role: Role) -> ShardProcess:
        """A shard without cameras: a spare, or else a process that has to start."""
        waiting = [spare for spare in self.spares if spare.process.is_alive()]
        shard = waiting[0] if waiting else self._start()
        shard.role = role
        self._rest(REST_S)
        return shard

    def _add_spare(self) -> None:
        self._rest(REST_S)
        try:
            self._start()
        except OSError as error:
            log.warning("no spare: a process cannot be started", reason=error.strerror)
            self._rest(SPARE_FAILED_S)

    def _start(self) -> ShardProcess:
        self._started += 1
        started = start_process(self._started, self._home)
        self.processes.append(started)
        self._listen(started)
        return started

    def _rest(self, seconds: float) -> None:
        self._rest_until_s = max(self._rest_until_s, self._clock.monotonic_s() + seconds)


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
