"""Labels as JSON: what stands in a data set's files, in the database, and in a pipe."""

from collections.abc import Mapping
from typing import Any

from vigil.core.boxes import Box
from vigil.core.samples import (
    Label,
    Labeler,
    Origin,
    Outline,
    Place,
    Sample,
    Shape,
    Stretch,
    TrackPath,
)

Row = Mapping[str, Any]


def label_json(label: Label) -> dict[str, Any]:
    """What is usual is left out."""
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


def label_from_json(row: Row) -> Label:
    """The opposite of `label_json`. Raises KeyError, TypeError or ValueError."""
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


def sample_json(sample: Sample) -> dict[str, Any]:
    """Every field of a sample."""
    return {
        "id": sample.id,
        "source": sample.source,
        "time_s": float(sample.time_s),
        "path": sample.path,
        "width": int(sample.width),
        "height": int(sample.height),
        "size_bytes": int(sample.size_bytes),
        "score": float(sample.score),
        "reasons": {reason: float(score) for reason, score in sample.reasons.items()},
        "condition": sample.condition,
        "proposals": [label_json(label) for label in sample.proposals],
        "event_id": sample.event_id,
    }


def sample_from_json(found: Row) -> Sample:
    """Read what `sample_json` wrote; raises ValueError for anything else."""
    try:
        proposals = tuple(label_from_json(each) for each in found["proposals"])
        return Sample(**{**found, "reasons": dict(found["reasons"]), "proposals": proposals})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a sample: {error!r}") from error
