"""A question as a chat: what a template of a local model makes a prompt of."""

from collections.abc import Sequence
from typing import Any

from vigil.brain.asking import MOST_REPEATED, repair_words
from vigil.brain.forms import form_words
from vigil.brain.parsing import plain
from vigil.core import Question

Message = dict[str, Any]


def chat_of(question: Question, answer: Any) -> list[Message]:
    """System text and question, then each caption with its picture."""
    system = f"{question.system}\n\n{form_words(answer)}".strip()
    parts = [_words(question.text)]
    for still in question.stills:
        parts += [_words(still.caption)] if still.caption else []
        parts.append({"type": "image"})
    return [
        {"role": "system", "content": [_words(system)]},
        {"role": "user", "content": parts},
    ]


def asked_again(chat: Sequence[Message], reply: str, problem: str) -> list[Message]:
    """The same with what the model said before, and why that is no answer."""
    before = plain(reply, MOST_REPEATED) or "(nothing)"
    return [
        *chat,
        {"role": "assistant", "content": [_words(before)]},
        {"role": "user", "content": [_words(repair_words(problem))]},
    ]


def _words(text: str) -> Message:
    return {"type": "text", "text": text}
