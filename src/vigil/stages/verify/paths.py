"""Where the tracker had a thing, at any moment."""

from collections.abc import Sequence

import numpy as np

from vigil.core import Box, Event

SLACK_S = 0.2
"""So long before the first and after the last point of a path the thing is still there."""

Path = Sequence[tuple[float, Box]]
"""Boxes over time, UTC seconds and source pixels."""


def path_of(event: Event) -> Path:
    """The event's path; of an event with a box alone, that box at its beginning."""
    if event.path or event.box is None:
        return event.path
    return ((event.start_s, event.box),)


def resting(event: Event) -> Path:
    """The path of what rests: it has been where it is since the event began."""
    path = path_of(event)
    if not path or path[0][0] <= event.start_s:
        return path
    return ((event.start_s, path[0][1]), *path)


def place_at(path: Path, time_s: float) -> Box | None:
    """Where it is between two points of the path; None before the first and after the last."""
    if not path or not path[0][0] - SLACK_S <= time_s <= path[-1][0] + SLACK_S:
        return None
    moments_s = [moment_s for moment_s, _ in path]
    sides = np.array([box for _, box in path])
    return Box(*(float(np.interp(time_s, moments_s, sides[:, side])) for side in range(4)))


def scaled(box: Box, factor: float) -> Box:
    """The same box in a picture so many times as large."""
    return Box(*(side * factor for side in box))
