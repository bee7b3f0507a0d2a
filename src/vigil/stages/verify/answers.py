"""What a large model must answer: a schema made of the question set, and what is made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from vigil.core import Ruling
from vigil.stages.verify.prompts import Query

LEAST_TO_REJECT = 0.6
"""Who rejects less surely than this does not reject."""
LEAST_TO_CONFIRM = 0.5
"""Who is less sure than this of what they confirm contradicts themselves."""
LONGEST = 400
"""Characters of a reason that are kept."""
ENDING: Mapping[str, Any] = {
    "ruling": Literal["unsure", "confirmed", "rejected"],
    "confidence": Annotated[float, Field(ge=0, le=1)],
    "reason": str,
    "description": str,
}
"""How every answer ends, after the answers to the questions."""


def answer_type(questions: Sequence[Query]) -> type[BaseModel]:
    """The schema: yes/no questions first, then the ruling, words last. Equal sets share a class."""
    return _made(tuple(question.key for question in questions))


@lru_cache(maxsize=64)
def _made(keys: tuple[str, ...]) -> type[BaseModel]:
    asked = dict.fromkeys(keys, Literal["unclear", "yes", "no"])
    fields: dict[str, Any] = {name: (kind, ...) for name, kind in {**asked, **ENDING}.items()}
    return create_model("Judgement", __config__=ConfigDict(extra="forbid"), **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An answer, after a look at whether it agrees with itself."""

    ruling: Ruling
    likelihood: float
    """That the claim is true."""
    reason: str
    answers: Mapping[str, str]
    """By key; what was confirmed is described under `description`."""


def judgement_of(answer: BaseModel, questions: Sequence[Query]) -> Judgement:
    """What a model said; where it contradicts itself it is unsure, and the reason says why."""
    found = answer.model_dump()
    answers = {question.key: str(found[question.key]) for question in questions}
    said, confidence = Ruling(found["ruling"]), float(found["confidence"])
    doubt = _doubt(said, confidence, answers, questions)
    ruling = Ruling.UNSURE if doubt else said
    reason, description = one_line(found["reason"]), one_line(found["description"])
    if description and ruling is Ruling.CONFIRMED:
        answers["description"] = description
    return Judgement(
        ruling=ruling,
        likelihood=_likelihood(ruling, confidence),
        reason=f"{doubt}: {reason}" if doubt else reason,
        answers=answers,
    )


def one_line(text: str) -> str:
    """A model's words, harmless: one line, no control characters, not too long."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def _doubt(
    said: Ruling, confidence: float, answers: Mapping[str, str], questions: Sequence[Query]
) -> str:
    """In which way a ruling contradicts itself; empty when it does not."""
    told = [
        (answers[question.key] == "yes") == question.expects
        for question in questions
        if question.expects is not None and answers[question.key] != "unclear"
    ]
    all_no = len(questions) > 1 and all(answer == "no" for answer in answers.values())
    if said is Ruling.REJECTED:
        if confidence < LEAST_TO_REJECT:
            return f"Rejected with a confidence of only {confidence:.2f}"
        return "Rejected, though every answer speaks for it" if len(told) > 1 and all(told) else ""
    if said is Ruling.CONFIRMED:
        if confidence < LEAST_TO_CONFIRM:
            return f"Confirmed with a confidence of only {confidence:.2f}"
        if all_no or (told and not any(told)):
            return "Confirmed, though every answer speaks against it"
    return ""


def _likelihood(ruling: Ruling, confidence: float) -> float:
    """Its confidence as a probability of the claim; whoever is unsure says nothing."""
    if ruling is Ruling.UNSURE:
        return 0.5
    return confidence if ruling is Ruling.CONFIRMED else 1.0 - confidence
