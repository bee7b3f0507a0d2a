"""What a server of the OpenAI kind sends back, whole or as a stream of events."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vigil.brain.parsing import load_json, plain

MOST_TOKENS = 10_000_000
"""A count beyond it is a mistake."""


class Misspoken(ValueError):
    """A body that is no chat completion; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One reply of a model."""

    text: str
    """What it wrote, or the arguments of the tool that it called."""
    refusal: str = ""
    finish: str = ""
    """Why it ended: `stop`, `length`, `content_filter`, `tool_calls`; empty when not said."""
    model: str = ""
    tokens_in: int | None = None
    """None: the server did not count."""
    tokens_out: int | None = None


def read_completion(body: bytes) -> Said:
    """Read a whole chat completion; raises `Misspoken`."""
    found = _load(body)
    return _said(found, _first_choice(found).get("message"), _first_choice(found))


def read_stream(body: bytes) -> Said:
    """Read a stream of server-sent events, as far as it came; raises `Misspoken`."""
    texts: dict[str, list[str]] = {"content": [], "refusal": [], "arguments": []}
    last: dict[str, Any] = {}
    finish: Any = None
    seen = False
    for event in _events(body):
        # Later events know more, the last one the number of tokens.
        last |= {word: value for word, value in event.items() if value is not None}
        choice = _first_choice(event, may_be_none=True)
        finish = choice.get("finish_reason") or finish
        delta = choice.get("delta")
        if isinstance(delta, dict):
            seen = True
            texts["content"].append(_text(delta.get("content")))
            texts["refusal"].append(_text(delta.get("refusal")))
            texts["arguments"].append(_arguments(delta))
    if not seen:
        raise Misspoken("a stream without a single word")
    message = {
        "content": "".join(texts["arguments"]) or "".join(texts["content"]),
        "refusal": "".join(texts["refusal"]),
    }
    return _said(last, message, {"finish_reason": finish})


def error_text(body: bytes) -> str:
    """What a failed answer says of itself, in one line; empty when it says nothing."""
    try:
        found = load_json(body)
    except ValueError:
        return plain(body[:1000].decode("utf-8", "replace"))
    told = found.get("error", found) if isinstance(found, dict) else found
    if isinstance(told, dict):
        words = [told.get(word) for word in ("code", "message", "detail")]
        # A number is the status, which whoever tells it knows.
        told = " ".join(str(word) for word in words if word and not isinstance(word, int))
    return plain(str(told))


def _said(found: dict[str, Any], message: Any, choice: dict[str, Any]) -> Said:
    if not isinstance(message, dict):
        raise Misspoken("a choice without a message")
    usage = found.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return Said(
        text=_arguments(message) or _text(message.get("content")),
        refusal=plain(_text(message.get("refusal"))),
        finish=plain(_text(choice.get("finish_reason")), 40),
        model=plain(_text(found.get("model")), 120),
        tokens_in=_count(counts.get("prompt_tokens")),
        tokens_out=_count(counts.get("completion_tokens")),
    )


def _load(body: bytes) -> dict[str, Any]:
    try:
        found = load_json(body)
    except ValueError as error:
        raise Misspoken(f"no JSON: {plain(body[:80].decode('utf-8', 'replace'))!r}") from error
    if not isinstance(found, dict):
        raise Misspoken(f"{type(found).__name__} where a chat completion is expected")
    if found.get("error") and not found.get("choices"):
        raise Misspoken(error_text(body))
    return found


def _first_choice(found: dict[str, Any], *, may_be_none: bool = False) -> dict[str, Any]:
    choices = found.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    if may_be_none:
        return {}
    raise Misspoken("no choice in a chat completion")


def _events(body: bytes) -> Iterator[dict[str, Any]]:
    # Not `splitlines`: a model's words may hold line ends of other kinds.
    for line in body.decode("utf-8", "replace").split("\n"):
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or data == "[DONE]":
            continue
        try:
            event = load_json(data)
        except ValueError:
            return  # cut off in the middle of an event
        if isinstance(event, dict):
            if event.get("error"):
                raise Misspoken(error_text(data.encode()))
            yield event


def _arguments(message: dict[str, Any]) -> str:
    """Of the first tool that was called; some servers send them parsed."""
    calls = message.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and calls else None
    function = call.get("function") if isinstance(call, dict) else None
    found = function.get("arguments") if isinstance(function, dict) else None
    return found if isinstance(found, str) else ""


def _text(content: Any) -> str:
    """Of a text, or of a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _count(found: Any) -> int | None:
    whole = isinstance(found, int) and not isinstance(found, bool)
    return found if whole and 0 <= found <= MOST_TOKENS else None
