"""Passwords: where they come from, and how they are kept out of sight."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vigil.core.redaction import HIDDEN, HIDDEN_NAMES, redacted

PLACEHOLDER = re.compile(r"\$?\{(VIGIL_[A-Za-z0-9_]+)\}")
"""`{VIGIL_GATE_PASSWORD}` or `${VIGIL_GATE_PASSWORD}` stands for a variable of the environment."""
MOST_VALUES = 100_000
DEEPEST = 40

# A whole value is one URL at most, so that blanks in it belong to the password.
_USER_INFO = re.compile(r"(?<=://).*(?=@)", re.DOTALL)

Path = tuple[str | int, ...]
"""Keys and positions that lead to a value."""


def redacted_value(value: object, *, word: object = None) -> object:
    """One value of the file, fit to be shown; `word` is its key."""
    if isinstance(word, str) and re.fullmatch(f"(?i){HIDDEN_NAMES}", word):
        return HIDDEN
    return redacted(_USER_INFO.sub(HIDDEN, value)) if isinstance(value, str) else value


@dataclass(kw_only=True)
class Filled:
    """A tree of YAML with its placeholders replaced."""

    tree: Any = None
    unset: list[tuple[Path, str]] = field(default_factory=list)
    """Where a variable was named that the environment lacks."""
    secrets: dict[str, str] = field(default_factory=dict)
    """What was filled in, by variable."""

    def redacted(self, text: str) -> str:
        """The text without anything that came from the environment, and without passwords."""
        for name, value in sorted(self.secrets.items(), key=lambda item: -len(item[1])):
            if value:
                text = text.replace(value, f"{{{name}}}")
        return redacted(text)


def fill(tree: Any) -> Filled:
    """Replace placeholders in every text below `tree`.

    Raises ValueError for a tree so deep or so large (by YAML's aliases, say) that no hand wrote it.
    """
    filled = Filled()
    count = 0

    def walk(value: Any, path: Path) -> Any:
        nonlocal count
        count += 1
        if count > MOST_VALUES or len(path) > DEEPEST:
            raise ValueError(
                f"more than {MOST_VALUES} values, or more than {DEEPEST} levels, in the file"
            )
        if isinstance(value, str):
            return PLACEHOLDER.sub(_looked_up(filled, path), value)
        if isinstance(value, dict):
            return {key: walk(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, (*path, index)) for index, item in enumerate(value)]
        return value

    filled.tree = walk(tree, ())
    return filled


def _looked_up(filled: Filled, path: Path) -> Callable[[re.Match[str]], str]:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        found = os.environ.get(name)
        if found is None:
            filled.unset.append((path, name))
            return match[0]
        filled.secrets[name] = found
        return found

    return value
