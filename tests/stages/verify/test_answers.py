"""Answers fit a strict schema, and a ruling that contradicts itself is none."""

from typing import Any

import pytest
from pydantic import ValidationError

from vigil.core import Ruling
from vigil.stages.verify.answers import LONGEST, answer_type, judgement_of, one_line
from vigil.stages.verify.prompts import Query

QUESTIONS = (
    Query(key="there", en="Is it there?", expects=True),
    Query(key="shadow", en="Is it a shadow?", expects=False),
    Query(key="arrived", en="Did it arrive?"),
)


def said(**words: Any):
    form = answer_type(QUESTIONS)
    usual = {
        "there": "yes", "shadow": "no", "arrived": "unclear", "ruling": "confirmed",
        "confidence": 0.9, "reason": "A man walks in.", "description": "A man with a bag.",
    }  # fmt: skip
    return form.model_validate(usual | words)


def test_yes_and_no_come_first_and_words_last() -> None:
    properties = answer_type(QUESTIONS).model_json_schema()["properties"]
    ending = ["ruling", "confidence", "reason", "description"]
    assert list(properties) == ["there", "shadow", "arrived", *ending]


def test_the_schema_is_strict() -> None:
    schema = answer_type(QUESTIONS).model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == set(schema["properties"])
    with pytest.raises(ValidationError):
        said(ruling="maybe")
    with pytest.raises(ValidationError):
        said(confidence=1.5)
    with pytest.raises(ValidationError):
        said(other="word")


def test_equal_questions_share_a_schema() -> None:
    assert answer_type(QUESTIONS) is answer_type(tuple(QUESTIONS))
    assert answer_type(QUESTIONS) is not answer_type(QUESTIONS[:2])


def test_an_answer_becomes_a_judgement() -> None:
    found = judgement_of(said(), QUESTIONS)
    assert (found.ruling, found.likelihood) == (Ruling.CONFIRMED, 0.9)
    assert found.answers == {
        "there": "yes",
        "shadow": "no",
        "arrived": "unclear",
        "description": "A man with a bag.",
    }


def test_a_rejection_is_no_description() -> None:
    found = judgement_of(said(ruling="rejected", there="no", confidence=0.8), QUESTIONS)
    assert (found.ruling, found.likelihood) == (Ruling.REJECTED, pytest.approx(0.2))
    assert "description" not in found.answers


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"ruling": "rejected", "there": "no", "confidence": 0.4}, "confidence of only 0.40"),
        ({"ruling": "confirmed", "confidence": 0.2}, "confidence of only 0.20"),
        ({"ruling": "confirmed", "there": "no", "shadow": "no", "arrived": "no"}, "every answer"),
        ({"ruling": "confirmed", "there": "no", "shadow": "yes"}, "every answer"),
        ({"ruling": "rejected", "there": "yes", "shadow": "no"}, "every answer speaks for it"),
    ],
)
def test_what_contradicts_itself_is_unsure(words: dict[str, Any], why: str) -> None:
    found = judgement_of(said(**words), QUESTIONS)
    assert (found.ruling, found.likelihood) == (Ruling.UNSURE, 0.5)
    assert why in found.reason
    assert "A man walks in." in found.reason


@pytest.mark.parametrize(
    "words",
    [
        {"ruling": "rejected", "there": "unclear", "shadow": "unclear"},
        {"ruling": "confirmed", "there": "unclear", "shadow": "unclear"},
        {"ruling": "confirmed", "there": "yes", "shadow": "yes"},
        {"ruling": "rejected", "there": "yes", "shadow": "yes"},
    ],
)
def test_what_is_merely_unclear_or_mixed_stands(words: dict[str, Any]) -> None:
    found = judgement_of(said(**words), QUESTIONS)
    assert found.ruling.value == words["ruling"]


def test_unsure_is_unsure_however_sure() -> None:
    found = judgement_of(said(ruling="unsure", confidence=1.0), QUESTIONS)
    assert (found.ruling, found.likelihood) == (Ruling.UNSURE, 0.5)


def test_a_models_words_become_one_harmless_line() -> None:
    assert one_line("a\nb\x1b[31m\t c\x00") == "a b [31m c"
    long = one_line("字" * 1000)
    assert len(long) == LONGEST
    assert long.endswith("…")
