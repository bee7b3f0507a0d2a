"""What every verifier keeps: ours, and each that somebody plugs in under `vigil.verifiers`."""

import asyncio
import math
import pickle
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from tests.flywheel.colours import red_home

from vigil.config.parts import AnyVerifier
from vigil.core import (
    AnswerT,
    Box,
    Case,
    Event,
    Frame,
    Question,
    Reply,
    Ruling,
    SourceError,
    SourceLost,
    Subject,
    Verdict,
    Verifier,
)
from vigil.media.pixels import frame_of_array

START_S = 1_700_000_000.0
WIDTH, HEIGHT, RATE = 320, 180, 5


class Yes:
    """A brain that agrees with everything."""

    model = "yes"

    async def ask(self, question: Question, answer: type[AnswerT]) -> Reply[AnswerT]:
        plain: dict[str, Any] = dict.fromkeys(answer.model_fields, "unclear")  # type: ignore[attr-defined]
        said = {"ruling": "confirmed", "confidence": 0.9, "reason": "seen", "description": "x"}
        made = answer.model_validate(plain | said)  # type: ignore[attr-defined]
        return Reply(answer=made, model="yes-1", seconds=0.0)

    async def close(self) -> None:
        pass


class Pictures:
    """Footage of a block that walks across; `broken`: it cannot be read."""

    start_s, end_s = START_S, START_S + 15.0

    def __init__(self, *, broken: bool = False) -> None:
        self._broken = broken

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        if self._broken:
            raise SourceLost("the clip is gone")
        step_s = max(every_s, 1 / RATE)
        first = max(start_s, self.start_s)
        for number in range(int((min(end_s, self.end_s) - first) / step_s) + 1):
            time_s = first + number * step_s
            picture = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
            x = round((time_s - START_S - 5) * 40)
            picture[80:130, max(0, x) : max(0, x + 20)] = 30
            yield frame_of_array(picture, index=number, time_s=time_s)


def case(judge: str = "", *, broken: bool = False) -> Case:
    path = tuple(
        (START_S + t, Box((t - 5) * 40, 80, (t - 5) * 40 + 20, 130)) for t in (6.0, 7.0, 8.0, 9.0)
    )
    event = Event(
        id="0192f0c1-7b7a-7000-8000-000000000001",
        source="camera",
        rule="presence",
        claim="A person is in the picture.",
        label="person",
        start_s=path[0][0],
        end_s=path[-1][0],
        path=path,
        box=path[-1][1],
    )
    return Case(
        event=event,
        clip=None,
        footage=Pictures(broken=broken),
        kind="presence",
        subject=SUBJECTS.get(judge),
    )


SUBJECTS: dict[str, Subject] = {}
"""What the event is about, for judges of users' own algorithms."""


@pytest.fixture(scope="module", autouse=True)
def algorithm(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = red_home(tmp_path_factory.mktemp("red"))
    SUBJECTS["head"] = Subject(algorithm="red", version=1, home=home, claim=("It is red.", ""))


SETTINGS: dict[str, dict[str, Any]] = {
    "second_look": {},
    "ask_brain": {"brain": Yes()},
    "cascade": {"cheap": "second_look", "dear": {"kind": "ask_brain", "brain": Yes()}},
    "head": {},
    "vote": {"judges": ["second_look", {"kind": "ask_brain", "brain": Yes()}]},
}
KINDS = sorted(point.name for point in entry_points(group="vigil.verifiers"))


def made(kind: str, **settings: Any) -> Verifier:
    adapter: TypeAdapter[Verifier] = TypeAdapter(AnyVerifier)
    return adapter.validate_python({"kind": kind} | SETTINGS.get(kind, {}) | settings)


def judged(verifier: Verifier, what: Case) -> Verdict:
    async def whole() -> Verdict:
        try:
            return await verifier.verify(what)
        finally:
            await verifier.close()

    return asyncio.run(whole())


def test_every_verifier_of_ours_is_here() -> None:
    assert set(SETTINGS) <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_verdict_is_complete(kind: str) -> None:
    found = judged(made(kind), case(kind))
    assert found.event_id == case(kind).event.id
    assert found.ruling in Ruling
    assert 0 <= found.likelihood <= 1
    assert found.reason
    assert "\n" not in found.reason
    assert found.judge
    assert found.time_s > START_S
    assert all(math.isfinite(spent) and spent >= 0 for spent in found.seconds.values())
    assert min(found.calls, found.tokens_in, found.tokens_out) >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_footage_that_cannot_be_read_is_a_source_error(kind: str) -> None:
    with pytest.raises(SourceError):
        judged(made(kind), case(kind, broken=True))


@pytest.mark.parametrize("kind", KINDS)
def test_the_loop_stays_free(kind: str) -> None:
    async def ticks() -> int:
        verifier = made(kind)
        task = asyncio.create_task(verifier.verify(case(kind)))
        count = 0
        while not task.done():
            await asyncio.sleep(0)
            count += 1
        await task
        await verifier.close()
        return count

    # Were pixels worked on in the loop, it would come round a handful of times.
    assert asyncio.run(ticks()) > 50


@pytest.mark.parametrize("kind", KINDS)
def test_many_cases_at_once_are_judged_like_one(kind: str) -> None:
    async def many() -> list[Verdict]:
        verifier = made(kind)
        found = await asyncio.gather(*(verifier.verify(case(kind)) for _ in range(4)))
        await verifier.close()
        return found

    found = asyncio.run(many())
    assert len({(one.ruling, round(one.likelihood, 6)) for one in found}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_closing_twice_is_harmless_and_it_judges_again(kind: str) -> None:
    verifier = made(kind)

    async def twice() -> Verdict:
        await verifier.verify(case(kind))
        await verifier.close()
        await verifier.close()
        found = await verifier.verify(case(kind))
        await verifier.close()
        return found

    assert asyncio.run(twice()).reason


@pytest.mark.parametrize("kind", KINDS)
def test_it_can_be_cancelled(kind: str) -> None:
    async def cancelled() -> None:
        verifier = made(kind)
        task = asyncio.create_task(verifier.verify(case(kind)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await verifier.close()

    asyncio.run(cancelled())


def test_settings_travel_without_memory() -> None:
    verifier = made("second_look", looks=3)
    judged(verifier, case())
    again = pickle.loads(pickle.dumps(verifier))  # noqa: S301  our own bytes
    assert again == verifier


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kind": "second_look", "look": 3}, "did you mean 'looks'"),
        ({"kind": "second_look", "looks": 0}, "looks"),
        ({"kind": "ask_brain"}, "brain"),
        ({"kind": "ask_brain", "brain": Yes(), "language": "fr"}, "language"),
        ({"kind": "cascade", "cheap": "no_such"}, "no verifier of kind 'no_such'"),
        ({"kind": "cascade", "cheap": "second_look", "band": [0.9, 0.1]}, "goes up"),
        ({"kind": "vote", "judges": []}, "judges"),
        ({"kind": "vote", "judges": ["second_look"], "weights": [1, 2]}, "one for each"),
        ({"kind": "guess"}, "no verifier of kind 'guess'"),
    ],
)
def test_a_mistake_in_the_settings_is_told(settings: dict[str, Any], told: str) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(AnyVerifier)
    with pytest.raises((ValidationError, ValueError), match=told):
        adapter.validate_python(settings)
