"""A server on loopback that speaks the chat completions protocol and knows nothing.

It answers by a function of the request, with the latency and the parallel slots it is given, and
misbehaves when told to. Every answer says that it is a fake's: `model`, `system_fingerprint` and
each reason. As a process of its own: `python -m vigil.testing.fake_brain --port 0`; there
`GET /fake/counts` tells what it saw, and `POST /fake/faults` with `{"then": ["429:1"]}` or
`{"always": "hang"}` makes it misbehave.
"""

import argparse
import asyncio
import json
import sys
import threading
from collections import deque
from collections.abc import Collection, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from vigil.testing.fake_answers import Asked, BadRequest, Oracle, TruthOracle, agreeable
from vigil.testing.fake_faults import (
    Drops,
    Endless,
    Fails,
    Fault,
    Halves,
    Hangs,
    Sends,
    Trickles,
    fault_named,
)
from vigil.testing.fake_http import (
    JSON,
    MOST_HEAD_BYTES,
    STREAM,
    Request,
    as_json,
    head,
    read_request,
    response,
)
from vigil.testing.fake_speech import Manner, Voice, event, failure
from vigil.testing.running import Running

HOST = "127.0.0.1"
ALL_FORMS = frozenset({"json_schema", "json_object", "tools"})
TRICKLE_STEP_S = 0.05
WORDS_A_WRITE = 200


@dataclass(kw_only=True)
class Counts:
    """What a fake brain saw."""

    calls: int = 0
    """Chat completion requests, whatever became of them."""
    answered: int = 0
    """Of these, those that got a whole and well-formed answer."""
    faults: int = 0
    aborted: int = 0
    """Hung up on before the answer was there."""
    turned_away: int = 0
    """Sent off because the queue was full."""
    pictures: int = 0
    bytes_in: int = 0
    at_once: int = 0
    """Requests that are being worked on or wait now."""
    most_at_once: int = 0
    forms: dict[str, int] = field(default_factory=dict)
    """How answers were asked for: json_schema, json_object, tools or text."""


class FakeBrain(Running):
    """Serves in a thread of its own; a context manager."""

    def __init__(
        self,
        oracle: Oracle = agreeable,
        *,
        port: int = 0,
        model: str = "fake-brain",
        api_key: str = "",
        latency_s: float = 0.0,
        slots: int = 64,
        queue: int | None = None,
        supports: Collection[str] = ALL_FORMS,
        heeds: bool = True,
        manner: Manner = "plain",
        counts_tokens: bool = True,
    ) -> None:
        """`port` 0 takes a free one and keeps it.

        Each answer takes `latency_s` in one of `slots`; more than `queue` waiting requests are
        sent off with status 429 (None: any number may wait). Forms that it does not support
        are refused; if it does not heed those that it supports, it answers in its `manner`.
        """
        self.port = port
        self.counts = Counts()
        self.asked: deque[Asked] = deque(maxlen=64)
        """The newest requests, oldest first."""
        self._oracle = oracle
        self._model = model
        self._api_key = api_key
        self._latency_s = latency_s
        self._slots = slots
        self._queue = queue
        self._supports = frozenset(supports)
        self._voice = Voice(model=model, heeds=heeds, manner=manner, counts_tokens=counts_tokens)
        self._next: deque[Fault | None] = deque()
        self._usual: Fault | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """What a client calls `base_url`."""
        return f"http://{HOST}:{self.port}/v1"

    def then(self, *faults: Fault | None) -> None:
        """Misbehave so on the next calls, one each, in this order; None: behave."""
        self._next.extend(faults)

    def always(self, fault: Fault | None) -> None:
        """Misbehave so on every call that `then` says nothing about; None: behave again."""
        self._usual = fault

    def start(self) -> None:
        """Listen; back when ready."""
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="fake-brain", daemon=True
        )
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError(f"the fake brain did not start on port {self.port}")

    def stop(self) -> None:
        """Close all connections and stop listening; `start` comes back on the same port."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)
            self._thread = None

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._places = asyncio.Semaphore(self._slots)
        talks: set[asyncio.Task[None]] = set()

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            talk = asyncio.create_task(self._talk(reader, writer))
            talks.add(talk)
            with suppress(asyncio.CancelledError):
                await talk
            talks.discard(talk)

        server = await asyncio.start_server(meet, HOST, self.port, limit=MOST_HEAD_BYTES)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stopping.wait()
        server.close()
        for talk in list(talks):
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        # The callbacks of closed connections run before the loop ends.
        await asyncio.sleep(0.01)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                if not await self._unless_gone(reader, self._respond(request, writer)):
                    return
        finally:
            writer.close()

    async def _unless_gone(
        self, reader: asyncio.StreamReader, answering: Coroutine[Any, Any, bool]
    ) -> bool:
        """Stop working when the client hangs up, as real servers do. Returns whether to go on."""
        work = asyncio.create_task(answering)
        gone = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.counts.aborted += 1
                return False
            return work.result()
        except OSError:
            self.counts.aborted += 1
            return False
        finally:
            work.cancel()
            gone.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    async def _respond(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; returns whether the connection stays open."""
        where = (request.method, request.path)
        if where == ("POST", "/v1/chat/completions"):
            return await self._completion(request, writer)
        if where == ("GET", "/v1/models"):
            listed = {"id": self._model, "object": "model", "owned_by": "vigil.testing"}
            found = response(200, as_json({"object": "list", "data": [listed]}))
        elif where == ("GET", "/fake/counts"):
            found = response(200, as_json(asdict(self.counts)))
        elif where == ("POST", "/fake/faults"):
            found = self._told(request.body)
        else:
            found = failure(404, f"no such path: {request.path}")
        await _send(writer, found)
        return True

    def _told(self, body: bytes) -> bytes:
        try:
            wanted = json.loads(body)
            self.then(*(fault_named(name) for name in wanted.get("then", ())))
            if "always" in wanted:
                self.always(fault_named(wanted["always"] or "well"))
        except (ValueError, TypeError, AttributeError) as error:
            return failure(400, str(error))
        return response(200, b"{}")

    async def _completion(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        counts = self.counts
        fault = self._next.popleft() if self._next else self._usual
        number, counts.calls = counts.calls, counts.calls + 1
        counts.bytes_in += len(request.body)
        counts.faults += fault is not None
        counts.at_once += 1
        counts.most_at_once = max(counts.most_at_once, counts.at_once)
        try:
            return await self._served(request, writer, fault, number)
        except BadRequest as error:
            await _send(writer, failure(400, str(error)))
            return True
        finally:
            counts.at_once -= 1

    async def _served(
        self, request: Request, writer: asyncio.StreamWriter, fault: Fault | None, number: int
    ) -> bool:
        if self._api_key and request.headers.get("authorization") != f"Bearer {self._api_key}":
            await _send(writer, failure(401, "Incorrect API key provided"))
            return True
        asked, form = self._understood(request.body, number)
        if isinstance(fault, Fails | Hangs | Drops | Sends):
            return await self._misbehaved(writer, fault)
        if self._queue is not None and self.counts.at_once > self._slots + self._queue:
            self.counts.turned_away += 1
            await _send(writer, failure(429, "too many requests", {"Retry-After": "1"}))
            return True
        async with self._places:
            await asyncio.sleep(self._latency_s)
            return await self._spoken(asked, form, writer, fault)

    async def _misbehaved(
        self, writer: asyncio.StreamWriter, fault: Fails | Hangs | Drops | Sends
    ) -> bool:
        match fault:
            case Fails(status=status, retry_after=retry_after, message=message):
                headers = {"Retry-After": retry_after} if retry_after is not None else {}
                await _send(writer, failure(status, message, headers))
                return True
            case Sends(body=body, kind=kind):
                await _send(writer, response(200, body, kind=kind))
                return True
            case Hangs():
                await self._stopping.wait()
        return False

    def _understood(self, body: bytes, number: int) -> tuple[Asked, str]:
        """The request and the form of its answer, if a real server would take it."""
        try:
            found = json.loads(body)
        except ValueError as error:
            raise BadRequest(f"no JSON: {error}") from error
        if not isinstance(found, dict):
            raise BadRequest("allowed: an object")
        asked = Asked(body=found, number=number)
        if found.get("model") != self._model:
            raise BadRequest(f"The model {found.get('model')!r} does not exist")
        form = str((found.get("response_format") or {}).get("type", "text"))
        form = "tools" if found.get("tools") else form
        if form != "text" and form not in self._supports:
            raise BadRequest(f"{'tools' if form == 'tools' else 'response_format'}: not supported")
        if form == "json_object" and "json" not in (asked.system + asked.text).lower():
            raise BadRequest("messages must contain the word 'json'")
        self.counts.forms[form] = self.counts.forms.get(form, 0) + 1
        self.counts.pictures += len(asked.jpegs)
        self.asked.append(asked)
        return asked, form

    async def _spoken(
        self, asked: Asked, form: str, writer: asyncio.StreamWriter, fault: Fault | None
    ) -> bool:
        streams = bool(asked.body.get("stream"))
        if isinstance(fault, Endless):
            await _talk_on(writer, streams)
            return False
        speech = await asyncio.to_thread(self._voice.speech, asked, form, self._oracle, fault)
        body = self._voice.body(asked, speech)
        found = response(200, body, kind=STREAM if streams else JSON)
        match fault:
            case Trickles(bytes_per_s=rate):
                await _trickle(writer, found, rate)
            case Halves():
                await _send(writer, found[: len(found) - len(body) // 2])
                return False
            case _:
                # Counted before whoever reads it may ask for the count.
                self.counts.answered += fault is None
                await _send(writer, found)
        return True


async def _send(writer: asyncio.StreamWriter, found: bytes) -> None:
    writer.write(found)
    await writer.drain()


async def _trickle(writer: asyncio.StreamWriter, found: bytes, bytes_per_s: float) -> None:
    step = max(1, round(bytes_per_s * TRICKLE_STEP_S))
    for at in range(0, len(found), step):
        await _send(writer, found[at : at + step])
        await asyncio.sleep(step / bytes_per_s)


async def _talk_on(writer: asyncio.StreamWriter, streams: bool) -> None:
    """Words without end, until the client hangs up."""
    kind = STREAM if streams else JSON
    await _send(writer, head(200, kind=kind, headers={"Connection": "close"}))
    if not streams:
        begin = '{"model": "fake-brain", "choices": [{"message": {"content": "'
        await _send(writer, begin.encode())
    words = "and so on " * WORDS_A_WRITE
    delta = {"model": "fake-brain", "choices": [{"delta": {"content": words}}]}
    while True:
        await _send(writer, event(as_json(delta)) if streams else words.encode())


def main(arguments: list[str] | None = None) -> None:
    """Serve until killed; one line on standard output says where."""
    parser = argparse.ArgumentParser(description="A fake large model that knows nothing.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-s", type=float, default=0.0)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--queue", type=int)
    parser.add_argument("--error-rate", type=float, default=0.0, help="share of wrong answers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fault", help="misbehave on every call: 500, 429:2, hang, garbage, …")
    chosen = parser.parse_args(arguments)
    oracle = TruthOracle(lambda _: True, error_rate=chosen.error_rate, seed=chosen.seed)
    brain = FakeBrain(
        oracle,
        port=chosen.port,
        latency_s=chosen.latency_s,
        slots=chosen.slots,
        queue=chosen.queue,
    )
    try:
        brain.always(fault_named(chosen.fault or "well"))
    except ValueError as error:
        parser.error(str(error))
    with brain, suppress(KeyboardInterrupt):
        sys.stdout.write(f"{brain.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
