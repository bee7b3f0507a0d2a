"""What networks of clips are asked, and what they say."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from vigil.core.boxes import Box

Where = Literal["view", "person"]


class ActionQuestion(NamedTuple):
    """Whom a rule wants to be looked at, by which model; the same question is asked once."""

    model: str
    """`name` in the registry, or `name@version`."""
    where: Where
    """The whole view, or each of `who` by themselves."""
    who: tuple[str, ...] = ()
    """Labels of the tracks that are cut out; empty: all. Of no use for the view."""
    rate: float | None = None
    """Pictures a second; None: as many as the model was trained on."""
    most: int = 4
    """Tracks followed at once; of no use for the view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """How surely the last seconds of a view, or of one track, show a word of a model."""

    model: str
    """As the rule asked for it."""
    version: int
    word: str
    score: float
    """Probability of the word, 0 to 1."""
    start_s: float
    """When the clip began that was judged."""
    track_id: int | None = None
    """None: the whole view."""
    box: Box | None = None
    """Where that track was, source pixels."""
