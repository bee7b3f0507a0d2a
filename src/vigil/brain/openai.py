"""Large models behind any server that speaks the OpenAI protocol: vLLM, SGLang, llama.cpp, …"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from vigil.brain.asking import Asking
from vigil.brain.breaker import Breaker
from vigil.brain.conversation import Conversation, Tally
from vigil.brain.endpoint import Endpoint, Place, RequestRefused
from vigil.brain.pictures import encoded
from vigil.brain.retries import RetryBudget
from vigil.brain.settings import ApiKey, BaseUrl, Count, Extra, ModelName, Seconds, Share
from vigil.core import (
    AnswerT,
    BrainError,
    BrainGarbled,
    BrainRefused,
    BrainUnavailable,
    Clock,
    Question,
    Reply,
    SystemClock,
    part,
)
from vigil.net import Limits, host_of

OPEN_S, LONGEST_OPEN_S = 1.0, 2.0
"""How long a server that fails is left alone: what waits must be gone soon after it is back."""
FIRST_RETRIES = 3.0
"""There to begin with, for somebody who asks seldom."""


@part
class Fallback:
    """Another server, asked when those before it do not answer."""

    base_url: BaseUrl
    model: ModelName | None = None
    """None: called as on the first."""
    api_key: ApiKey | None = None
    """Never that of the first: a key is for one server."""


@dataclass(frozen=True, kw_only=True)
class _Open:
    """What belongs to one event loop."""

    loop: asyncio.AbstractEventLoop
    seats: asyncio.Semaphore
    endpoints: Sequence[Endpoint]


@part
class OpenAiBrain:
    """Asks servers in order until one answers; pictures are sent as bytes, never as addresses.

    Sockets open on first use.
    """

    base_url: BaseUrl
    model: ModelName
    api_key: ApiKey | None = None
    fallbacks: tuple[Fallback, ...] = ()
    concurrency: Count = 4
    """Questions at a time; more wait."""
    connect_s: Seconds = 5.0
    read_s: Seconds = 30.0
    """Without a byte. Without `stream` nothing comes before the whole answer is there."""
    total_s: Seconds = 60.0
    """For a question with all its repeats, waiting for a place included."""
    stream: bool = False
    """For servers that only stream; and then `read_s` may be short."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.0
    """None: the server's own."""
    thinking_tokens: Annotated[int, Field(ge=0)] = 0
    """Allowed on top of a question's own, for models that think first."""
    longest_px: Annotated[int, Field(ge=64, le=8192)] = 1536
    """A larger picture is shrunk."""
    jpeg_quality: Annotated[int, Field(ge=30, le=100)] = 85
    media_ids: bool = False
    """Give each picture its stable `uuid`; vLLM knows them, others may refuse the field."""
    most_bytes: Annotated[int, Field(ge=4096)] = 1 << 20
    """Of an answer; what is longer is cut off."""
    retry_share: Share = 0.1
    """Of calls that may be repeated to a server that fails; 0: none is."""
    failures: Count = 5
    """In a row, after which a server is left alone."""
    allow_private: bool = True
    """Most servers stand in the same house. Link-local addresses stay closed in any case."""
    ca_file: Path | None = None
    """Certificates (PEM) of your own authority."""
    extra: Extra = field(default_factory=dict)
    """Fields that every request says besides; null takes one of ours away."""

    def __post_init__(self) -> None:
        self.clock: Clock = SystemClock()
        """For breakers and dates; another one may be set before the first question."""
        self._open: _Open | None = None
        # Whether two of us wait equally long is nothing that anyone should rely on.
        self._chance = random.Random()  # noqa: S311

    async def ask(self, question: Question, answer: type[AnswerT]) -> Reply[AnswerT]:
        """See `vigil.core.Brain`; whatever leaves tells how much was spent."""
        tally = Tally()
        ends_s = asyncio.get_running_loop().time() + self.total_s
        try:
            here = self._here()
            async with asyncio.timeout_at(ends_s):
                # Before it takes a seat: a server that waits for pictures answers nobody.
                asking = await self._asking(question, answer)
                async with here.seats:
                    return await self._asked(here.endpoints, asking, answer, tally, ends_s)
        except TimeoutError as error:
            late = BrainUnavailable(f"{self._hosts}: no answer in {self.total_s:g} s")
            tally.note_on(late)
            raise late from error
        except BrainError as error:
            tally.note_on(error)
            raise

    async def served_models(self) -> list[str]:
        """Names of the models that the first server has; raises `BrainError`."""
        return await self._here().endpoints[0].models()

    async def close(self) -> None:
        """Let connections go; the next question opens them anew."""
        opened, self._open = self._open, None
        if opened is not None and opened.loop is asyncio.get_running_loop():
            for endpoint in opened.endpoints:
                await endpoint.close()

    async def _asked(
        self,
        endpoints: Sequence[Endpoint],
        asking: Asking,
        answer: type[AnswerT],
        tally: Tally,
        ends_s: float,
    ) -> Reply[AnswerT]:
        failed: list[BrainError] = []
        for number, endpoint in enumerate(endpoints):
            conversation = Conversation(
                endpoint=endpoint,
                asking=asking,
                answer=answer,
                tally=tally,
                time_left_s=lambda: ends_s - asyncio.get_running_loop().time(),
                elsewhere=_ready(endpoints[number + 1 :]),
                chance=self._chance,
            )
            try:
                return await conversation.held()
            except (BrainUnavailable, BrainGarbled, RequestRefused) as error:
                failed.append(error)
        raise summed_up(failed)

    async def _asking(self, question: Question, answer: Any) -> Asking:
        pictures = await asyncio.to_thread(
            lambda: [
                encoded(still, longest_px=self.longest_px, quality=self.jpeg_quality)
                for still in question.stills
            ]
        )
        streamed = {"stream": True, "stream_options": {"include_usage": True}}
        most_tokens = question.most_tokens + self.thinking_tokens
        fields = {"max_tokens": most_tokens, "temperature": self.temperature}
        return Asking(
            question=question,
            answer=answer,
            pictures=pictures,
            fields=fields | (streamed if self.stream else {}) | self.extra,
            with_ids=self.media_ids,
        )

    def _here(self) -> _Open:
        loop = asyncio.get_running_loop()
        if self._open is None or self._open.loop is not loop:
            # Sockets of a loop that has ended are of no use in this one.
            first = Fallback(base_url=self.base_url, api_key=self.api_key)
            self._open = _Open(
                loop=loop,
                seats=asyncio.Semaphore(self.concurrency),
                endpoints=[self._endpoint(each) for each in (first, *self.fallbacks)],
            )
        return self._open

    def _endpoint(self, server: Fallback) -> Endpoint:
        place = Place(
            base_url=server.base_url,
            model=server.model or self.model,
            key=server.api_key.get_secret_value() if server.api_key else None,
            limits=Limits(
                connect_s=self.connect_s,
                read_s=self.read_s,
                total_s=self.total_s,
                max_bytes=self.most_bytes,
            ),
            allow_private=self.allow_private,
            connections=self.concurrency,
            ca_file=self.ca_file,
        )
        breaker = Breaker(
            self.clock,
            name=host_of(server.base_url),
            failures=self.failures,
            open_s=OPEN_S,
            longest_s=LONGEST_OPEN_S,
        )
        return Endpoint(
            place, self.clock, breaker=breaker, budget=RetryBudget(share=self.retry_share)
        )

    @property
    def _hosts(self) -> str:
        addresses = [self.base_url, *(each.base_url for each in self.fallbacks)]
        return ", ".join(map(host_of, addresses))


def summed_up(failed: Sequence[BrainError]) -> BrainError:
    """What to say when no server has an answer: the gentlest of the errors, all their words."""
    if len(failed) == 1:
        return failed[0]
    said = "; ".join(map(str, failed))
    away = [error for error in failed if isinstance(error, BrainUnavailable)]
    if away:
        waits = [error.retry_after_s for error in away if error.retry_after_s is not None]
        return BrainUnavailable(said, retry_after_s=min(waits, default=None))
    garbled = any(isinstance(error, BrainGarbled) for error in failed)
    return BrainGarbled(said) if garbled else BrainRefused(said)


def _ready(others: Sequence[Endpoint]) -> Callable[[], bool]:
    return lambda: any(other.breaker.wait_s == 0 for other in others)
