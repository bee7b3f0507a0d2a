"""COCO: pictures, categories and annotations in one JSON file; videos as CocoVID and TAO have them.

Lin et al., 2014, arXiv:1405.0312. Boxes are `x, y, width, height` in pixels. Kept: boxes, outlines,
words of whole pictures (annotations without `bbox`), paths through videos (`videos`, `video_id`,
`frame_id` from 0, `track_id`), splits (one file each), ids and origins (extra keys). Lost: the
keys of paths (each frame has a box), parts of videos. Files of any size are read and written
without holding more than one picture, or one video.
"""

import json
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from vigil.core import Box, DataError, Label, Labelled, Medium, Outline, Place, TrackPath, path_of
from vigil.data.formats.parts import Files, Words, origin_of, origin_row
from vigil.data.json_stream import items, keys

NAME = "coco"
NEEDED = {"images", "annotations", "categories"}
ALL = "annotations"
"""The file of what is in no split."""
Row = Mapping[str, Any]


def is_here(folder: Path) -> bool:
    """A file of this kind, or a folder with some, or with `annotations/`."""
    return any(set(keys(file)) >= NEEDED for file in _files(folder)[:3])


def read(folder: Path) -> Iterator[Labelled]:
    """Every picture and video of every file; a file's name is its split."""
    root = folder.parent if folder.is_file() else folder
    for file in _files(folder):
        if set(keys(file)) >= NEEDED:
            yield from _read(file, _split_of(file), root)


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """`annotations/SPLIT.json`, and the pictures in `images`."""
    with ExitStack() as stack:
        sheets: dict[str, _Sheet] = {}
        words = Words(first=1)
        for thing in things:
            if thing.split not in sheets:
                file = folder / "annotations" / f"{thing.split or ALL}.json"
                sheets[thing.split] = stack.enter_context(_Sheet(file, words))
            files.bring(thing.medium, folder / "images" / thing.medium.path)
            sheets[thing.split].add(thing)


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder] if folder.suffix == ".json" else []
    return sorted([*folder.glob("*.json"), *folder.glob("annotations/*.json")])


def _split_of(file: Path) -> str:
    """`instances_val2017.json` and `_annotations.coco.json` in `valid` are known names."""
    word = file.stem.removeprefix("instances_").rstrip("0123456789")
    return "" if word in (ALL, "_annotations.coco", "labels", "instances", "") else word


# Reading


def _read(file: Path, split: str, root: Path) -> Iterator[Labelled]:
    words = {row["id"]: str(row["name"]) for row in items(file, "categories")}
    with closing(_Index(file)) as index:
        for row in items(file, "videos"):
            yield _video(row, index, words, split, file)
        for row in items(file, "images"):
            if row.get("video_id") is None:
                found = index.annotations(row["id"])
                labels = tuple(_label(one, words, file) for one in found)
                yield Labelled(medium=_medium(row, file), labels=labels, split=split)


class _Index:
    """The annotations of each picture and the pictures of each video, in a file of their own."""

    def __init__(self, file: Path) -> None:
        self._base = sqlite3.connect("")  # a temporary file, gone when it is closed
        self._base.executescript(
            "create table note (picture, row text); create table frame (video, number, row text);"
        )
        notes = ((str(row["image_id"]), json.dumps(row)) for row in items(file, "annotations"))
        self._base.executemany("insert into note values (?, ?)", notes)
        frames = (
            (str(row["video_id"]), _frame(row), json.dumps(row))
            for row in items(file, "images")
            if row.get("video_id") is not None
        )
        self._base.executemany("insert into frame values (?, ?, ?)", frames)
        self._base.executescript(
            "create index of_picture on note (picture);"
            "create index of_video on frame (video, number);"
        )

    def annotations(self, picture: object) -> Iterator[Row]:
        """Those of a picture, in the order of the file."""
        found = self._base.execute(
            "select row from note where picture = ? order by rowid", (str(picture),)
        )
        return (json.loads(row) for (row,) in found.fetchall())

    def frames(self, video: object) -> Iterator[Row]:
        """The pictures of a video, in order of time."""
        found = self._base.execute(
            "select row from frame where video = ? order by number", (str(video),)
        )
        return (json.loads(row) for (row,) in found.fetchall())

    def close(self) -> None:
        self._base.close()


def _medium(row: Row, file: Path, *, frames: int = 1) -> Medium:
    try:
        return Medium(
            path=str(row["name"] if frames > 1 else row["file_name"]),
            width=int(row["width"]),
            height=int(row["height"]),
            frames=frames,
            rate=float(row.get("fps", 0.0)) if frames > 1 else 0.0,
            group=str(row.get("group", "")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{file}: picture {row.get('id')}: {error!r}") from error


def _label(row: Row, words: Mapping[Any, str], file: Path) -> Label:
    return Label(
        word=_word(row, words, file),
        shape=_shape(row, file),
        origin=origin_of(row),
        id=str(row.get("label_id", "")),
    )


def _word(row: Row, words: Mapping[Any, str], file: Path) -> str:
    try:
        return words[row["category_id"]]
    except KeyError as error:
        raise DataError(f"{file}: annotation {row.get('id')}: no category {error}") from error


def _shape(row: Row, file: Path) -> Box | Outline | None:
    outline = row.get("segmentation")
    if isinstance(outline, list) and len(outline) == 1 and len(outline[0]) >= 6:
        flat = outline[0]
        return Outline(
            corners=tuple((float(x), float(y)) for x, y in zip(flat[::2], flat[1::2], strict=True))
        )
    return _box(row, file) if row.get("bbox") else None


def _box(row: Row, file: Path) -> Box:
    try:
        x, y, wide, high = (float(value) for value in row["bbox"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{file}: annotation {row.get('id')}: bbox: x, y, width, height") from error
    return Box(x, y, x + wide, y + high)


def _frame(row: Row) -> int:
    """The number of a picture within its video."""
    return int(row.get("frame_id", row.get("frame_index", 0)))


def _video(row: Row, index: _Index, words: Mapping[Any, str], split: str, file: Path) -> Labelled:
    frames = list(index.frames(row["id"]))
    count = max([2, int(row.get("frames", row.get("length", 0))), *(_frame(f) + 1 for f in frames)])
    first: dict[int, Row] = {}
    places: dict[int, list[Place]] = defaultdict(list)
    for frame in frames:
        for one in index.annotations(frame["id"]):
            track = int(one.get("track_id", one.get("instance_id", one["id"])))
            first.setdefault(track, one)
            box, hidden = _box(one, file), bool(one.get("occluded"))
            places[track].append(Place(_frame(frame), box, hidden=hidden))
    labels = [
        replace(_label(first[track], words, file), shape=path_of(track, found, count))
        for track, found in places.items()
    ]
    labels += [_label(whole, words, file) for whole in row.get("labels", ())]
    size = {"width": 0, "height": 0, **(frames[0] if frames else {})}
    known = {key: row.get(key) or size[key] for key in ("width", "height")}
    medium = _medium({**row, **known}, file, frames=count)
    return Labelled(medium=medium, labels=tuple(labels), split=split)


# Writing


class _Sheet:
    """One file in the making: pictures go to it at once, annotations wait in another."""

    def __init__(self, file: Path, words: Words) -> None:
        self._file, self._words = file, words
        self._counts = {"images": 0, "annotations": 0, "videos": 0}
        self._parts: dict[str, TextIO] = {}

    def __enter__(self) -> "_Sheet":
        self._file.parent.mkdir(parents=True, exist_ok=True)
        for part in self._counts:
            self._parts[part] = tempfile.TemporaryFile(
                "w+", encoding="utf-8", dir=self._file.parent
            )
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._join()
        finally:
            for part in self._parts.values():
                part.close()

    def add(self, thing: Labelled) -> None:
        """A picture with its annotations, or a video with those of all its frames."""
        if thing.medium.is_video:
            self._add_video(thing)
            return
        medium = thing.medium
        picture = self._put(
            "images", {"file_name": medium.path, "width": medium.width, "height": medium.height,
                       **({"group": medium.group} if medium.group else {})}
        )  # fmt: skip
        for label in thing.labels:
            if label.shape is None or isinstance(label.shape, Box | Outline):
                self._put("annotations", {"image_id": picture, **self._note(label, label.shape)})

    def _add_video(self, thing: Labelled) -> None:
        medium = thing.medium
        whole = [self._note(label, None) for label in thing.labels if label.shape is None]
        video = self._put(
            "videos",
            {
                "name": medium.path, "width": medium.width, "height": medium.height,
                "frames": medium.frames, "fps": medium.rate, "group": medium.group,
                "labels": whole,
            },
        )  # fmt: skip
        places: dict[int, list[tuple[Label, Place]]] = defaultdict(list)
        for label in thing.labels:
            if isinstance(label.shape, TrackPath):
                for place in label.shape.all(medium.frames):
                    places[place.frame].append((label, place))
        for frame in sorted(places):
            row = {
                "file_name": f"{medium.path}/{frame:06d}.jpg", "width": medium.width,
                "height": medium.height, "video_id": video, "frame_id": frame,
            }  # fmt: skip
            picture = self._put("images", row)
            for label, place in places[frame]:
                assert isinstance(label.shape, TrackPath)
                more = {"track_id": label.shape.track, "occluded": place.hidden}
                note = self._note(label, place.box)
                self._put("annotations", {"image_id": picture, **more, **note})

    def _note(self, label: Label, shape: Box | Outline | None) -> dict[str, object]:
        row: dict[str, object] = {"category_id": self._words.number(label.word), "iscrowd": 0}
        row |= origin_row(label)
        if isinstance(shape, Outline):
            xs, ys = zip(*shape.corners, strict=True)
            row["segmentation"] = [[value for corner in shape.corners for value in corner]]
            shape = Box(min(xs), min(ys), max(xs), max(ys))
        if shape is not None:
            row |= {"bbox": [shape.x1, shape.y1, shape.width, shape.height], "area": shape.area}
        if label.id:
            row["label_id"] = label.id
        return row

    def _put(self, part: str, row: dict[str, object]) -> int:
        comma = "," if self._counts[part] else ""
        self._counts[part] += 1
        text = json.dumps({"id": self._counts[part], **row}, ensure_ascii=False)
        self._parts[part].write(f"{comma}\n{text}")
        return self._counts[part]

    def _join(self) -> None:
        with self._file.open("w", encoding="utf-8") as file:
            file.write('{"info": {"description": "written by vigil"}')
            for name, part in self._parts.items():
                if name == "videos" and not self._counts[name]:
                    continue
                file.write(f',\n"{name}": [')
                part.seek(0)
                while text := part.read(1 << 16):
                    file.write(text)
                file.write("]")
            words = [{"id": self._words.number(word), "name": word} for word in self._words]
            file.write(f',\n"categories": {json.dumps(words, ensure_ascii=False)}}}\n')
