"""What every large model must do, whichever kind it is. A new kind adds one line to `KINDS`."""

import asyncio
import pickle
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
import pytest
from pydantic import BaseModel, Field
from tests.brain.clip_models import broken_pair, random_pair

from vigil.brain.clip import ClipBrain
from vigil.brain.local import LocalBrain
from vigil.brain.openai import OpenAiBrain
from vigil.core import Brain, BrainError, Question, Reply, Still
from vigil.testing.fake_brain import FakeBrain
from vigil.testing.fake_faults import Says


class Judgement(BaseModel):
    """What any judge can be asked for."""

    ruling: Literal["confirmed", "rejected", "unsure"]
    confidence: float = Field(ge=0, le=1)
    reason: str


@dataclass(frozen=True)
class Kind:
    """One implementation: how to get one that can answer, and one that cannot."""

    name: str
    able: Callable[[], AbstractContextManager[Brain]]
    unable: Callable[[], AbstractContextManager[Brain]]


@contextmanager
def openai() -> Iterator[Brain]:
    with FakeBrain(latency_s=0.01) as server:
        yield OpenAiBrain(base_url=server.url, model="fake-brain", concurrency=2, total_s=10)


@contextmanager
def openai_unable() -> Iterator[Brain]:
    with FakeBrain() as server:
        server.always(Says(text="It depends."))
        yield OpenAiBrain(base_url=server.url, model="fake-brain", total_s=10)


@contextmanager
def clip() -> Iterator[Brain]:
    with TemporaryDirectory() as folder:
        yield ClipBrain(folder=random_pair(Path(folder)))


@contextmanager
def clip_unable() -> Iterator[Brain]:
    with TemporaryDirectory() as folder:
        yield ClipBrain(folder=broken_pair(Path(folder)))


@contextmanager
def local(*, forced: bool = True) -> Iterator[Brain]:
    from tests.brain.chat_models import chat_model  # noqa: PLC0415  opens torch

    with TemporaryDirectory() as folder:
        yield LocalBrain(folder=chat_model(Path(folder)), forced=forced)


NEEDS_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
KINDS = [
    Kind("openai", openai, openai_unable),
    Kind("clip", clip, clip_unable),
    pytest.param(Kind("local", local, lambda: local(forced=False)), marks=NEEDS_TORCH, id="local"),
]

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: getattr(kind, "name", None))


def question(pictures: int = 1) -> Question:
    random = np.random.default_rng(1)
    shots = random.integers(0, 255, (pictures, 96, 128, 3), np.uint8)
    stills = [Still(id=f"e/{number}", image=shot) for number, shot in enumerate(shots)]
    return Question(system="You judge claims.", text="A person lies there.", stills=stills)


@every_kind
def test_it_can_be_named_in_a_file(kind: Kind) -> None:
    points = {point.name: point for point in entry_points(group="vigil.brains")}
    with kind.able() as brain:
        assert points[kind.name].load() is type(brain)


@every_kind
def test_it_is_made_and_sent_for_free(kind: Kind) -> None:
    with kind.able() as brain:
        again = pickle.loads(pickle.dumps(brain))  # noqa: S301  our own bytes
    assert again == brain
    assert again.model == brain.model != ""


@every_kind
@pytest.mark.parametrize("pictures", [1, 3])
def test_an_answer_is_what_was_asked_for(kind: Kind, pictures: int) -> None:
    async def run(brain: Brain) -> Reply[Judgement]:
        reply = await brain.ask(question(pictures), Judgement)
        await brain.close()
        return reply

    with kind.able() as brain:
        reply = asyncio.run(run(brain))
    assert type(reply.answer) is Judgement
    assert reply.model
    assert reply.calls >= 1
    assert reply.seconds > 0
    assert min(reply.tokens_in, reply.tokens_out) >= 0


@every_kind
def test_many_may_ask_at_a_time(kind: Kind) -> None:
    async def run(brain: Brain) -> list[Reply[Judgement]]:
        replies = await asyncio.gather(*(brain.ask(question(), Judgement) for _ in range(6)))
        await brain.close()
        return replies

    with kind.able() as brain:
        assert len({reply.answer.ruling for reply in asyncio.run(run(brain))}) == 1


@every_kind
def test_cancelling_frees_its_place(kind: Kind) -> None:
    async def run(brain: Brain) -> Reply[Judgement]:
        tasks = [asyncio.create_task(brain.ask(question(), Judgement)) for _ in range(8)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in ended)
        reply = await brain.ask(question(), Judgement)
        await brain.close()
        return reply

    with kind.able() as brain:
        assert asyncio.run(run(brain)).answer.ruling


@every_kind
def test_what_it_cannot_answer_is_one_of_our_errors_in_one_line(kind: Kind) -> None:
    async def run(brain: Brain) -> BrainError:
        try:
            with pytest.raises(BrainError) as caught:
                await brain.ask(question(), Judgement)
            return caught.value
        finally:
            await brain.close()

    with kind.unable() as brain:
        error = asyncio.run(run(brain))
    assert len(str(error).splitlines()) == 1
    assert error.calls >= 0


@every_kind
def test_it_may_be_closed_twice_and_asked_again(kind: Kind) -> None:
    async def run(brain: Brain) -> None:
        await brain.close()
        for _ in range(2):
            assert (await brain.ask(question(), Judgement)).answer
            await brain.close()
            await brain.close()

    with kind.able() as brain:
        asyncio.run(run(brain))
