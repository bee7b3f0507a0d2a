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
    background: bool = False
    """Nothing of the event is in it: it shows how the camera looks in quiet times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Something that a picture may show, for models that compare pictures with texts."""

    texts: Sequence[str]
    """The same in other words or languages, such as `a person lies on the ground`."""
    key: str = ""
    """The field of the answer that it fills; empty for the claim of the event itself."""
    expects: bool | None = None
    """Whether it is true of a true event; None: may be either."""
    negatives: Sequence[str] = ()
    """What else the pictures may show, such as `a person sits on a bench`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """One call's worth of text and pictures. Holds no name of a camera, file or person."""

    system: str
    text: str
    stills: Sequence[Still] = ()
    most_tokens: int = 400
    """Of the answer."""
    claims: Sequence[Claim] = ()
    """The same questions for a model that reads no prose; at most one without a key."""
    scope: str = ""
    """Stands for the camera where a model learns what is usual; never shown to any model."""


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
