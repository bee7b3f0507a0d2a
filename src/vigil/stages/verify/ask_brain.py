"""A judge that shows a large model a few pictures and asks it questions."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from vigil.config.parts import AnyBrain
from vigil.core import (
    Case,
    Clock,
    Question,
    Reply,
    Ruling,
    SourceLost,
    SystemClock,
    Verdict,
    part,
)
from vigil.stages.verify.answers import answer_type, judgement_of
from vigil.stages.verify.asking import Asking, asking_for
from vigil.stages.verify.carrying import carried_ruling
from vigil.stages.verify.choosing import moments
from vigil.stages.verify.health import health_verdict
from vigil.stages.verify.heard import not_refuted
from vigil.stages.verify.meaning import family_of, kind_of
from vigil.stages.verify.pool import Pool, Stop
from vigil.stages.verify.prompts import Language, Library, Prompt, prompt_hash, prompt_of
from vigil.stages.verify.stills import Patches, cuttings, how_many

CARRIED = "As answered of the same thing before"
CARRIED_ZH = "依据此前对同一目标的回答"
DISAGREES = "Rejected with the words in the picture blurred, and not with them"


@part
class AskBrain:
    """Asks the question set of the event's algorithm, rule or sort of rule, with a strict schema.

    `brain`: who is asked. `language`: of the question. `budget`: tokens of all pictures of one
    call, counted as `patch_px` squared a token. `most_stills`: one of the whole picture, the rest
    of its parts. `prompts`: a folder with files that come before our own. `check_words`: words
    in pictures are blurred; where that may hide what it is about, ask again as it is before it
    is rejected.
    """

    brain: AnyBrain
    language: Language = "en"
    budget: Annotated[int, Field(ge=16, le=100_000)] = 800
    patch_px: Annotated[int, Field(ge=8, le=64)] = 28
    most_stills: Annotated[int, Field(ge=1, le=32)] = 6
    prompts: Path | None = None
    check_words: bool = True
    workers: Annotated[int, Field(ge=1)] = 1

    def __post_init__(self) -> None:
        self.clock: Clock = SystemClock()
        self.on_answer: Callable[[], None] = _nobody_waits
        """Called whenever the large model has answered, before anything is made of it."""
        self._library = Library(self.prompts)
        self._patches = Patches(patch_px=self.patch_px)
        self._pool = Pool(self.workers, "ask-brain")

    async def verify(self, case: Case) -> Verdict:
        """As `Verifier`. Events of the camera itself are confirmed by its health alone."""
        return await (await self.prepare(case))()

    async def prepare(self, case: Case) -> Callable[[], Awaitable[Verdict]]:
        """All but the asking: pictures are chosen and cut, and wait for a call of the result.

        A call may be repeated after a `BrainError`. Raises `SourceError` for an unreadable clip.
        """
        if family_of(case) == "camera":
            return partial(_at_once, health_verdict(case, self.clock))
        prompt = self._prompt(case)
        began_s = self.clock.monotonic_s()
        asking = await self._pool.run(lambda stop: self._asking(case, prompt, stop))
        framed_s = self.clock.monotonic_s() - began_s
        return partial(self._verdict, case, prompt, asking, framed_s)

    def carried(self, case: Case, other: Case, said: Verdict) -> Verdict | None:
        """What was `said` of another event of the same thing, as far as it settles this one.

        None where nobody can tell without asking: the claims have to name the same thing, and
        the prompt has to be the one of today.
        """
        if case.subject is not None or other.subject is not None:
            return None
        ours, theirs = self._prompt(case), self._prompt(other)
        asked = prompt_hash(theirs, self.language, answer_type(theirs.questions))
        if said.prompt != asked or case.event.label != other.event.label:
            return None
        ruling = carried_ruling(ours, theirs, said)
        if ruling is None:
            return None
        return replace(
            said,
            event_id=case.event.id,
            ruling=ruling,
            reason=f"{CARRIED}: {said.reason}",
            reason_zh=f"{CARRIED_ZH}：{said.reason_zh}" if said.reason_zh else "",
            time_s=self.clock.now_s(),
            seconds={},
            calls=0,
            tokens_in=0,
            tokens_out=0,
        )

    async def _verdict(
        self, case: Case, prompt: Prompt, asking: Asking, framed_s: float
    ) -> Verdict:
        began_s = self.clock.monotonic_s()
        verdict = await self._asked(case, prompt, asking.first)
        if family_of(case) == "heard":
            verdict = not_refuted(verdict)
        if verdict.ruling is Ruling.REJECTED and asking.again is not None:
            verdict = _both(verdict, await self._asked(case, prompt, asking.again))
        asked_s = self.clock.monotonic_s() - began_s
        took = {"frames": framed_s, "model": asked_s, "total": framed_s + asked_s}
        return replace(verdict, time_s=self.clock.now_s(), seconds=took)

    async def close(self) -> None:
        self._pool.close()
        await self.brain.close()

    def _prompt(self, case: Case) -> Prompt:
        if case.subject is not None:
            return prompt_of(case.subject)
        names = (case.event.algorithm or "", case.event.rule, kind_of(case))
        return self._library.find(names)

    def _asking(self, case: Case, prompt: Prompt, stop: Stop) -> Asking:
        """Raises `SourceError` when there is nothing to show."""
        chosen = moments(case, stop, most=how_many(self.most_stills, self.budget))
        shown = cuttings(
            case,
            chosen,
            stop,
            budget=self.budget,
            patches=self._patches,
            find_words=self.check_words,
        )
        if not shown:
            raise SourceLost("the clip shows nothing of the event")
        return asking_for(case, prompt, self.language, shown)

    async def _asked(self, case: Case, prompt: Prompt, question: Question) -> Verdict:
        form = answer_type(prompt.questions)
        reply: Reply[BaseModel] = await self.brain.ask(question, form)
        self.on_answer()
        found = judgement_of(reply.answer, prompt.questions)
        return Verdict(
            event_id=case.event.id,
            ruling=found.ruling,
            likelihood=found.likelihood,
            reason=found.reason,
            reason_zh=found.reason if self.language == "zh" else "",
            answers=found.answers,
            judge=f"ask_brain:{reply.model}",
            prompt=prompt_hash(prompt, self.language, form),
            time_s=self.clock.now_s(),
            calls=reply.calls,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
        )


def _nobody_waits() -> None:
    pass


async def _at_once(verdict: Verdict) -> Verdict:
    return verdict


def _both(first: Verdict, plain: Verdict) -> Verdict:
    """What was rejected stays so only when that does not hang on what the blur hides."""
    agree = plain.ruling is Ruling.REJECTED
    return replace(
        first,
        ruling=Ruling.REJECTED if agree else Ruling.UNSURE,
        likelihood=(first.likelihood + plain.likelihood) / 2 if agree else 0.5,
        reason=first.reason if agree else f"{DISAGREES}: {first.reason}",
        calls=first.calls + plain.calls,
        tokens_in=first.tokens_in + plain.tokens_in,
        tokens_out=first.tokens_out + plain.tokens_out,
    )
