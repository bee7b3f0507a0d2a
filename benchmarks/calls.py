"""What a cascade asks a large model about, and what that makes of it: `decide --only accuracy`.

The product's own code says what is looked at again, what is asked, and what an answer settles
besides. Only a fake large model is asked, that knows the truth and errs on purpose.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.candidates import Age, clip_end_s
from benchmarks.report import Report
from benchmarks.suspicions import Material, Suspicion
from vigil.brain.openai import OpenAiBrain
from vigil.core import Case, Ruling, Verdict
from vigil.pipeline.appearance import Looks
from vigil.pipeline.judges import MORE_S
from vigil.pipeline.same_thing import is_same_thing, is_seen_again
from vigil.stages.verify.ask_brain import AskBrain
from vigil.stages.verify.prompts import Library
from vigil.testing.fake_answers import Asked, TruthOracle
from vigil.testing.fake_brain import FakeBrain

ACTS_A_DAY = 24
"""Assumed of a camera: one thing an hour, such as the films show, of which half are true."""
Verdicts = Mapping[str, Verdict | None]
"""By event; None: the clip could not be read."""


def unsure_of(material: Material, verdicts: Verdicts) -> list[Suspicion]:
    """What the second look does not rule on, in the order in which it was told."""
    unsure = [
        one
        for one in material.suspicions
        if (verdict := verdicts[one.event.id]) is not None and verdict.ruling is Ruling.UNSURE
    ]
    return sorted(unsure, key=lambda one: (one.event.source, one.told_s))


def shown_more(suspicions: Sequence[Suspicion], before: Age, after: Age) -> list[Suspicion]:
    """Those whose clips show more at the later age: they are looked at once more."""

    def end_s(one: Suspicion, age: Age) -> float:
        return clip_end_s(one.newborn, one.told_s, age)

    return [one for one in suspicions if end_s(one, after) - end_s(one, before) >= MORE_S]


@dataclass(kw_only=True)
class Answers:
    """What became of the questions of some films."""

    asked: list[Suspicion] = field(default_factory=list)
    settled: list[tuple[Suspicion, Suspicion]] = field(default_factory=list)
    """Each with the one whose answer settled it."""
    said: dict[str, Verdict] = field(default_factory=dict)
    """By event."""

    @property
    def calls(self) -> int:
        """Requests, second ones with the words in the pictures included."""
        return sum(verdict.calls for verdict in self.said.values())


class Knowing:
    """Knows of one suspicion at a time what there is to be known, and errs as often as it is told.

    What is not what it was taken for answers no question as the claim would have it; what is, and
    did not do what is claimed, only those about what it does.
    """

    def __init__(self, error_rate: float) -> None:
        self.one: Suspicion | None = None
        self.true = False
        self._rules = TruthOracle(lambda _asked: self.true, error_rate=error_rate, seed=1)
        self._library = Library(None)

    def __call__(self, asked: Asked) -> Mapping[str, Any] | str:
        assert self.one is not None
        answer = self._rules(asked)
        assert not isinstance(answer, str)
        confirms = answer["ruling"] == "confirmed"
        is_it = confirms or (self.one.meant and not self.true)
        speaks_for = {True: is_it, False: confirms}
        answers = {
            question.key: "yes" if speaks_for[question.thing] == question.expects else "no"
            for question in self._library.find((self.one.event.rule,)).questions
            if question.expects is not None
        }
        return {**answer, **answers}


def answers_to(
    unsure: Sequence[Suspicion], truths: Mapping[str, bool], error_rate: float = 0.0
) -> Answers:
    """Ask about all that is unsure, in order, except for what earlier answers settle."""
    return asyncio.run(_asked(unsure, truths, error_rate))


async def _asked(
    unsure: Sequence[Suspicion], truths: Mapping[str, bool], error_rate: float
) -> Answers:
    found, knows, looks = Answers(), Knowing(error_rate), Looks()
    with FakeBrain(knows) as server:
        judge = AskBrain(brain=OpenAiBrain(base_url=server.url, model="fake-brain"))
        for one in unsure:
            case = one.case()
            by = _settled_by(one, case, found, judge, looks)
            if by is not None:
                other, verdict = by
                found.settled.append((one, other))
            else:
                knows.one, knows.true = one, truths[one.event.id]
                verdict = await judge.verify(case)
                found.asked.append(one)
            found.said[one.event.id] = verdict
        await judge.close()
    return found


def _settled_by(
    one: Suspicion, case: Case, found: Answers, judge: AskBrain, looks: Looks
) -> tuple[Suspicion, Verdict] | None:
    for other in reversed(found.asked):
        if not is_same_thing(one.newborn, other.event):
            continue
        theirs = other.case()
        verdict = judge.carried(case, theirs, found.said[other.event.id])
        if verdict is not None and is_seen_again(looks, case, theirs, verdict.ruling):
            return other, verdict
    return None


def tell_calls(
    report: Report, name: str, material: Material, found: Answers, truths: Mapping[str, bool]
) -> None:
    """How often a large model is asked in a day; only the number of acts is assumed."""
    an_act = found.calls / material.acts
    rows = [(acts, f"{an_act * acts:.1f}") for acts in (6, 12, ACTS_A_DAY, 48, 96)]
    report.table(f"large calls a camera and day, {name}", ("acts a day", "calls"), rows)

    def words(one: Suspicion) -> str:
        return f"{'true' if truths[one.event.id] else 'false'} {one.event.rule}"

    report.details[f"questions, {name}"] = {
        "unsure": len(found.said),
        "asked": len(found.asked),
        "requests": found.calls,
        "settled by the answer about the same thing": [
            f"{words(one)} by {words(other)}: {found.said[one.event.id].ruling.value}"
            for one, other in found.settled
        ],
    } | _danger(material, truths)
    report.claim(
        f"large calls a camera and day at an assumed {ACTS_A_DAY} acts, {name}",
        an_act * ACTS_A_DAY,
        5,
        better="lower",
    )


def _danger(material: Material, truths: Mapping[str, bool]) -> dict[str, int]:
    """How often a rejection might be carried over to what is true, were nothing ever sure."""
    looks, library = Looks(), Library(None)
    shares = {
        rule: {question for question in library.find((rule,)).questions if question.thing}
        for rule in {one.event.rule for one in material.suspicions}
    }
    pairs = [
        (one, other)
        for one in material.suspicions
        for other in material.suspicions
        if truths[one.event.id]
        and not (truths[other.event.id] or other.meant)
        and other.told_s <= one.told_s
        and shares[one.event.rule]
        and shares[one.event.rule] <= shares[other.event.rule]
        and is_same_thing(one.newborn, other.event)
    ]
    alike = [
        (one, other)
        for one, other in pairs
        if is_seen_again(looks, one.case(), other.case(), Ruling.REJECTED)
    ]
    return {
        "true events after a false one of the same track": len(pairs),
        "of these, of the same colours": len(alike),
    }


def largest_error_rate(wanted: float, events: int, right: int, unsure: int, step: float) -> float:
    """How often who answers may err, in steps, so that so large a share of events is right."""
    rate = 1.0 - (wanted * events - right) / max(1, unsure)
    return math.floor(min(1.0, rate) / step) * step
