"""What a large model is asked, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from vigil.core.frames import Image

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Still:
    """A picture as part of a question."""

    id: str
    """Stable through retries, made of ours alone: servers use it to reuse what they encoded."""
    image: Image
    caption: str = ""
    """What stands before it, such as `3 of 6, 1.5 s after the start`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """One call's worth of text and pictures. Holds no name of a camera, file or person."""

    system: str
    text: str
    stills: Sequence[Still] = ()
    most_tokens: int = 400
    """Of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[AnswerT]):
    """An answer that fits the schema, and what it cost."""

    answer: AnswerT
    model: str
    """The model that answered, as it calls itself."""
    seconds: float
    """Of the call that succeeded."""
    calls: int = 1
    """Requests that were made, repairs and repeats included."""
    tokens_in: int = 0
    tokens_out: int = 0


class Brain(Protocol):
    """A large multimodal model."""

    @property
    def model(self) -> str:
        """Which model, for the record."""
        ...

    async def ask(self, question: Question, answer: type[AnswerT]) -> Reply[AnswerT]:
        """Ask until `answer`, a pydantic model, can be made of what comes back.

        Raises `BrainUnavailable` when nobody answers in time, `BrainRefused` when the model will
        not, and `BrainGarbled` when its answer fits no schema. Cancelling it frees its place.
        """
        ...

    async def close(self) -> None:
        """Let connections and weights go."""
        ...
