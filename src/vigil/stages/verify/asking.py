"""Put a question to a large model into words, none of which names a camera or a file."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vigil.core import Case, Claim, Question, Still
from vigil.stages.verify.prompts import Language, Prompt, common, question_lines
from vigil.stages.verify.stills import Cutting

MOST_ANSWER_TOKENS = 500
FEW_LETTERS = 2
"""A name as short as this names nothing."""


def request_for(
    case: Case, prompt: Prompt, language: Language, cuttings: Sequence[Cutting]
) -> Question:
    """Fill in a prompt. Raises `AssertionError` when a name has got in, which is our mistake."""
    shared, event = common(), case.event
    claim = (event.claim_zh or event.claim) if language == "zh" else event.claim
    fixed = {
        "claim": claim,
        "about": prompt.about.in_(language),
        "grounding": _grounding(case, language, len(cuttings)),
        "questions": question_lines(prompt.questions, language),
        "describe": _spaced(prompt.describe.in_(language), language),
    }
    question = Question(
        system=(prompt.system or shared.system).in_(language),
        text=shared.text.in_(language).format(**fixed),
        stills=[
            Still(
                id=one.id,
                image=one.image,
                caption=_caption(one, n, len(cuttings), language),
                background=one.background,
            )
            for n, one in enumerate(cuttings, 1)
        ],
        most_tokens=MOST_ANSWER_TOKENS,
        claims=_claims(case, prompt),
        scope=hashlib.sha256(event.source.encode()).hexdigest()[:16],
    )
    refuse_names(question, names_of(case), said_by_owner=(claim, *_wordings(prompt, language)))
    return question


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One question, with the words in its pictures unreadable and, perhaps, as they are."""

    first: Question
    """Nothing that can be read in its pictures was found; only this one can confirm."""
    again: Question | None = None
    """Before a rejection: the pictures as they are, when the blur may hide what it is about."""


def asking_for(
    case: Case, prompt: Prompt, language: Language, cuttings: Sequence[Cutting]
) -> Asking:
    """What to ask of these pictures. Raises as `request_for`.

    Every picture keeps its id in both, so that a model that learns from those of before the
    event how the camera looks when nothing happens learns it once. What is sent tells them
    apart: ids on the wire name the bytes, too.
    """
    plain = request_for(case, prompt, language, cuttings)
    pairs = zip(plain.stills, cuttings, strict=True)
    stills = [
        still if one.wordless is None else replace(still, image=one.wordless)
        for still, one in pairs
    ]
    hidden = any(one.hides for one in cuttings)
    return Asking(first=replace(plain, stills=stills), again=plain if hidden else None)


def names_of(case: Case) -> set[str]:
    """Whatever might tell a model which camera or file it looks at."""
    names = {case.event.source, case.event.id}
    if case.clip is not None:
        names |= {case.clip.source, case.clip.uri, case.clip.uri.rpartition("/")[2]}
    return {name for name in names if len(name) > FEW_LETTERS and not name.isdecimal()}


def refuse_names(question: Question, names: set[str], *, said_by_owner: Sequence[str]) -> None:
    """Raise `AssertionError` when a name stands in the request more often than its owner put it.

    A camera may be called `gate`, and a claim may speak of a gate.
    """
    said = [question.system, question.text]
    said += [word for still in question.stills for word in (still.caption, still.id)]
    for name in names:
        if _count(name, said) > _count(name, said_by_owner):
            raise AssertionError("the name of a camera or file must not reach a large model")


def _count(name: str, texts: Sequence[str]) -> int:
    # `\b` knows no borders between Chinese characters.
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", re.IGNORECASE)
    return sum(len(word.findall(text)) for text in texts)


def _wordings(prompt: Prompt, language: Language) -> list[str]:
    shared = common()
    sayings = [shared.text, shared.whole, shared.box, shared.zone, prompt.about, prompt.describe]
    sayings += [prompt.system or shared.system, *prompt.questions]
    texts = [saying.in_(language) for saying in sayings]
    return texts + [question.key for question in prompt.questions]


def _claims(case: Case, prompt: Prompt) -> list[Claim]:
    """The claim of the event, and the questions that can be put as claims."""
    texts = tuple(filter(None, (case.event.claim, case.event.claim_zh)))
    instead = [text for saying in prompt.instead for text in saying.both]
    return [Claim(texts=texts, negatives=instead)] + [
        Claim(texts=question.shows.both, key=question.key, expects=question.expects)
        for question in prompt.questions
        if question.shows is not None
    ]


def _grounding(case: Case, language: Language, stills: int) -> str:
    shared = common()
    said = [shared.whole] if stills > 1 else []
    said += [shared.box] if case.event.box is not None or case.event.path else []
    said += [shared.zone] if case.zones else []
    return (" " if language == "en" else "").join(saying.in_(language) for saying in said)


def _caption(cutting: Cutting, number: int, total: int, language: Language) -> str:
    saying = common().before if cutting.after_s < 0 else common().after
    seconds = f"{abs(cutting.after_s):.1f}"
    return saying.in_(language).format(number=number, total=total, seconds=seconds)


def _spaced(text: str, language: Language) -> str:
    return text if language == "en" else f"{text.rstrip('。')}，"
