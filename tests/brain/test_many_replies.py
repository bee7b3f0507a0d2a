"""Five thousand replies of a brain gone mad, over real connections."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from vigil.core import Reply
from vigil.testing.fake_brain import FakeBrain
from vigil.testing.fake_faults import Fault, Says, Sends

from .helpers import GOOD, QUESTION, Judgement, brain_at, told

QUESTIONS = 2500
AT_ONCE = 8
ODD = (
    "\x00", "\ud800", "\u202e", "\u2028", "é", "误报", "🙂", "\\", '"', "`", "{", "}", "[",
    "<think>", "</think>", "null", "NaN", "-Infinity", "1e999", "9" * 400,
    "$(rm -rf /)", "__import__('os')",
    "../../etc/passwd", "'; DROP TABLE event; --",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "0.75", "", "rejected", "REJECTED", [], [1], {}, {"a": 1},
    "x" * 20_000, float("nan"), float("inf"), "a\x00b", ["rejected"], {"ruling": "rejected"},
)  # fmt: skip


def mutated(chance: random.Random) -> str:
    """An answer with values, words or nesting that it should not have."""
    found: Any = json.loads(GOOD)
    for _ in range(chance.randint(1, 3)):
        match chance.randrange(5):
            case 0:
                found[chance.choice(list(found) or ["a"])] = chance.choice(VALUES)
            case 1:
                found.pop(chance.choice(list(found)), None) if found else None
            case 2:
                found[chance.choice(ODD)] = chance.choice(VALUES)
            case 3:
                found = {chance.choice(["answer", "result", "a"]): found}
            case _:
                found = {**found, "deep": nested(chance.randint(1, 300))}
    return json.dumps(found, ensure_ascii=chance.random() < 0.5)


def nested(depth: int) -> Any:
    found: Any = 1
    for _ in range(depth):
        found = [found] if depth % 2 else {"a": found}
    return found


def scrambled(chance: random.Random) -> str:
    """An answer whose characters were cut, doubled, replaced or wrapped."""
    text = GOOD
    for _ in range(chance.randint(1, 4)):
        at, to = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        match chance.randrange(5):
            case 0:
                text = text[:at]
            case 1:
                text = text[:at] + chance.choice(ODD) + text[at:]
            case 2:
                text = text[:at] + text[to:]
            case 3:
                text = text[:to] + text[at:]
            case _:
                text = chance.choice(ODD) * chance.choice([1, 3, 500]) + text
        text = text or "{"
    return text


def text_of(chance: random.Random) -> str:
    kinds: list[Callable[[random.Random], str]] = [
        mutated,
        scrambled,
        lambda c: "".join(c.choices(ODD, k=c.randint(0, 30))),
        lambda c: "".join(chr(c.randrange(0x250)) for _ in range(c.randint(0, 300))),
        lambda c: c.choice(["{", "[", '{"a":', "</think>"]) * c.choice([10, 3000]),
        lambda c: f"{GOOD}{c.choice(['', ' ', 'and '])}{mutated(c)}",
    ]
    return chance.choice(kinds)(chance)


def body_of(chance: random.Random) -> bytes:
    """The bytes of a completion that went wrong, or of something else altogether."""
    message: dict[str, Any] = {"content": text_of(chance)}
    if chance.random() < 0.3:
        message[chance.choice(["content", "refusal", "tool_calls"])] = chance.choice(VALUES)
    found: dict[str, Any] = {"model": "m", "choices": [{"message": message}], "usage": {}}
    if chance.random() < 0.4:
        found[chance.choice(["model", "choices", "usage", "error"])] = chance.choice(VALUES)
    if chance.random() < 0.2:
        found["choices"] = [chance.choice(VALUES)]
    body = json.dumps(found).encode()
    at = chance.randrange(len(body))
    return chance.choice([body, body, body[:at], chance.randbytes(200), body[at:] + body])


def faults(seed: int) -> Iterator[Fault]:
    chance = random.Random(seed)
    while True:
        if chance.random() < 0.6:
            text = text_of(chance).encode("utf-8", "replace").decode()
            yield Says(text=text, finish=chance.choice(["stop", "stop", "length", ""]))
        else:
            kind = chance.choice(["application/json", "text/event-stream"])
            prefix = b"data: " if "event" in kind and chance.random() < 0.8 else b""
            yield Sends(body=prefix + body_of(chance), kind=kind)


async def asked(server: FakeBrain, stream: bool, times: int) -> Counter[str]:
    brain = brain_at(
        server,
        stream=stream,
        # Neither patience nor a breaker shall come between.
        connect_s=600,
        read_s=600,
        total_s=600,
        failures=10**9,
        retry_share=0,
        concurrency=AT_ONCE,
        most_bytes=65536,
    )
    question = replace(QUESTION, stills=())
    kinds: Counter[str] = Counter()

    async def one() -> None:
        # Whatever is no BrainError passes `told`, and fails the test.
        found = await told(brain, question)
        kinds[type(found).__name__] += 1
        if isinstance(found, Reply):
            assert isinstance(found.answer, Judgement)
            assert 0 <= found.answer.confidence <= 1
            assert "\x00" not in found.answer.reason
        else:
            assert "\n" not in str(found)
            assert len(str(found).encode()) < 2000

    await asyncio.gather(*(one() for _ in range(times)))
    await brain.close()
    return kinds


@pytest.mark.slow
@pytest.mark.parametrize("stream", [False, True])
def test_nothing_but_a_brain_error_ever_leaves(
    fake: Callable[..., FakeBrain], stream: bool
) -> None:
    server = fake()
    source = faults(seed=int(stream))
    # A question that is asked again for a repair takes two.
    server.then(*(next(source) for _ in range(2 * QUESTIONS)))
    kinds = asyncio.run(asked(server, stream, QUESTIONS))

    assert kinds.total() == QUESTIONS
    assert server.counts.faults == server.counts.calls >= QUESTIONS
    assert set(kinds) == {"Reply", "BrainGarbled", "BrainRefused", "Strange"}
    assert kinds["BrainGarbled"] + kinds["Strange"] > kinds["Reply"] > 0
