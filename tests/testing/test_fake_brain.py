"""The fake brain speaks the real protocol, says that it is a fake, and misbehaves when told to."""

import base64
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import cv2
import numpy as np
import pytest

from vigil.core import Box
from vigil.testing.fake_answers import (
    DATA_URL,
    FAKE,
    Asked,
    GroundingOracle,
    TruthOracle,
    filled,
)
from vigil.testing.fake_brain import FakeBrain
from vigil.testing.fake_faults import (
    Drops,
    Endless,
    Fails,
    Halves,
    Hangs,
    Refuses,
    Says,
    Sends,
    Trickles,
    WrongSchema,
    fault_named,
)

Start = Callable[..., FakeBrain]
SCHEMA = {
    "type": "object",
    "properties": {
        "ruling": {"enum": ["confirmed", "rejected", "unsure"], "type": "string"},
        "confidence": {"type": "number", "minimum": 0.5, "maximum": 1},
        "reason": {"type": "string"},
    },
    "required": ["ruling", "confidence", "reason"],
    "additionalProperties": False,
}
BY_SCHEMA = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}
}
BY_TOOL = {
    "tools": [{"type": "function", "function": {"name": "answer", "parameters": SCHEMA}}],
    "tool_choice": {"type": "function", "function": {"name": "answer"}},
}


@pytest.fixture
def fake() -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda *oracle, **settings: stack.enter_context(FakeBrain(*oracle, **settings))


def picture_part(level: int = 90, size: tuple[int, int] = (56, 84)) -> dict[str, Any]:
    _, jpeg = cv2.imencode(".jpg", np.full((*size, 3), level, np.uint8))
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def request(text: str = "Is somebody there?", *parts: Any, **more: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": text}, *parts]
    messages = [
        {"role": "system", "content": "Answer in JSON."},
        {"role": "user", "content": content},
    ]
    return {"model": "fake-brain", "messages": messages, **more}


def posted(
    brain: FakeBrain, body: Any, *, path: str = "/v1/chat/completions", timeout_s: float = 5.0
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", brain.port, timeout=timeout_s)
    try:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, content, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()
    finally:
        connection.close()


def got(brain: FakeBrain, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", brain.port, timeout=5)
    try:
        connection.request("GET", path)
        return json.load(connection.getresponse())
    finally:
        connection.close()


def message(found: bytes) -> dict[str, Any]:
    (choice,) = json.loads(found)["choices"]
    return {**choice["message"], "finish_reason": choice["finish_reason"]}


def test_every_answer_says_that_it_is_a_fakes(fake: Start) -> None:
    status, _, found = posted(fake(), request(**BY_SCHEMA))
    whole = json.loads(found)
    assert status == 200
    assert (whole["model"], whole["object"]) == ("fake-brain", "chat.completion")
    assert "fake" in whole["system_fingerprint"]
    assert json.loads(message(found)["content"]) == {
        "ruling": "confirmed",
        "confidence": 0.5,
        "reason": FAKE,
    }


def test_reasons_of_an_oracle_are_marked_too(fake: Start) -> None:
    brain = fake(lambda _: {"ruling": "rejected", "reason": "the floor is empty"})
    answer = json.loads(message(posted(brain, request())[2])["content"])
    assert answer == {"ruling": "rejected", "reason": f"the floor is empty ({FAKE})"}


def test_an_answer_by_tool(fake: Start) -> None:
    said = message(posted(fake(), request(**BY_TOOL))[2])
    (call,) = said["tool_calls"]
    assert (said["content"], said["finish_reason"]) == (None, "tool_calls")
    assert call["function"]["name"] == "answer"
    assert json.loads(call["function"]["arguments"])["reason"] == FAKE


@pytest.mark.parametrize("form", [BY_SCHEMA, BY_TOOL])
def test_an_answer_in_a_stream(fake: Start, form: dict[str, Any]) -> None:
    wanted = request(stream=True, stream_options={"include_usage": True}, **form)
    status, headers, found = posted(fake(), wanted)
    *events, last = [line.removeprefix(b"data: ") for line in found.split(b"\n\n") if line]
    whole = [json.loads(event) for event in events]
    assert (status, headers["Content-Type"], last) == (200, "text/event-stream", b"[DONE]")
    assert len(whole) > 5
    deltas = [event["choices"][0]["delta"] for event in whole if event["choices"]]
    calls = [delta["tool_calls"][0]["function"] for delta in deltas if "tool_calls" in delta]
    text = "".join([d.get("content", "") for d in deltas] + [call["arguments"] for call in calls])
    assert json.loads(text)["reason"] == FAKE
    assert whole[-1]["usage"]["completion_tokens"] > 0


def test_tokens_count_text_and_pictures(fake: Start) -> None:
    brain = fake()
    usages = [
        json.loads(posted(brain, request("Anybody?", *parts))[2])["usage"]
        for parts in ([], [picture_part()], [picture_part(size=(560, 840))])
    ]
    prompts = [usage["prompt_tokens"] for usage in usages]
    assert (prompts[1] - prompts[0], prompts[2] - prompts[0]) == (6, 600)
    assert all(u["total_tokens"] == u["prompt_tokens"] + u["completion_tokens"] for u in usages)


def test_an_answer_ends_where_its_tokens_end(fake: Start) -> None:
    said = message(posted(fake(), request(max_tokens=5, **BY_SCHEMA))[2])
    assert said["finish_reason"] == "length"
    assert len(said["content"]) == 20


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"{", 400, "no JSON"),
        (b"[]", 400, "an object"),
        ({"model": "fake-brain"}, 400, "messages"),
        (request() | {"model": "gpt"}, 400, "does not exist"),
        (
            request("x", {"type": "image_url", "image_url": {"url": "http://example.com/a.jpg"}}),
            400,
            "data:image/jpeg",
        ),
        (
            request("x", {"type": "image_url", "image_url": {"url": f"{DATA_URL}AAAA"}}),
            400,
            "no JPEG",
        ),
        ({**request(), "messages": [{"role": "user", "content": "x"}],
          "response_format": {"type": "json_object"}}, 400, "json"),
    ],
)  # fmt: skip
def test_what_a_real_server_refuses(fake: Start, body: Any, status: int, told: str) -> None:
    brain = fake()
    found = posted(brain, body)
    assert (found[0], told in json.loads(found[2])["error"]["message"]) == (status, True)
    assert (brain.counts.calls, brain.counts.answered) == (1, 0)


def test_forms_it_does_not_support_are_refused(fake: Start) -> None:
    brain = fake(supports={"tools"})
    assert posted(brain, request(**BY_SCHEMA))[0] == 400
    assert posted(brain, request(**BY_TOOL))[0] == 200


@pytest.mark.parametrize(
    ("manner", "around"), [("chatty", "```json"), ("thinking", "</think>"), ("plain", "")]
)
def test_its_manner_where_nothing_is_demanded(fake: Start, manner: str, around: str) -> None:
    brain = fake(manner=manner)
    prompt = request()
    prompt["messages"][0]["content"] = f"Fit this JSON schema:\n{json.dumps(SCHEMA)}"
    text = message(posted(brain, prompt)[2])["content"]
    assert around in text
    assert FAKE in text


def test_it_wants_its_key(fake: Start) -> None:
    assert posted(fake(api_key="sk-1"), request())[0] == 401


def test_it_lists_its_model(fake: Start) -> None:
    assert [each["id"] for each in got(fake(), "/v1/models")["data"]] == ["fake-brain"]


def test_faults_come_in_the_order_of_the_script_then_the_usual_one(fake: Start) -> None:
    brain = fake()
    brain.then(Fails(status=429, retry_after="3"), None, Fails(status=500))
    brain.always(Fails(status=503))
    found = [posted(brain, request()) for _ in range(5)]
    brain.always(None)
    assert [status for status, _, _ in found] == [429, 200, 500, 503, 503]
    assert found[0][1]["Retry-After"] == "3"
    assert posted(brain, request())[0] == 200
    assert (brain.counts.calls, brain.counts.faults, brain.counts.answered) == (6, 4, 2)


def test_faults_of_what_it_says(fake: Start) -> None:
    brain = fake()
    brain.then(Says(text="It depends."), WrongSchema(), Refuses(), Sends())
    first, second, third, fourth = [posted(brain, request(**BY_SCHEMA)) for _ in range(4)]
    assert message(first[2])["content"] == "It depends."
    assert json.loads(message(second[2])["content"])["colour"] == "green"
    assert (message(third[2])["content"], FAKE in message(third[2])["refusal"]) == (None, True)
    assert fourth[2].startswith(b"<html>")


@pytest.mark.parametrize("fault", [Drops(), Halves()])
def test_faults_that_break_off(fake: Start, fault: Any) -> None:
    brain = fake()
    brain.then(fault)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        posted(brain, request())
    assert posted(brain, request())[0] == 200


@pytest.mark.parametrize("fault", [Hangs(), Trickles(bytes_per_s=10), Endless()])
@pytest.mark.parametrize("stream", [False, True])
def test_faults_that_last_until_somebody_hangs_up(fake: Start, fault: Any, stream: bool) -> None:
    brain = fake()
    brain.then(fault)
    body = json.dumps(request(stream=stream)).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", brain.port), timeout=5) as connection:
        connection.sendall(head.encode() + body)
        if isinstance(fault, Hangs):
            wait_for(lambda: brain.counts.at_once == 1)
        else:
            assert connection.recv(1) == b"H"
    wait_for(lambda: brain.counts.aborted == 1 and brain.counts.at_once == 0)


def test_slots_and_latency_make_a_capacity(fake: Start) -> None:
    brain = fake(latency_s=0.1, slots=2)
    began_s = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: posted(brain, request())[0], range(6)))
    assert found == [200] * 6
    # Six answers through two slots take three times the latency, however fast the machine is.
    assert time.monotonic() - began_s >= 0.3
    assert brain.counts.most_at_once > 2


def test_a_full_queue_turns_the_rest_away(fake: Start) -> None:
    free = threading.Event()
    brain = fake(lambda _: free.wait(10) and "done", slots=1, queue=1)
    with ThreadPoolExecutor(2) as pool:
        taken = [pool.submit(posted, brain, request(), timeout_s=20) for _ in range(2)]
        wait_for(lambda: brain.counts.at_once == 2)
        status, headers, _ = posted(brain, request())
        free.set()
        assert (status, headers["Retry-After"]) == (429, "1")
        assert [each.result()[0] for each in taken] == [200, 200]
    assert brain.counts.turned_away == 1


def test_an_oracle_sees_the_request(fake: Start) -> None:
    seen: list[Asked] = []

    def oracle(asked: Asked) -> str:
        seen.append(asked)
        return "yes" if asked.images[0].mean() > 100 else "no"

    brain = fake(oracle)
    parts = [picture_part(level) | {"uuid": f"p{level}"} for level in (200, 50)]
    said = [message(posted(brain, request("Bright?", part))[2])["content"] for part in parts]
    assert said == ["yes", "no"]
    assert [(asked.number, asked.text, asked.media_ids) for asked in seen] == [
        (0, "Bright?", ("p200",)),
        (1, "Bright?", ("p50",)),
    ]
    assert seen[0].digest != seen[1].digest


def test_a_truth_oracle_errs_as_often_as_it_is_told_and_always_alike() -> None:
    def requests() -> Iterator[Asked]:
        for number in range(1000):
            yield Asked(body=request(f"Event {number}?", **BY_SCHEMA), number=number)

    def true(asked: Asked) -> bool:
        return int(asked.text.split()[1].rstrip("?")) % 2 == 0

    oracle = TruthOracle(true, error_rate=0.1, unsure_rate=0.05, seed=7)
    answers = [oracle(asked) for asked in requests()]
    again = {asked.text: oracle(asked) for asked in reversed(list(requests()))}
    assert list(reversed(again.values())) == answers
    rulings = [answer["ruling"] for answer in answers]
    assert rulings.count("unsure") == pytest.approx(50, abs=25)
    wrong = sum(
        ruling != ("confirmed" if true(asked) else "rejected")
        for ruling, asked in zip(rulings, requests(), strict=True)
        if ruling != "unsure"
    )
    assert wrong == pytest.approx(95, abs=35)
    other = TruthOracle(true, error_rate=0.1, unsure_rate=0.05, seed=8)
    assert [other(asked) for asked in requests()] != answers


def test_an_oracle_answers_in_words_where_no_form_is_asked_for() -> None:
    oracle = TruthOracle(lambda _: False)
    assert oracle(Asked(body=request(), number=0)) == f"rejected ({FAKE})"


def test_the_plainest_object_that_fits_a_schema() -> None:
    schema = {
        "$defs": {"Inner": {"type": "object", "properties": {"yes": {"type": "boolean"}}}},
        "type": "object",
        "properties": {
            "inner": {"$ref": "#/$defs/Inner"},
            "some": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
            "maybe": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            "const": {"const": 5},
            "short": {"type": "string", "maxLength": 4},
        },
    }
    assert filled(schema, const=6, unknown=1) == {
        "inner": {"yes": False},
        "some": [0, 0],
        "maybe": None,
        "const": 6,
        "short": FAKE[:4],
    }


def test_it_comes_back_on_the_same_port() -> None:
    brain = FakeBrain()
    with brain:
        port = brain.port
        assert posted(brain, request())[0] == 200
    with pytest.raises(ConnectionError):
        posted(brain, request())
    with brain:
        assert (brain.port, posted(brain, request())[0]) == (port, 200)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("well", None),
        ("500", Fails(status=500)),
        ("429:3", Fails(status=429, retry_after="3")),
        ("hang", Hangs()),
        ("endless", Endless()),
    ],
)
def test_faults_have_names(text: str, fault: Any) -> None:
    assert fault_named(text) == fault


@pytest.mark.parametrize("text", ["", "fine", "200", "99999"])
def test_no_other_faults(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: well, 400 to 599, hang"):
        fault_named(text)


def test_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "vigil.testing.fake_brain", "--port", "0", "--fault", "503"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.endswith("/v1")
        brain = FakeBrain(port=int(url.rsplit(":", 1)[1].split("/")[0]))
        assert posted(brain, request())[0] == 503
        told = posted(brain, {"then": ["429:2"], "always": None}, path="/fake/faults")
        assert told[0] == 200
        assert [posted(brain, request(**BY_SCHEMA))[0] for _ in range(2)] == [429, 200]
        assert posted(brain, {"then": ["nonsense"]}, path="/fake/faults")[0] == 400
        counts = got(brain, "/fake/counts")
        assert (counts["calls"], counts["answered"], counts["faults"]) == (3, 1, 2)
    finally:
        process.kill()
        process.communicate()


def wait_for(what: Callable[[], bool], *, within_s: float = 10.0) -> None:
    until_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until_s, "not in time"
        time.sleep(0.01)


def test_boxes_are_a_fakes_too() -> None:
    found = {"type": "array", "items": {"type": "object"}}
    schema = {"type": "object", "properties": {"found": found, "reason": {"type": "string"}}}
    picture = base64.b64encode(cv2.imencode(".jpg", np.zeros((50, 100, 3), np.uint8))[1]).decode()
    content = [{"type": "image_url", "image_url": {"url": f"{DATA_URL}{picture}"}}]
    body = {
        "messages": [{"role": "user", "content": content}],
        "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
    }
    asked = Asked(body=body, number=0)
    things = [("hen", Box(0.1, 0.2, 0.5, 0.8), 0.7)]
    for convention, corner in (("pixels", 40.0), ("thousand", 800.0), ("unit", 0.8)):
        answer = GroundingOracle(lambda _: things, convention=convention)(asked)  # type: ignore[arg-type]
        assert not isinstance(answer, str)
        assert FAKE in answer["reason"]
        assert answer["found"][0]["y2"] == pytest.approx(corner)
