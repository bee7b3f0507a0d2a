"""A question, an answer, a clock that is set by hand, and how a brain is asked."""

import asyncio
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from vigil.brain.openai import OpenAiBrain
from vigil.core import BrainError, Question, Reply, Still
from vigil.testing.fake_brain import FakeBrain

PICTURE = np.full((48, 64, 3), 90, np.uint8)
QUESTION = Question(
    system="You judge claims.",
    text="A person lies on the ground.",
    stills=[
        Still(id="event-1/0", image=PICTURE, caption="1 of 2"),
        Still(id="event-1/1", image=PICTURE + 40, caption="2 of 2"),
    ],
)
GOOD = '{"ruling": "rejected", "confidence": 0.75, "reason": "nobody is there"}'


class Judgement(BaseModel):
    """What a judge is asked for."""

    model_config = ConfigDict(frozen=True)

    ruling: Literal["confirmed", "rejected", "unsure"]
    confidence: float = Field(ge=0, le=1)
    reason: str


class HandClock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.time_s = 1_800_000_000.0

    def now_s(self) -> float:
        return self.time_s

    def monotonic_s(self) -> float:
        return self.time_s

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds


Told = Reply[Judgement] | BrainError


def brain_at(*fakes: FakeBrain, **settings: Any) -> OpenAiBrain:
    """A brain that asks these servers in this order, its settings checked as those of a file."""
    first, *others = fakes
    usual = {
        "base_url": first.url,
        "model": "fake-brain",
        "fallbacks": [{"base_url": other.url} for other in others],
        "read_s": 5.0,
        "total_s": 10.0,
    }
    return TypeAdapter(OpenAiBrain).validate_python(usual | settings)


async def told(brain: OpenAiBrain, question: Question = QUESTION) -> Told:
    """An answer, or the error that came instead."""
    try:
        return await brain.ask(question, Judgement)
    except BrainError as error:
        return error


def ask(brain: OpenAiBrain, *, times: int = 1, at_once: bool = False) -> list[Told]:
    """Ask the same so often, one after the other or all at once."""

    async def run() -> list[Told]:
        try:
            if at_once:
                return list(await asyncio.gather(*(told(brain) for _ in range(times))))
            return [await told(brain) for _ in range(times)]
        finally:
            await brain.close()

    return asyncio.run(run())


def ask_once(brain: OpenAiBrain) -> Reply[Judgement]:
    """Ask, where an answer is expected; raises what comes instead."""
    (found,) = ask(brain)
    if isinstance(found, BrainError):
        raise found
    return found
