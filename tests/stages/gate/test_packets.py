"""Surprise in the sizes of packets."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Encoding, Packet
from vigil.stages.gate.packets import PacketGate, payload_bytes

GROUP = 25


def encoding(codec: str = "h264", extradata: bytes = b"") -> Encoding:
    return Encoding(kind="video", codec=codec, extradata=extradata, time_base=Fraction(1, 90_000))


ANNEX_B = encoding()
AVCC = encoding(extradata=b"\x01\x64\x00\x1f\xff\xe1")


def packet(data: bytes, *, key: bool = False, encoded: Encoding = ANNEX_B) -> Packet:
    return Packet(
        source="door",
        encoding=encoded,
        data=data,
        pts=None,
        dts=None,
        duration=0,
        key=key,
        time_s=0.0,
        received_s=0.0,
    )


def annex_b(*units: bytes) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


def lengths(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


SLICE, FILLER = b"\x41" + b"\x9a" * 99, b"\x0c" + b"\xff" * 5000
HEVC_SLICE, HEVC_FILLER = b"\x02\x01" + b"\x9a" * 98, b"\x4c\x01" + b"\xff" * 5000


@pytest.mark.parametrize(
    ("data", "encoded"),
    [
        (annex_b(SLICE), ANNEX_B),
        (annex_b(SLICE, FILLER), ANNEX_B),
        (annex_b(SLICE) + b"\x00" * 400, ANNEX_B),
        (lengths(SLICE), AVCC),
        (lengths(SLICE, FILLER), AVCC),
        (annex_b(HEVC_SLICE, HEVC_FILLER), encoding("hevc")),
        (lengths(HEVC_SLICE, HEVC_FILLER), encoding("hevc", b"\x01" + b"\x00" * 20 + b"\x03\x00")),
        (b"\x9a" * 100, encoding("mjpeg")),
    ],
)
def test_only_bytes_that_code_the_picture_count(data: bytes, encoded: Encoding) -> None:
    assert payload_bytes(packet(data, encoded=encoded)) == 100


@given(data=st.binary(max_size=300), encoded=st.sampled_from([ANNEX_B, AVCC, encoding("hevc")]))
def test_broken_packets_are_counted_not_trusted(data: bytes, encoded: Encoding) -> None:
    assert 0 <= payload_bytes(packet(data, encoded=encoded)) <= len(data)


class Camera:
    """Sizes drift through each group, as under constant bit rate, with filler on top."""

    def __init__(self, gate: PacketGate) -> None:
        self.gate = gate
        self.random = np.random.default_rng(3)

    def group(self, *, moving: range = range(0), more: float = 1.6) -> list[bool]:
        """Feed one group; for each of its packets, whether the gate woke."""
        woke = []
        for position in range(GROUP):
            usual = 9000 if position == 0 else 700 + 60 * position
            size = usual * self.random.lognormal(0, 0.06) * (more if position in moving else 1)
            coded = b"\x41" + b"\x9a" * int(size)
            filler = b"\x0c" + b"\xff" * max(0, 12_000 - len(coded))
            self.gate.feed(packet(annex_b(coded, filler), key=position == 0))
            woke.append(self.gate.wakes)
        return woke


def test_growth_wakes_it_within_three_packets_although_sizes_drift_and_filler_hides_it() -> None:
    camera = Camera(PacketGate())
    still = [woke for _ in range(20) for woke in camera.group()]
    assert sum(still) == 0
    woke = camera.group(moving=range(8, 14))
    assert True in woke[8:11]
    assert not any(woke[:8])


def test_nothing_is_a_surprise_before_there_is_a_baseline() -> None:
    gate = PacketGate()
    assert gate.feed(packet(annex_b(SLICE))) == 0
    camera = Camera(gate)
    assert not any(camera.group(moving=range(5, 20), more=5))


def test_wrong_hints_mute_it() -> None:
    camera = Camera(PacketGate())
    for _ in range(8):
        camera.group()
        camera.gate.learn(False)
    for _ in range(6):
        camera.group(moving=range(8, 14))
        camera.gate.learn(False)
    assert camera.gate.muted
    assert not any(camera.group(moving=range(8, 14), more=4))


def test_scores_that_do_not_tell_motion_from_rest_mute_it() -> None:
    camera = Camera(PacketGate())
    for index in range(24):
        camera.group()
        camera.gate.learn(index % 2 == 0)
    assert camera.gate.muted


def test_right_hints_keep_it_awake_and_moving_groups_out_of_the_baseline() -> None:
    camera = Camera(PacketGate())
    for index in range(40):
        moving = index > 8 and index % 3 != 0
        camera.group(moving=range(8, 14) if moving else range(0))
        camera.gate.learn(moving)
    assert not camera.gate.muted
    assert True in camera.group(moving=range(8, 14))


def test_later_packets_of_an_endless_group_cost_no_memory() -> None:
    gate = PacketGate()
    for index in range(3000):
        gate.feed(packet(annex_b(SLICE), key=index % 1500 == 0))
    assert max(len(gate._sizes), 0) <= 601


@pytest.mark.data
def test_real_packets_tell_people_from_an_empty_room_better_than_chance(
    packets: Callable[[str], list[Packet]],
) -> None:
    gate, present = PacketGate(), [(6.4, 18.8), (23.0, 44.2), (50.8, 69.4), (75.0, 86.2)]
    found = packets("videos/one-by-one-person-detection.mp4")
    start_s = found[0].time_s
    scores: dict[bool, list[float]] = {True: [], False: []}
    for each in found[60:900]:
        second = each.time_s - start_s
        scores[any(a <= second <= b for a, b in present)].append(gate.feed(each))
    above = np.array(scores[True])[:, None] > np.array(scores[False])
    assert above.mean() > 0.55
