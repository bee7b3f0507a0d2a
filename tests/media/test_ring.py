"""The ring of encoded packets."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Encoding, Packet
from vigil.media.ring import PacketRing

VIDEO = Encoding(kind="video", codec="h264", extradata=b"", time_base=Fraction(1, 90_000))
AUDIO = Encoding(kind="audio", codec="aac", extradata=b"", time_base=Fraction(1, 16_000))


def packet(
    time_s: float, *, key: bool = False, size: int = 10, encoding: Encoding = VIDEO
) -> Packet:
    return Packet(
        source="door",
        encoding=encoding,
        data=bytes(size),
        pts=round(time_s * 90_000),
        dts=None,
        duration=0,
        key=key,
        time_s=time_s,
        received_s=time_s,
    )


def filled(ring: PacketRing, seconds: int, *, key_every_s: int = 2, size: int = 10) -> None:
    """Five pictures a second, each followed by a piece of sound."""
    for tick in range(seconds * 5):
        ring.append(packet(tick / 5, key=tick % (key_every_s * 5) == 0, size=size))
        ring.append(packet(tick / 5, key=True, size=1, encoding=AUDIO))


def test_old_groups_go_whole_and_at_least_the_seconds_stay() -> None:
    ring = PacketRing(5, 1_000_000)
    filled(ring, 20)
    assert ring.oldest_s == 14.0
    assert ring.newest_s == 19.8
    assert ring.since_key(0)[0].key
    assert ring.size_bytes == 30 * 11


def test_pictures_come_from_the_last_key_before_the_moment() -> None:
    ring = PacketRing(60, 1_000_000)
    filled(ring, 20)
    assert ring.since_key(9.3)[0].time_s == 8.0
    assert ring.since_key(8.0)[0].time_s == 8.0
    assert ring.since_key(-5)[0].time_s == 0.0
    cut = ring.between(9.3, 12.2)
    assert (cut[0].time_s, cut[-1].time_s) == (8.0, 12.2)
    assert {p.encoding.kind for p in cut} == {"video", "audio"}


def test_bytes_are_bounded_by_dropping_groups() -> None:
    ring = PacketRing(60, 1000)
    filled(ring, 20)
    assert ring.size_bytes <= 1000
    assert ring.newest_s == 19.8
    assert ring.since_key(0)[0].key


def test_a_stream_without_keys_holds_nothing() -> None:
    ring = PacketRing(60, 1000)
    for tick in range(1000):
        ring.append(packet(tick / 5))
    assert (ring.size_bytes, ring.since_key(0), ring.newest_s) == (0, [], None)


def test_a_group_without_end_is_given_up_until_the_next_key() -> None:
    ring = PacketRing(60, 1000)
    ring.append(packet(0, key=True))
    for tick in range(1, 1000):
        ring.append(packet(tick / 5))
        assert ring.size_bytes <= 1000
    assert ring.since_key(0) == []
    ring.append(packet(201, key=True))
    assert [p.time_s for p in ring.since_key(0)] == [201]


def test_after_a_new_connection_pictures_wait_for_its_first_key() -> None:
    ring = PacketRing(60, 1_000_000)
    filled(ring, 4)
    again = Encoding(kind="video", codec="h264", extradata=b"", time_base=Fraction(1, 90_000))
    ring.append(packet(10.0, encoding=again))
    assert ring.newest_s == 3.8
    ring.append(packet(11.0, key=True, encoding=again))
    ring.append(packet(11.2, encoding=again))
    assert ring.newest_s == 11.2
    assert len(ring.since_key(11)) == 2


def test_the_spacing_of_keys_can_be_read_off() -> None:
    ring = PacketRing(1, 1_000_000)
    filled(ring, 20, key_every_s=4)
    assert ring.key_times_s == [0.0, 4.0, 8.0, 12.0, 16.0]


@given(
    st.lists(
        st.tuples(st.floats(-5, 5), st.booleans(), st.integers(0, 300), st.booleans()),
        max_size=120,
    )
)
def test_whatever_comes_it_starts_with_a_key_and_stays_within_its_bytes(
    steps: list[tuple[float, bool, int, bool]],
) -> None:
    ring = PacketRing(3, 1000)
    time_s = 100.0
    for step_s, key, size, sound in steps:
        time_s += step_s
        ring.append(packet(time_s, key=key, size=size, encoding=AUDIO if sound else VIDEO))
        held = ring.since_key(float("-inf"))
        assert ring.size_bytes == sum(len(p.data) for p in held) <= 1000
        assert not held or (held[0].key and held[0].encoding is VIDEO)
