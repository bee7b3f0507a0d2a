"""How a fake brain puts an answer into the bytes of the protocol."""

import json
import time
from dataclasses import dataclass
from typing import Any, Literal

from vigil.brain.tokens import MESSAGE_TOKENS, picture_tokens, text_tokens
from vigil.testing.fake_answers import FAKE, Asked, Oracle, marked
from vigil.testing.fake_faults import Fault, Refuses, Says, WrongSchema
from vigil.testing.fake_http import as_json, response

FINGERPRINT = "fp_fake_brain"
PIECE = 12
"""Characters of one event of a stream."""

Manner = Literal["plain", "chatty", "thinking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What a completion says."""

    text: str
    form: str
    finish: str = "stop"
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Words answers as a certain server would."""

    model: str
    heeds: bool
    """Whether it does as the form of the answer demands."""
    manner: Manner
    """How it talks where nothing is demanded."""
    counts_tokens: bool

    def speech(self, asked: Asked, form: str, oracle: Oracle, fault: Fault | None) -> Speech:
        """What to say; may take as long as the oracle does."""
        match fault:
            case Says(text=text, finish=finish):
                return Speech(text=text, form=form, finish=finish)
            case WrongSchema():
                return Speech(text=json.dumps({"colour": "green", "reason": FAKE}), form=form)
            case Refuses(words=words):
                return Speech(text="", form="text", refusal=f"{words} ({FAKE})")
        answer = oracle(asked)
        text = answer if isinstance(answer, str) else self._worded(marked(answer), form)
        most = asked.body.get("max_tokens")
        if most is not None and text_tokens(text) > most:
            return Speech(text=text[: 4 * most], form=form, finish="length")
        return Speech(text=text, form=form)

    def body(self, asked: Asked, speech: Speech) -> bytes:
        """A completion, or a stream of events when that was asked for."""
        usage = self._usage(asked, speech) if self.counts_tokens else None
        if not asked.body.get("stream"):
            return self._whole(asked, speech, usage)
        wanted = (asked.body.get("stream_options") or {}).get("include_usage")
        return self._events(asked, speech, usage if wanted else None)

    def _worded(self, answer: dict[str, Any], form: str) -> str:
        found = json.dumps(answer, ensure_ascii=False)
        if form != "text" and self.heeds:
            return found
        match self.manner:
            case "chatty":
                return f"Sure! Here is what a fake thinks:\n```json\n{found}\n```\nAnything else?"
            case "thinking":
                return f'<think>A fake thinks {{"ruling": "unsure"}}, then</think>\n{found}'
            case _:
                return found

    def _usage(self, asked: Asked, speech: Speech) -> dict[str, int]:
        sizes = [image.shape[:2] for image in asked.images]
        prompt = text_tokens(asked.system) + text_tokens(asked.text)
        prompt += sum(picture_tokens(width, height) for height, width in sizes)
        prompt += MESSAGE_TOKENS * len(asked.messages)
        said = text_tokens(speech.text)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": said,
            "total_tokens": prompt + said,
        }

    def _envelope(self, asked: Asked, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-fake-{asked.number}",
            "object": kind,
            "created": int(time.time()),
            "model": self.model,
            "system_fingerprint": FINGERPRINT,
        }

    def _whole(self, asked: Asked, speech: Speech, usage: dict[str, int] | None) -> bytes:
        message: dict[str, Any] = {"role": "assistant", "content": speech.text}
        finish = speech.finish
        if speech.refusal is not None:
            message |= {"content": None, "refusal": speech.refusal}
        elif speech.form == "tools":
            message |= {"content": None, "tool_calls": [_tool_call(speech.text)]}
            finish = "tool_calls" if finish == "stop" else finish
        choice = {"index": 0, "message": message, "finish_reason": finish}
        found = self._envelope(asked, "chat.completion") | {"choices": [choice]}
        return as_json(found | ({"usage": usage} if usage else {}))

    def _events(self, asked: Asked, speech: Speech, usage: dict[str, int] | None) -> bytes:
        deltas: list[dict[str, Any]] = [{"role": "assistant"}]
        if speech.refusal is not None:
            deltas.append({"refusal": speech.refusal})
        for at in range(0, len(speech.text), PIECE):
            piece = speech.text[at : at + PIECE]
            tool = speech.form == "tools"
            deltas.append({"tool_calls": [_tool_call(piece)]} if tool else {"content": piece})
        choices: list[dict[str, Any]] = [
            {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
        ]
        choices.append({"index": 0, "delta": {}, "finish_reason": speech.finish})
        envelope = self._envelope(asked, "chat.completion.chunk")
        events: list[dict[str, Any]] = [envelope | {"choices": [choice]} for choice in choices]
        if usage:
            events.append(envelope | {"choices": [], "usage": usage})
        return b"".join(event(as_json(each)) for each in events) + event(b"[DONE]")


def event(data: bytes) -> bytes:
    """One event of a stream."""
    return b"data: " + data + b"\n\n"


def failure(status: int, message: str, headers: dict[str, str] | None = None) -> bytes:
    """A whole response that says what went wrong."""
    told: dict[str, Any] = {"message": f"{message} ({FAKE})", "type": "fake_brain"}
    return response(status, as_json({"error": told | {"code": status}}), headers=headers)


def _tool_call(arguments: str) -> dict[str, Any]:
    function = {"name": "answer", "arguments": arguments}
    return {"index": 0, "id": "call_fake", "type": "function", "function": function}
