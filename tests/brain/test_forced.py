"""Answers whose form is written for the model."""

import json
from typing import Annotated, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from vigil.brain.forced import allowed_after, most_tokens, pieces_of, vocabulary_of
from vigil.brain.parsing import parsed
from vigil.brain.schema import strict_schema

TEXTS = ["</s>", *map(chr, range(32, 127)), "\n", "人", "�", 'x"', "\\", ""]
END = 0


class Judgement(BaseModel):
    there: Literal["unclear", "yes", "no"]
    urgent: bool
    ruling: Literal["unsure", "confirmed", "rejected"]
    confidence: Annotated[float, Field(ge=0, le=1)]
    reason: str


class Counted(BaseModel):
    people: int


class Nested(BaseModel):
    inner: Counted


VOCABULARY = vocabulary_of(TEXTS, [END], lambda text: [TEXTS.index(letter) for letter in text])
PIECES = pieces_of(strict_schema(Judgement), VOCABULARY)


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_whatever_a_model_prefers_the_answer_fits(random: object) -> None:
    said: tuple[int, ...] = ()
    while True:
        allowed = allowed_after(said, PIECES, END)
        token = random.choice(sorted(allowed))  # type: ignore[attr-defined]
        if token == END:
            break
        said = (*said, token)
        assert len(said) <= most_tokens(PIECES)
    text = "".join(TEXTS[token] for token in said)
    assert parsed(text, Judgement) == Judgement.model_validate_json(text)


def test_every_answer_can_be_given() -> None:
    wanted = {"there": "no", "urgent": True, "ruling": "confirmed", "confidence": 0.15}
    text = json.dumps({**wanted, "reason": "人 lies there, in the rain"}, ensure_ascii=False)
    text = text.replace("0.15,", "0.15 ,")
    said = tuple(TEXTS.index(letter) for letter in text)
    for at, token in enumerate(said):
        assert token in allowed_after(said[:at], PIECES, END)
    assert allowed_after(said, PIECES, END) == {END}


def test_text_holds_nothing_that_would_end_or_break_it() -> None:
    assert not {TEXTS.index(text) for text in ("</s>", "\n", 'x"', "\\", "")} & VOCABULARY.open
    assert {TEXTS.index(text) for text in ('"', "人", "�", "{")} <= VOCABULARY.open


def test_what_no_piece_allows_is_told() -> None:
    with pytest.raises(ValueError, match="not allowed"):
        allowed_after((TEXTS.index("x"),), PIECES, END)


@pytest.mark.parametrize("answer", [Counted, Nested])
def test_other_answers_are_not_forced(answer: type[BaseModel]) -> None:
    assert pieces_of(strict_schema(answer), VOCABULARY) == []


def test_a_tokenizer_without_a_quotation_mark_is_told() -> None:
    with pytest.raises(ValueError, match="not in list"):
        vocabulary_of(["a", 'b"'], [], list)  # type: ignore[arg-type]
