"""How a server is asked for an answer in JSON; not every server knows every way."""

from enum import IntEnum
from typing import Any

from vigil.brain.schema import schema_text, strict_schema

TOOL = "answer"
MISFITS_TO_LEAVE = 2
"""So many answers in a row that do not fit, before any did, and a form is left."""
_FORM_WORDS = (
    "response_format",
    "json_schema",
    "json_object",
    "schema",
    "grammar",
    "guided",
    "structured",
    "tool",
)


class Form(IntEnum):
    """The strongest first."""

    JSON_SCHEMA = 0
    """The server lets the model write nothing that breaks the schema."""
    JSON_OBJECT = 1
    """The server lets it write nothing but JSON."""
    TOOL_CALL = 2
    """The answer is the arguments of a tool."""
    TEXT = 3
    """The model is asked nicely, as it is in every other form."""


def form_fields(form: Form, answer: Any) -> dict[str, Any]:
    """What a form adds to a request."""
    schema = {"name": TOOL, "schema": strict_schema(answer), "strict": True}
    tool = {"name": TOOL, "description": "Give the answer.", "parameters": schema["schema"]}
    match form:
        case Form.JSON_SCHEMA:
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        case Form.JSON_OBJECT:
            return {"response_format": {"type": "json_object"}}
        case Form.TOOL_CALL:
            return {
                "tools": [{"type": "function", "function": tool}],
                "tool_choice": {"type": "function", "function": {"name": TOOL}},
            }
        case Form.TEXT:
            return {}


def form_words(answer: Any) -> str:
    """What is said about the form in words, whatever the server enforces."""
    return (
        "Answer with one JSON object and nothing else. It must fit this JSON schema:\n"
        f"{schema_text(answer)}"
    )


class FormMemory:
    """Which form works with one server."""

    def __init__(self) -> None:
        self.best = Form.JSON_SCHEMA
        self._fitted = False
        self._misfits = 0

    def taken(self, form: Form) -> None:
        """The server took a request in this form, and no stronger one."""
        if form is not self.best:
            self.best, self._fitted, self._misfits = form, False, 0

    def fits(self) -> None:
        """A first answer in the best form fitted."""
        self._fitted, self._misfits = True, 0

    def misfits(self) -> Form:
        """A first answer fits no schema: the server may not heed the form. Returns what to try."""
        if self._fitted:
            return self.best
        self._misfits += 1
        weaker = after(self.best)
        if self._misfits >= MISFITS_TO_LEAVE:
            self.best, self._misfits = weaker, 0
        return weaker

    def may_be_why(self, refusal: str) -> bool:
        """Whether a request in the best form may have been refused for its form.

        What worked before is doubted only when the server names it.
        """
        return not self._fitted or speaks_of_form(refusal)


def speaks_of_form(refusal: str) -> bool:
    """Whether a server's error names what a form adds to a request."""
    return any(word in refusal.lower() for word in _FORM_WORDS)


def after(form: Form) -> Form:
    """The next weaker form; the weakest follows itself."""
    return Form(min(form + 1, Form.TEXT))
