"""Events of users' own algorithms are judged by their heads, where these are sure."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.flywheel.colours import BLUE, RED, red_home

from vigil.core import Box, Case, Event, Ruling, Subject, Verdict
from vigil.stages.verify.head import HeadJudge
from vigil.stages.verify.prompts import prompt_of
from vigil.stages.verify.second_look import SecondLook

from .conftest import EVENT_ID, START_S, Film

PLACE = Box(100, 60, 180, 140)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return red_home(tmp_path)


def band(home: Path, low: float, high: float) -> None:
    file = home / "algorithms/red/1/about.json"
    about = json.loads(file.read_text())
    file.write_text(json.dumps(about | {"verdict": {"band": [low, high]}}))


def painted(colour: tuple[int, int, int]) -> Film:
    def paint(picture: np.ndarray, time_s: float) -> None:
        picture[70:130, 110:170] = colour

    return Film(paint)


def case(home: Path | None, colour: tuple[int, int, int]) -> Case:
    subject = None
    if home is not None:
        subject = Subject(
            algorithm="red", version=1, home=home, claim=("Something is red.", "有红色物体。")
        )
    event = Event(
        id=EVENT_ID, source="gate", rule="red", claim="Something is red.", label="red", box=PLACE,
        algorithm="red", start_s=START_S + 3, end_s=START_S + 9,
    )  # fmt: skip
    return Case(event=event, clip=None, footage=painted(colour), kind="algorithm", subject=subject)


def judged(judge: HeadJudge | SecondLook, given: Case) -> Verdict:
    async def ask() -> Verdict:
        try:
            return await judge.verify(given)
        finally:
            await judge.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("kind", [HeadJudge, SecondLook])
def test_a_sure_head_confirms_and_rejects(kind: type, home: Path) -> None:
    yes = judged(kind(), case(home, RED))
    assert (yes.ruling, yes.judge[:11]) == (Ruling.CONFIRMED, "head:red@1:")
    assert yes.confidence == yes.likelihood > 0.7
    assert "tells it in 8 of 8 stills" in yes.reason
    assert "红" not in yes.reason_zh
    no = judged(kind(), case(home, BLUE))
    assert no.ruling is Ruling.REJECTED
    assert "tells it in 0 of" in no.reason


def test_within_its_band_it_is_unsure_with_the_same_likelihood(home: Path) -> None:
    sure = judged(HeadJudge(), case(home, RED))
    band(home, 0.01, 0.999)
    unsure = judged(HeadJudge(), case(home, RED))
    assert unsure.ruling is Ruling.UNSURE
    assert unsure.likelihood == sure.likelihood
    assert "from 0.01 to 1.00 it is unsure" in unsure.reason


def test_without_a_head_that_can_be_opened_somebody_else_must_rule(home: Path) -> None:
    lost = judged(HeadJudge(), case(home / "elsewhere", RED))
    assert lost.ruling is Ruling.UNSURE
    assert "no algorithm 'red@1'" in lost.reason
    assert judged(HeadJudge(), case(None, RED)).ruling is Ruling.UNSURE


def test_a_large_model_is_asked_the_algorithms_own_questions(home: Path) -> None:
    plain = case(home, RED).subject
    assert plain is not None
    (only,) = prompt_of(plain).questions
    assert only.expects is True
    worded = replace(
        plain,
        questions=((("Is a block red?", "是否有红色方块？"), True), (("Is it a lamp?", ""), False)),
        prompts=(("a red block", "红色方块"),),
        negative_prompts=(("a red lamp", "红灯"),),
    )
    prompt = prompt_of(worded)
    assert [query.expects for query in prompt.questions] == [True, False]
    assert [query.shows is not None for query in prompt.questions] == [True, False]
    assert prompt.about.en == "Something is red. What is easily taken for it: a red lamp."
    assert prompt.about.zh == "有红色物体。容易误认为：红灯。"
    assert prompt.instead[0].zh == "红灯"
