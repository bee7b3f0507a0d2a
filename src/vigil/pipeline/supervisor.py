"""Many cameras: has shards watch them, records their steps, and heals what breaks."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog

from vigil.config.app import App, CameraConfig
from vigil.config.home import Home
from vigil.core import Clock, Sample, Store, SystemClock
from vigil.core.json import clip_from_json, step_from_json
from vigil.core.sample_json import sample_from_json
from vigil.core.stats import Minute, minute_from_json
from vigil.pipeline.book import Book, ThingT, Writes
from vigil.pipeline.fleet import Fleet
from vigil.pipeline.recorder import Recorder
from vigil.pipeline.retries import Retries
from vigil.pipeline.shard_process import Role, ShardProcess
from vigil.pipeline.stats import pooled_recall, site_stats
from vigil.pipeline.suspects import Suspects

log = structlog.get_logger(__name__)


class Supervisor:
    """Owns the shards of one machine; `apply` a configuration, `tend` every second, `close`."""

    def __init__(
        self,
        *,
        home: Home,
        store: Store,
        stats: Writes[Minute] | None = None,
        samples: Writes[Sample] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`stats`: where figures by the minute are kept; None: they are thrown away.

        `samples`: the same of samples, whose pictures are on the disk already.
        """
        self.recorder = Recorder(store)
        self.minutes = Book(stats, what="figures") if stats is not None else None
        self.samples = Book(samples, what="samples") if samples is not None else None
        self.shard_restarts = 0
        self._clock = clock or SystemClock()
        self._fleet = Fleet(home=home.without_secrets(), clock=self._clock, listen=self._listen)
        self._suspects = Suspects(self._clock)
        self._retries = Retries(self._clock)
        self._cameras: Mapping[str, CameraConfig] = {}
        self._lock = threading.RLock()
        self._closing = False

    def apply(self, app: App) -> None:
        """Make the running cameras those of `app`; cameras that did not change notice nothing."""
        with self._lock:
            before, self._cameras = self._cameras, app.cameras
            self._fleet.expect(len(app.cameras), app.shards)
            for name, camera in before.items():
                if app.cameras.get(name) != camera:
                    self._suspects.forget(name)
                    self._retries.forget(name)
                    self._fleet.remove(name)
            self._place(
                camera for name, camera in app.cameras.items() if before.get(name) != camera
            )

    def tend(self) -> None:
        """Write steps that wait, try again what was given up, keep the shards in order."""
        self.recorder.retry()
        self._write_books()
        with self._lock:
            self._suspects.release()
            for name in self._retries.due():
                if shard := self._fleet.holder(name):
                    shard.give(self._cameras[name])
            self._place(self._orphans())
            self._fleet.tend()

    def status(self) -> dict[str, Any]:
        """Figures of all cameras, sites and processes now."""
        with self._lock:
            cameras = {each.name: self._camera_status(each) for each in self._cameras.values()}
            return {
                "cameras": cameras,
                "sites": site_stats(cameras.values()),
                "recall": pooled_recall(cameras.values()),
                "processes": _figures_of(self._fleet.shards),
                "spares": _figures_of(self._fleet.spares),
                "events_recorded": self.recorder.events,
                "steps_waiting": self.recorder.waiting,
                "steps_refused": self.recorder.refused,
                "samples_waiting": 0 if self.samples is None else self.samples.waiting,
                "shard_restarts": self.shard_restarts,
            }

    def close(self, timeout_s: float = 1.2) -> None:
        """End all shards; those that do not end by themselves in time are killed.

        Whatever they said before is in the store when this returns, if the store takes it.
        """
        with self._lock:
            self._closing = True
            processes = list(self._fleet.processes)
        for each in processes:
            each.stop()
            if each.role is Role.SPARE:
                each.process.kill()
        deadline_s = self._clock.monotonic_s() + timeout_s
        for each in processes:
            each.process.join(max(0.0, deadline_s - self._clock.monotonic_s()))
            if each.process.is_alive():
                log.warning("shard killed: it did not end in time", shard=each.number)
                each.process.kill()
        for each in processes:
            if each.reader is not None:
                each.reader.join(5.0)
        self.recorder.retry()
        self._write_books()
        if self.recorder.waiting:
            log.error("steps are lost: the store took none", steps=self.recorder.waiting)

    def _write_books(self) -> None:
        for book in (self.minutes, self.samples):
            if book is not None:
                book.write()

    # Placing

    def _place(self, cameras: Iterable[CameraConfig], *, urgent: bool = False) -> None:
        """Have each camera watched; one that crashed its process not long ago, by itself."""
        for camera in cameras:
            alone = self._suspects.suspected(camera.name)
            try:
                self._fleet.place(camera, alone=alone, urgent=urgent)
            except OSError as error:
                self._no_process([camera], error)

    def _orphans(self) -> list[CameraConfig]:
        """Cameras that no shard has, although nothing says that they are to be left alone."""
        return [
            camera
            for name, camera in self._cameras.items()
            if self._fleet.holder(name) is None
            and self._suspects.reason(name) is None
            and not self._retries.waits(name)
        ]

    def _no_process(self, cameras: Iterable[CameraConfig], error: OSError) -> None:
        log.error("no process could be started for a camera", reason=error.strerror)
        for camera in cameras:
            self._retries.failed(camera.name, f"no process could be started: {error.strerror}")

    # Listening

    def _listen(self, shard: ShardProcess) -> None:
        shard.reader = threading.Thread(target=self._read, args=(shard,), daemon=True)
        shard.reader.start()

    def _read(self, shard: ShardProcess) -> None:
        while True:
            try:
                message = json.loads(shard.reports.recv_bytes())
            except (EOFError, OSError):
                break
            self._hear(shard, message)
        shard.process.join()
        self.recorder.end_open(shard.number)
        with self._lock:
            self._fleet.ended(shard)
            if not (shard.stopping or self._closing or shard.role is Role.SPARE):
                self._heal(shard)
        shard.hang_up()

    def _hear(self, shard: ShardProcess, message: dict[str, Any]) -> None:
        if "minute" in message:
            _take(self.minutes, minute_from_json, message["minute"], shard, message["number"])
            return
        if "sample" in message:
            _take(self.samples, sample_from_json, message["sample"], shard, message["number"])
            return
        if "step" in message:
            clip = None if message["clip"] is None else clip_from_json(message["clip"])
            acknowledge = shard.acknowledge(message["number"])
            self.recorder.take(shard.number, step_from_json(message["step"]), clip, acknowledge)
            return
        with self._lock:
            if "refused" in message:
                self._retries.failed(message["refused"], message["reason"])
                return
            shard.figures = message
            for name in shard.cameras.keys() & message["cameras"].keys():
                self._judge(shard.cameras[name], message["cameras"][name])

    def _judge(self, camera: CameraConfig, figures: Mapping[str, Any]) -> None:
        """See from its figures whether a camera needs another try."""
        # A file that was read in part is not watched again from the beginning.
        may_return = camera.source.live or not figures["received"]
        if figures["state"] == "ended" and figures["reason"] and may_return:
            self._retries.failed(camera.name, figures["reason"])
        elif figures["received"]:
            self._retries.forget(camera.name)

    # Healing

    def _heal(self, dead: ShardProcess) -> None:
        """Have the cameras of a dead shard watched again, as soon and as safely as can be."""
        cameras = dict(dead.cameras)
        name = next(iter(cameras)) if len(cameras) == 1 else dead.marked
        log.error("shard died", shard=dead.number, code=dead.process.exitcode, camera=name)
        self.shard_restarts += 1
        if dead.ended_from_outside or name not in cameras:
            together = list(cameras.values())
            if not self._suspects.unexplained(cameras):
                self._place_apart([together])
                return
            if name not in cameras:
                # Down to a single one, in the end.
                self._place_apart([together[::2], together[1::2]])
                return
        self._accuse(cameras.pop(name), neighbours=cameras.values())

    def _accuse(self, suspect: CameraConfig, *, neighbours: Iterable[CameraConfig]) -> None:
        """A camera took its shard down: next time it is alone, and then not watched for a while."""
        self._place(neighbours, urgent=True)
        name = suspect.name
        if self._suspects.crashed(name):
            log.error("camera quarantined", camera=name, reason=self._suspects.reason(name))
        else:
            self._place([suspect])

    def _place_apart(self, groups: Iterable[Sequence[CameraConfig]]) -> None:
        """Have each group watched by a shard of its own, for one of them may be dangerous."""
        for group in groups:
            try:
                self._fleet.place_apart(group)
            except OSError as error:
                self._no_process(group, error)

    # Telling

    def _camera_status(self, camera: CameraConfig) -> dict[str, Any]:
        shard = self._fleet.holder(camera.name)
        figures = shard.figures.get("cameras", {}).get(camera.name) if shard else None
        found: dict[str, Any] = {"state": "starting", "reason": ""}
        if (reason := self._suspects.reason(camera.name)) is not None:
            found = {"state": "quarantined", "reason": reason}
        elif figures and shard:
            found = {**figures, "shard": shard.number}
        elif self._retries.reason(camera.name):
            found["state"] = "refused"
        if (reason := self._retries.reason(camera.name)) and found["state"] in ("refused", "ended"):
            found["reason"] = reason
        return found | {"site": camera.site}


def _take(
    book: Book[ThingT] | None,
    read: Callable[[Mapping[str, Any]], ThingT],
    found: Mapping[str, Any],
    shard: ShardProcess,
    number: int,
) -> None:
    """Write into a book, if there is one, what a shard said under a number."""
    acknowledge = shard.acknowledge(number)
    if book is None:
        acknowledge()
    else:
        book.take(read(found), acknowledge)


def _figures_of(processes: Iterable[ShardProcess]) -> dict[str, Any]:
    return {each.name: each.figures["process"] for each in processes if "process" in each.figures}
