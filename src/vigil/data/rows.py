"""Labelled pictures and videos as rows of JSON: what stands in a data set's files."""

import json
from typing import Any

from vigil.core import DataError, Labelled, Medium
from vigil.core.sample_json import Row, label_from_json, label_json


def to_line(thing: Labelled) -> str:
    """One line, without its end; the same for the same content."""
    return json.dumps(to_row(thing), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_line(line: str, where: str) -> Labelled:
    """The opposite of `to_line`. Raises `DataError`; `where` says which line it is."""
    try:
        return from_row(json.loads(line))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{where}: no line of a data set: {error!r}") from error


def to_row(thing: Labelled) -> dict[str, Any]:
    """What is usual is left out."""
    medium = thing.medium
    row: dict[str, Any] = {"path": medium.path, "width": medium.width, "height": medium.height}
    if medium.is_video:
        row |= {"frames": medium.frames, "rate": medium.rate}
    known = {
        "group": medium.group,
        "sha256": medium.sha256,
        "condition": medium.condition,
        "split": thing.split,
    }
    row |= {key: value for key, value in known.items() if value}
    return row | {"labels": [label_json(label) for label in thing.labels]}


def from_row(row: Row) -> Labelled:
    """The opposite of `to_row`. Raises KeyError, TypeError or ValueError."""
    return Labelled(
        medium=Medium(
            path=str(row["path"]),
            width=int(row["width"]),
            height=int(row["height"]),
            frames=int(row.get("frames", 1)),
            rate=float(row.get("rate", 0.0)),
            group=str(row.get("group", "")),
            sha256=str(row.get("sha256", "")),
            condition=str(row.get("condition", "")),
        ),
        labels=tuple(label_from_json(each) for each in row["labels"]),
        split=str(row.get("split", "")),
    )
