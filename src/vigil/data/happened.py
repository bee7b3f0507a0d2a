"""What truly happened before a camera, as people or a renderer say, and which event tells of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from vigil.core import Box, ConfigError, Event, as_array, iou

SLACK_S = 2.0
"""Labels made by hand and rules that wait until they are sure differ by so much."""
SAME_PLACE_IOU = 0.1
SAME_PLACE_SHARE = 0.5
"""Of the event's moments at which the other's place is known: less is somebody who passes by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that a rule ought to report."""

    source: str
    rule: str
    """The rule's name, or its kind."""
    start_s: float
    """Seconds on the clock of the events: UTC, or from the start of a file."""
    end_s: float
    direction: str | None = None
    """Of a crossing; None: either."""
    path: tuple[tuple[float, Box], ...] = ()
    """Where it was when, in source pixels; empty: not known, so that the place is not compared."""


def happening_of(
    event: Event, happened: Sequence[Happened], *, slack_s: float = SLACK_S
) -> Happened | None:
    """What an event tells of: the same camera and rule, a common moment, and the same place.

    Several events may tell of one happening; of several happenings the one with the longest
    common time counts. None: nothing of the kind happened.
    """
    fitting = [each for each in happened if _fits(event, each, slack_s)]
    return max(fitting, key=lambda each: _common_s(event, each), default=None)


def _fits(event: Event, happened: Happened, slack_s: float) -> bool:
    return (
        (event.source, event.rule) == (happened.source, happened.rule)
        and (happened.direction is None or happened.direction == event.direction)
        and _common_s(event, happened) >= -slack_s
        and _same_place(event, happened, slack_s)
    )


def _common_s(event: Event, happened: Happened) -> float:
    """Seconds that both last; negative for the gap between them."""
    return min(event.end_s, happened.end_s) - max(event.start_s, happened.start_s)


def _same_place(event: Event, happened: Happened, slack_s: float) -> bool:
    """Whether the event stays with what happened, where the places of both are known."""
    if not event.path or not happened.path:
        return True
    moments_s, known_s = (
        np.array([time_s for time_s, _ in path]) for path in (event.path, happened.path)
    )
    ours, known = (as_array([box for _, box in path]) for path in (event.path, happened.path))
    theirs = np.stack([np.interp(moments_s, known_s, side) for side in known.T], axis=1)
    then = (moments_s >= known_s[0] - slack_s) & (moments_s <= known_s[-1] + slack_s)
    met = np.diagonal(iou(ours, theirs.astype(np.float32))) >= SAME_PLACE_IOU
    return bool(then.any() and met[then].mean() >= SAME_PLACE_SHARE)


def read_happened(path: Path) -> list[Happened]:
    """Read a JSON list, or one JSON object a line, whose keys are the fields of `Happened`.

    Boxes in `path` are rows of seconds and x1, y1, x2, y2. Raises ConfigError, which tells every
    mistake with its place.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = json.loads(text) if text.lstrip().startswith("[") else list(_lines(text))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: no JSON: {error}") from error
    problems: list[str] = []
    found = []
    for number, row in enumerate(rows):
        try:
            found.append(_happened(row))
        except (TypeError, ValueError, KeyError) as error:
            problems.append(f"{path}[{number}]: {error}")
    if problems:
        raise ConfigError(problems)
    return found


def _lines(text: str) -> Iterable[Any]:
    return (json.loads(line) for line in text.splitlines() if line.strip())


def _happened(row: Mapping[str, Any]) -> Happened:
    if not isinstance(row, Mapping):
        raise ValueError(f"found {str(row)[:80]!r}; allowed: an object")
    names = {field.name for field in fields(Happened)}
    if unknown := set(row) - names:
        raise ValueError(f"unknown: {sorted(unknown)}; allowed: {sorted(names)}")
    if missing := {"source", "rule", "start_s", "end_s"} - set(row):
        raise ValueError(f"missing: {sorted(missing)}")
    path = tuple((float(time_s), Box(*map(float, box))) for time_s, *box in row.get("path", ()))
    start_s, end_s = float(row["start_s"]), float(row["end_s"])
    if not start_s <= end_s:
        raise ValueError(f"start_s {start_s:g} is after end_s {end_s:g}")
    return Happened(
        source=str(row["source"]),
        rule=str(row["rule"]),
        start_s=start_s,
        end_s=end_s,
        direction=row.get("direction"),
        path=path,
    )
