"""An answer whose form we write ourselves: the model only fills in the blanks.

A small model seldom keeps to a schema; here each of its words can only be one that fits. Works for
flat answers of words from a list, shares from 0 to 1, yes or no, and text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Ids: TypeAlias = tuple[int, ...]
Encode: TypeAlias = Callable[[str], Sequence[int]]

SHARES = tuple(f"{step / 20:g}" for step in range(21))
"""Finer ones than these no model means."""
MOST_WORDS = 60
"""Tokens of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """One of several sequences of tokens; a fixed text is one of one."""

    texts: tuple[Ids, ...]

    def allowed(self, said: Ids) -> frozenset[int]:
        """What may come after `said`; nothing when it is complete."""
        if said in self.texts:
            return frozenset()
        rest = (text for text in self.texts if text[: len(said)] == said)
        return frozenset(text[len(said)] for text in rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Free text, ended by the one token that closes it."""

    open: frozenset[int]
    """Tokens without a quotation mark, a backslash or a control character, and `closing`."""
    closing: int
    most: int = MOST_WORDS

    def allowed(self, said: Ids) -> frozenset[int]:
        """As `OneOf.allowed`."""
        if said and said[-1] == self.closing:
            return frozenset()
        return frozenset({self.closing}) if len(said) >= self.most else self.open


Piece: TypeAlias = OneOf | Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What must be known of a tokenizer."""

    encode: Encode
    open: frozenset[int]
    """As in `Words`."""
    closing: int
    """A quotation mark alone."""


def vocabulary_of(texts: Sequence[str], special: Sequence[int], encode: Encode) -> Vocabulary:
    """Look at the text of each token; raises ValueError when none is a quotation mark."""
    hidden = frozenset(special)
    inside = frozenset(
        token
        for token, text in enumerate(texts)
        if text and token not in hidden and not any(c in '"\\' or ord(c) < 32 for c in text)
    )
    closing = texts.index('"')
    return Vocabulary(encode=encode, open=inside | {closing}, closing=closing)


def pieces_of(schema: dict[str, Any], vocabulary: Vocabulary) -> list[Piece]:
    """The blanks and what stands between them; empty for an answer that is not flat enough."""
    properties: dict[str, dict[str, Any]] = schema.get("properties", {})
    pieces: list[Piece] = []
    before = "{"
    for name, kind in properties.items():
        blank = _blank(kind, vocabulary)
        if blank is None:
            return []
        opening = '"' if isinstance(blank, Words) else ""
        pieces += [_fixed(f'{before}"{name}": {opening}', vocabulary), blank]
        before = ", "
    return [*pieces, _fixed("}", vocabulary)] if pieces else []


def most_tokens(pieces: Sequence[Piece]) -> int:
    """How long the longest answer is."""
    return sum(
        piece.most + 1 if isinstance(piece, Words) else max(map(len, piece.texts))
        for piece in pieces
    )


def allowed_after(said: Ids, pieces: Sequence[Piece], end: int) -> frozenset[int]:
    """Which tokens may follow; `end` alone when the answer is complete.

    Raises ValueError for what these pieces would never have let happen.
    """
    at = 0
    for piece in pieces:
        length = 0
        while allowed := piece.allowed(said[at : at + length]):
            if at + length == len(said):
                return allowed
            if said[at + length] not in allowed:
                raise ValueError(f"token {said[at + length]} was not allowed")
            length += 1
        at += length
    return frozenset({end})


def _blank(kind: dict[str, Any], vocabulary: Vocabulary) -> Piece | None:
    choices = kind.get("enum", [kind["const"]] if "const" in kind else None)
    if choices and all(isinstance(choice, str) for choice in choices):
        return _one_of([f'"{choice}"' for choice in choices], vocabulary)
    if kind.get("type") == "boolean":
        return _one_of(["true", "false"], vocabulary)
    if kind.get("type") == "number" and (kind.get("minimum"), kind.get("maximum")) == (0, 1):
        # The space ends it: `0.1` must not begin `0.15`.
        return _one_of([f"{share} " for share in SHARES], vocabulary)
    plain = kind.get("type") == "string" and set(kind) == {"type"}
    return Words(open=vocabulary.open, closing=vocabulary.closing) if plain else None


def _one_of(texts: Sequence[str], vocabulary: Vocabulary) -> OneOf:
    return OneOf(texts=tuple(tuple(vocabulary.encode(text)) for text in texts))


def _fixed(text: str, vocabulary: Vocabulary) -> OneOf:
    return _one_of([text], vocabulary)
