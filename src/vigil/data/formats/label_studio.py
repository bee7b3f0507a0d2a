"""Label Studio's native JSON: tasks with annotations by people and predictions by models.

Lengths are in percent of the picture; the frames of videos count from 1. A key that is not
`enabled` is the last frame at which a thing is seen. Kept: boxes, outlines, words of the whole,
paths with their keys, parts of videos, origins, ids, splits (`data.split`). Lost: what is hidden.
Names of the controls are those of the labelling setup that `write` puts beside it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse
from xml.sax.saxutils import quoteattr

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
from vigil.data.formats.parts import Files, Words, origin_of, origin_row
from vigil.data.json_stream import items, keys

NAME = "label_studio"
FILE = "tasks.json"
SETUP = "setup.xml"
FIRST = 1
"""The number of a video's first frame."""
PEOPLE = (Labeler.HUMAN, Labeler.IMPORT)
Row = Mapping[str, Any]


def is_here(folder: Path) -> bool:
    """A JSON list of tasks with `data`, or a folder with `tasks.json`."""
    file = _file(folder)
    if not file.is_file() or file.suffix != ".json" or keys(file):
        return False
    first = next(items(file), None)
    return isinstance(first, Mapping) and isinstance(first.get("data"), Mapping)


def read(folder: Path) -> Iterator[Labelled]:
    """Every task, one at a time."""
    file = _file(folder)
    for number, task in enumerate(items(file), start=1):
        yield _labelled(task, f"{file}: task {task.get('id', number)}", file.parent)


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """`tasks.json`, the labelling setup, and the files in `media`."""
    folder.mkdir(parents=True, exist_ok=True)
    words, seen = Words(), set()
    with (folder / FILE).open("w", encoding="utf-8") as out:
        out.write("[")
        for number, thing in enumerate(things, start=1):
            files.bring(thing.medium, folder / "media" / thing.medium.path)
            for label in thing.labels:
                words.number(label.word)
            seen.add(thing.medium.is_video)
            comma = "," if number > 1 else ""
            out.write(f"{comma}\n{json.dumps(_task(thing, number), ensure_ascii=False)}")
        out.write("\n]\n")
    (folder / SETUP).write_text(_setup(words, video=True in seen), encoding="utf-8")


def _file(folder: Path) -> Path:
    return folder / FILE if folder.is_dir() else folder


# Reading


def _labelled(task: Row, where: str, root: Path) -> Labelled:
    data = task.get("data")
    if not isinstance(data, Mapping):
        raise DataError(f"{where}: no `data`")
    results = list(_results(task))
    medium = _medium(data, [result for result, _ in results], where)
    labels = [
        label for result, origin in results for label in _labels(result, origin, medium, where)
    ]
    return Labelled(medium=medium, labels=tuple(labels), split=str(data.get("split", "")))


def _results(task: Row) -> Iterator[tuple[Row, Origin]]:
    """What people drew, then what models did."""
    for annotation in task.get("annotations") or ():
        if annotation.get("was_cancelled"):
            continue
        by = annotation.get("completed_by", "")
        by = by.get("email", "") if isinstance(by, Mapping) else by
        for result in annotation.get("result") or ():
            yield result, Origin(labeler=Labeler.HUMAN, by=str(by))
    for prediction in task.get("predictions") or ():
        for result in prediction.get("result") or ():
            score = result.get("score", prediction.get("score"))
            yield (
                result,
                Origin(
                    labeler=Labeler.MODEL,
                    by=str(prediction.get("model_version", "")),
                    score=None if score is None else float(score),
                ),
            )


def _medium(data: Row, results: list[Row], where: str) -> Medium:
    video = "video" in data
    address = data.get("video" if video else "image") or next(
        (value for value in data.values() if isinstance(value, str)), ""
    )
    first: Row = next((one for one in results if "original_width" in one), {})
    values = [one.get("value", {}) for one in results]
    counted = next((value["framesCount"] for value in values if "framesCount" in value), None)
    seconds = next((value["duration"] for value in values if value.get("duration")), 0.0)
    frames = int(data.get("frames") or counted or 2) if video else 1
    width, height = (
        data.get(ours) or first.get(theirs)
        for ours, theirs in (("width", "original_width"), ("height", "original_height"))
    )
    if not video and results and not (width and height):
        raise DataError(f"{where}: no original_width and original_height")
    rate = float(data.get("rate") or (frames / seconds if seconds else 0.0))
    return Medium(
        path=_path(str(address)),
        width=int(width or 0),
        height=int(height or 0),
        frames=frames,
        rate=rate if video else 0.0,
        group=str(data.get("group", "")),
    )


def _path(address: str) -> str:
    """The file that an address means: a path, an upload, or a file of the local storage."""
    parts = urlparse(address)
    local = parse_qs(parts.query).get("d")
    if local:
        return local[0].lstrip("/")
    return unquote(parts.path).removeprefix("/data/").removeprefix("media/").lstrip("/")


def _labels(result: Row, origin: Origin, medium: Medium, where: str) -> Iterator[Label]:
    meta = result.get("meta") or {}
    ours = meta.get("vigil") if isinstance(meta, Mapping) else None
    known = dict(ours) if isinstance(ours, Mapping) else {}
    name = str(known.pop("id", "" if ours is not None else result.get("id", "")))
    if ours is not None:
        origin = origin_of(known)
    value = result.get("value") or {}
    kind = str(result.get("type", ""))
    reader = READERS.get(kind)
    if reader is None:
        return  # text, ratings and relations are no labels of ours
    words = value.get(reader.words) or value.get("labels") or ()
    for word in words:
        try:
            shape = reader.shape(value, medium, known)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{where}: {kind} {result.get('id')}: {error!r}") from error
        yield Label(word=str(word), shape=shape, origin=origin, id=name)


def _box(value: Row, medium: Medium) -> Box:
    wide, high = medium.width / 100, medium.height / 100
    x, y = float(value["x"]) * wide, float(value["y"]) * high
    return Box(x, y, x + float(value["width"]) * wide, y + float(value["height"]) * high)


def _outline(value: Row, medium: Medium) -> Outline:
    wide, high = medium.width / 100, medium.height / 100
    return Outline(corners=tuple((float(x) * wide, float(y) * high) for x, y in value["points"]))


def _stretch(value: Row) -> Stretch:
    span = value["ranges"][0]
    return Stretch(first=int(span["start"]) - FIRST, last=int(span["end"]) - FIRST)


def _path_from(value: Row, medium: Medium, known: Row) -> TrackPath:
    keys_, sequence = [], sorted(value["sequence"], key=lambda key: key["frame"])
    for key, following in pairwise([*sequence, None]):
        assert key is not None
        frame = int(key["frame"]) - FIRST
        keys_.append(Place(frame, _box(key, medium)))
        next_frame = medium.frames if following is None else int(following["frame"]) - FIRST
        if not key.get("enabled", True) and frame + 1 < next_frame:
            keys_.append(Place(frame + 1, _box(key, medium), seen=False))
    return TrackPath(track=int(known.get("track", 0)), places=tuple(keys_))


@dataclass(frozen=True)
class _Reader:
    words: str
    shape: Any


READERS = {
    "rectanglelabels": _Reader("rectanglelabels", lambda value, medium, _: _box(value, medium)),
    "polygonlabels": _Reader("polygonlabels", lambda value, medium, _: _outline(value, medium)),
    "choices": _Reader("choices", lambda *_: None),
    "timelinelabels": _Reader("timelinelabels", lambda value, *_: _stretch(value)),
    "videorectangle": _Reader("labels", _path_from),
}


# Writing


def _task(thing: Labelled, number: int) -> Row:
    medium = thing.medium
    data: dict[str, object] = {"video" if medium.is_video else "image": f"media/{medium.path}"}
    data |= {"width": medium.width, "height": medium.height}
    if medium.is_video:
        data |= {"frames": medium.frames, "rate": medium.rate}
    more = {"group": medium.group, "split": thing.split}
    data |= {key: value for key, value in more.items() if value}
    rows = [(label, _result(label, medium, index)) for index, label in enumerate(thing.labels)]
    drawn = [row for label, row in rows if label.origin.labeler in PEOPLE]
    versions: dict[str, list[Row]] = {}
    for label, row in rows:
        if label.origin.labeler not in PEOPLE:
            versions.setdefault(label.origin.by, []).append(row)
    return {
        "id": number,
        "data": data,
        "annotations": [{"result": drawn}] if drawn else [],
        "predictions": [
            {"model_version": version, "score": _lowest(found), "result": found}
            for version, found in versions.items()
        ],
    }


def _lowest(rows: list[Row]) -> float | None:
    """The score of a task, by which its review is sorted: that of its most doubtful label."""
    return min((row["score"] for row in rows if "score" in row), default=None)


def _result(label: Label, medium: Medium, index: int) -> Row:
    kind, value = _value(label.word, label.shape, medium)
    ours = {"id": label.id, **origin_row(label)}
    if isinstance(label.shape, TrackPath):
        ours["track"] = label.shape.track
    row: dict[str, object] = {
        "id": f"r{index}",
        "type": kind,
        "from_name": {"choices": "whole", "timelinelabels": "part"}.get(kind, "label"),
        "to_name": "video" if medium.is_video else "image",
        "original_width": medium.width,
        "original_height": medium.height,
        "value": value,
        "meta": {"vigil": ours},
    }
    if label.origin.score is not None:
        row["score"] = label.origin.score
    return row


def _value(word: str, shape: Shape, medium: Medium) -> tuple[str, Row]:
    match shape:
        case None:
            return "choices", {"choices": [word]}
        case Stretch():
            span = {"start": shape.first + FIRST, "end": shape.last + FIRST}
            return "timelinelabels", {"ranges": [span], "timelinelabels": [word]}
        case TrackPath():
            return "videorectangle", {
                "framesCount": medium.frames,
                "duration": medium.frames / medium.rate if medium.rate else 0,
                "labels": [word],
                "sequence": _sequence(shape, medium),
            }
        case Outline():
            wide, high = medium.width / 100, medium.height / 100
            points = [[x / wide, y / high] for x, y in shape.corners]
            return "polygonlabels", {"points": points, "polygonlabels": [word]}
        case Box():
            return "rectanglelabels", {**_percent(shape, medium), "rectanglelabels": [word]}


def _percent(box: Box, medium: Medium) -> dict[str, float]:
    wide, high = medium.width / 100, medium.height / 100
    return {
        "x": box.x1 / wide, "y": box.y1 / high,
        "width": box.width / wide, "height": box.height / high, "rotation": 0,
    }  # fmt: skip


def _sequence(path: TrackPath, medium: Medium) -> list[Row]:
    """Keys; before one at which it is gone, one more says where it was seen last."""
    keys_: dict[int, tuple[Place, bool]] = {}
    for place in path.places:
        if place.seen:
            keys_[place.frame] = place, True
        elif (last := path.at(place.frame - 1)) is not None:
            keys_[last.frame] = last, False
    return [
        {
            "frame": frame + FIRST, "enabled": enabled,
            "time": (frame + FIRST) / medium.rate if medium.rate else 0,
            **_percent(place.box, medium),
        }
        for frame, (place, enabled) in sorted(keys_.items())
    ]  # fmt: skip


def _setup(words: Words, *, video: bool) -> str:
    choices = "".join(f"    <Choice value={quoteattr(word)}/>\n" for word in words)
    labels = "".join(f"    <Label value={quoteattr(word)}/>\n" for word in words)
    if video:
        return (
            '<View>\n  <Video name="video" value="$video" framerate="$rate"/>\n'
            '  <VideoRectangle name="box" toName="video"/>\n'
            f'  <Labels name="label" toName="video">\n{labels}  </Labels>\n'
            f'  <TimelineLabels name="part" toName="video">\n{labels}  </TimelineLabels>\n'
            f'  <Choices name="whole" toName="video" choice="multiple">\n{choices}  </Choices>\n'
            "</View>\n"
        )
    return (
        '<View>\n  <Image name="image" value="$image"/>\n'
        f'  <RectangleLabels name="label" toName="image">\n{labels}  </RectangleLabels>\n'
        f'  <PolygonLabels name="outline" toName="image">\n{labels}  </PolygonLabels>\n'
        f'  <Choices name="whole" toName="image" choice="multiple">\n{choices}  </Choices>\n'
        "</View>\n"
    )
