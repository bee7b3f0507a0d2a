"""Events that were heard: pictures may confirm them, and can refute none."""

import asyncio
from typing import Any

import pytest

from vigil.core import Case, Ruling, Verdict
from vigil.stages.verify.ask_brain import AskBrain
from vigil.stages.verify.cascade import Cascade
from vigil.stages.verify.second_look import SecondLook

from .conftest import Film, RecordingBrain, case_of, event


@pytest.fixture
def glass() -> Case:
    """Breaking glass, by a rule under a name of the user's."""
    heard = event(rule="noises", label="glass", claim="Breaking glass is to be heard.")
    return case_of(Film(), heard, kind="sound")


def asked(case: Case, **answer: Any) -> tuple[Verdict, RecordingBrain]:
    brain = RecordingBrain([answer])
    return asyncio.run(AskBrain(brain=brain).verify(case)), brain


def test_a_judge_that_measures_pictures_leaves_it_open(glass):
    verdict = asyncio.run(SecondLook().verify(glass))
    assert verdict.ruling is Ruling.UNSURE
    assert verdict.likelihood == 0.5
    assert "need not be in the picture" in verdict.reason


def test_a_large_model_that_sees_what_made_the_sound_confirms_it(glass):
    verdict, brain = asked(glass, ruling="confirmed", source_seen="yes")
    assert verdict.ruling is Ruling.CONFIRMED
    assert "Breaking glass" in brain.questions[0].text
    assert "source_seen" in brain.forms[0].model_fields, "the prompt for sounds is asked"


def test_a_large_model_that_sees_nothing_refutes_nothing(glass):
    verdict, brain = asked(glass, ruling="rejected", source_seen="no", people_react="no")
    assert verdict.ruling is Ruling.UNSURE
    assert verdict.likelihood == 0.5
    assert len(brain.questions) == 1, "nobody asks again what changes nothing"


def test_the_cascade_asks_the_large_model_about_every_sound(glass):
    brain = RecordingBrain([{"ruling": "confirmed", "source_seen": "yes"}])
    cascade = Cascade(cheap=SecondLook(), dear=AskBrain(brain=brain))
    assert asyncio.run(cascade.verify(glass)).ruling is Ruling.CONFIRMED
    assert len(brain.questions) == 1
