from dataclasses import replace

import pytest

from vigil.stages.rules.lying_still import LyingStill

from .films import NOON_S, events, raised_s, spans
from .test_fall import BENDS, LIES, SITS, STANDS, Shape, goes, story

SLOWLY = goes((0, STANDS), (3, STANDS), (8, LIES), (30, LIES), (33, STANDS))


@pytest.mark.parametrize("hz", [2, 5, 25])
def test_who_lies_for_ten_seconds_is_told_until_they_get_up(hz):
    scenes = story(SLOWLY, hz=hz, until_s=45)
    ((start_s, end_s),) = spans(LyingStill(), scenes)
    assert 6.0 <= start_s <= 8.0
    assert 30 <= end_s <= 32.5
    (told_s,) = raised_s(LyingStill(), scenes)
    assert told_s == pytest.approx(start_s + 10, abs=0.6)
    (event,) = events(LyingStill(), scenes)
    assert event.claim == "A person lies still in the picture for longer than 10 seconds."
    assert event.claim_zh == "画面中有人倒卧不动超过10秒。"


def test_who_was_never_seen_to_come_is_told():
    scenes = story(goes((0, LIES)), until_s=15)
    assert raised_s(LyingStill(), scenes) == [10.0]


@pytest.mark.parametrize("shape", [STANDS, BENDS, SITS], ids=["stands", "bends", "sits"])
def test_other_postures_are_silent(shape):
    assert events(LyingStill(), story(goes((0, shape)), until_s=25)) == []


def test_who_crawls_on_is_not_still():
    crawls = goes((0, (200, 600, 170, 60)), (20, (1000, 600, 170, 60)))
    assert events(LyingStill(), story(crawls, until_s=20)) == []


def test_a_box_that_trembles_lies_still():
    def shape(t: float) -> Shape:
        x, y, wide, high = LIES
        return x + (30 if int(t * 5) % 3 else -20), y, wide + (40 if int(t * 5) % 2 else 0), high

    assert len(events(LyingStill(), story(shape, until_s=20))) == 1


def test_who_is_lost_for_a_while_still_lies_there_and_who_is_gone_does_not():
    def shape(t: float) -> Shape | None:
        return None if 5 <= t < 8 or t >= 20 else LIES

    scenes = story(shape, until_s=40, ids=lambda t: 1 if t < 6 else 2)
    ((start_s, end_s),) = spans(LyingStill(), scenes)
    assert (start_s, end_s) == (0.0, 19.8)


def test_time_runs_on_while_nobody_looks_at_a_still_picture():
    scenes = story(goes((0, LIES)), until_s=20)
    asleep = [
        scene
        if scene.time_s - NOON_S < 3
        else replace(
            scene,
            looked=False,
            tracks=tuple(t._replace(last_seen_s=NOON_S + 2.8) for t in scene.tracks),
        )
        for scene in scenes
    ]
    assert raised_s(LyingStill(), asleep) == [10.0]


def test_a_reader_that_sees_a_posture_decides():
    wide = goes((0, LIES))
    assert events(LyingStill(), story(wide, until_s=20, posture=lambda t: "sitting")) == []
    high = goes((0, (600, 640, 70, 110)))
    assert events(LyingStill(), story(high, until_s=20)) == []
    assert len(events(LyingStill(), story(high, until_s=20, posture=lambda t: "lying"))) == 1


def test_who_fell_lies_in_a_less_wide_box_too():
    steep = (620, 660, 90, 95)
    fell = goes((0, STANDS), (3, STANDS), (3.8, (620, 660, 80, 75)), (4.5, steep), (20, steep))
    assert len(events(LyingStill(), story(fell, until_s=20))) == 1
    assert events(LyingStill(), story(goes((0, steep)), until_s=20)) == []
