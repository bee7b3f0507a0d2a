"""What is put before a judge."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vigil.core.clips import Clip
from vigil.core.events import Event
from vigil.core.frames import Frame

Corners = tuple[tuple[float, float], ...]
"""Points in fractions of the picture, x right and y down."""


class Footage(Protocol):
    """The pictures of one clip, as far as it is on the disk; masks are burned in."""

    @property
    def start_s(self) -> float:
        """UTC seconds of the first picture."""
        ...

    @property
    def end_s(self) -> float:
        """UTC seconds of the last picture there is now; a clip may still grow."""
        ...

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        """Frames between two moments, UTC seconds, at least `every_s` apart; 0: each one.

        Decodes while it is read, and blocks. Raises `SourceError` for a clip that cannot be read.
        """
        ...


Saying = tuple[str, str]
"""The same in English and in Chinese, which may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a user's own algorithm looks for, for judges of its events."""

    algorithm: str
    version: int | None
    """None: the one in use."""
    home: Path
    """The state folder, with the algorithm's head and the models that it needs."""
    claim: Saying
    questions: tuple[tuple[Saying, bool], ...] = ()
    """Each with the answer, yes or no, that a true claim leads to."""
    prompts: tuple[Saying, ...] = ()
    """What pictures show when the claim is true, for models that compare pictures with texts."""
    negative_prompts: tuple[Saying, ...] = ()
    """What they show when it is false."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """An event with everything by which it may be judged.

    Names of cameras and files are no evidence: a judge must not pass them on to a model.
    """

    event: Event
    clip: Clip | None
    footage: Footage
    zones: tuple[Corners, ...] = ()
    """Areas that the rule speaks of; a line is an area of two corners."""
    labels: frozenset[str] = frozenset()
    """Words that the rule reads; empty means all."""
    kind: str = ""
    """What sort of rule it is, such as `line_crossing`; empty: its name says it."""
    subject: Subject | None = None
    """Of an event that an algorithm's head has claimed; None: of any other."""
