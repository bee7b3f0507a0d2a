"""Questions to a large model from code that does not wait for the network itself."""

import asyncio
from collections.abc import Sequence
from typing import Self

import structlog
from pydantic import BaseModel

from vigil.core import Brain, BrainGarbled, BrainRefused, Question

LOG = structlog.get_logger(__name__)


class Asker:
    """Asks several questions at once; the model's own settings say how many."""

    def __init__(self, brain: Brain) -> None:
        self._brain = brain
        self._runner = asyncio.Runner()
        self.calls = 0
        """Requests that were made, repairs and repeats included."""

    @property
    def model(self) -> str:
        return self._brain.model

    def ask(self, questions: Sequence[Question], answer: type[BaseModel]) -> list[BaseModel | None]:
        """An answer to each; None where the model will not, or says nothing that fits.

        Raises `BrainUnavailable` when nobody answers: what is asked later would fare no better.
        """

        async def all_() -> list[BaseModel | None]:
            return await asyncio.gather(*(self._one(each, answer) for each in questions))

        return self._runner.run(all_())

    async def _one(self, question: Question, answer: type[BaseModel]) -> BaseModel | None:
        try:
            reply = await self._brain.ask(question, answer)
        except (BrainGarbled, BrainRefused) as error:
            self.calls += error.calls
            LOG.warning("no answer", model=self.model, reason=str(error))
            return None
        self.calls += reply.calls
        return reply.answer

    def close(self) -> None:
        """Let connections and weights go."""
        self._runner.run(self._brain.close())
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
