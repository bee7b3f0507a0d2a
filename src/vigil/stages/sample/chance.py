"""A draw of lots."""

import random
from typing import Annotated

from pydantic import Field

Probability = Annotated[float, Field(ge=0, le=1)]


class Chance:
    """Comes true so often."""

    def __init__(self, probability: float) -> None:
        self._probability = probability
        self._random = random.Random()  # noqa: S311  a draw, not a secret

    def comes(self) -> bool:
        """Draw once."""
        return self._random.random() < self._probability
