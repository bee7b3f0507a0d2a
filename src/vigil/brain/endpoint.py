"""One server of the OpenAI kind: where it is, how it does, and what it understands."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from vigil.brain.breaker import Breaker
from vigil.brain.forms import FormMemory, speaks_of_form
from vigil.brain.parsing import load_json, plain
from vigil.brain.retries import RetryBudget, retry_after_s
from vigil.brain.wire import Misspoken, Said, error_text, read_completion, read_stream
from vigil.core import (
    BrainError,
    BrainGarbled,
    BrainRefused,
    BrainUnavailable,
    Clock,
    NetError,
    NetRefused,
)
from vigil.net import Answer, AsyncGuardedClient, Limits, host_of

T = TypeVar("T")

OK = 200
BUSY = 429
SHUT = (401, 402, 403, 404, 405)
SICK = (408, 409, 425)
SERVER_ERROR = 500
INABILITY = (500, 501)
PATIENCE_S = 5.0
"""A call that somebody cancels after waiting longer counts against the server."""
MOST_WAIT_S = 60.0
"""A server that asks for a longer rest is asked again after this."""
FILTERED = ("content_filter", "content_policy", "data_inspection", "moderation")
"""In the error of a server that will not look at a picture."""


class Sick(BrainUnavailable):
    """It does not answer, breaks off, or fails inside; another try may help."""


class Busy(BrainUnavailable):
    """It asks to be left alone for a while, which is no fault of it."""


class Shut(BrainUnavailable):
    """It will not have us: address, key or model are wrong; only the settings can help."""


class Strange(BrainGarbled):
    """It answers, but nothing that is a chat completion."""


class RequestRefused(BrainRefused):
    """It cannot do what the request asks; perhaps it can in another form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a server is, and how it is to be asked."""

    base_url: str
    """Up to and without `/chat/completions`."""
    model: str
    key: str | None
    limits: Limits
    allow_private: bool
    connections: int
    ca_file: Path | None


class Endpoint:
    """Asks one server. Raises nothing but `BrainError`, and no message holds the key."""

    def __init__(
        self, place: Place, clock: Clock, *, breaker: Breaker, budget: RetryBudget
    ) -> None:
        """Raises `BrainUnavailable` when its certificates cannot be read."""
        self.place = place
        self.breaker = breaker
        self.budget = budget
        self.forms = FormMemory()
        self._clock = clock
        try:
            self._client = AsyncGuardedClient(
                allow_private=place.allow_private,
                connections=place.connections,
                ca_file=place.ca_file,
            )
        except NetRefused as error:
            raise Shut(str(error)) from error

    async def say(self, body: bytes) -> Said:
        """Send one chat completion request and read what comes back.

        Raises `BrainUnavailable` (at once and without asking while it is left alone),
        `BrainRefused`, or `Strange` for what is no chat completion.
        """
        return await self._asked("POST", "/chat/completions", body, self._read)

    async def models(self) -> list[str]:
        """Names of the models that it serves; raises as `say` does."""
        return await self._asked("GET", "/models", b"", _names)

    async def close(self) -> None:
        """Let connections go."""
        await self._client.close()

    async def _asked(self, method: str, path: str, body: bytes, read: Callable[[Answer], T]) -> T:
        with self.breaker.attempt(failures=(Sick, Shut, Strange), patience_s=PATIENCE_S):
            answer = await self._exchanged(method, path, body)
            if answer.status == OK:
                return self._understood(answer, read)
            error = self._error(answer)
            if isinstance(error, (Sick, Shut)):
                raise error
        # It is well, for it says what it wants.
        raise error

    async def _exchanged(self, method: str, path: str, body: bytes) -> Answer:
        headers = {"Content-Type": "application/json"} if body else {}
        if self.place.key is not None:
            headers["Authorization"] = f"Bearer {self.place.key}"
        url = self.place.base_url + path
        try:
            return await self._client.exchange(
                method, url, content=body, headers=headers, limits=self.place.limits
            )
        except NetRefused as error:
            raise Shut(str(error)) from error
        except NetError as error:
            raise Sick(str(error)) from error

    def _read(self, answer: Answer) -> Said:
        if "event-stream" in answer.headers.get("content-type", ""):
            return read_stream(answer.body)
        if answer.cut:
            raise Misspoken(f"longer than the {self.place.limits.max_bytes} bytes allowed")
        return read_completion(answer.body)

    def _understood(self, answer: Answer, read: Callable[[Answer], T]) -> T:
        try:
            return read(answer)
        except Misspoken as error:
            raise Strange(self._told(answer, str(error))) from error

    def _error(self, answer: Answer) -> BrainError:
        """What an answer that is none means; notes for how long to leave the server alone."""
        text = error_text(answer.body)
        told = self._told(answer, text)
        wait_s = self._rest(answer)
        if any(word in text.lower() for word in FILTERED):
            return BrainRefused(told)
        if answer.status == BUSY:
            return Busy(told, retry_after_s=wait_s)
        if answer.status in SHUT:
            return Shut(told)
        # Some servers fail inside over a schema that they cannot follow.
        sick = answer.status in SICK or answer.status >= SERVER_ERROR
        if sick and not (answer.status in INABILITY and speaks_of_form(text)):
            return Sick(told, retry_after_s=wait_s)
        return RequestRefused(told)

    def _rest(self, answer: Answer) -> float | None:
        header = answer.headers.get("retry-after")
        wait_s = retry_after_s(header, now_s=self._clock.now_s(), most_s=MOST_WAIT_S)
        if wait_s is not None:
            self.breaker.rest(wait_s)
        return wait_s

    def _told(self, answer: Answer, text: str) -> str:
        key = self.place.key
        shown = text.replace(key, "***") if key else text
        return f"{host_of(self.place.base_url)}: {answer.status}: {shown or 'says nothing'}"


def _names(answer: Answer) -> list[str]:
    try:
        found = load_json(answer.body)
        return [plain(str(each["id"]), 200) for each in found["data"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Misspoken("no list of models") from error
