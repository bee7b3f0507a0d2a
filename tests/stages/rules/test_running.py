from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.stages.rules.running import Running

from .films import HEIGHT, NOON_S, WIDTH, Actor, blinks, events, film, spans, stands, walks

PICTURE = WIDTH / HEIGHT
TALL = 0.2


def goes(heights_a_second: float, *, start_s: float = 1.0, lasts_s: float = 3.0, **fields) -> Actor:
    """Somebody who crosses the picture level at a speed, then is out of it."""
    far = heights_a_second * TALL * lasts_s / PICTURE
    where = walks((start_s, (0.02, 0.8)), (start_s + lasts_s, (0.02 + far, 0.8)))
    return Actor(**{"high": TALL, "where": where, **fields})


def test_a_runner_is_told_from_the_first_fast_stretch():
    scenes = film(goes(2.0), until_s=8)
    ((start_s, end_s),) = spans(Running(), scenes)
    assert start_s == pytest.approx(1.0, abs=0.1)
    assert end_s == pytest.approx(4.0, abs=0.1)
    (event,) = events(Running(), scenes)
    assert event.claim == "A person runs in the picture."
    assert event.claim_zh == "画面中有人奔跑。"


def test_walking_standing_and_a_quick_step_are_silent():
    assert events(Running(), film(goes(0.9, lasts_s=8), until_s=10)) == []
    assert events(Running(), film(Actor(where=stands((0.5, 0.8))), until_s=20)) == []
    step = walks((0, (0.5, 0.8)), (5, (0.5, 0.8)), (5.3, (0.58, 0.8)), (12, (0.58, 0.8)))
    assert events(Running(), film(Actor(where=step), until_s=12)) == []


def test_a_box_that_only_grows_is_no_runner():
    """Somebody comes out from behind a wall: one edge of the box jumps, again and again."""
    cut = []
    for index, scene in enumerate(film(Actor(where=stands((0.5, 0.8))), until_s=12)):
        (track,) = scene.tracks
        box = track.box
        if (index // 4) % 2:
            track = track._replace(box=box._replace(y2=box.y2 - 0.6 * box.height))
        cut.append(replace(scene, tracks=(track,)))
    assert events(Running(), cut) == []


def test_only_its_zone_and_its_labels_count():
    left = ((0.0, 0.0), (0.01, 0.0), (0.01, 1.0), (0.0, 1.0))
    assert events(Running(zone=left), film(goes(2.0), until_s=8)) == []
    assert events(Running(), film(goes(2.0, label="dog"), until_s=8)) == []
    assert len(events(Running(labels=("dog",)), film(goes(2.0, label="dog"), until_s=8))) == 1


def test_a_hidden_moment_does_not_make_two_runs():
    runner = goes(2.0, lasts_s=4.0)
    hidden = Actor(high=TALL, where=blinks(runner.where, out=[(2.5, 3.0)]))
    assert len(events(Running(), film(hidden, until_s=8))) == 1


@given(
    speed=st.floats(0.2, 1.25) | st.floats(1.6, 3.0),
    hz=st.sampled_from([2, 5, 12, 25]),
    start_s=st.floats(0.0, 2.0),
)
def test_the_speed_alone_decides_at_any_rate_of_looks(speed, hz, start_s):
    found = events(Running(), film(goes(speed, start_s=start_s), until_s=8, hz=hz))
    assert bool(found) == (speed > 1.4)
    assert all(event.start_s - NOON_S <= start_s + 1.6 for event in found)
