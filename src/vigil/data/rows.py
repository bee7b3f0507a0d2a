"""Labelled pictures and videos as rows of JSON: what stands in a data set's files."""

import json
from collections.abc import Mapping
from typing import Any

from vigil.core import (
    Box,
    DataError,
    Label,
    Labeler,
    Labelled,
    Medium,
    Origin,
    Outline,
    Place,
    Shape,
    Stretch,
    TrackPath,
)

Row = Mapping[str, Any]


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
    known = {"group": medium.group, "sha256": medium.sha256, "split": thing.split}
    row |= {key: value for key, value in known.items() if value}
    return row | {"labels": [_label_row(label) for label in thing.labels]}


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
        ),
        labels=tuple(_label(each) for each in row["labels"]),
        split=str(row.get("split", "")),
    )


def _label_row(label: Label) -> dict[str, Any]:
    origin = label.origin
    row: dict[str, Any] = {"word": label.word, "labeler": origin.labeler.value}
    if origin.score is not None:
        row["score"] = origin.score
    known = {
        "id": label.id,
        "by": origin.by,
        "reviewer": origin.reviewer,
        "time_s": origin.time_s,
        **_shape_row(label.shape),
    }
    return row | {
        key: value for key, value in known.items() if value not in ("", 0.0) or key == "track"
    }


def _label(row: Row) -> Label:
    score = row.get("score")
    origin = Origin(
        labeler=Labeler(row["labeler"]),
        by=str(row.get("by", "")),
        score=None if score is None else float(score),
        reviewer=str(row.get("reviewer", "")),
        time_s=float(row.get("time_s", 0.0)),
    )
    return Label(word=str(row["word"]), shape=_shape(row), origin=origin, id=str(row.get("id", "")))


def _shape_row(shape: Shape) -> dict[str, Any]:
    match shape:
        case None:
            return {}
        case Box():
            return {"box": list(shape)}
        case Outline():
            return {"outline": [list(corner) for corner in shape.corners]}
        case Stretch():
            return {"stretch": [shape.first, shape.last]}
        case TrackPath():
            keys = [[key.frame, *key.box, int(key.seen), int(key.hidden)] for key in shape.places]
            return {"track": shape.track, "keys": keys}


def _shape(row: Row) -> Shape:
    if "box" in row:
        return Box(*(float(side) for side in row["box"]))
    if "outline" in row:
        return Outline(corners=tuple((float(x), float(y)) for x, y in row["outline"]))
    if "stretch" in row:
        first, last = row["stretch"]
        return Stretch(first=int(first), last=int(last))
    if "keys" in row:
        places = tuple(
            Place(int(frame), Box(*(float(side) for side in box)), bool(seen), bool(hidden))
            for frame, *box, seen, hidden in row["keys"]
        )
        return TrackPath(track=int(row["track"]), places=places)
    return None
