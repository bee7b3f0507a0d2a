"""As few pictures as possible: keys alone, everything, and back in the ring."""

import numpy as np
import pytest

from vigil.core import Packet
from vigil.media.encode import Encoder, H264Options
from vigil.media.ring import PacketRing
from vigil.pipeline.pictures import Pictures, let_go

RATE, GROUP = 10.0, 10


def packets(seconds: float = 4.0, *, start_s: float = 0.0) -> list[Packet]:
    """Pictures that grow lighter with every second."""
    options = H264Options(key_every=GROUP, live=True, repeat_headers=True)
    encoder = Encoder(source="yard", width=64, height=48, rate=RATE, options=options)
    made: list[Packet] = []
    for index in range(int(seconds * RATE)):
        picture = np.full((48, 64, 3), 40 + 4 * index, np.uint8)
        made += encoder.encode(picture, start_s + index / RATE)
    return made + encoder.flush()


def fed(film: list[Packet], count: int) -> Pictures:
    ring = PacketRing(60.0, 1 << 20)
    pictures = Pictures(ring)
    for packet in film[:count]:
        ring.append(packet)
        pictures.follow(packet)
    return pictures


def times(pictures: Pictures, packet: Packet) -> list[float]:
    return [round(frame.time_s, 3) for frame in pictures.all(packet)]


def test_a_key_is_decoded_alone() -> None:
    film = packets()
    pictures = fed(film, 11)
    frame = pictures.alone(film[10])
    assert frame is not None
    assert frame.time_s == pytest.approx(1.0)
    assert pictures.decoded == 1


def test_out_of_step_it_begins_at_the_last_key_and_then_goes_on_with_each_packet() -> None:
    film = packets()
    pictures = fed(film, 15)
    assert times(pictures, film[14]) == [1.0, 1.1, 1.2, 1.3, 1.4]
    pictures._ring.append(film[15])
    assert times(pictures, film[15]) == [1.5]
    assert pictures.decoded == 6


def test_going_back_gives_everything_since_an_older_key_once() -> None:
    film = packets()
    pictures = fed(film, 22)
    pictures.go_back(0.0)
    assert pictures.goes_back
    assert times(pictures, film[21]) == [round(i / 10, 3) for i in range(22)]
    assert not pictures.goes_back


def test_a_stream_that_begins_anew_is_not_mixed_with_the_old_one() -> None:
    film, again = packets(), packets(start_s=5.0)
    pictures = fed(film + again, 52)
    assert pictures.follow(film[0])
    assert pictures.follow(again[0])
    assert not pictures.follow(again[1])
    pictures.go_back(0.0)
    assert times(pictures, again[11]) == [round(5 + i / 10, 3) for i in range(12)]


def test_a_moment_without_its_pixels_refuses_to_show_them() -> None:
    film = packets()
    frame = fed(film, 1).alone(film[0])
    assert frame is not None
    bare = let_go(frame)
    assert bare.time_s == frame.time_s
    with pytest.raises(ValueError, match="let go"):
        bare.luma(32)
    with pytest.raises(ValueError, match="let go"):
        bare.rgb(32)
