"""Events of what was heard."""

import pickle
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Health, Rung, Scene, Sound
from vigil.stages.rules.sound import SoundHeard

from .films import NOON_S, check_lives, events, play, raised_s, spans

Heard = tuple[str, float, float, float]
"""Word, start, end and score; seconds from noon."""


def told(*heard: Heard, until_s: float = 30.0, hz: float = 1.0, lag_s: float = 0.0) -> list[Scene]:
    """What an ear tells at each moment: sounds as far as they have come, for four seconds more."""
    scenes = []
    for number in range(round(until_s * hz)):
        now_s = number / hz
        ears_s = now_s - lag_s
        sounds = tuple(
            Sound(
                word=word,
                start_s=NOON_S + start_s,
                end_s=NOON_S + min(end_s, ears_s),
                score=score,
                hits=2 + int((min(end_s, ears_s) - start_s) / 0.48),
            )
            for word, start_s, end_s, score in heard
            if start_s <= ears_s <= end_s + 4.0
        )
        scenes.append(Scene(source="gate", time_s=NOON_S + now_s, width=0, height=0, sounds=sounds))
    return scenes


def test_a_sound_is_one_event_with_its_own_times_and_words():
    (event,) = events(SoundHeard(), told(("glass", 5.3, 6.4, 0.8)))
    assert event.claim == "Breaking glass is to be heard."
    assert event.claim_zh == "听到玻璃破碎声。"
    assert event.label == "glass"
    assert event.box is None
    assert event.start_s == pytest.approx(NOON_S + 5.3)
    assert event.end_s == pytest.approx(NOON_S + 6.4)


def test_each_word_has_an_event_of_its_own():
    heard = told(("scream", 5.0, 7.0, 0.8), ("glass", 6.0, 7.0, 0.7))
    assert {event.label for event in events(SoundHeard(), heard)} == {"scream", "glass"}


def test_only_words_that_are_asked_for_count():
    assert events(SoundHeard(), told(("speech", 5.0, 20.0, 0.99))) == []
    assert len(events(SoundHeard(labels=("dog",)), told(("dog", 5.0, 8.0, 0.9)))) == 1


def test_a_doubtful_sound_and_a_short_one_are_not_told():
    assert events(SoundHeard(min_score=0.5), told(("alarm", 5.0, 9.0, 0.45))) == []
    assert events(SoundHeard(longer_than_s=5.0), told(("alarm", 5.0, 9.0, 0.9))) == []
    assert events(SoundHeard(inertia=12), told(("alarm", 5.0, 9.0, 0.9))) == []
    long = told(("alarm", 5.0, 15.0, 0.9))
    assert raised_s(SoundHeard(longer_than_s=5.0), long) == [pytest.approx(10.0)]
    assert spans(SoundHeard(longer_than_s=5.0), long) == [(pytest.approx(5.0), pytest.approx(15.0))]


def test_pauses_shorter_than_close_s_are_one_event():
    beeps = [("alarm", 5.0 + 2 * n, 6.0 + 2 * n, 0.9) for n in range(5)]
    assert len(events(SoundHeard(close_s=3.0), told(*beeps))) == 1
    shots = [("gunshot", 5.0, 5.5, 0.9), ("gunshot", 15.0, 15.5, 0.9)]
    assert len(events(SoundHeard(close_s=3.0), told(*shots))) == 2


def test_what_an_ear_still_tells_after_the_end_begins_nothing_anew():
    rule = SoundHeard(close_s=1.0)
    assert len(events(rule, told(("gunshot", 5.0, 5.5, 0.9), hz=5))) == 1


def test_it_is_told_as_soon_as_it_is_heard_whatever_the_picture_does():
    scenes = told(("scream", 5.0, 7.0, 0.9), hz=2, lag_s=0.5)
    assert raised_s(SoundHeard(), scenes)[0] <= 6.0
    rule = SoundHeard()
    assert rule.needs is Rung.PACKETS
    assert rule.signals == {"sounds"}
    assert rule.wants == {""}, "no detector is asked for it"


def test_a_clock_that_is_set_back_does_not_make_it_deaf():
    rule = SoundHeard()
    before = told(("alarm", 5.0, 7.0, 0.9))
    after = [
        Scene(
            source="gate", time_s=scene.time_s - 3600, width=0, height=0,
            sounds=tuple(
                replace(s, start_s=s.start_s - 3600, end_s=s.end_s - 3600)
                for s in scene.sounds
            ),
        )
        for scene in before
    ]  # fmt: skip
    assert len(events(rule, before + after)) == 2


def test_a_claim_of_the_users_own_stands_in_its_place():
    rule = SoundHeard(claim="There is an {label} at night.", labels=("alarm",))
    (event,) = events(rule, told(("alarm", 5.0, 9.0, 0.9)))
    assert event.claim == "There is an alarm at night."
    assert event.claim_zh == ""


def test_an_open_event_ends_with_the_stream():
    rule = SoundHeard()
    steps = [step for scene in told(("alarm", 5.0, 99.0, 0.9)) for step in rule.update(scene)]
    ending = rule.close(NOON_S + 30)
    check_lives(steps + ending)
    assert len(ending) == 1
    assert rule.close(NOON_S) == []


@st.composite
def stories(draw: st.DrawFn) -> list[Heard]:
    words = st.sampled_from(["alarm", "glass", "speech"])
    t, story = 0.0, []
    for _ in range(draw(st.integers(0, 6))):
        t += draw(st.floats(0.1, 9))
        lasts_s = draw(st.floats(0.05, 6))
        story.append((draw(words), t, t + lasts_s, draw(st.sampled_from([0.2, 0.6, 0.95]))))
        t += lasts_s
    return story


@given(story=stories(), hz=st.sampled_from([1.0, 2.0, 5.0]), lag_s=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_every_event_is_a_sound_that_was_heard_and_every_sure_sound_an_event(story, hz, lag_s):
    found = events(SoundHeard(close_s=2.0), told(*story, until_s=80, hz=hz, lag_s=lag_s))
    sure = [(w, s, e) for w, s, e, score in story if w != "speech" and score >= 0.4]
    for event in found:
        assert any(
            event.label == word and start_s <= event.start_s - NOON_S + 1e-6 <= end_s + 1e-3
            for word, start_s, end_s in sure
        )
    for word, start_s, end_s in sure:
        assert any(
            event.label == word
            and event.start_s - NOON_S - 1e-3 <= start_s
            and event.end_s - NOON_S + 1e-3 >= end_s
            for event in found
        )


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_every_event_lives_by_the_grammar_whatever_happens(seed):
    scenes = wild(Random(seed))
    one, other = SoundHeard(), pickle.loads(pickle.dumps(SoundHeard()))  # noqa: S301
    first, second = play(one, scenes), play(other, scenes)
    check_lives(first)
    assert [(s.kind, s.time_s) for s in first] == [(s.kind, s.time_s) for s in second]
    assert all(step.event.end_s >= step.event.start_s for step in first)


def wild(chance: Random) -> Iterable[Scene]:
    time_s, scenes = NOON_S, []
    for _ in range(chance.randrange(1, 120)):
        time_s += chance.choice([0.2, 1.0, 5.0, -0.3, 0.0, chance.uniform(-1e4, 1e4)])
        scenes.append(
            Scene(
                source="gate",
                time_s=time_s,
                width=0,
                height=0,
                health=Health() if chance.random() < 0.5 else None,
                sounds=tuple(
                    Sound(
                        word=chance.choice(["alarm", "glass", "", "dog"]),
                        start_s=(start_s := time_s + chance.uniform(-5, 5)),
                        end_s=start_s + chance.uniform(0, 5),
                        score=chance.random(),
                        hits=chance.randrange(1, 9),
                    )
                    for _ in range(chance.randrange(3))
                ),
            )
        )
    return scenes
