"""A large model that runs in this process, from a folder of weights."""

import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from vigil.brain.chat import asked_again, chat_of
from vigil.brain.conversation import Tally
from vigil.brain.forced import Piece, Vocabulary, most_tokens, pieces_of
from vigil.brain.parsing import Misfit, is_refusal, parsed, plain
from vigil.brain.pictures import fitted
from vigil.brain.schema import strict_schema
from vigil.brain.settings import Seconds
from vigil.brain.solo import GivenUp, Solo, Stop
from vigil.brain.wire import Said
from vigil.core import (
    AnswerT,
    BrainError,
    BrainGarbled,
    BrainRefused,
    BrainUnavailable,
    ConfigError,
    ModelError,
    Question,
    Reply,
    part,
)

if TYPE_CHECKING:
    from vigil.brain.chat_model import ChatModel

LIBRARIES = ("torch", "transformers")


@part
class LocalBrain:
    """Qwen-VL, InternVL, SmolVLM and their like through transformers, one question at a time.

    Opens safetensors only, runs no code of the folder, fetches nothing.
    """

    folder: Path
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    """`auto`: the first GPU, or else the processor."""
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """`auto`: as the weights were saved."""
    forced: bool = True
    """We write the form of the answer, and the model fills in the blanks."""
    longest_px: Annotated[int, Field(ge=64, le=8192)] = 1024
    """A larger picture is shrunk."""
    total_s: Seconds = 120.0
    """For a question, waiting for others included; opening the weights is not."""
    open_s: Seconds = 600.0
    """For opening the weights."""

    def __post_init__(self) -> None:
        self._solo = Solo("local-brain")
        self._opened: ChatModel | None = None
        self._vocabulary: Vocabulary | None = None

    @property
    def model(self) -> str:
        return self.folder.name

    async def ask(self, question: Question, answer: type[AnswerT]) -> Reply[AnswerT]:
        """As `vigil.core.Brain`; a wrong folder raises `ConfigError` or `ModelError`."""
        tally = Tally()
        try:
            if self._opened is None:
                await self._solo.run(lambda _stop: self._open(), within_s=self.open_s)
            return await self._solo.run(
                lambda stop: self._answered(question, answer, tally, stop), within_s=self.total_s
            )
        except TimeoutError as error:
            limit_s = self.open_s if self._opened is None else self.total_s
            raise self._noted(tally, f"no answer in {limit_s:g} s") from error
        except GivenUp as error:
            raise self._noted(tally, "closed while it was asked") from error
        except BrainError as error:
            tally.note_on(error)
            raise

    def check(self) -> None:
        """Raises `ConfigError` or `ModelError` for what can be seen to be wrong at once."""
        _check_folder(self.folder)
        for library in LIBRARIES:
            if find_spec(library) is None:
                raise _more_libraries(library)

    async def close(self) -> None:
        """Let the weights go; the next question opens them anew."""
        self._solo.close()
        self._opened = self._vocabulary = None

    def _answered(
        self, question: Question, answer: type[AnswerT], tally: Tally, stop: Stop
    ) -> Reply[AnswerT]:
        model, began_s = self._open(), time.perf_counter()
        chat, pieces = chat_of(question, answer), self._pieces(model, answer)
        pictures = [fitted(still.image, self.longest_px) for still in question.stills]

        def said() -> Said:
            most = most_tokens(pieces) + 1 if pieces else question.most_tokens
            tally.calls += 1
            found = model.say(chat, pictures, most_tokens=most, stop=stop, pieces=pieces)
            tally.tokens_in += found.tokens_in or 0
            tally.tokens_out += found.tokens_out or 0
            return found

        first = said()
        try:
            fitting = self._fitting(first, answer)
        except Misfit as misfit:
            chat = asked_again(chat, first.text, str(misfit))
            fitting = self._mended(said(), answer)
        return Reply(
            answer=fitting,
            model=model.name,
            seconds=time.perf_counter() - began_s,
            calls=tally.calls,
            tokens_in=tally.tokens_in,
            tokens_out=tally.tokens_out,
        )

    def _fitting(self, said: Said, answer: type[AnswerT]) -> AnswerT:
        try:
            return parsed(said.text, answer)
        except Misfit:
            if is_refusal(said.text):
                raise BrainRefused(f"{self.model}: refuses: {plain(said.text, 160)}") from None
            raise

    def _mended(self, said: Said, answer: type[AnswerT]) -> AnswerT:
        try:
            return self._fitting(said, answer)
        except Misfit as misfit:
            raise BrainGarbled(
                f"{self.model}: no answer that fits, asked twice: {misfit}; "
                f"it said {plain(said.text, 120)!r}"
            ) from misfit

    def _pieces(self, model: "ChatModel", answer: type[AnswerT]) -> list[Piece]:
        if not self.forced:
            return []
        if self._vocabulary is None:
            self._vocabulary = model.vocabulary()
        return pieces_of(strict_schema(answer), self._vocabulary)

    def _open(self) -> "ChatModel":
        if self._opened is None:
            _check_folder(self.folder)
            self._opened = _chat_model(self)
        return self._opened

    def _noted(self, tally: Tally, why: str) -> BrainUnavailable:
        error = BrainUnavailable(f"{self.model}: {why}")
        tally.note_on(error)
        return error


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise ConfigError(
            f"brain.folder: found {folder}; allowed: a folder with a config.json, a tokenizer and "
            "weights in .safetensors"
        )
    if not any(folder.glob("*.safetensors")):
        raise ModelError(f"{folder}: holds no .safetensors; other kinds of weights are not opened")


def _chat_model(brain: LocalBrain) -> "ChatModel":
    try:
        # Takes seconds and half a gigabyte: only who asks a local model pays for it.
        from vigil.brain.chat_model import ChatModel  # noqa: PLC0415
    except ImportError as error:
        raise _more_libraries(error.name) from error
    return ChatModel(brain.folder, device=brain.device, precision=brain.precision)


def _more_libraries(name: str | None) -> ModelError:
    return ModelError(
        f"a local brain needs more libraries ({name}); install them with: "
        "pip install 'vigil-video[brain-local]'"
    )
