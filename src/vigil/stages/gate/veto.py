"""May the detector's veto on one picture be trusted? Found out by not always heeding it."""

import random

from vigil.core import part


@part
class VetoRecord:
    """Says when a veto is to be overruled, and keeps count of what that brought.

    A veto saves the catching up where the gate opens for leaves and lamps; where things are small
    or dark, one picture shows a detector too little. Until the share of wrong vetoes is known to
    be under `allowed`, and in one of `recheck` cases afterwards, the camera wakes in spite of the
    veto. Old outcomes count less and less, so that a night is not judged by its day.
    """

    allowed: float = 0.1
    """Share of wrong vetoes above which they are not heeded."""
    recheck: float = 0.05
    """Share of trusted vetoes that are checked all the same."""
    memory: float = 20.0
    """Outcomes after which one has lost two thirds of its weight."""
    seed: int | None = None

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  a draw, not a secret
        # Jeffreys' prior for a share of which nothing is known.
        self._wrong = self._right = 0.5

    @property
    def wrong(self) -> float:
        """The share of wrong vetoes, as far as is known; one half at the start."""
        return self._wrong / (self._wrong + self._right)

    def overrules(self) -> bool:
        """Whether the veto just given is to be overruled."""
        return self.wrong > self.allowed or self._random.random() < self.recheck

    def note(self, *, wrong: bool) -> None:
        """Take in the outcome of an overruled veto: whether there was something after all."""
        kept = 1 - 1 / self.memory
        self._wrong = kept * self._wrong + wrong
        self._right = kept * self._right + (not wrong)
