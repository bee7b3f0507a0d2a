from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Box, Reading, Scene, Severity, Signals, Track
from vigil.stages.rules.fall import Fall

from .films import HEIGHT, NOON_S, WIDTH, events, raised_s, spans

Shape = tuple[float, float, float, float]
"""Middle of the foot (x, y), width and height, pixels."""
STANDS: Shape = (600, 600, 50, 180)
LIES: Shape = (640, 610, 170, 60)
BENDS: Shape = (600, 600, 95, 100)
SITS: Shape = (600, 600, 95, 95)


def between(one: Shape, other: Shape, share: float) -> Shape:
    x, y, wide, high = (a + share * (b - a) for a, b in zip(one, other, strict=True))
    return x, y, wide, high


def goes(*keys: tuple[float, Shape | None]) -> Callable[[float], Shape | None]:
    """From shape to shape; from a key with none on, nobody is found."""

    def shape(t: float) -> Shape | None:
        for (t1, one), (t2, other) in zip(keys, [*keys[1:], (1e9, keys[-1][1])], strict=True):
            if t1 <= t < t2:
                return (
                    one
                    if one is None or other is None
                    else between(one, other, (t - t1) / (t2 - t1))
                )
        return None

    return shape


def story(
    shape: Callable[[float], Shape | None],
    *,
    until_s: float = 14.0,
    hz: float = 5.0,
    posture: Callable[[float], str] = lambda t: "",
    ids: Callable[[float], int] = lambda t: 1,
) -> list[Scene]:
    scenes = []
    for index in range(round(until_s * hz)):
        t = index / hz
        tracks: tuple[Track, ...] = ()
        if (found := shape(t)) is not None:
            x, y, wide, high = found
            word = posture(t)
            track = Track(
                ids(t), "person", Box(x - wide / 2, y - high, x + wide / 2, y), 0.8, NOON_S,
                NOON_S + t,
            )  # fmt: skip
            readings = (Reading("posture", word, 0.9),) if word else ()
            tracks = (track._replace(readings=readings),)
        scenes.append(
            Scene(
                source="gate", time_s=NOON_S + t, width=WIDTH, height=HEIGHT, tracks=tracks,
                signals=Signals(), looked=True,
            )
        )  # fmt: skip
    return scenes


FALLS = goes((0, STANDS), (3, STANDS), (3.8, LIES), (9, LIES), (12, STANDS))


@pytest.mark.parametrize("hz", [2, 5, 10, 25])
def test_a_fall_is_told_within_two_seconds_of_the_ground_and_ends_with_getting_up(hz):
    scenes = story(FALLS, hz=hz)
    (told_s,) = raised_s(Fall(), scenes)
    assert 4.0 <= told_s <= 5.6
    ((start_s, end_s),) = spans(Fall(), scenes)
    assert 3.0 <= start_s <= 4.0
    assert 9.0 <= end_s <= 11.5
    (event,) = events(Fall(), scenes)
    assert event.claim == "A person falls to the ground in the picture."
    assert event.claim_zh == "画面中有人跌倒在地。"
    assert event.severity is Severity.HIGH


@pytest.mark.parametrize("low", [BENDS, SITS, (600, 600, 70, 110)], ids=["bends", "sits", "crouch"])
def test_who_bends_sits_or_crouches_has_not_fallen(low):
    story_ = goes((0, STANDS), (3, STANDS), (3.8, low), (9, low), (10, STANDS))
    assert events(Fall(), story(story_)) == []


def test_who_lies_down_slowly_has_not_fallen():
    slow = goes((0, STANDS), (3, STANDS), (8, LIES))
    assert events(Fall(), story(slow)) == []


def test_a_stumble_is_no_fall():
    up_at_once = goes((0, STANDS), (3, STANDS), (3.3, LIES), (3.5, LIES), (3.9, STANDS))
    assert events(Fall(), story(up_at_once, hz=10)) == []


def test_who_is_lost_while_down_has_fallen_all_the_same():
    lost = goes((0, STANDS), (3, STANDS), (3.8, LIES), (4.2, None))
    assert len(events(Fall(), story(lost))) == 1
    at_once = goes((0, STANDS), (3, STANDS), (3.3, BENDS), (3.31, None))
    assert events(Fall(), story(at_once)) == []


def test_who_is_lost_in_mid_fall_is_found_again_on_the_ground():
    def shape(t: float) -> Shape | None:
        return None if 3.3 <= t < 4.0 else FALLS(t)

    (event,) = events(Fall(), story(shape, ids=lambda t: 1 if t < 3.5 else 2))
    assert event.track_ids == (1, 2)
    stranger = story(lambda t: STANDS if t < 3 else None)
    far = story(lambda t: (1100, 610, 170, 60) if t > 4 else None, ids=lambda t: 2)
    both = [
        replace(one, tracks=one.tracks + other.tracks)
        for one, other in zip(stranger, far, strict=True)
    ]
    assert events(Fall(), both) == []


def test_a_reader_that_sees_a_posture_decides():
    assert events(Fall(), story(FALLS, posture=lambda t: "sitting" if t > 3.4 else "")) == []
    toward_us = goes((0, STANDS), (3, STANDS), (3.8, (600, 640, 50, 110)), (9, (600, 640, 50, 110)))
    assert events(Fall(), story(toward_us)) == []
    told = story(toward_us, posture=lambda t: "lying" if t > 3.4 else "upright")
    assert len(events(Fall(), told)) == 1


def test_a_word_and_a_low_box_are_as_good_as_two_words():
    # At two looks a second a reader has told one word by the time that a fall may take is over.
    late = story(FALLS, hz=2, posture=lambda t: "lying" if t >= 4.5 else "upright")
    assert len(events(Fall(), late)) == 1
    bends = goes((0, STANDS), (3, STANDS), (3.5, BENDS), (9, BENDS))
    wrong = story(bends, hz=2, posture=lambda t: "lying" if t == 3.5 else "bent" if t > 3.5 else "")
    assert events(Fall(), wrong) == []


def test_one_word_against_a_box_on_the_ground_is_a_slip_and_two_are_none():
    (told_s,) = raised_s(Fall(), story(FALLS, hz=2))
    slip = story(FALLS, hz=2, posture=lambda t: "upright" if t == told_s else "")
    assert raised_s(Fall(), slip) == [told_s]
    twice = story(FALLS, hz=2, posture=lambda t: "sitting" if told_s - 0.5 <= t <= told_s else "")
    assert raised_s(Fall(), twice) > [told_s]


def test_a_fall_of_two_seconds_is_told_at_two_looks_a_second():
    sinks = goes((0, STANDS), (3, STANDS), (3.4, BENDS), (4.5, BENDS), (4.9, LIES), (9, LIES))
    assert len(events(Fall(), story(sinks, hz=2))) == 1


def test_who_was_lost_from_standing_to_lying_fell_however_long_that_took():
    lost = goes((0, STANDS), (3, None), (4.4, LIES), (9, LIES))
    assert len(events(Fall(within_s=1.0), story(lost))) == 1


def test_only_its_zone_and_its_labels_count():
    left = ((0.0, 0.0), (0.1, 0.0), (0.1, 1.0), (0.0, 1.0))
    assert events(Fall(zone=left), story(FALLS)) == []
    assert events(Fall(labels=("dog",)), story(FALLS)) == []


def test_who_walks_towards_the_camera_or_out_below_does_not_fall():
    nearer = goes((0, (600, 300, 30, 100)), (6, (600, 700, 110, 400)), (6.1, None))
    assert events(Fall(), story(nearer)) == []


def hurry(shape: Callable[[float], Shape | None], *, hz: float) -> list[float]:
    """Seconds of the looks after which the rule wants to see all it can."""
    rule, hurried = Fall(), []
    for scene in story(shape, hz=hz):
        rule.update(scene)
        if rule.hurried:
            hurried.append(scene.time_s - NOON_S)
    return hurried


@pytest.mark.parametrize("hz", [2, 5, 12])
def test_it_hurries_from_the_first_look_that_may_show_a_fall_until_it_is_told(hz):
    hurried = hurry(FALLS, hz=hz)
    (told_s,) = raised_s(Fall(), story(FALLS, hz=hz))
    assert 3.0 < hurried[0] <= 3.0 + 1.5 / hz + 0.2
    assert hurried[-1] < told_s
    assert len(hurried) >= (told_s - hurried[0]) * hz - 1


def test_who_sits_down_is_hurried_about_for_a_moment_only():
    hurried = hurry(goes((0, STANDS), (3, STANDS), (3.8, SITS), (12, SITS)), hz=5)
    assert hurried
    assert hurried[-1] - hurried[0] < 4.0


def test_nobody_hurries_for_who_walks():
    across = goes((0, (100, 600, 50, 180)), (10, (1100, 560, 55, 170)))
    nearer = goes((0, (600, 300, 30, 100)), (10, (600, 700, 110, 400)))
    away = goes((0, (600, 700, 110, 400)), (12, (600, 300, 30, 100)))
    for shape in (across, nearer, away):
        assert hurry(shape, hz=2) == []
        assert hurry(shape, hz=5) == []


def test_between_looks_it_hurries_as_it_did():
    rule = Fall()
    (*before, last) = [scene for scene in story(FALLS, hz=5) if scene.time_s <= NOON_S + 3.5]
    for scene in before:
        rule.update(scene)
    assert rule.hurried
    rule.update(replace(last, tracks=(), looked=False))
    assert rule.hurried


def test_who_falls_at_the_lower_edge_has_not_walked_out_there():
    low = HEIGHT - 2
    falls = goes(
        (0, (600, low, 90, 300)), (3, (600, low, 90, 300)), (3.4, (600, low, 160, 240)),
        (3.8, (600, low, 250, 170)), (4.2, (600, low, 200, 100)), (9, (600, low, 200, 100)),
    )  # fmt: skip
    assert len(events(Fall(), story(falls, hz=10))) == 1
    walks_out = goes(
        (0, (600, low, 90, 300)), (3, (600, low, 90, 300)), (4.5, (600, low, 110, 60)), (4.6, None)
    )
    assert events(Fall(), story(walks_out, hz=10)) == []


def test_who_walks_out_below_is_known_by_three_looks_a_second():
    # Top, foot and width at each look, as of a person of whom the picture's edge leaves less.
    looks = [
        (356, 584, 62), (386, 626, 68), (388, 648, 74), (440, 672, 80), (442, 716, 82),
        (492, 718, 88), (518, 720, 92), (560, 714, 94), (608, 716, 110),
    ]  # fmt: skip

    def shape(t: float) -> Shape | None:
        look = round(t * 3)
        if look >= len(looks):
            return None
        top, foot, wide = looks[look]
        return 600, foot, wide, foot - top

    assert events(Fall(), story(shape, hz=3)) == []


@settings(max_examples=40, deadline=None)
@given(
    scale=st.floats(0.2, 1.0),
    hz=st.sampled_from([3, 5, 10, 25]),
    lasts_s=st.floats(0.3, 1.2),
    falls=st.booleans(),
)
def test_the_size_of_a_person_and_the_rate_of_looks_change_nothing(scale, hz, lasts_s, falls):
    def shape(t: float) -> Shape | None:
        low = LIES if falls else SITS
        found = goes((0, STANDS), (3, STANDS), (3 + lasts_s, low), (9, low), (12, STANDS))(t)
        x, y, wide, high = found
        return x, y, wide * scale, high * scale

    assert bool(events(Fall(), story(shape, hz=hz))) == falls
