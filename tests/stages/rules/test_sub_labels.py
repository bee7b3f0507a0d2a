"""Rules that ask for what readers found out, and events that carry it."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter, ValidationError

from vigil.core import Reading, Scene, StepKind
from vigil.stages.rules.presence import Presence
from vigil.stages.rules.sub_labels import matches

from .films import Actor, events, film, play, stands

RED, BLUE = Reading("colour", "red", 0.9), Reading("colour", "blue", 0.8)
PLATE = Reading("plate", "AB12345", 0.7)


def read(scenes: list[Scene], by_id: dict[int, tuple[float, tuple[Reading, ...]]]) -> list[Scene]:
    """The same scenes, with readings of each track from so many seconds on."""
    start_s = scenes[0].time_s
    return [
        replace(
            scene,
            tracks=tuple(
                track._replace(readings=by_id[track.id][1])
                if track.id in by_id and scene.time_s - start_s >= by_id[track.id][0]
                else track
                for track in scene.tracks
            ),
        )
        for scene in scenes
    ]


def two_cars() -> list[Scene]:
    left, right = stands((0.2, 0.8), end_s=20), stands((0.8, 0.8), end_s=20)
    return film(
        Actor(id=1, label="car", where=left), Actor(id=2, label="car", where=right), until_s=25
    )


def presence(**readings: object) -> Presence:
    rule: Presence = TypeAdapter(Presence).validate_python(
        {"labels": "car", "per": "track", "readings": readings}
    )
    return rule


def test_only_the_red_car_is_told_of_once_it_is_known_to_be_red():
    scenes = read(two_cars(), {1: (5.0, (RED,)), 2: (1.0, (BLUE,))})
    (event,) = events(presence(colour="red"), scenes)
    assert event.track_ids == (1,)
    assert event.readings == (RED,)
    assert event.start_s - scenes[0].time_s >= 4.9
    assert events(presence(colour="green"), scenes) == []


def test_what_nobody_has_read_is_no_match_either_way():
    assert events(presence(colour="red"), two_cars()) == []
    assert events(presence(colour="!red"), two_cars()) == []
    assert len(events(presence(), two_cars())) == 2


def test_all_that_is_asked_for_must_hold():
    scenes = read(two_cars(), {1: (0.0, (RED, PLATE)), 2: (0.0, (RED,))})
    (event,) = events(presence(colour=["red", "pink"], plate="AB*"), scenes)
    assert event.track_ids == (1,)


def test_what_is_found_out_later_is_told_at_once():
    scenes = read(two_cars(), {1: (6.0, (RED, PLATE))})
    steps = play(presence(), scenes)
    updates = [s for s in steps if s.kind is StepKind.UPDATE and s.event.track_ids == (1,)]
    first = next(step for step in updates if step.event.readings)
    assert first.time_s - scenes[0].time_s == pytest.approx(6.0, abs=0.3)
    assert first.event.readings == (RED, PLATE)
    last = [step for step in steps if step.kind is StepKind.END and step.event.track_ids == (1,)]
    assert last[0].event.readings == (RED, PLATE)


def test_the_event_of_a_zone_knows_what_all_its_things_are_like():
    scenes = read(two_cars(), {1: (0.0, (RED,)), 2: (0.0, (BLUE,))})
    (event,) = events(Presence(labels=("car",)), scenes)
    assert set(event.readings) == {RED, BLUE}


@pytest.mark.parametrize(
    ("word", "patterns", "fits"),
    [
        ("red", ["red"], True),
        ("Red", ["rEd"], True),
        ("red", ["blue", "r?d"], True),
        ("AB123", ["AB*"], True),
        ("AB123", ["!AB*"], False),
        ("XY123", ["!AB*", "!CD*"], True),
        ("XY123", ["X*", "!*9"], True),
        ("XY129", ["X*", "!*9"], False),
        ("red", ["reddish"], False),
    ],
)
def test_words_match_patterns_and_exclusions(word, patterns, fits):
    assert matches(word, patterns) is fits


def test_numbers_are_words_and_empty_lists_are_refused():
    assert presence(plate=[12345]).readings["plate"] == ("12345",)
    for wrong in ([], "", ["red", " "], "!"):
        with pytest.raises(ValidationError):
            presence(colour=wrong)
