"""From margins to answers: what each claim comes to, and what the event does."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vigil.brain.matching import language_of
from vigil.brain.parsing import Misfit, parsed
from vigil.brain.quiet import Ruler
from vigil.brain.schema import strict_schema
from vigil.core import AnswerT, BrainRefused, Claim, Question

Answer = Literal["yes", "no", "unclear"]
Said = Literal["confirmed", "rejected", "unsure"]

MOST_LETTERS = 200
"""Of a question's text that is itself a claim."""
FITS = {
    "en": "Picture {number} of {total} fits the claim by {margin:+.1f} over {negative!r}; "
    "yes from {yes:+.1f}, no up to {no:+.1f}, {source}",
    "zh": "第 {number} 幅（共 {total} 幅）与论断的匹配度比“{negative}”高 {margin:+.1f}；"
    "{yes:+.1f} 以上为是，{no:+.1f} 以下为否，{source}",
}
SOURCES = {
    "en": ("by the card: {count} quiet pictures of this camera", "by {count} quiet pictures"),
    "zh": ("按模型卡：该摄像机仅有 {count} 幅平静画面", "按该摄像机的 {count} 幅平静画面"),
}
BUT = {"en": "; but {key}: {answer} ({margin:+.1f})", "zh": "；但 {key}：{answer}（{margin:+.1f}）"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One claim, looked for in all pictures of the event."""

    claim: Claim
    margin: float
    """Of the picture that fits it best, nats."""
    number: int
    """Which picture that is, from 1."""
    total: int
    negative: str
    """What fits that picture best instead."""
    ruler: Ruler
    quiet: int
    """Quiet pictures of this camera that are known."""
    learnt: bool
    """Whether the ruler was made from them."""

    @property
    def likelihood(self) -> float:
        """That the claim is true, 0 to 1."""
        return self.ruler.likelihood(self.margin)

    def answer(self, sure: float) -> Answer:
        """In one word."""
        if self.likelihood >= sure:
            return "yes"
        return "no" if self.likelihood <= 1 - sure else "unclear"


def claims_of(question: Question, model: str) -> tuple[Claim, ...]:
    """The claims, that of the event first; a text of one line is one, where there are none."""
    claims = tuple(question.claims)
    mains = [claim for claim in claims if not claim.key]
    if len(mains) == 1:
        return (*mains, *(claim for claim in claims if claim.key))
    text = question.text.strip()
    if mains or not text or len(text) > MOST_LETTERS or len(text.splitlines()) > 1:
        raise BrainRefused(f"{model}: reads claims, not prose; give one claim without a key")
    return (Claim(texts=(text,)), *claims)


def ruling_of(findings: Sequence[Finding], sure: float) -> tuple[Said, list[Finding]]:
    """What the first finding, the event's own, comes to, and the answers that contradict it.

    A single answer that should be another makes a `confirmed` unsure; a `rejected` becomes unsure
    when every answer that is clear speaks for the event.
    """
    main, *others = findings
    told = [one for one in others if one.claim.expects is not None]
    told = [one for one in told if one.answer(sure) != "unclear"]
    for_it = [one for one in told if (one.answer(sure) == "yes") == one.claim.expects]
    against = [one for one in told if one not in for_it]
    match main.answer(sure):
        case "yes":
            return ("unsure" if against else "confirmed"), against
        case "no":
            contradicted = bool(told) and not against
            return ("unsure" if contradicted else "rejected"), (for_it if contradicted else [])
    return "unsure", []


def values_of(findings: Sequence[Finding], question: Question, sure: float) -> dict[str, Any]:
    """Every word of an answer that can be given."""
    ruling, contrary = ruling_of(findings, sure)
    likelihood = findings[0].likelihood
    confidence = {"confirmed": likelihood, "rejected": 1 - likelihood, "unsure": 0.5}[ruling]
    return {
        **{one.claim.key: one.answer(sure) for one in findings if one.claim.key},
        "ruling": ruling,
        "confidence": round(confidence, 4),
        "reason": _reason(findings[0], contrary, language_of(question.text), sure),
        "description": "",
    }


def filled(values: Mapping[str, Any], answer: type[AnswerT], model: str) -> AnswerT:
    """An answer made of these values; what was asked without a claim stays `unclear`."""
    wanted = strict_schema(answer).get("properties", {})
    said = {word: values.get(word, "unclear") for word in wanted}
    try:
        return parsed(json.dumps(said), answer)
    except Misfit as misfit:
        raise BrainRefused(
            f"{model}: answers with a ruling, and with yes, no or unclear: {misfit}"
        ) from misfit


def _reason(main: Finding, contrary: Sequence[Finding], language: str, sure: float) -> str:
    source = SOURCES[language][main.learnt].format(count=main.quiet)
    reason = FITS[language].format(
        number=main.number,
        total=main.total,
        margin=main.margin,
        negative=main.negative,
        yes=main.ruler.margin(sure),
        no=main.ruler.margin(1 - sure),
        source=source,
    )
    for one in contrary:
        said = one.answer(sure)
        reason += BUT[language].format(key=one.claim.key, answer=said, margin=one.margin)
    return reason
