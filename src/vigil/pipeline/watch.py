"""The journey of a frame: packets of one camera in, looks out; detections in, steps out. No I/O."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from vigil.core import (
    Detections,
    Ear,
    Enhancer,
    Frame,
    Gate,
    Health,
    Hurried,
    Look,
    Packet,
    Reader,
    Rule,
    Rung,
    Scene,
    Sense,
    Signals,
    Step,
    Tracker,
)
from vigil.media.ring import PacketRing
from vigil.pipeline.attention import Attention
from vigil.pipeline.audit import Audit, Auditor
from vigil.pipeline.belief import Belief
from vigil.pipeline.counts import Counts
from vigil.pipeline.easing import Easing
from vigil.pipeline.looks_out import LooksOut
from vigil.pipeline.pictures import Pictures
from vigil.pipeline.reading import ReadingCounts
from vigil.pipeline.sample_desk import SampleDesk
from vigil.pipeline.scene_desk import SceneDesk
from vigil.pipeline.search import Search
from vigil.pipeline.sight import Sight
from vigil.stages.gate.ladder import Ladder
from vigil.stages.gate.ledger import RecallLedger
from vigil.stages.gate.packets import PacketGate
from vigil.stages.gate.static_blobs import StaticBlobs
from vigil.stages.gate.veto import VetoRecord


class Watch:
    """One camera from packets to steps.

    `feed` each packet, give each look it returns to the detector (looks without regions need
    none), and hand the answers to `take` in the same order before the next `feed`.
    """

    def __init__(
        self,
        *,
        source: str,
        gate: Gate,
        tracker: Tracker,
        rules: Sequence[Rule],
        ring: PacketRing,
        detector_needs: Rung = Rung.KEYFRAME,
        ladder: Ladder | None = None,
        ledger: RecallLedger | None = None,
        packet_gate: PacketGate | None = None,
        static_blobs: StaticBlobs | None = None,
        senses: Sequence[Sense] = (),
        enhancers: Sequence[Enhancer] = (),
        readers: Sequence[Reader] = (),
        ear: Ear | None = None,
        veto_record: VetoRecord | None = None,
        scene_desk: SceneDesk | None = None,
        sample_desk: SampleDesk | None = None,
        wake_score: float = 0.15,
        cpu_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self.source = source
        self.rules = tuple(rules)
        self.ring = ring
        self.counts = Counts()
        self.ladder = ladder or Ladder()
        self.samples = sample_desk
        self._gate = gate
        self._packet_gate = packet_gate
        self.senses = tuple(senses)
        self.easing = Easing(enhancers)
        self._sight = Sight(gate, static_blobs, senses)
        self._belief = Belief(
            source,
            tracker=tracker,
            rules=self.rules,
            readers=readers,
            ear=ear,
            scene_desk=scene_desk or SceneDesk(),
            sample_desk=sample_desk,
        )
        self._cpu_s = cpu_s
        self._labels = _wanted(self.rules)
        self._attention = Attention(self._labels, wake_score)
        self._search = Search()
        self._hurried = [rule for rule in self.rules if isinstance(rule, Hurried)]
        self._vetoes = veto_record or VetoRecord()
        self._auditor: Auditor | None = None
        if ledger is not None:
            self._auditor = Auditor(
                ledger, ring, labels=self._labels, detect_hz=self.ladder.detect_hz, cpu_s=cpu_s
            )
        self._learns = detector_needs >= Rung.LUMA
        self._needs = max([detector_needs, *(rule.needs for rule in self.rules)])
        self.ladder.floor = max(self.ladder.floor, self._needs)

        self._pictures = Pictures(ring)
        self._known: dict[float, Detections] = {}  # answers to looks before it woke, by time
        self._out = LooksOut(self._labels, self.easing)
        self._checks_from_s: float | None = None  # woken in spite of a veto: from this key
        self._key_before_s: float | None = None
        self._key_s: float | None = None  # the last key looked at while asleep
        self._closed_key_s: float | None = None  # the same, if the gate was closed then
        self._nearness = 0.0  # gate score of the closed stretch over the threshold
        self._believed_s = float("-inf")  # time of the last scene that came from a picture

    @property
    def rung(self) -> Rung:
        """Where on the ladder the camera stands."""
        return self.ladder.rung(self.scene.time_s if self.scene else float("-inf"))

    @property
    def ledger(self) -> RecallLedger | None:
        """What is known about the gate's misses."""
        return self._auditor.ledger if self._auditor else None

    @property
    def readings(self) -> ReadingCounts:
        """Where the tracks went that readers want."""
        return self._belief.readings

    @property
    def scene(self) -> Scene | None:
        """What was last believed."""
        return self._belief.scene

    def feed(self, packet: Packet) -> list[Look]:
        """Take in one packet; return what is to be looked at, in time order."""
        began_s = self._cpu_s()
        self.ring.append(packet)
        self._belief.notice(packet)
        if packet.encoding.kind != "video":
            return []
        self.counts.packets += 1
        decoded = self._pictures.decoded
        self._follow(packet)
        if self._packet_gate is not None:
            self._packet_gate.feed(packet)
        asleep = not self._pictures.goes_back and self.ladder.rung(packet.time_s) <= Rung.KEYFRAME
        self._glance(packet) if asleep else self._attend(packet)
        self.counts.decoded += self._pictures.decoded - decoded
        self._earn(self._cpu_s() - began_s)
        return self._out.looks

    def take(self, look: Look, detections: Detections | None, *, cost_s: float = 0.0) -> list[Step]:
        """Take in the answer to the oldest look that is out; `cost_s` is the detector's time.

        Raises `ValueError` when answers come out of order.
        """
        began_s = self._cpu_s()
        pending = self._out.answered(look)
        if pending.audit is not None:
            self._audited(pending.audit, look.frame.time_s, detections, cost_s)
            return []
        if pending.veto and detections is not None:
            # The thing may have come since the key before; that stretch is looked at too.
            time_s = look.frame.time_s
            before_s = self._key_before_s if self._key_before_s is not None else time_s
            if self._wakes(detections, before_s):
                self._wake(before_s, {time_s: detections})
                return []
        if self._pictures.goes_back:
            return []  # an audit has just woken it: this picture will be seen again, in order
        self.counts.vetoes += pending.veto
        fresh = detections is not None  # pictures of what is known already were let go
        if detections is None and look.frame.time_s in self._known:
            detections = self._known.pop(look.frame.time_s)
            look = replace(look, regions=Look.whole(look.frame, look.rung).regions)
        steps = self._believe(look, detections, pending.signals, fresh=fresh)
        self._earn(self._cpu_s() - began_s + cost_s)
        return steps

    def tick(self, time_s: float, health: Health) -> list[Step]:
        """Let time pass without a picture, so that an absent camera can be told."""
        return self._belief.pass_time(time_s, health)

    def listen(self) -> list[Step]:
        """Tell rules what was heard since any picture was told of, a second ago or more."""
        return [] if self._out.looks else self._belief.listen()

    def skip(self) -> None:
        """Packets were left out: what comes next is decodable from its next key only."""
        self._pictures.skip()
        self._forget_keys()

    def close(self) -> list[Step]:
        """The stream has ended: end every open event."""
        return self._belief.close()

    # Packets and pictures

    def _follow(self, packet: Packet) -> None:
        if self._pictures.follow(packet):
            self._forget_keys()
            self.ladder.restart()
        if packet.key:
            self.ladder.spacing.see(packet.time_s)

    def _glance(self, packet: Packet) -> None:
        """Asleep: read the packet's size, and the picture if it is a key frame."""
        if not packet.key:
            if (
                self._packet_gate is not None
                and self._packet_gate.wakes
                and self._key_s is not None
            ):
                self._wake(self._key_s)
            return
        self._learn_of_veto()
        frame = self._pictures.alone(packet)
        if frame is None:
            return
        signals = self._see(frame)
        self._nearness = self._gate.nearness
        if self._packet_gate is not None:
            self._packet_gate.learn(self._gate.open)
        if self._gate.open:
            self._look(frame, Rung.KEYFRAME, signals, veto=True)
        else:
            self._audit_stretch(packet)
            self._rest(frame, signals)
        self._closed_key_s = None if self._gate.open else packet.time_s
        self._key_before_s, self._key_s = self._key_s, packet.time_s

    def _rest(self, frame: Frame, signals: Signals) -> None:
        if self.ladder.look_due(
            frame.time_s, awake=False, ambiguous=False, believed=self._belief.holds
        ):
            self._look(frame, Rung.KEYFRAME, signals)
        else:
            self._out.wait(frame, signals)

    def _attend(self, packet: Packet) -> None:
        """Awake, or resting on luma: decode everything, compare and look when due."""
        for frame in self._pictures.all(packet):
            self._consider(frame)
        if packet.key and self._packet_gate is not None:
            self._packet_gate.learn(self._gate.open)
        self._forget_keys()

    def _forget_keys(self) -> None:
        self._key_before_s = self._key_s = self._closed_key_s = None

    def _consider(self, frame: Frame) -> None:
        time_s = frame.time_s
        if time_s <= self._believed_s:
            return
        self.easing.see(frame)
        self._sight.glance(frame, self.scene)
        signals = self._see(frame) if self.ladder.luma_due(time_s) else None
        if signals is not None and self._gate.open and len(self._gate.regions()):
            self.ladder.moved(time_s)
        if time_s in self._known:
            self.ladder.moved(time_s)
            self.ladder.looked(time_s)
            self._out.wait(frame, signals)
        elif self._is_due(time_s, signals):
            self._look(frame, self.ladder.rung(time_s), signals)
        elif signals is not None:
            self._out.wait(frame, signals)

    def _is_due(self, time_s: float, signals: Signals | None) -> bool:
        if self._learns:
            return signals is not None or self.ladder.follow_due(time_s)
        return self.ladder.look_due(
            time_s,
            awake=self.ladder.rung(time_s) >= Rung.DETECT,
            ambiguous=self._belief.ambiguous or self._attention.wanted,
            believed=self._belief.holds,
            searching=self._search.on or any(rule.hurried for rule in self._hurried),
        )

    def _see(self, frame: Frame) -> Signals:
        signals = self._sight.see(frame, self.scene, self._attention.restless)
        self.counts.compared += 1
        self._search.see(self._gate.regions(), frame.time_s)
        return signals

    # Looks

    def _look(
        self, frame: Frame, rung: Rung, signals: Signals | None, *, veto: bool = False
    ) -> None:
        regions = self._attention.regions(self._search.moving)
        if not len(regions):
            regions = Look.whole(frame, rung).regions
        self.ladder.looked(frame.time_s)
        self.counts.looks += 1
        if self._search.on:
            self._search.looked()
        self._out.ask(frame, regions, rung, signals, veto=veto)

    def _wakes(self, detections: Detections, from_s: float) -> bool:
        """Whether the wake look found something, or its veto is overruled."""
        moving = self._gate.regions()
        if self._attention.is_woken(detections, moving):
            return True
        if not len(moving) or not self._vetoes.overrules():
            return False
        self.counts.overruled += 1
        self._checks_from_s = from_s
        return True

    def _learn_of_veto(self) -> None:
        """Asleep again: was there anything after the veto that was overruled?"""
        if self._checks_from_s is not None:
            self._vetoes.note(wrong=self._search.found_since(self._checks_from_s))
            self._checks_from_s = None

    def _wake(self, from_s: float, known: dict[float, Detections] | None = None) -> None:
        """Decode again from the key at `from_s`; what the ring still holds is not lost."""
        self.counts.wakes += 1
        moving = self._gate.regions()
        self._pictures.go_back(from_s)
        self._known = known or {}
        if not any(self._attention.is_sure(each, moving) for each in self._known.values()):
            # What is surely seen in one picture needs no search to be found in the others.
            self._search.begin(max(self._known, default=from_s))
        self.ladder.began(from_s)

    # Scenes

    def _believe(
        self, look: Look, detections: Detections | None, signals: Signals | None, *, fresh: bool
    ) -> list[Step]:
        self._believed_s = look.frame.time_s
        if detections is not None:
            self._attention.note(detections)
        scene = self._belief.follow(look, detections)
        self._attention.tracks = scene.tracks
        self._search.follow(scene.tracks, scene.time_s)
        if detections is not None:
            glimpses = self._attention.glimpses(detections, self._search.moving)
            self._search.glimpse(glimpses, scene.time_s)
        self._gate.hold(self._attention.believed())
        still_s = self._sight.still_s(scene.time_s)
        scene = replace(scene, signals=signals, health=self._belief.health(still_s))
        return self._belief.judge(scene, look if fresh else None, detections)

    # Audits

    def _audit_stretch(self, next_key: Packet) -> None:
        if self._auditor is None or self._closed_key_s is None:
            return
        audit, looks = self._auditor.draw(self._closed_key_s, next_key, self._nearness)
        self._out.audit(audit, looks)

    def _audited(
        self, audit: Audit, time_s: float, detections: Detections | None, cost_s: float
    ) -> None:
        assert self._auditor is not None
        answer = detections or Detections.none()
        audit.answers[time_s] = answer
        if not self._auditor.enter(audit, seen=self._attention.seen(answer), cost_s=cost_s):
            return
        if not self._pictures.goes_back:
            # What the gate missed is still in the ring: nothing is lost but time.
            self._wake(audit.start_s, audit.answers)
        if not self._auditor.ledger.trusts:
            self.ladder.floor = max(self.ladder.floor, Rung.LUMA)

    def _earn(self, cpu_s: float) -> None:
        if self._auditor is not None:
            self._auditor.ledger.earn(cpu_s)


def _wanted(rules: Sequence[Rule]) -> frozenset[str]:
    """Labels that the rules read together; empty means all."""
    wants = [rule.wants for rule in rules]
    return frozenset() if not all(wants) else frozenset().union(*wants)
