"""What is believed of a camera: answers become scenes, and scenes steps of events."""

from collections.abc import Sequence
from dataclasses import replace

from vigil.core import (
    Detections,
    Ear,
    Health,
    Look,
    Packet,
    Reader,
    Rule,
    Scene,
    Step,
    Tracker,
)
from vigil.pipeline.camera_clock import CameraClock
from vigil.pipeline.hearing import Hearing
from vigil.pipeline.reading import ReadingCounts, ReadingDesk
from vigil.pipeline.sample_desk import SampleDesk
from vigil.pipeline.scene_desk import SceneDesk


class Belief:
    """The tracker, the readers, the ear and the rules of one watch, in their order."""

    def __init__(
        self,
        source: str,
        *,
        tracker: Tracker,
        rules: Sequence[Rule],
        readers: Sequence[Reader],
        ear: Ear | None,
        scene_desk: SceneDesk,
        sample_desk: SampleDesk | None,
    ) -> None:
        self.scene: Scene | None = None
        """What was last believed."""
        self._source = source
        self._tracker = tracker
        self._rules = rules
        self._reading_desk = ReadingDesk(readers) if readers else None
        self._hearing = Hearing(source, ear) if ear is not None else None
        self._scene_desk = scene_desk
        self._sample_desk = sample_desk
        self._camera_clock = CameraClock()

    @property
    def holds(self) -> bool:
        """Whether anything is believed to be there."""
        return bool(self.scene and self.scene.tracks)

    @property
    def ambiguous(self) -> bool:
        """Whether looking again soon would tell the tracker more."""
        return self._tracker.ambiguous

    @property
    def readings(self) -> ReadingCounts:
        """Where the tracks went that readers want."""
        return self._reading_desk.counts if self._reading_desk is not None else ReadingCounts()

    def notice(self, packet: Packet) -> None:
        """Any packet: hear it, and compare its camera's clock with ours."""
        if self._hearing is not None:
            self._hearing.take(packet)
        if packet.encoding.kind == "video" and packet.camera_s is not None:
            self._camera_clock.compare(packet.camera_s, packet.received_s)

    def health(self, still_s: float) -> Health:
        """How the camera is while pictures come; `still_s`: for how long the same one."""
        return Health(frozen_s=still_s, clock_off_s=self._camera_clock.off_s)

    def follow(self, look: Look, detections: Detections | None) -> Scene:
        """What the tracker makes of the answer to a look."""
        return self._tracker.update(look, detections)

    def judge(self, scene: Scene, look: Look | None, detections: Detections | None) -> list[Step]:
        """What the rules make of it; `look`: with its pixels, None when those were let go."""
        if self._reading_desk is not None:
            scene = self._reading_desk.read(look.frame if look is not None else None, scene)
        steps = self._judge(scene)
        if self._sample_desk is not None and self.scene is not None:
            self._sample_desk.see(look, detections, self.scene, steps)
        return steps

    def pass_time(self, time_s: float, health: Health) -> list[Step]:
        """Nothing comes from the camera; `health` says so."""
        return self._judge(replace(self._unseen(time_s), health=health))

    def listen(self) -> list[Step]:
        """Tell rules what was heard since any picture was told of, a second ago or more."""
        if self._hearing is None or not self._hearing.due():
            return []
        return self._judge(self._unseen(self._hearing.heard_s))

    def close(self) -> list[Step]:
        """The stream has ended: end every open event."""
        if self._reading_desk is not None:
            self._reading_desk.close()
        steps: list[Step] = []
        if self._hearing is not None and self._hearing.due(0.0):
            steps = self._judge(self._unseen(self._hearing.heard_s))
        time_s = self.scene.time_s if self.scene else 0.0
        self._scene_desk.close()
        return steps + [step for rule in self._rules for step in rule.close(time_s)]

    def _unseen(self, time_s: float) -> Scene:
        """What was believed last, at a moment of which there is no picture."""
        last = self.scene or Scene(source=self._source, time_s=time_s, width=0, height=0)
        return replace(
            last,
            time_s=max(time_s, last.time_s),
            health=None,
            signals=None,
            looked=False,
            cards=(),
        )

    def _judge(self, scene: Scene) -> list[Step]:
        if self._hearing is not None:
            scene = replace(scene, sounds=self._hearing.sounds())
        scene = self._scene_desk.note(scene)
        self.scene = scene
        steps = [step for rule in self._rules for step in rule.update(scene)]
        self._scene_desk.judged(scene, steps)
        return steps
