"""Figures by the minute: what a camera saw, added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
COLUMNS, ROWS = 48, 27
"""Of the grid over a picture; a cell's number is its row times `COLUMNS` plus its column."""

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
    cells: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    """By label: cells of the grid, and the seconds for which things stood in them."""


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


def cell_of(place: tuple[float, float]) -> int:
    """The number of the cell of a place, fractions of the picture."""
    column = min(int(place[0] * COLUMNS), COLUMNS - 1)
    return min(int(place[1] * ROWS), ROWS - 1) * COLUMNS + column


def minute_json(minute: Minute) -> dict[str, Any]:
    """As JSON can hold it."""
    return {
        "source": minute.source,
        "minute_s": minute.minute_s,
        "session": minute.session,
        "figures": [list(figure) for figure in minute.figures],
        "cells": {label: [list(pair) for pair in pairs] for label, pairs in minute.cells.items()},
    }


def minute_from_json(found: Mapping[str, Any]) -> Minute:
    """Read what `minute_json` wrote; raises ValueError for anything else."""
    try:
        return Minute(
            source=found["source"],
            minute_s=int(found["minute_s"]),
            session=found["session"],
            figures=tuple(Figure(*figure) for figure in found["figures"]),
            cells={
                label: tuple((int(cell), float(lasted_s)) for cell, lasted_s in pairs)
                for label, pairs in found["cells"].items()
            },
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a minute of figures: {error!r}") from error
