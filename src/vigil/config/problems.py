"""Mistakes in the file: collected all at once, and put into words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from vigil.config.secrets import redacted_value

T = TypeVar("T")
Place = tuple[int | str, ...]

IS_MISSING = "is missing"
NO_SUCH_SETTING = "no such setting"
IN_YAML = {
    "a valid tuple": "a list",
    "a valid list": "a list",
    "a valid dictionary": "settings as `key: value`",
    "a valid mapping": "settings as `key: value`",
    "a valid string": "text",
    "a valid number": "a number",
    "a valid integer": "a whole number",
    "a valid boolean": "true or false",
}
"""What Pydantic calls by the names of Python."""


def problem(place: Place, found: object, message: str) -> InitErrorDetails:
    """One mistake at `place`, counted from whoever collects it."""
    error = PydanticCustomError("vigil", "{message}", {"message": message})
    return InitErrorDetails(type=error, loc=place, input=found)


def gathered(problems: Sequence[InitErrorDetails], build: Callable[[], T]) -> T:
    """Build, or raise a ValidationError of `problems` together with whatever building finds."""
    found = list(problems)
    try:
        made = build()
    except ValidationError as error:
        found += [problem(line["loc"], line["input"], _message(line)) for line in error.errors()]
    if found:
        raise ValidationError.from_exception_data("settings", found)
    return made


def unknown_words(
    found: Mapping[Any, Any], allowed: Iterable[str]
) -> tuple[dict[str, Any], list[InitErrorDetails]]:
    """The settings that exist, and a problem for each one that does not."""
    words = sorted(allowed)
    known = {key: value for key, value in found.items() if key in words}
    problems = [
        problem((str(key),), value, f"{NO_SUCH_SETTING}{one_of(str(key), words)}")
        for key, value in found.items()
        if key not in words
    ]
    return known, problems


def one_of(found: str, allowed: Sequence[str]) -> str:
    """`; did you mean 'zone'? allowed: labels, zone`."""
    near = get_close_matches(found, allowed, n=1)
    guess = f"; did you mean {near[0]!r}?" if near else ";"
    return f"{guess} allowed: {', '.join(allowed) or 'nothing'}"


def explain(line: ErrorDetails) -> tuple[Place, str]:
    """Where, and what is wrong there; what was found is shown without passwords."""
    place = tuple(word for word in line["loc"] if word != "[key]")
    message, found = _message(line), line["input"]
    shown = redacted_value(found, word=place[-1] if place else None)
    if isinstance(found, str) and found:
        message = message.replace(found, str(shown))
    speaks_for_itself = message == IS_MISSING or message.startswith(NO_SUCH_SETTING)
    if speaks_for_itself or isinstance(found, Mapping):
        return place, message
    short = repr(shown) if len(repr(shown)) <= 80 else f"{repr(shown)[:77]}..."
    return place, f"found {short}; {message}"


def written(place: Place) -> str:
    """`cameras.gate.rules[0].zone`."""
    text = "".join(f"[{word}]" if isinstance(word, int) else f".{word}" for word in place)
    return text.removeprefix(".")


def _message(line: ErrorDetails) -> str:
    if line["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return IS_MISSING
    if line["type"] == "extra_forbidden":
        return "another word for the same stands beside it"
    message = line["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    # Pydantic's own words; a reader wants to know what may stand there.
    for beginning in ("Input should be ", "Input should have ", "Value should "):
        if message.startswith(beginning):
            allowed = message.removeprefix(beginning).partition(", unable")[0]
            return f"allowed: {IN_YAML.get(allowed.partition(' or instance')[0], allowed)}"
    return message
