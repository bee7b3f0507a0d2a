"""One question put to one server, until an answer fits or there is no use in asking on."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic

from vigil.brain.asking import Asking
from vigil.brain.breaker import LeftAlone
from vigil.brain.endpoint import Busy, Endpoint, RequestRefused, Sick, Strange
from vigil.brain.forms import Form, after
from vigil.brain.parsing import Misfit, is_refusal, parsed, plain
from vigil.brain.retries import backoff_s
from vigil.brain.tokens import text_tokens
from vigil.brain.wire import Said
from vigil.core import AnswerT, BrainError, BrainGarbled, BrainRefused, Reply

MOST_RETRIES = 2
"""Of one request; the budget may allow fewer."""
A_LITTLE_S = 0.01
"""Clocks differ: a server is not asked earlier than it wants."""


@dataclass(kw_only=True)
class Tally:
    """What one question has cost so far, on all servers."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def note_on(self, error: BrainError) -> None:
        """Let an error tell what was spent before it."""
        error.calls = self.calls
        error.tokens_in, error.tokens_out = self.tokens_in, self.tokens_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation(Generic[AnswerT]):
    """At most one repair, and as many retries as the server's budget allows."""

    endpoint: Endpoint
    asking: Asking
    answer: type[AnswerT]
    tally: Tally
    time_left_s: Callable[[], float]
    elsewhere: Callable[[], bool]
    """Whether another server could be asked instead of waiting for this one."""
    chance: random.Random

    async def held(self) -> Reply[AnswerT]:
        """Ask, and ask once more when the answer does not fit; raises `BrainError`."""
        forms = self.endpoint.forms
        form, said, seconds = await self._asked(self.asking, forms.best)
        forms.taken(form)
        try:
            answer = self._answer_in(said)
        except Misfit as misfit:
            again = replace(self.asking, reply=said.text, problem=_explained(misfit, said))
            # A server that cut the answer off did heed the form.
            form = forms.best if said.finish == "length" else forms.misfits()
            return await self._repaired(again, form)
        forms.fits()
        return self._reply(answer, said, seconds)

    async def _repaired(self, again: Asking, form: Form) -> Reply[AnswerT]:
        _, said, seconds = await self._asked(again, form)
        try:
            return self._reply(self._answer_in(said), said, seconds)
        except Misfit as misfit:
            raise BrainGarbled(
                f"{self.endpoint.place.model}: no answer that fits, asked twice: {misfit}; "
                f"it said {plain(said.text, 120)!r}"
            ) from misfit

    async def _asked(self, asking: Asking, form: Form) -> tuple[Form, Said, float]:
        """In this form, or the next weaker one that the server takes; tells which."""
        while True:
            try:
                return form, *await self._said(asking, form)
            except RequestRefused as error:
                if form is Form.TEXT or not self.endpoint.forms.may_be_why(str(error)):
                    raise
                form = after(form)

    def _answer_in(self, said: Said) -> AnswerT:
        model = self.endpoint.place.model
        if said.refusal or said.finish == "content_filter":
            raise BrainRefused(f"{model}: refuses: {said.refusal or said.finish}")
        try:
            return parsed(said.text, self.answer)
        except Misfit:
            if is_refusal(said.text):
                raise BrainRefused(f"{model}: refuses: {plain(said.text, 160)}") from None
            raise

    async def _said(self, asking: Asking, form: Form) -> tuple[Said, float]:
        """One request with its retries."""
        body = asking.body(self.endpoint.place.model, form)
        self.endpoint.budget.earn()
        retry = 0
        while True:
            try:
                return await self._tried(asking, body)
            except (Sick, Busy, Strange) as error:
                wait_s = self._wait_s(error, retry)
                if wait_s is None:
                    raise
            retry += 1
            await asyncio.sleep(wait_s)

    async def _tried(self, asking: Asking, body: bytes) -> tuple[Said, float]:
        began_s = time.perf_counter()
        self.tally.calls += 1
        try:
            said = await self.endpoint.say(body)
        except LeftAlone:
            self.tally.calls -= 1
            raise
        self.tally.tokens_in += asking.tokens if said.tokens_in is None else said.tokens_in
        counted = said.tokens_out
        self.tally.tokens_out += text_tokens(said.text) if counted is None else counted
        return said, time.perf_counter() - began_s

    def _wait_s(self, error: BrainError, retry: int) -> float | None:
        """How long to wait before trying again; None: give this server up."""
        if retry >= MOST_RETRIES or self.elsewhere():
            return None
        asked_s = getattr(error, "retry_after_s", None)
        wait_s = asked_s + A_LITTLE_S if asked_s is not None else backoff_s(retry, self.chance)
        if wait_s >= self.time_left_s() or not self.endpoint.budget.spend():
            return None
        return float(wait_s)

    def _reply(self, answer: AnswerT, said: Said, seconds: float) -> Reply[AnswerT]:
        return Reply(
            answer=answer,
            model=said.model or self.endpoint.place.model,
            seconds=seconds,
            calls=self.tally.calls,
            tokens_in=self.tally.tokens_in,
            tokens_out=self.tally.tokens_out,
        )


def _explained(misfit: Misfit, said: Said) -> str:
    if said.finish == "length":
        return f"it broke off because it was too long ({misfit}); be brief"
    return str(misfit)
