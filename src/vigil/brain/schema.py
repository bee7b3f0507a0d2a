"""The JSON schema of an answer, in the strict form that servers ask for."""

import json
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

Schema = dict[str, Any]


@lru_cache(maxsize=64)
def adapter_of(answer: Any) -> TypeAdapter[Any]:
    """What makes an `answer` of JSON; kept, for making it is dear."""
    return TypeAdapter(answer)


@lru_cache(maxsize=64)
def schema_text(answer: Any) -> str:
    """The schema as one line, the same for the same class: servers keep what they made of it."""
    return json.dumps(strict_schema(answer), ensure_ascii=False, separators=(",", ":"))


def strict_schema(answer: Any) -> Schema:
    """The schema of a pydantic model: no other words, every word needed, no ornament.

    A word with a default is asked for as well, although an answer without it is taken.
    """
    found: Schema = _strict(adapter_of(answer).json_schema())
    return found


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    strict: Schema = {}
    for word, value in node.items():
        if word in ("properties", "$defs"):
            strict[word] = {name: _strict(item) for name, item in value.items()}
        elif word not in ("title", "default"):
            strict[word] = _strict(value)
    if "properties" in strict:
        strict |= {"required": list(strict["properties"]), "additionalProperties": False}
    return strict
