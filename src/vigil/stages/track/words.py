"""Label words as numbers, inside one tracker only."""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Int64


class Words:
    """Numbers words as they come, and knows which ones a detector takes for one another."""

    def __init__(self, families: Iterable[Sequence[str]]) -> None:
        self._family_of = {word: family for family in families for word in family}
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._families = np.zeros(0, np.int64)

    def numbers(self, words: Iterable[str]) -> Int64[np.ndarray, "n"]:
        """The number of each word; new words get the next one."""
        known = self._numbers
        return np.array(
            [known[word] if word in known else self._learn(word) for word in words], np.int64
        )

    def name(self, number: int) -> str:
        """The word behind a number."""
        return self._names[number]

    def families(self, numbers: Int64[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
        """The number of each word's family: that of its first known member."""
        return np.asarray(self._families[numbers])

    def _learn(self, word: str) -> int:
        number = len(self._names)
        self._numbers[word] = number
        self._names.append(word)
        relatives = (
            self._numbers[other]
            for other in self._family_of.get(word, (word,))
            if other in self._numbers
        )
        self._families = np.append(self._families, min(relatives))
        return number
