"""From a model's words to a checked value. Its words are hostile input: they are only compared.

Thoughts, code fences and prose around the answer are put up with; the answer itself must fit its
schema to the letter.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from vigil.brain.schema import adapter_of

T = TypeVar("T")

MOST_CHARACTERS = 100_000
"""Of a reply; what comes after is not read."""
MOST_STARTS = 64
"""So many braces are tried; text that is all braces must not keep us busy."""
MOST_TOLD = 300
"""Characters of an explanation."""

# What a server that strips the opening tag leaves is a thought, too.
_THOUGHT = re.compile(r"^.*</(?:think|thinking|thought|reasoning)>", re.DOTALL | re.IGNORECASE)
_UNENDED = re.compile(r"<(?:think|thinking|thought|reasoning)>.*$", re.DOTALL | re.IGNORECASE)
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)
_SORRY = re.compile(
    r"^\W*(?:i(?:['’]m| am) (?:sorry|unable|not able)|sorry\b|i (?:can(?:['’]t|not)|won['’]t|must)"
    r"|as an ai\b|抱歉|对不起|很遗憾|我(?:无法|不能)|作为(?:一个|一名)?(?:ai|人工智能))",
    re.IGNORECASE,
)


class Misfit(ValueError):
    """A reply holds no answer that fits; the text says why, for the model and for the log."""


def parsed(reply: str, answer: type[T]) -> T:
    """Make an `answer` of a reply; raises `Misfit`.

    Numbers in quotes, NaN, words said twice and words that the schema does not know are refused.
    Two answers that differ are none: one of them may be what somebody wrote on a wall.
    """
    found, problem = [], "there is no JSON object in it"
    for candidate in _objects(_without_thoughts(reply[:MOST_CHARACTERS])):
        try:
            value = _fitted(candidate, answer)
        except Misfit as error:
            problem = str(error)
            continue
        if value not in found:
            found.append(value)
    if len(found) > 1:
        raise Misfit("there are two answers in it that differ")
    if not found:
        raise Misfit(problem)
    return found[0]


def is_refusal(reply: str) -> bool:
    """Whether a reply without an answer reads as `I can't help with that`."""
    said = _without_thoughts(reply[:MOST_CHARACTERS])
    return "{" not in said and _SORRY.match(said) is not None


def plain(text: str, most: int = MOST_TOLD) -> str:
    """Somebody else's text in one line, without what a terminal would obey or nobody would see."""
    line = " ".join(_UNSEEN.sub(" ", text.encode("utf-8", "replace").decode()).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def load_json(text: str | bytes) -> Any:
    """JSON as the standard has it; raises ValueError for anything else, however it is nested."""
    try:
        return json.loads(
            text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_said_once
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _without_thoughts(reply: str) -> str:
    return _UNENDED.sub("", _THOUGHT.sub("", reply)).strip()


def _objects(text: str) -> Iterator[str]:
    """The text of each outermost object, in order; of broken ones, of those within."""
    at = 0
    for _ in range(MOST_STARTS):
        at = text.find("{", at)
        if at < 0:
            return
        try:
            _, end = _SCANNER.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        yield text[at:end]
        at = end


def _fitted(candidate: str, answer: type[T]) -> T:
    wanted: Any = answer
    try:
        tidy = json.dumps(_tidied(load_json(candidate)))
        fitted: T = adapter_of(wanted).validate_json(tidy, strict=True, extra="forbid")
        return fitted
    except ValidationError as error:
        raise Misfit(_told(error)) from error
    except (ValueError, RecursionError) as error:
        raise Misfit(plain(str(error))) from error


def _tidied(value: Any) -> Any:
    """The same, no text in it with what would move a terminal's cursor or break a database."""
    if isinstance(value, str):
        return _UNSEEN.sub("", value)
    if isinstance(value, dict):
        return _said_once([(_tidied(key), _tidied(item)) for key, item in value.items()])
    return [_tidied(item) for item in value] if isinstance(value, list) else value


def _told(error: ValidationError) -> str:
    lines = [
        f"{'.'.join(map(str, line['loc'])) or 'answer'}: {line['msg']}"
        for line in error.errors(include_url=False, include_context=False, include_input=False)[:5]
    ]
    return plain("; ".join(lines))


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a word of an object stands in it twice")
    return found


_SCANNER = json.JSONDecoder()
