"""What a teacher is, and which words it is asked about."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from vigil.core import ConfigError, Detections, Image, Labeler

Words = Mapping[str, tuple[str, ...]]
"""Each word of the labels, and what the teacher calls it: classes of a detector, or phrases."""
LEAST = 0.05
"""Proposals below say nothing, and would fill the disk."""


class Teacher(Protocol):
    """Looks at pictures and proposes labels. What is believed of it is decided elsewhere."""

    @property
    def name(self) -> str:
        """`by` of its labels: the id of a card, or a model and the hash of what it is asked."""
        ...

    @property
    def labeler(self) -> Labeler:
        """A small model or a large one."""
        ...

    @property
    def whole(self) -> bool:
        """Its words are about whole pictures, and so are its boxes; each picture has one word."""
        ...

    @property
    def words(self) -> Words:
        """What it may propose."""
        ...

    @property
    def usual(self) -> float:
        """The score from which on it is believed while no examples say otherwise, 0 to 1."""
        ...

    def propose(self, images: Sequence[Image]) -> list[Detections | None]:
        """For each picture boxes in its pixels, words and scores, also such as are unsure.

        None: of this picture it could not say anything. Raises `ModelError` or `BrainError` when
        it cannot go on.
        """
        ...


def words_of(texts: Sequence[str]) -> Words:
    """From `helmet`, `worker=person` or `vehicle=car|truck`. Raises `ConfigError`."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        word, _, rest = (part.strip() for part in text.partition("="))
        names = tuple(name.strip() for name in (rest or word).split("|"))
        if not word or not all(names) or word in found:
            raise ConfigError(
                f"--words: found {text!r}; allowed: WORD, WORD=NAME or WORD=NAME|NAME, each once"
            )
        found[word] = names
    if not found:
        raise ConfigError("--words: none; name what is to be labelled, such as person")
    return found


def key_of(teacher: Teacher) -> str:
    """12 hexadecimal digits that change whenever its answers would."""
    asked = [teacher.name, sorted(teacher.words.items()), teacher.whole]
    said = json.dumps(asked, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:12]
