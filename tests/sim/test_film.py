import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from vigil.core import iou
from vigil.media.encode import H264Options
from vigil.sim.film import (
    length,
    pictures,
    read_truth,
    write_events,
    write_film,
    write_mot,
    write_spliced_film,
)
from vigil.sim.render import Renderer
from vigil.sim.truth import TrueEvent
from vigil.sim.world import Rain

from .places import CAMERA, noisy, walker, world

SLOW = replace(CAMERA, rate=6.0)


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("spliced", [False, True])
@pytest.mark.parametrize("bit_rate", [None, 300_000])
def test_a_film_has_every_picture_and_its_truth(
    tmp_path: Path, spliced: bool, bit_rate: int | None
) -> None:
    scene = world(walker(1, start_s=2.0, speed_m_s=4.0), seconds=7.0)
    options = H264Options(key_every=6, preset="ultrafast", bit_rate=bit_rate)
    write = write_spliced_film if spliced else write_film
    film = write(tmp_path / "film.mp4", scene, noisy(SLOW), options=options)
    shown = decoded(film.path)
    truths = read_truth(film.truth)
    assert len(shown) == len(truths) == film.pictures == 42
    view = Renderer(world=scene, camera=SLOW)
    for number in (0, 18, 21, 41):
        drawn, truth = view.picture(number / SLOW.rate)
        assert np.abs(drawn.astype(int) - shown[number]).mean() < 12
        assert truths[number].ids == truth.ids
        assert truths[number].time_s == pytest.approx(number / SLOW.rate, abs=1e-5)
        if len(truth):
            assert iou(truths[number].boxes, truth.boxes).diagonal().min() > 0.99
    assert any(len(truth) for truth in truths)


def test_a_spliced_film_repeats_its_stock_only_where_nothing_happens(tmp_path: Path) -> None:
    scene = world(walker(1, start_s=40.0, speed_m_s=4.0), seconds=44.0)
    options = H264Options(key_every=6, preset="ultrafast")
    film = write_spliced_film(tmp_path / "film.mp4", scene, SLOW, options=options)
    with av.open(str(film.path)) as container:
        sizes = [
            (packet.is_keyframe, bytes(packet))
            for packet in container.demux(video=0)
            if packet.size
        ]
    keys = [number for number, (key, _) in enumerate(sizes) if key]
    assert keys == list(range(0, 264, 6))


def test_rain_is_never_taken_from_the_stock(tmp_path: Path) -> None:
    dry, wet = (world(seconds=2.0, disturbances=rain) for rain in ((), (Rain(start_s=0, end_s=9),)))
    options = H264Options(key_every=6, preset="ultrafast")
    films = [
        write_spliced_film(tmp_path / f"{name}.mp4", scene, SLOW, options=options)
        for name, scene in (("dry", dry), ("wet", wet))
    ]
    first, second = (decoded(film.path)[3].astype(int) for film in films)
    assert np.abs(first - second).max() > 30


def test_pictures_come_one_by_one_as_long_as_the_world_lasts() -> None:
    scene = world(walker(1), seconds=1.0)
    times = [truth.time_s for _, truth in pictures(scene, SLOW)]
    assert len(times) == length(scene, SLOW) == 6
    assert times == pytest.approx([n / 6 for n in range(6)])


def test_mot_rows_count_from_one_and_hold_one_label(tmp_path: Path) -> None:
    view = Renderer(world=world(walker(4)), camera=CAMERA)
    truths = [view.truth(time_s) for time_s in (3.9, 4.0)]
    write_mot(tmp_path / "gt.txt", truths)
    rows = [line.split(",") for line in (tmp_path / "gt.txt").read_text().splitlines()]
    assert [row[:2] for row in rows] == [["1", "4"], ["2", "4"]]
    x1, y1, x2, y2 = truths[0].boxes[0]
    assert [float(v) for v in rows[0][2:6]] == pytest.approx([x1, y1, x2 - x1, y2 - y1], abs=0.01)


def test_true_events_are_written_as_json_lines(tmp_path: Path) -> None:
    event = TrueEvent(kind="presence", start_s=1.0, end_s=2.0, ids=(1,), box=None)
    write_events(tmp_path / "events.jsonl", [event])
    assert json.loads((tmp_path / "events.jsonl").read_text())["kind"] == "presence"
