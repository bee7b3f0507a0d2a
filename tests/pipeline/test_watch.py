"""The journey of a frame on small films: what is decoded, looked at, told, and not lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from vigil.core import (
    Boxes,
    Detections,
    Event,
    Frame,
    Health,
    Look,
    Packet,
    Rung,
    Signals,
    Step,
    StepKind,
    as_array,
)
from vigil.media.encode import Encoder, H264Options
from vigil.media.ring import PacketRing
from vigil.pipeline.watch import Watch
from vigil.stages.gate.ladder import Ladder
from vigil.stages.gate.ledger import RecallLedger
from vigil.stages.gate.luma import LumaGate
from vigil.stages.gate.veto import VetoRecord
from vigil.stages.rules.camera_frozen import CameraFrozen
from vigil.stages.rules.camera_offline import CameraOffline
from vigil.stages.rules.presence import Presence
from vigil.stages.track.two_stage import TwoStageTracker

RATE, GROUP = 12.0, 24
WIDTH, HEIGHT, SIDE = 320, 180, 40
Position = Callable[[float], int | None]
"""Left edge of the white square at a time in seconds; None: it is not there."""


def film(seconds: float, position: Position, *, source: str = "yard") -> list[Packet]:
    """A quiet textured view, with a white square that goes through it."""
    random = np.random.default_rng(5)
    view = random.integers(60, 110, (HEIGHT // 4, WIDTH // 4, 3)).repeat(4, 0).repeat(4, 1)
    options = H264Options(key_every=GROUP, live=True, repeat_headers=True)
    encoder = Encoder(source=source, width=WIDTH, height=HEIGHT, rate=RATE, options=options)
    packets: list[Packet] = []
    for index in range(int(seconds * RATE)):
        noise = random.normal(0, 1.5, (HEIGHT, WIDTH, 1))
        picture = np.clip(view + noise, 0, 255).astype(np.uint8)
        left = position(index / RATE)
        if left is not None:
            picture[70 : 70 + SIDE, max(0, left) : max(0, left + SIDE)] = 250
        packets += encoder.encode(picture, index / RATE)
    return packets + encoder.flush()


def passing(start_s: float, end_s: float) -> Position:
    """Across the view from left to right between two moments."""
    speed = (WIDTH + SIDE) / (end_s - start_s)
    return lambda t: round((t - start_s) * speed - SIDE) if start_s <= t < end_s else None


@dataclass
class WhiteThings:
    """Finds what is white in the whole picture, and calls it a person."""

    blind: bool = False
    blind_on: Rung | None = None
    """Sees nothing in looks of this rung."""
    every: int = 1
    """Sees something only in every so manyth picture."""
    looks: list[Look] = field(default_factory=list)

    def detect(self, look: Look) -> Detections | None:
        if not len(look.regions):
            return None
        self.looks.append(look)
        rows, columns = np.nonzero(look.frame.luma(WIDTH) > 200)
        blind = self.blind or look.rung is self.blind_on or look.frame.index % self.every
        if blind or len(rows) < 200:
            return Detections.none("white@1")
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return Detections(
            boxes=np.array([box], np.float32),
            scores=np.array([0.9], np.float32),
            labels=("person",),
            card="white@1",
        )


class ShutGate:
    """Never opens: the worst gate there is."""

    open = False
    nearness = 0.5
    identical_to_last = False

    def see(self, frame: Frame) -> Signals:
        return Signals()

    def hold(self, boxes: Boxes) -> None:
        """Nothing to hold on to."""

    def regions(self) -> Boxes:
        return as_array([])


def watch_of(**settings: object) -> Watch:
    parts: dict[str, object] = {
        "source": "yard",
        "gate": LumaGate(),
        "tracker": TwoStageTracker(),
        "rules": [Presence(labels=("person",))],
        "ring": PacketRing(8.0, 1 << 24),
    }
    return Watch(**(parts | settings))  # type: ignore[arg-type]


def run(watch: Watch, packets: Sequence[Packet], detector: WhiteThings) -> list[Step]:
    steps: list[Step] = []
    for packet in packets:
        for look in watch.feed(packet):
            steps += watch.take(look, detector.detect(look))
    return steps + watch.close()


def events(steps: Sequence[Step]) -> list[Event]:
    return [step.event for step in steps if step.kind is StepKind.END]


def test_an_idle_camera_decodes_key_frames_only() -> None:
    watch = watch_of()
    run(watch, film(40, lambda t: None), WhiteThings())
    assert watch.counts.packets == 480
    # Until two gaps between keys are known (4 s) everything is decoded.
    assert watch.counts.decoded <= 4 * RATE + 20
    assert watch.counts.looks == 0


def test_what_comes_between_two_keys_is_told_with_its_own_times() -> None:
    watch = watch_of()
    # Keys stand at even seconds: it comes after one, and the next finds it in the middle.
    (event,) = events(run(watch, film(30, passing(16.3, 20.1)), WhiteThings()))
    assert event.start_s == pytest.approx(16.6, abs=0.5)
    assert event.end_s == pytest.approx(19.9, abs=0.5)
    assert watch.counts.wakes == 1
    assert watch.counts.decoded < 0.65 * watch.counts.packets


def test_a_veto_that_is_trusted_saves_the_catching_up() -> None:
    trusted = VetoRecord(allowed=1.0, recheck=0.0)
    watch, detector = watch_of(veto_record=trusted), WhiteThings(blind=True)
    run(watch, film(30, passing(16.3, 20.1)), detector)
    assert watch.counts.vetoes >= 1
    assert watch.counts.wakes == 0
    assert watch.counts.decoded <= 4 * RATE + 20
    assert all(look.rung is Rung.KEYFRAME for look in detector.looks)


def test_a_wrong_veto_loses_nothing_until_vetoes_are_known_to_be_right() -> None:
    record = VetoRecord(recheck=0.0)
    watch, detector = watch_of(veto_record=record), WhiteThings(blind_on=Rung.KEYFRAME)
    assert len(events(run(watch, film(40, passing(16.3, 20.1)), detector))) == 1
    assert watch.counts.overruled >= 1
    assert record.wrong > 0.5


def test_vetoes_are_trusted_when_looking_on_finds_nothing() -> None:
    def often(time_s: float) -> int | None:
        return passing(0.3, 3.6)(time_s % 8.0) if time_s > 8 else None

    record = VetoRecord(recheck=0.0)
    watch = watch_of(veto_record=record)
    run(watch, film(120, often), WhiteThings(blind=True))
    assert record.wrong < record.allowed
    assert watch.counts.vetoes > watch.counts.overruled


def test_what_is_short_and_seen_in_every_other_picture_is_found_by_looking_at_all() -> None:
    packets = film(30, lambda t: round(100 + 25 * (t - 17.4)) if 17.4 <= t < 18.4 else None)
    seldom, always = watch_of(ladder=Ladder(search_hz=5.0)), watch_of()
    assert events(run(seldom, packets, WhiteThings(every=2))) == []
    assert len(events(run(always, packets, WhiteThings(every=2)))) == 1
    assert always.counts.looks < 30


def test_a_thing_that_stays_is_not_looked_at_all_the_time() -> None:
    def comes_to_stay(time_s: float) -> int | None:
        return None if time_s < 10.0 else min(140, round((time_s - 10.0) * 90) - SIDE)

    watch = watch_of()
    steps = run(watch, film(60, comes_to_stay), WhiteThings())
    (event,) = events(steps)
    assert event.end_s - event.start_s > 30
    assert watch.counts.looks < 60
    assert watch.rung is Rung.KEYFRAME, "it sleeps beside what stands still"


class InHurry(Presence):
    hurried = True


def test_a_rule_in_a_hurry_is_shown_more_looks_while_it_moves_and_none_besides() -> None:
    packets = film(16, passing(6.0, 12.0))
    calm, hasty = watch_of(), watch_of(rules=[InHurry(labels=("person",))])
    assert len(events(run(calm, packets, WhiteThings()))) == 1
    assert len(events(run(hasty, packets, WhiteThings()))) == 1
    assert hasty.counts.looks > 1.5 * calm.counts.looks
    still = watch_of(rules=[InHurry(labels=("person",))])
    run(still, film(10, lambda t: None), WhiteThings())
    assert still.counts.looks == 0


def test_answers_must_come_in_the_order_of_the_looks() -> None:
    watch = watch_of()
    packets = film(30, passing(16.3, 20.1))
    for packet in packets:
        looks = watch.feed(packet)
        if len(looks) > 1:
            with pytest.raises(ValueError, match="order"):
                watch.take(looks[1], None)
            return
        for look in looks:
            watch.take(look, WhiteThings().detect(look))
    pytest.fail("the catching up gives several looks at once")


def test_after_a_loss_it_goes_on_with_the_next_key() -> None:
    packets = film(30, passing(20.3, 24.1))
    watch, detector = watch_of(), WhiteThings()
    steps = run(watch, packets[: 13 * 12 + 5], detector)
    watch.skip()
    steps = run(watch, packets[15 * 12 + 7 :], detector)
    (event,) = events(steps)
    assert event.start_s == pytest.approx(20.6, abs=0.5)


def test_a_new_connection_is_learnt_anew() -> None:
    watch, detector = watch_of(), WhiteThings()
    run(watch, film(10, lambda t: None), detector)
    assert watch.rung is Rung.KEYFRAME
    again = film(4, lambda t: None)
    for packet in again[:10]:
        for look in watch.feed(packet):
            watch.take(look, detector.detect(look))
    assert watch.rung is Rung.LUMA


def test_rules_that_need_luma_keep_the_camera_on_luma() -> None:
    class Careful(Presence):
        needs = Rung.LUMA  # type: ignore[assignment]

    watch = watch_of(rules=[Careful(labels=("person",))])
    run(watch, film(12, lambda t: None), WhiteThings())
    assert watch.counts.decoded == watch.counts.packets
    assert watch.counts.compared == pytest.approx(5 * 12, abs=3)


def test_an_audit_tells_what_the_gate_missed_and_distrusts_it() -> None:
    def often(time_s: float) -> int | None:
        return passing(0.2, 3.6)(time_s % 4.0) if time_s > 6 else None

    ledger = RecallLedger(share=100.0, seed=4)  # it may audit all it wants
    watch = watch_of(gate=ShutGate(), ledger=ledger)
    steps = run(watch, film(40, often), WhiteThings())
    assert ledger.tally.audits >= 2
    assert ledger.tally.misses >= 2
    assert not ledger.trusts
    assert watch.ladder.floor is Rung.LUMA
    assert events(steps), "what an audit finds is told after all"


def test_what_stands_there_for_good_is_no_miss() -> None:
    ledger = RecallLedger(share=100.0, seed=4)
    watch = watch_of(gate=ShutGate(), ledger=ledger)
    run(watch, film(30, lambda t: 100), WhiteThings())
    assert ledger.tally.audits >= 3
    assert ledger.tally.misses == 0


def test_without_packets_the_rules_still_hear_that_the_camera_is_away() -> None:
    watch = watch_of(rules=[CameraOffline(longer_than_s=5, steady_s=0)])
    detector = WhiteThings()
    packets = film(24, passing(20.3, 23.0))
    for packet in packets[:120]:
        for look in watch.feed(packet):
            watch.take(look, detector.detect(look))
    steps = [step for s in range(1, 9) for step in watch.tick(10.0 + s, Health(offline_s=s))]
    assert [step.kind for step in steps] == [StepKind.NEW]


def test_a_tick_from_a_clock_that_is_ahead_loses_no_frame() -> None:
    packets = film(24, passing(12.3, 16.1))
    watch, detector = watch_of(), WhiteThings()
    steps: list[Step] = []
    for packet in packets:
        if packet.time_s == pytest.approx(12.0):
            watch.tick(19.0, Health(offline_s=1.0))
        for look in watch.feed(packet):
            steps += watch.take(look, detector.detect(look))
    (event,) = events(steps + watch.close())
    assert event.start_s == pytest.approx(12.6, abs=0.5)


def test_a_picture_that_never_changes_by_a_bit_is_frozen() -> None:
    options = H264Options(key_every=GROUP, live=True, repeat_headers=True)
    encoder = Encoder(source="yard", width=WIDTH, height=HEIGHT, rate=RATE, options=options)
    still = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    packets = [p for index in range(480) for p in encoder.encode(still, index / RATE)]
    watch = watch_of(rules=[CameraFrozen(longer_than_s=10)])
    (event,) = events(run(watch, packets, WhiteThings()))
    assert event.rule == "camera_frozen"
