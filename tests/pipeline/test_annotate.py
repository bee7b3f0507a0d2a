from dataclasses import replace

import numpy as np
import pytest

from vigil.core import Box, Event, Scene, Track
from vigil.pipeline.annotate import EVENT, TRACK, captioned, draw_scene, tracks_at


def track(id_: int, x1: float, *, time_s: float = 0.0) -> Track:
    box = Box(x1, 100.0, x1 + 40.0, 180.0)
    return Track(id=id_, label="person", box=box, score=0.9, first_seen_s=0.0, last_seen_s=time_s)


def scene(time_s: float, *tracks: Track) -> Scene:
    return Scene(source="gate", time_s=time_s, width=320, height=240, tracks=tracks)


def event(*ids: int) -> Event:
    return Event(
        id="1", source="gate", rule="presence", claim="A person is there.",
        start_s=1.0, end_s=2.0, track_ids=ids, box=Box(100, 100, 140, 180),
    )  # fmt: skip


def has(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(picture.astype(int) - colour).max(axis=2) < 8).any())


def test_between_two_looks_a_box_moves_on_evenly() -> None:
    scenes = [scene(0.0, track(1, 0.0)), scene(1.0, track(1, 100.0, time_s=1.0))]
    (found,) = tracks_at(scenes, 0.25)
    assert found.box.x1 == pytest.approx(25.0)
    assert tracks_at(scenes, -0.1) == []


def test_a_track_that_the_next_look_lost_stays_where_it_was() -> None:
    (found,) = tracks_at([scene(0.0, track(1, 50.0)), scene(1.0)], 0.5)
    assert found.box.x1 == 50.0


def test_who_takes_part_in_an_event_is_drawn_in_its_colour() -> None:
    calm, alarmed = (np.full((240, 320, 3), 128, np.uint8) for _ in range(2))
    draw_scene(calm, [track(1, 100.0)], [])
    draw_scene(alarmed, [track(1, 100.0)], [event(1)])
    assert has(calm, TRACK)
    assert not has(calm, EVENT)
    assert has(alarmed, EVENT)
    assert not has(alarmed, TRACK)


def test_a_resting_thing_keeps_its_box_without_a_track_and_a_moving_one_does_not() -> None:
    spot, elsewhere = Box(100, 100, 140, 180), Box(200, 100, 240, 180)
    for before, drawn in ((spot, True), (elsewhere, False)):
        picture = np.full((240, 320, 3), 128, np.uint8)
        draw_scene(picture, [track(2, 10.0)], [replace(event(1), path=((1.0, before),))])
        assert has(picture[95:185, 95:145], EVENT) is drawn


def test_words_stand_below_the_picture_in_a_band_of_one_size() -> None:
    picture = np.full((240, 320, 3), 128, np.uint8)
    quiet, busy = captioned(picture, [], clock="3.0 s"), captioned(picture, [event()] * 9)
    assert quiet.shape == busy.shape
    assert quiet.shape[0] % 2 == 0
    assert (busy[:240] == 128).all()
    assert has(busy[240:], EVENT)
    assert not has(quiet[240:], EVENT)
