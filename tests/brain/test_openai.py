"""A brain and real servers that do what servers do."""

import asyncio
import json
import pickle
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from vigil.brain.breaker import LeftAlone
from vigil.brain.openai import OpenAiBrain
from vigil.config.parts import AnyBrain
from vigil.core import (
    BrainError,
    BrainGarbled,
    BrainRefused,
    BrainUnavailable,
    Reply,
)
from vigil.testing.fake_answers import FAKE
from vigil.testing.fake_brain import FakeBrain
from vigil.testing.fake_faults import (
    Drops,
    Endless,
    Fails,
    Fault,
    Halves,
    Hangs,
    Refuses,
    Says,
    Sends,
    Trickles,
    WrongSchema,
)

from .helpers import GOOD, QUESTION, HandClock, Judgement, ask, ask_once, brain_at, told

Start = Callable[..., FakeBrain]


def test_an_answer_and_what_it_cost(fake: Start) -> None:
    server = fake()
    reply = ask_once(brain_at(server))

    assert isinstance(reply.answer, Judgement)
    assert FAKE in reply.answer.reason
    assert (reply.model, reply.calls) == ("fake-brain", 1)
    usage = server.asked[0]
    assert reply.tokens_in > len(usage.text) // 4
    assert reply.tokens_out > 0
    assert reply.seconds > 0


def test_nothing_but_the_question_is_sent(fake: Start) -> None:
    server = fake()
    ask_once(brain_at(server))
    (asked,) = server.asked
    assert asked.text == "A person lies on the ground.\n1 of 2\n2 of 2"
    assert asked.system.startswith("You judge claims.\n")
    assert len(asked.jpegs) == 2
    assert asked.media_ids == (None, None)
    assert set(asked.body) == {"model", "messages", "max_tokens", "temperature", "response_format"}


def test_settings_change_what_is_sent(fake: Start) -> None:
    server = fake()
    extra = {"chat_template_kwargs": {"enable_thinking": False}, "temperature": None}
    ask_once(brain_at(server, media_ids=True, thinking_tokens=1000, extra=extra))
    (asked,) = server.asked
    assert "temperature" not in asked.body
    assert asked.body["chat_template_kwargs"] == {"enable_thinking": False}
    assert asked.body["max_tokens"] == QUESTION.most_tokens + 1000
    assert all(str(id_).startswith("event-1/") for id_ in asked.media_ids)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("supports", "calls", "form"),
    [
        ({"json_schema", "json_object", "tools"}, 1, "json_schema"),
        ({"json_object", "tools"}, 2, "json_object"),
        ({"tools"}, 3, "tools"),
        (set(), 4, "text"),
    ],
)
def test_the_strongest_form_that_works_is_found_and_remembered(
    fake: Start, stream: bool, supports: set[str], calls: int, form: str
) -> None:
    server = fake(supports=supports)
    replies = ask(brain_at(server, stream=stream), times=3)

    assert [reply.calls for reply in replies] == [calls, 1, 1]
    assert server.counts.forms == {form: 3}


@pytest.mark.parametrize("manner", ["chatty", "thinking"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_heeds_no_form_is_understood(fake: Start, manner: str, stream: bool) -> None:
    server = fake(heeds=False, manner=manner)
    assert ask_once(brain_at(server, stream=stream)).calls == 1


def test_a_form_whose_answers_do_not_fit_is_left(fake: Start) -> None:
    server = fake()
    server.then(Says(), None, Says(), None)
    replies = ask(brain_at(server), times=3)

    assert [reply.calls for reply in replies] == [2, 2, 1]
    forms = [asked.body["response_format"]["type"] for asked in server.asked]
    assert forms == ["json_schema", "json_object", "json_schema", "json_object", "json_object"]


def test_a_form_that_worked_is_kept_when_one_answer_does_not_fit(fake: Start) -> None:
    server = fake()
    server.then(None, Says(), None, Says(), None)
    ask(brain_at(server), times=3)

    assert server.counts.forms == {"json_schema": 5}


def test_a_repair_goes_past_forms_that_the_server_does_not_know(fake: Start) -> None:
    server = fake(supports={"json_schema"})
    server.then(Says())
    assert ask_once(brain_at(server)).calls == 4
    assert server.counts.forms == {"json_schema": 1, "text": 1}


def test_a_form_that_a_new_version_does_not_know_is_left(fake: Start) -> None:
    server = fake()
    server.then(None, Fails(status=400, message="response_format: unknown"))
    replies = ask(brain_at(server), times=3)

    assert [reply.calls for reply in replies] == [1, 2, 1]


def test_one_repair_tells_the_model_what_is_wrong(fake: Start) -> None:
    server = fake()
    server.then(Says(text=GOOD.replace("0.75", "7.5")))
    reply = ask_once(brain_at(server))

    assert reply.calls == 2
    first, again = server.asked
    assert again.messages[: len(first.messages)] == first.messages
    assert "confidence" in again.messages[-1]["content"]
    assert "7.5" in again.messages[-2]["content"]


@pytest.mark.parametrize("fault", [Says(), WrongSchema(), Says(text=""), Says(text="{" * 50_000)])
def test_a_second_answer_that_does_not_fit_is_the_last(fake: Start, fault: Fault) -> None:
    server = fake()
    server.always(fault)
    (error,) = ask(brain_at(server))

    assert isinstance(error, BrainGarbled)
    assert "\n" not in str(error)
    assert len(str(error)) < 600
    assert error.calls == server.counts.calls == 2
    assert error.tokens_in > 0


def test_a_long_answer_is_asked_for_again_in_brief(fake: Start) -> None:
    server = fake()
    server.then(Says(text=GOOD[:-20], finish="length"))
    assert ask_once(brain_at(server)).calls == 2
    assert "be brief" in server.asked[-1].messages[-1]["content"]
    assert server.counts.forms == {"json_schema": 2}


@pytest.mark.parametrize(
    "fault",
    [
        Refuses(),
        Says(text="I'm sorry, but I can't help with that."),
        Says(text="抱歉，我不能判断这张图片。"),
        Says(text="", finish="content_filter"),
        Fails(status=400, message="data_inspection_failed: inappropriate content"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_taken_at_its_word(fake: Start, fault: Fault, stream: bool) -> None:
    server, other = fake(), fake()
    server.always(fault)
    (error,) = ask(brain_at(server, other, stream=stream))

    assert isinstance(error, BrainRefused)
    assert (server.counts.calls, other.counts.calls) == (1, 0)


@pytest.mark.parametrize(
    "fault", [Fails(), Fails(status=503), Fails(status=429), Drops(), Halves(), Sends()]
)
def test_a_passing_fault_is_got_over(fake: Start, fault: Fault) -> None:
    server = fake()
    server.then(fault)
    assert ask_once(brain_at(server)).calls == 2


@pytest.mark.parametrize(
    ("fault", "settings", "kind"),
    [
        (Fails(), {}, BrainUnavailable),
        (Drops(), {}, BrainUnavailable),
        (Halves(), {}, BrainUnavailable),
        (Hangs(), {"read_s": 0.3}, BrainUnavailable),
        (Hangs(), {"total_s": 0.3}, BrainUnavailable),
        (Trickles(), {"total_s": 0.5}, BrainUnavailable),
        (Trickles(), {"total_s": 0.5, "stream": True}, BrainUnavailable),
        (Endless(), {"most_bytes": 20_000}, BrainGarbled),
        (Endless(), {"most_bytes": 20_000, "stream": True}, BrainGarbled),
        (Sends(), {}, BrainGarbled),
        (Sends(body=b"[1, 2]"), {"stream": True}, BrainGarbled),
        (Fails(status=401), {}, BrainUnavailable),
        (Fails(status=404), {}, BrainUnavailable),
        (Fails(status=413), {}, BrainRefused),
        (Fails(status=302), {}, BrainUnavailable),
        (Fails(status=204), {}, BrainRefused),
    ],
)
def test_a_lasting_fault_becomes_one_of_three_errors(
    fake: Start, fault: Fault, settings: dict[str, Any], kind: type[BrainError]
) -> None:
    server = fake()
    server.always(fault)
    (error,) = ask(brain_at(server, retry_share=0, **settings))

    assert isinstance(error, kind), repr(error)
    assert error.calls == server.counts.calls
    assert str(server.port) in str(error) or "fake-brain" in str(error)


def test_endless_text_of_a_stream_may_begin_with_an_answer(fake: Start) -> None:
    event = json.dumps({"choices": [{"delta": {"content": f"{GOOD} and so on"}}]})
    server = fake()
    server.always(Sends(body=f"data: {event}\n\n".encode() * 1000, kind="text/event-stream"))
    assert ask_once(brain_at(server, most_bytes=5000)).answer.ruling == "rejected"


def test_retry_after_is_waited_for(fake: Start) -> None:
    server = fake()
    server.then(Fails(status=429, retry_after="0.4"))
    began_s = time.monotonic()
    assert ask_once(brain_at(server)).calls == 2
    assert time.monotonic() - began_s >= 0.4


def test_a_retry_after_beyond_the_deadline_is_passed_on(fake: Start) -> None:
    server = fake()
    server.then(Fails(status=429, retry_after="30"))
    began_s = time.monotonic()
    first, second = ask(brain_at(server), times=2)
    passed_s = time.monotonic() - began_s

    assert isinstance(first, BrainUnavailable)
    assert first.retry_after_s == 30
    assert isinstance(second, LeftAlone)
    assert second.retry_after_s is not None
    assert 30 - passed_s <= second.retry_after_s < 30
    assert (first.calls, second.calls, server.counts.calls) == (1, 0, 1)


def test_a_server_that_asks_for_a_day_is_asked_again_after_a_minute(fake: Start) -> None:
    server = fake()
    server.always(Fails(status=503, retry_after="86400"))
    (error,) = ask(brain_at(server))
    assert isinstance(error, BrainUnavailable)
    assert error.retry_after_s == 60


def test_a_sick_server_is_not_stormed(fake: Start) -> None:
    server = fake()
    server.always(Fails(status=429))
    ask(brain_at(server, retry_share=0.2), times=40, at_once=True)
    # 429 opens no breaker; of forty questions and the three to begin with:
    assert server.counts.calls <= 40 + 0.2 * 40 + 3


def test_a_dead_server_is_left_alone_and_found_again(fake: Start) -> None:
    server = fake()
    brain = brain_at(server, failures=3, retry_share=0)
    clock = brain.clock = HandClock()

    async def run() -> None:
        server.always(Fails())
        for _ in range(10):
            assert isinstance(await told(brain), BrainUnavailable)
        assert server.counts.calls == 3
        server.always(None)
        assert isinstance(await told(brain), LeftAlone)
        clock.sleep(5)
        assert isinstance(await told(brain), Reply)
        await brain.close()

    asyncio.run(run())


def test_one_trial_at_a_time_finds_out_whether_it_is_well(fake: Start) -> None:
    server = fake(latency_s=0.2)
    brain = brain_at(server, failures=1, retry_share=0)
    clock = brain.clock = HandClock()

    async def run() -> None:
        server.then(Fails())
        await told(brain)
        clock.sleep(5)
        found = await asyncio.gather(*(told(brain) for _ in range(4)))
        assert sum(isinstance(each, Reply) for each in found) == 1
        assert server.counts.most_at_once == 1
        assert all(isinstance(each, Reply) for each in [await told(brain) for _ in range(3)])
        await brain.close()

    asyncio.run(run())


def test_a_server_that_is_gone_and_comes_back(fake: Start) -> None:
    server = fake()
    brain = brain_at(server, failures=2, retry_share=0)
    clock = brain.clock = HandClock()

    async def run() -> None:
        assert isinstance(await told(brain), Reply)
        await asyncio.to_thread(server.stop)
        for _ in range(4):
            assert isinstance(await told(brain), BrainUnavailable)
        await asyncio.to_thread(server.start)
        clock.sleep(5)
        assert isinstance(await told(brain), Reply)
        await brain.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "fault", [Fails(), Fails(status=429), Fails(status=401), Drops(), Sends(), Says()]
)
def test_the_next_server_is_asked_when_the_first_is_of_no_use(fake: Start, fault: Fault) -> None:
    sick, well = fake(), fake()
    sick.always(fault)
    found = ask(brain_at(sick, well, failures=3), times=6)

    assert all(isinstance(each, Reply) for each in found)
    assert well.counts.answered == 6
    # It is not waited for, since another one is there.
    assert sick.counts.calls <= 12


def test_the_first_server_is_asked_again_once_it_is_well(fake: Start) -> None:
    first, second = fake(), fake()
    brain = brain_at(first, second, failures=1)
    clock = brain.clock = HandClock()

    async def run() -> None:
        first.then(Fails())
        for _ in range(3):
            assert isinstance(await told(brain), Reply)
        clock.sleep(5)
        for _ in range(3):
            assert isinstance(await told(brain), Reply)
        await brain.close()

    asyncio.run(run())
    assert (first.counts.answered, second.counts.answered) == (3, 3)


def test_when_all_are_down_all_are_named(fake: Start) -> None:
    servers = fake(), fake()
    for server in servers:
        server.always(Fails(status=503, retry_after="27"))
    (error,) = ask(brain_at(*servers))

    assert isinstance(error, BrainUnavailable)
    assert error.retry_after_s == 27
    assert all(str(server.port) in str(error) for server in servers)
    assert error.calls == 2


def test_no_more_questions_at_a_time_than_allowed(fake: Start) -> None:
    server = fake(latency_s=0.05)
    found = ask(brain_at(server, concurrency=2), times=8, at_once=True)
    assert all(isinstance(each, Reply) for each in found)
    assert server.counts.most_at_once == 2


def test_cancelling_frees_the_place_and_the_server(fake: Start) -> None:
    server = fake()
    server.then(Hangs())
    brain = brain_at(server, concurrency=1)

    async def run() -> None:
        task = asyncio.create_task(told(brain))
        while not server.counts.calls:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert isinstance(await told(brain), Reply)
        while not server.counts.aborted:
            await asyncio.sleep(0.01)
        await brain.close()

    asyncio.run(run())


def test_waiting_for_a_place_ends_with_the_time_allowed(fake: Start) -> None:
    server = fake()
    server.always(Hangs())
    found = ask(brain_at(server, concurrency=1, total_s=0.5), times=3, at_once=True)
    assert [type(each).__name__ for each in found].count("BrainUnavailable") >= 2
    assert server.counts.calls <= 2


def test_the_key_is_sent_and_never_told(fake: Start) -> None:
    server = fake(api_key="sk-very-secret")
    brain = brain_at(server, api_key="sk-very-secret")
    assert isinstance(ask_once(brain), Reply)
    assert "secret" not in repr(brain)

    echo = fake()
    echo.always(Fails(status=401, message="no such key: sk-very-secret"))
    (error,) = ask(brain_at(echo, api_key="sk-very-secret"))
    assert "secret" not in str(error)
    assert "no such key: ***" in str(error)


def test_a_key_is_for_one_server_only(fake: Start) -> None:
    first, second = fake(), fake(api_key="other")
    first.always(Fails())
    (error,) = ask(brain_at(first, second, api_key="mine"))
    assert isinstance(error, BrainUnavailable)
    places = [{"base_url": second.url, "api_key": "other"}]
    assert ask_once(brain_at(first, api_key="mine", fallbacks=places)).answer


def test_tokens_are_estimated_where_nobody_counts(fake: Start) -> None:
    counted = ask_once(brain_at(fake()))
    estimated = ask_once(brain_at(fake(counts_tokens=False)))
    assert estimated.tokens_out == counted.tokens_out
    assert estimated.tokens_in == pytest.approx(counted.tokens_in, rel=0.1)


def test_private_networks_may_be_closed(fake: Start) -> None:
    server = fake()
    (error,) = ask(brain_at(server, allow_private=False))
    assert isinstance(error, BrainUnavailable)
    assert "private network" in str(error)
    assert server.counts.calls == 0


def test_link_local_addresses_stay_closed() -> None:
    brain = OpenAiBrain(base_url="http://169.254.169.254/v1", model="m")
    (error,) = ask(brain)
    assert isinstance(error, BrainUnavailable)
    assert "to which nothing is ever sent" in str(error)


def test_it_is_made_and_sent_for_free() -> None:
    brain = brain_at(FakeBrain(), api_key="secret", base_url="http://nobody.invalid/v1/")
    again = pickle.loads(pickle.dumps(brain))  # noqa: S301  our own bytes
    assert again == brain
    assert again.api_key.get_secret_value() == "secret"


def test_another_loop_may_ask_too(fake: Start) -> None:
    brain = brain_at(fake())
    for _ in range(2):
        assert isinstance(asyncio.run(closed_after(brain)), Reply)


async def closed_after(brain: OpenAiBrain) -> object:
    found = await told(brain)
    await brain.close()
    return found


def test_served_models(fake: Start) -> None:
    async def run() -> list[str]:
        brain = brain_at(fake(model="qwen3-vl"))
        names = await brain.served_models()
        await brain.close()
        return names

    assert asyncio.run(run()) == ["qwen3-vl"]


FILE = """
base_url: http://127.0.0.1:8000/v1/chat/completions/
model: qwen3-vl
api_key: sk-1
fallbacks:
  - {base_url: https://example.com/v1, api_key: sk-2}
extra: {top_k: 1, seed: null}
"""


def test_a_file_makes_it() -> None:
    brain = TypeAdapter(AnyBrain).validate_python(yaml.safe_load(FILE))
    assert isinstance(brain, OpenAiBrain)
    assert brain.base_url == "http://127.0.0.1:8000/v1"
    assert brain.fallbacks[0].model is None
    assert brain.extra == {"top_k": 1, "seed": None}


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"base_url": "127.0.0.1:8000"}, "base_url"),
        ({"base_url": "ftp://127.0.0.1/v1"}, "base_url"),
        ({"base_url": "http://127.0.0.1:port/v1"}, "base_url"),
        ({"base_url": "http://me:secret@127.0.0.1/v1"}, "base_url"),
        ({"base_url": "http://127.0.0.1/v1?key=secret"}, "base_url"),
        ({"model": " "}, "model"),
        ({"api_key": "sk 1\n"}, "api_key"),
        ({"concurrency": 0}, "concurrency"),
        ({"read_s": 0}, "read_s"),
        ({"retry_share": 2}, "retry_share"),
        ({"modle": "x"}, "modle"),
        ({"fallbacks": [{"base_url": "x"}]}, "fallbacks"),
        ({"kind": "nobody"}, ""),
    ],
)
def test_a_mistake_in_a_file_is_found(settings: dict[str, Any], where: str) -> None:
    whole = yaml.safe_load(FILE) | settings
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(AnyBrain).validate_python(whole)
    (line,) = caught.value.errors()
    assert ".".join(map(str, line["loc"])).startswith(where)


def test_certificates_of_ones_own_are_read_when_it_first_asks(tmp_path: Path) -> None:
    brain = OpenAiBrain(base_url="https://127.0.0.1:1/v1", model="m", ca_file=tmp_path / "none.pem")
    (error,) = ask(brain)
    assert isinstance(error, BrainUnavailable)
    assert "none.pem" in str(error)


def test_every_setting_is_in_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "brains.md").read_text("utf-8")
    assert [field.name for field in fields(OpenAiBrain) if f"`{field.name}`" not in page] == []
