"""What servers send back, whole or as a stream, well-formed or not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vigil.brain.wire import Misspoken, Said, error_text, read_completion, read_stream


def completion(message: Any, **more: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"model": "m", "choices": [choice], **more}).encode()


def events(*deltas: Any, done: bool = True, **more: Any) -> bytes:
    found = [{"model": "m", "choices": [{"delta": delta}], **more} for delta in deltas]
    lines = [f"data: {json.dumps(each, ensure_ascii=False)}\r\n\r\n" for each in found]
    return "".join([": hello\n\n", *lines, "data: [DONE]\n\n" if done else ""]).encode()


def test_a_plain_completion() -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 3}
    found = read_completion(completion({"content": "yes"}, usage=usage))
    assert found == Said(text="yes", finish="stop", model="m", tokens_in=12, tokens_out=3)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": None, "tool_calls": [{"function": {"arguments": '{"a": 1}'}}]}, '{"a": 1}'),
        ({"content": [{"type": "text", "text": "ye"}, {"text": "s"}, 5]}, "yes"),
        ({"content": None}, ""),
        ({"content": "x", "tool_calls": []}, "x"),
        ({"content": "x", "tool_calls": [{"function": {"arguments": {"a": 1}}}]}, "x"),
        ({}, ""),
    ],
)
def test_where_the_words_stand(message: Any, text: str) -> None:
    assert read_completion(completion(message)).text == text


@pytest.mark.parametrize(
    "usage", [None, [], {"prompt_tokens": "12"}, {"prompt_tokens": -1}, {"prompt_tokens": True}]
)
def test_a_count_that_is_none_is_not_believed(usage: Any) -> None:
    assert read_completion(completion({"content": "x"}, usage=usage)).tokens_in is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe\x00",
        b"[]",
        b'"yes"',
        b"{}",
        b'{"choices": []}',
        b'{"choices": [5]}',
        b'{"choices": [{"message": "yes"}]}',
        b'{"error": {"message": "out of memory"}}',
        b"[" * 100_000,
        completion({"content": "yes"})[:-5],
    ],
)
def test_what_is_no_completion_is_told(body: bytes) -> None:
    with pytest.raises(Misspoken) as caught:
        read_completion(body)
    assert "\n" not in str(caught.value)


def test_a_stream_is_put_together() -> None:
    body = events({"role": "assistant"}, {"content": "ye"}, {"content": "s\u2028\u0085"}, {})
    last = {"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}}
    body = body.replace(b"data: [DONE]", f"data: {json.dumps(last)}\n\ndata: [DONE]".encode())
    found = read_stream(body)
    assert (found.text, found.model, found.tokens_in) == ("yes\u2028\u0085", "m", 12)


def test_a_stream_of_a_tool_call() -> None:
    pieces = [{"tool_calls": [{"function": {"arguments": piece}}]} for piece in ('{"a"', ": 1}")]
    assert read_stream(events(*pieces)).text == '{"a": 1}'


def test_a_stream_that_was_cut_off_is_read_as_far_as_it_came() -> None:
    body = events({"content": "yes"}, {"content": " and no"}, done=False)
    assert read_stream(body[:-20]).text == "yes"


@pytest.mark.parametrize("body", [b"", b"data: [DONE]\n\n", b"data: {}\n\n", b"nonsense"])
def test_a_stream_without_words_is_told(body: bytes) -> None:
    with pytest.raises(Misspoken, match="without a single word"):
        read_stream(body)


def test_an_error_within_a_stream_is_told() -> None:
    body = events({"content": "ye"}) + b'data: {"error": {"message": "out of memory"}}\n\n'
    with pytest.raises(Misspoken, match="out of memory"):
        read_stream(body)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": {"message": "no", "code": 404}}', "no"),
        (b'{"error": {"message": "no", "code": "not_found"}}', "not_found no"),
        (b'{"error": "no"}', "no"),
        (b'{"detail": "no such path"}', "no such path"),
        (b'{"detail": [{"loc": ["body"], "msg": "bad"}]}', "bad"),
        (b"<html>\n502\n</html>", "<html> 502 </html>"),
        (b"", ""),
        (b"null", "None"),
        (b"\x1b[2J" + b"x" * 5000, "[2J"),
    ],
)
def test_what_an_error_says_of_itself(body: bytes, told: str) -> None:
    found = error_text(body)
    assert told in found
    assert len(found) <= 300
    assert found.isprintable()


@given(some.binary() | some.text().map(str.encode))
def test_no_bytes_at_all_raise_anything_else(body: bytes) -> None:
    for read in (read_completion, read_stream):
        with pytest.raises(Misspoken):
            read(body)
    error_text(body)
