"""Figures by the minute: what a camera saw, added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

MINUTE_S = 60

FigureKind = Literal["watched", "count", "crossing", "flow", "dwell", "speed"]
KINDS: tuple[FigureKind, ...] = ("watched", "count", "crossing", "flow", "dwell", "speed")


class Figure(NamedTuple):
    """One number of one minute; figures of one name are added up, of `most` the largest stays."""

    kind: FigureKind
    """`watched`: `total` seconds in which pictures were seen, whatever they showed.
    `count`: `total` thing-seconds in a zone (over the seconds watched: the mean), `most` at once.
    `crossing`: `number` of crossings. `flow`: `number` that went from one zone to another.
    `dwell`: `number` of stays that ended, their seconds in all, and the longest.
    `speed`: `number` of measurements, their sum in km/h, and the fastest.
    """
    place: str
    """Name of the zone (empty: the whole picture), `RULE DIRECTION` of a crossing, `ZONE > ZONE`
    of a flow, name of the rule that measured a speed."""
    label: str
    number: int = 0
    total: float = 0.0
    most: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """The figures of one camera and one minute, from one watch of it."""

    source: str
    minute_s: int
    """Its beginning, UTC seconds."""
    session: str
    """Names the watch; a camera that was started anew within a minute has two parts of it."""
    figures: tuple[Figure, ...]


class Measure(NamedTuple):
    """One measured speed."""

    label: str
    km_h: float


@runtime_checkable
class Measures(Protocol):
    """A rule that measures speeds, whether or not it tells of them."""

    name: str

    def measured(self) -> Sequence[Measure]:
        """What was measured since it was last asked."""
        ...


def minute_json(minute: Minute) -> dict[str, Any]:
    """As JSON can hold it."""
    return {
        "source": minute.source,
        "minute_s": minute.minute_s,
        "session": minute.session,
        "figures": [list(figure) for figure in minute.figures],
    }


def minute_from_json(found: Mapping[str, Any]) -> Minute:
    """Read what `minute_json` wrote; raises ValueError for anything else."""
    try:
        return Minute(
            source=found["source"],
            minute_s=int(found["minute_s"]),
            session=found["session"],
            figures=tuple(Figure(*figure) for figure in found["figures"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a minute of figures: {error!r}") from error
