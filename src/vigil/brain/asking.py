"""From a question to the body of a request.

What is the same for every event comes first (system text, schema, question), pictures after it in
the order given, so that a server's prefix cache holds from call to call.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vigil.brain.forms import Form, form_fields, form_words
from vigil.brain.parsing import plain
from vigil.brain.pictures import Picture
from vigil.brain.tokens import MESSAGE_TOKENS, picture_tokens, text_tokens
from vigil.core import Question

MOST_REPEATED = 2000
"""Characters of a reply that are shown to the model again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question, ready to be sent in any form."""

    question: Question
    answer: Any
    """The class that is wanted."""
    pictures: Sequence[Picture]
    fields: Mapping[str, Any]
    """What every request says besides; a field that is None is left out."""
    with_ids: bool = False
    """Whether pictures carry a `uuid`, as vLLM has it."""
    reply: str = ""
    """What the model said before, and does not fit."""
    problem: str = ""
    """Why it does not."""

    def body(self, model: str, form: Form) -> bytes:
        """The JSON of a chat completion request; the same for the same question."""
        fields = {
            "model": model,
            "messages": self._messages(),
            **form_fields(form, self.answer),
            **self.fields,
        }
        said = {word: value for word, value in fields.items() if value is not None}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "replace"
        )

    @property
    def tokens(self) -> int:
        """About how many tokens it costs to ask, for servers that do not count."""
        texts = [self.question.system, form_words(self.answer), self.question.text]
        texts += [picture.caption for picture in self.pictures]
        texts += [self.reply[:MOST_REPEATED], self.problem]
        pictures = sum(picture_tokens(each.width, each.height) for each in self.pictures)
        return pictures + sum(map(text_tokens, texts)) + 2 * MESSAGE_TOKENS

    def _messages(self) -> list[dict[str, Any]]:
        system = f"{self.question.system}\n\n{form_words(self.answer)}".strip()
        parts: list[dict[str, Any]] = [_words(self.question.text)]
        for picture in self.pictures:
            parts += [_words(picture.caption)] if picture.caption else []
            parts.append(self._shown(picture))
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": system},
            {"role": "user", "content": parts},
        ]
        return messages + (self._again() if self.problem else [])

    def _shown(self, picture: Picture) -> dict[str, Any]:
        part = {"type": "image_url", "image_url": {"url": picture.url}}
        return part | ({"uuid": picture.id} if self.with_ids else {})

    def _again(self) -> list[dict[str, Any]]:
        before = plain(self.reply, MOST_REPEATED) or "(nothing)"
        return [
            {"role": "assistant", "content": before},
            {"role": "user", "content": repair_words(self.problem)},
        ]


def repair_words(problem: str) -> str:
    """What a model is told whose reply is no answer."""
    return (
        f"That is no answer: {problem}. "
        "Answer the question again, with one JSON object that fits the schema."
    )


def _words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
