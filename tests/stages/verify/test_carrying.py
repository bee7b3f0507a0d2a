"""An answer about a thing settles other claims about it, and nothing beyond that."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from vigil.core import Case, Ruling, Subject, Verdict
from vigil.stages.verify.ask_brain import AskBrain
from vigil.stages.verify.prompts import Library

from .conftest import RecordingBrain

SEEN = {"there": "yes", "solid": "yes", "animal": "no"}
CONFIRMED = {"ruling": "confirmed", **SEEN}
A_DOG = {"ruling": "rejected", "there": "no", "solid": "yes", "animal": "yes"}
ALWAYS_THERE = {"ruling": "rejected", **SEEN, "arrived": "no"}


def of(case: Case, rule: str, **changes: Any) -> Case:
    event = replace(case.event, id=f"the {rule}", rule=rule, **changes)
    return replace(case, event=event, kind=rule)


def carried(first: Case, answers: Mapping[str, Any], then: Case, **settings: Any) -> Verdict | None:
    """What an answer about the first claim says of another one."""
    judge = AskBrain(brain=RecordingBrain([answers]), language="en")
    said = asyncio.run(judge.verify(first))
    return AskBrain(brain=RecordingBrain([]), **settings).carried(then, first, said)


@pytest.mark.parametrize("then", ["line_crossing", "loitering"])
@pytest.mark.parametrize(
    ("answers", "ruling"),
    [
        (CONFIRMED, Ruling.CONFIRMED),
        (A_DOG, Ruling.REJECTED),
        (ALWAYS_THERE, None),
        ({"ruling": "unsure", **SEEN}, None),
        (CONFIRMED | {"solid": "unclear"}, None),
        ({"ruling": "rejected"}, None),
    ],
    ids=["is what was claimed", "a dog", "always there", "unsure", "unclear", "for no reason"],
)
def test_what_a_thing_is_settles_what_it_is_said_to_do(
    walker: Case, then: str, answers: Mapping[str, Any], ruling: Ruling | None
) -> None:
    other = of(walker, then)
    found = carried(walker, answers, other)
    assert (None if found is None else found.ruling) is ruling
    if found is not None:
        assert found.event_id == other.event.id
        assert (found.calls, found.tokens_in, found.tokens_out) == (0, 0, 0)
        assert found.reason == "As answered of the same thing before: seen"
        assert found.judge == "ask_brain:recorder-1"
        assert found.prompt


def test_what_it_did_not_do_says_nothing_of_whether_it_is_there(walker: Case) -> None:
    turned_back = {"ruling": "rejected", **SEEN, "both_sides": "no"}
    assert carried(of(walker, "line_crossing"), turned_back, walker) is None
    assert carried(of(walker, "line_crossing"), A_DOG, walker).ruling is Ruling.REJECTED


@pytest.mark.parametrize("then", ["fall", "abandoned_object", "stopped_vehicle"])
def test_claims_of_another_sort_are_asked_about(walker: Case, then: str) -> None:
    assert carried(walker, A_DOG, of(walker, then)) is None


def test_another_label_names_another_thing(walker: Case) -> None:
    assert carried(walker, A_DOG, of(walker, "loitering", label="dog")) is None


def test_an_answer_to_another_wording_settles_nothing(walker: Case) -> None:
    assert carried(walker, A_DOG, of(walker, "loitering"), language="zh") is None


def test_an_algorithm_of_the_users_is_asked_its_own_questions(walker: Case, tmp_path: Any) -> None:
    subject = Subject(algorithm="hens", version=None, home=tmp_path, claim=("A hen.", ""))
    assert carried(walker, A_DOG, replace(of(walker, "loitering"), subject=subject)) is None


def test_our_prompts_ask_what_a_thing_is_in_the_same_words() -> None:
    sets = [
        {question for question in Library(None).find([name]).questions if question.thing}
        for name in ("presence", "line_crossing", "loitering")
    ]
    assert {question.key for question in sets[0]} == {"there", "solid", "animal"}
    assert sets[0] == sets[1] == sets[2]
