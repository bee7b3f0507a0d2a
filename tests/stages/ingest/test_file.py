"""Files as sources, on real and on made footage."""

import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from vigil.core import SourceLost, SourceRefused
from vigil.media.decoding import Decoder
from vigil.media.encode import VideoWriter
from vigil.stages.ingest.file import FileSource


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty pictures, two seconds."""
    path = tmp_path_factory.mktemp("clips") / "gate.mp4"
    with VideoWriter(path, 64, 48, 10) as writer:
        for index in range(20):
            writer.write(np.full((48, 64, 3), index * 12, np.uint8))
    return path


def test_times_count_from_the_start_that_is_given(clip: Path) -> None:
    source = FileSource(path=clip, start_s=1_000.0)
    packets = list(source.packets())
    assert source.name == "gate.mp4"
    assert [p.time_s for p in packets] == pytest.approx([1_000 + n / 10 for n in range(20)])
    assert {p.source for p in packets} == {"gate.mp4"}


def test_a_loop_goes_on_in_time_with_a_new_encoding(clip: Path) -> None:
    packets = list(islice(FileSource(path=clip, loop=True).packets(), 50))
    assert [p.time_s for p in packets] == pytest.approx([n / 10 for n in range(50)])
    assert len({id(p.encoding) for p in packets}) == 3
    assert packets[20].key


def test_a_paced_file_takes_its_time_and_close_ends_it(clip: Path) -> None:
    source = FileSource(path=clip, realtime=True, loop=True)
    timer = threading.Timer(0.5, source.close)
    timer.start()
    count = sum(1 for _ in source.packets())
    timer.join()
    assert 1 <= count <= 15
    assert list(source.packets()) == []


def test_a_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match=r"^absent.mp4: no such file or directory$"):
        list(FileSource(path=tmp_path / "absent.mp4").packets())


def test_a_cut_off_file_gives_what_it_has(clip: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[:-300])
    try:
        packets = list(FileSource(path=cut).packets())
    except SourceLost:
        packets = []
    assert len(packets) <= 20


@pytest.mark.data
def test_a_real_file_gives_every_picture(data: Callable[[str], Path]) -> None:
    everything = list(FileSource(path=data("videos/car-detection.mp4")).packets())
    packets = [packet for packet in everything if packet.encoding.kind == "video"]
    decoder = Decoder(packets[0].encoding)
    frames = [frame for packet in packets for frame in decoder.decode(packet)]
    assert (len(packets), len(frames)) == (377, 377)
    assert frames[-1].time_s == pytest.approx(30.08)
    assert {p.encoding.codec for p in everything} == {"h264", "aac"}
