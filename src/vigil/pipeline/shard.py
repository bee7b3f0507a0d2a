"""A few cameras and the detectors they share, in one loop. Frames never leave it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vigil.core import Clock, Detections, Detector, Look, Outbox, Step, SystemClock
from vigil.pipeline.camera import Camera
from vigil.pipeline.clip_thread import ClipThread

GATHER_S = 0.03
"""One round for the packets of so long: a round a packet costs as much as taking them in."""


@dataclass(slots=True, kw_only=True)
class _Waiting:
    """The looks of one camera that are out."""

    camera: Camera
    looks: list[Look]
    since_s: float
    answers: dict[int, Detections] = field(default_factory=dict)


class Shard:
    """Feeds its cameras in turn, packs their looks into few detector calls, hands answers back.

    A camera with looks out waits for the answer, so that time never runs backwards for its rules.
    Looks of live cameras wait at most `pack_s` for company: four on a canvas cost a quarter each.
    A round over live cameras begins `GATHER_S` after the packet that asked for it.
    """

    def __init__(
        self,
        *,
        cameras: Sequence[tuple[Camera, Detector]],
        outbox: Outbox,
        pack_s: float = 0.15,
        clock: Clock | None = None,
        mark: Callable[[str], None] = lambda _name: None,
        on_ended: Callable[[Camera], None] = lambda _camera: None,
        keep_running: bool = False,
    ) -> None:
        """`mark` is told which camera is being decoded, `on_ended` whose source has come to an end.

        `keep_running`: even without cameras.
        """
        self._clips = ClipThread(outbox)
        self._pack_s = pack_s
        self._clock = clock or SystemClock()
        self._mark = mark
        self._on_ended = on_ended
        self._keep_running = keep_running
        self._cameras: dict[str, tuple[Camera, Detector]] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._awaken = threading.Event()
        for camera, detector in cameras:
            self.add(camera, detector)

    @property
    def cameras(self) -> list[Camera]:
        """The cameras now watched."""
        return [camera for camera, _ in self._cameras.values()]

    def add(self, camera: Camera, detector: Detector) -> None:
        """Begin to watch one more camera; the others notice nothing."""
        self._cameras[camera.name] = (camera, detector)
        camera.start(self._awaken)

    def remove(self, name: str) -> None:
        """Stop watching a camera and end its open events."""
        camera, _ = self._cameras.pop(name)
        self._waiting.pop(name, None)
        camera.stop()
        self._finish(camera)

    def tell(self, camera: Camera, steps: list[Step]) -> None:
        """Send steps that came of no picture, with the footage of their events."""
        self._send(camera, steps)

    def run(
        self, stop: threading.Event, *, between_turns: Callable[[], None] = lambda: None
    ) -> None:
        """Turn until `stop` is set, or until every source has ended; then end all open events.

        Afterwards every step has been told and every clip is on the disk.
        """
        while not stop.is_set() and (self._cameras or self._keep_running):
            between_turns()
            if not self.turn():
                self._rest(stop)
        for name in list(self._cameras):
            self.remove(name)
        self._clips.close()

    def _rest(self, stop: threading.Event) -> None:
        """Until a packet has come, and then a moment more: many cameras share one round."""
        self._awaken.wait(0.05 if self._waiting else 0.25)
        if all(camera.live for camera in self.cameras):
            stop.wait(GATHER_S)
        self._awaken.clear()

    def turn(self) -> bool:
        """One round over all cameras; False when there was nothing to do."""
        moved = False
        for camera, _ in list(self._cameras.values()):
            if camera.name in self._waiting:
                continue
            self._mark(camera.name)
            looks = camera.advance()
            self._mark("")
            self._send(camera, camera.tick())
            if looks:
                self._waiting[camera.name] = _Waiting(
                    camera=camera, looks=looks, since_s=self._clock.monotonic_s()
                )
                moved = True
            elif camera.ended:
                self.remove(camera.name)
                self._on_ended(camera)
                moved = True
        if self._waiting and self._must_detect(moved):
            self._detect()
            return True
        return moved

    def _must_detect(self, moved: bool) -> bool:
        if len(self._waiting) == len(self._cameras):
            return True
        oldest_s = min(each.since_s for each in self._waiting.values())
        if self._clock.monotonic_s() - oldest_s >= self._pack_s:
            return True
        idle = [c for c, _ in self._cameras.values() if c.name not in self._waiting]
        return not moved and not any(camera.live for camera in idle)

    def _detect(self) -> None:
        """One call per detector for all looks that are out, then each camera's answers in order."""
        waiting, self._waiting = self._waiting, {}
        by_detector: dict[int, tuple[Detector, list[Look]]] = {}
        for name, out in waiting.items():
            detector = self._cameras[name][1]
            asked = [look for look in out.looks if len(look.regions)]
            by_detector.setdefault(id(detector), (detector, []))[1].extend(asked)
        answers: dict[int, tuple[Detections, float]] = {}
        for detector, looks in by_detector.values():
            if looks:
                began_s = self._clock.monotonic_s()
                found = detector.detect([look.to_detect() for look in looks])
                cost_s = (self._clock.monotonic_s() - began_s) / len(looks)
                answers.update(
                    {id(look): (each, cost_s) for look, each in zip(looks, found, strict=True)}
                )
        for out in waiting.values():
            for look in out.looks:
                detections, cost_s = answers.get(id(look), (None, 0.0))
                self._send(out.camera, out.camera.take(look, detections, cost_s=cost_s))

    def _send(self, camera: Camera, steps: list[Step]) -> None:
        self._clips.put(camera.orders(steps))

    def _finish(self, camera: Camera) -> None:
        self._send(camera, camera.close())
        if camera.evidence is not None:
            camera.evidence.close()
            self._send(camera, [])
