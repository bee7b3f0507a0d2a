"""Sudden loud noises, without a model."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Sound
from vigil.stages.hear.loud_ear import LoudEar
from vigil.testing.sounds import Wave, bang, beeps, noise, siren, sound_packets, with_sounds


def heard(wave: Wave, *, ear: LoudEar | None = None) -> list[Sound]:
    """Every sound, as last told."""
    ear = ear or LoudEar()
    last: dict[float, Sound] = {}
    for packet in sound_packets(wave, codec="pcm_mulaw", start_s=1000.0):
        ear.hear(packet)
        last |= {round(sound.start_s, 3): sound for sound in ear.sounds()}
    return list(last.values())


def test_a_bang_in_a_quiet_room_is_loud_and_told_with_its_time():
    (found,) = heard(with_sounds(noise(8.0), (5.0, bang())))
    assert found.word == "loud"
    assert found.start_s == pytest.approx(1005.0, abs=0.1)
    assert found.end_s - found.start_s < 0.6
    assert found.score > 0.9


def test_a_room_as_it_always_is_is_not_loud_however_loud_it_is():
    assert heard(noise(8.0)) == []
    assert heard(noise(8.0, level=0.3)) == [], "a machine hall"


def test_what_swells_is_no_sudden_noise():
    swell = siren(8.0) * np.linspace(0.01, 1.0, 8 * 16_000, dtype=np.float32) ** 2
    assert heard(noise(8.0) + swell) == []


def test_the_same_bang_is_lost_in_a_machine_hall():
    hall = noise(8.0, level=0.25)
    assert heard(with_sounds(hall, (5.0, bang(level=0.5)))) == []


def test_what_is_loud_against_silence_but_faint_is_not_told():
    assert heard(with_sounds(noise(8.0, level=1e-4), (5.0, bang(level=0.01)))) == []


def test_an_alarm_is_one_noise_and_becomes_background():
    found = heard(with_sounds(noise(20.0), (5.0, beeps(15.0, on_s=0.5, off_s=0.3))))
    assert len(found) == 1
    assert found[0].hits > 20
    assert found[0].end_s < 1000 + 5 + 12


def test_nothing_is_sudden_in_the_first_moments():
    assert heard(with_sounds(noise(1.5), (0.5, bang()))) == []


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_bangs_well_above_the_background_are_found_and_nothing_else(seed):
    chance = Random(seed)
    at_s = chance.uniform(3.0, 5.0)
    ground = noise(7.0, level=chance.uniform(0.0005, 0.01), seed=seed)
    found = heard(with_sounds(ground, (at_s, bang(level=chance.uniform(0.4, 1.0), seed=seed))))
    assert [sound.start_s for sound in found] == [pytest.approx(1000 + at_s, abs=0.1)]


def test_a_twin_begins_with_an_empty_memory_and_the_same_settings():
    ear = LoudEar(rise_db=25.0)
    heard(with_sounds(noise(4.0), (3.0, bang())), ear=ear)
    assert ear.sounds()
    twin = ear.twin()
    assert twin == ear
    assert twin.sounds() == ()
    assert twin.heard_s == float("-inf")
