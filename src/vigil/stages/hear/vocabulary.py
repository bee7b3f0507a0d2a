"""Which words the classes of a model stand for."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.config.yaml_file import read_yaml

TABLE = Path(__file__).parent / "words.yaml"


@lru_cache(maxsize=1)
def words() -> Mapping[str, frozenset[str]]:
    """Classes by word, as the table has them."""
    table = read_yaml(TABLE)
    assert isinstance(table, Mapping)
    return {word: frozenset(classes) for word, classes in table.items()}


class Vocabulary:
    """Turns scores of classes into scores of words."""

    def __init__(self, labels: Iterable[str]) -> None:
        """`labels`: of the classes, in order."""
        of_class = {name: word for word, names in words().items() for name in names}
        self._words = [of_class.get(name, name.lower()) for name in labels]

    def __len__(self) -> int:
        return len(self._words)

    def scored(self, scores: Float32[np.ndarray, "classes"], *, least: float) -> dict[str, float]:
        """Each word that reaches `least`, as likely as its likeliest class."""
        found: dict[str, float] = {}
        for index in np.flatnonzero(scores >= least):
            word = self._words[index]
            found[word] = max(found.get(word, 0.0), float(scores[index]))
        return found
