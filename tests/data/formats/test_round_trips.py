"""What is written in a format is read back, but for what the format says it loses."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.data.formats import pool

from vigil.core import Box, Label, Labelled, Origin, Outline, Shape, TrackPath
from vigil.data.formats import Files, format_at, format_called

SEEDS = 12
NEAR_PX = 0.02
Say = tuple[Any, ...]
Keep = Callable[[Label], Label | None]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(root=pool.make(tmp_path_factory.mktemp("pool")), carry="link")


def said(thing: Labelled, *, keeps: Keep, splits: bool, whole_videos: bool) -> Say:
    """A thing in a form that can be compared; a path is where it is at each frame."""
    medium = thing.medium
    labels = [kept for label in thing.labels if (kept := keeps(label)) is not None]
    if medium.is_video and not whole_videos:
        labels = [label for label in labels if label.shape is not None]
    # Formats go through videos frame by frame: of a video, the order of labels is lost.
    spoken = sorted((_spoken(label, medium.frames) for label in labels), key=lambda one: one[:4])
    split = thing.split if splits else ""
    return whole_path(thing), split, medium.width, medium.height, medium.frames, spoken


def _spoken(label: Label, frames: int) -> Say:
    return (
        *_measured(label.shape, frames)[:1],
        label.word,
        label.id,
        repr(label.origin),
        *_measured(label.shape, frames)[1:],
    )


def _measured(shape: Shape, frames: int) -> Say:
    match shape:
        case Box():
            return "box", *shape
        case Outline():
            return "outline", *shape.corners
        case TrackPath():
            return f"track {shape.track}", *((p.frame, p.hidden, *p.box) for p in shape.all(frames))
        case _:
            return (repr(shape),)


def alike(a: object, b: object) -> bool:
    """The same, but for what is lost between a number and its digits."""
    if isinstance(a, float | int) and isinstance(b, float | int):
        return abs(a - b) <= NEAR_PX
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    return a == b


def whole_path(thing: Labelled) -> str:
    path = thing.medium.path
    if thing.medium.is_video and path.count("/") and Path(path).stem == Path(path).parent.name:
        return f"{Path(path).parent}{Path(path).suffix}"  # a sequence is a folder of its own
    for before in (f"images/{thing.split or 'all'}/", "images/", "JPEGImages/", "media/"):
        path = path.removeprefix(before)
    return path


def everything(label: Label) -> Label | None:
    return label


def plain(label: Label) -> Label:
    return replace(label, id="", origin=Origin())


def boxes_only(label: Label) -> Label | None:
    return plain(label) if isinstance(label.shape, Box) else None


def boxes_and_outlines(label: Label) -> Label | None:
    return plain(label) if isinstance(label.shape, Box | Outline) else None


def paths_only(label: Label) -> Label | None:
    return plain(label) if isinstance(label.shape, TrackPath) else None


def no_stretch(label: Label) -> Label | None:
    drawn = label.shape is None or isinstance(label.shape, Box | Outline | TrackPath)
    return label if drawn else None


def unhidden(label: Label) -> Label:
    if not isinstance(label.shape, TrackPath):
        return label
    places = tuple(place._replace(hidden=False) for place in label.shape.places)
    return replace(label, shape=replace(label.shape, places=places))


def is_picture(thing: Labelled) -> bool:
    return not thing.medium.is_video


def is_video(thing: Labelled) -> bool:
    return thing.medium.is_video


def anything(thing: Labelled) -> bool:
    return True


def back(name: str, things: list[Labelled], files: Files) -> list[Labelled]:
    """Written, recognised and read."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "set"
        format_called(name).write(where, iter(things), files)
        found = list(format_called(name).read(where))
        if found:
            assert format_at(where)[0] == name
        return found


CASES = {
    "coco": (anything, no_stretch),
    "yolo": (is_picture, boxes_and_outlines),
    "voc": (is_picture, boxes_only),
    "label_studio": (anything, unhidden),
    "mot": (is_video, paths_only),
    "cvat": (anything, no_stretch),
}


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("name", CASES)
def test_what_is_kept_comes_back(name: str, seed: int, files: Files) -> None:
    things = pool.data_set(Random(seed))
    holds, keeps = CASES[name]
    known: dict[str, Any] = {
        "keeps": keeps,
        "splits": name != "mot",
        "whole_videos": name != "cvat",
    }
    wanted = sorted(said(thing, **known) for thing in things if holds(thing))
    found = sorted(said(thing, **known) for thing in back(name, things, files))
    assert alike(found, wanted), f"{found}\n{wanted}"
