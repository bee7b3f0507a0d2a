"""CVAT for images 1.1 and CVAT for video 1.1: one XML file; frames count from 0.

Kept: boxes, outlines, words of whole pictures (tags), paths with their keys, `outside` and
`occluded`, splits of pictures (`subset`), origins and ids (as attributes of ours). Lost: parts of
videos, and words of whole videos. Several videos make several files.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vigil.core import (
    Box,
    DataError,
    Label,
    Labelled,
    Medium,
    Outline,
    Place,
    TrackPath,
)
from vigil.data.formats.parts import Files, number, origin_of, origin_row
from vigil.data.formats.xml_file import elements, saved

NAME = "cvat"
VERSION = "1.1"
PICTURES_FILE = "annotations.xml"
OURS = "vigil_"
"""Our attributes begin so."""


def is_here(folder: Path) -> bool:
    """A file of this kind, or a folder with some."""
    return any(_is_ours(file) for file in _files(folder))


def read(folder: Path) -> Iterator[Labelled]:
    """Every picture and video of every file, one picture at a time."""
    for file in _files(folder):
        if _is_ours(file):
            yield from _read(file)


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """`annotations.xml` for pictures, `NAME.xml` for each video, the files in `images`."""
    folder.mkdir(parents=True, exist_ok=True)
    count, beside = 0, folder / f".{PICTURES_FILE}"
    with beside.open("w", encoding="utf-8") as out:
        out.write(f"<?xml version='1.0' encoding='utf-8'?>\n<annotations>\n  <version>{VERSION}")
        out.write("</version>\n")
        for thing in things:
            files.bring(thing.medium, folder / "images" / thing.medium.path)
            if thing.medium.is_video:
                name = thing.medium.path.replace("/", "_")
                saved(_video_tree(thing), folder / f"{name}.xml")
                continue
            each = _picture_element(thing, count)
            ET.indent(each, level=1)
            out.write(f"  {ET.tostring(each, encoding='unicode')}\n")
            count += 1
        out.write("</annotations>\n")
    if count:
        beside.replace(folder / PICTURES_FILE)
    else:
        beside.unlink()


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder] if folder.suffix == ".xml" else []
    return sorted(folder.glob("*.xml")) if folder.is_dir() else []


def _is_ours(file: Path) -> bool:
    with file.open("rb") as opened:
        head = opened.read(4096)
    return b"<annotations" in head and b"<annotation>" not in head


# Reading


def _read(file: Path) -> Iterator[Labelled]:
    """What is told of the whole comes first, then the pictures or the tracks."""
    about, tracks = ET.Element("meta"), list[Label]()
    for each in elements(file, ("meta", "image", "track")):
        if each.tag == "meta":
            about = each
        elif each.tag == "image":
            yield _picture(each, file)
        else:
            tracks.append(_track(each, _frames(about, file), file))
    # A task of pictures has a size, too, but no mode in which things move.
    if tracks or about.findtext(".//mode") == "interpolation":
        yield _video(about, tracks, file)


def _frames(about: ET.Element, file: Path) -> int:
    return int(number(about.findtext(".//size") or "", f"{file}: size"))


def _picture(each: ET.Element, file: Path) -> Labelled:
    where = f"{file}: image {each.get('name')!r}"
    labels = [
        Label(word=tag.get("label", ""), shape=_shape(tag, where), **_ours(tag))
        for tag in each
        if tag.tag in ("box", "polygon", "tag")
    ]
    return Labelled(
        medium=Medium(
            path=each.get("name", ""),
            width=int(number(each.get("width", ""), where)),
            height=int(number(each.get("height", ""), where)),
        ),
        labels=tuple(labels),
        split="" if each.get("subset", "") == "default" else each.get("subset", ""),
    )


def _shape(tag: ET.Element, where: str) -> Box | Outline | None:
    if tag.tag == "tag":
        return None
    if tag.tag == "box":
        return _box(tag, where)
    pairs = [pair.split(",") for pair in tag.get("points", "").split(";") if pair]
    return Outline(corners=tuple((number(x, where), number(y, where)) for x, y in pairs))


def _box(tag: ET.Element, where: str) -> Box:
    return Box(
        *(number(tag.get(name, ""), f"{where}: {name}") for name in ("xtl", "ytl", "xbr", "ybr"))
    )


def _ours(tag: ET.Element) -> dict[str, Any]:
    """Origin and id, where we wrote them; CVAT tells only whether a program drew it."""
    row: dict[str, Any] = {
        (each.get("name") or "").removeprefix(OURS): each.text or ""
        for each in tag.iter("attribute")
        if (each.get("name") or "").startswith(OURS)
    }
    if "labeler" not in row and tag.get("source") in ("auto", "semi-auto"):
        row["labeler"] = "model"
    return {"id": row.pop("id", ""), "origin": origin_of(row)}


def _video(about: ET.Element, tracks: Iterable[Label], file: Path) -> Labelled:
    size, where = about.find(".//original_size"), str(file)
    if size is None:
        raise DataError(f"{file}: no <original_size>")
    return Labelled(
        medium=Medium(
            path=about.findtext(".//source") or file.stem,
            width=int(number(size.findtext("width", ""), where)),
            height=int(number(size.findtext("height", ""), where)),
            frames=_frames(about, file),
            rate=number(about.findtext(".//vigil_rate") or "0", where),
        ),
        labels=tuple(tracks),
        split=about.findtext(".//subset") or "",
    )


def _track(each: ET.Element, frames: int, file: Path) -> Label:
    where = f"{file}: track {each.get('id')}"
    drawn = sorted(each.iter("box"), key=lambda box: int(box.get("frame", "0")))
    # What is drawn between keys is the straight line that a path draws itself.
    keys = [
        Place(
            frame=int(box.get("frame", "0")),
            box=_box(box, where),
            seen=box.get("outside") != "1",
            hidden=box.get("occluded") == "1",
        )
        for box in drawn
        if box.get("keyframe", "1") == "1" or box.get("outside") == "1"
    ]
    kept = [key for index, key in enumerate(keys) if key.seen or (index and keys[index - 1].seen)]
    while kept and kept[-1].frame >= frames:
        kept.pop()
    try:
        path = TrackPath(track=int(each.get("id", "0")), places=tuple(kept))
    except ValueError as error:
        raise DataError(f"{where}: {error}") from error
    return Label(word=each.get("label", ""), shape=path, **_ours(each))


# Writing


def _picture_element(thing: Labelled, count: int) -> ET.Element:
    medium = thing.medium
    each = ET.Element("image", id=str(count), name=medium.path)
    if thing.split:
        each.set("subset", thing.split)
    each.set("width", str(medium.width))
    each.set("height", str(medium.height))
    for label in thing.labels:
        tag = _tag(label)
        if tag is not None:
            each.append(tag)
    return each


def _tag(label: Label) -> ET.Element | None:
    if label.shape is None:
        tag = ET.Element("tag", label=label.word)
    elif isinstance(label.shape, Box):
        tag = ET.Element("box", {"label": label.word, "occluded": "0", **_corners(label.shape)})
    elif isinstance(label.shape, Outline):
        points = ";".join(f"{x:.3f},{y:.3f}" for x, y in label.shape.corners)
        tag = ET.Element("polygon", label=label.word, occluded="0", points=points)
    else:
        return None
    tag.set("source", "manual" if label.origin.labeler.rank > 2 else "auto")
    _add_ours(tag, label)
    return tag


def _corners(box: Box) -> dict[str, str]:
    values = zip(("xtl", "ytl", "xbr", "ybr"), box, strict=True)
    return {name: f"{value:.3f}" for name, value in values}


def _add_ours(tag: ET.Element, label: Label) -> None:
    row: Mapping[str, Any] = {**({"id": label.id} if label.id else {}), **origin_row(label)}
    for name, value in row.items():
        ET.SubElement(tag, "attribute", name=f"{OURS}{name}").text = str(value)


def _video_tree(thing: Labelled) -> ET.Element:
    medium = thing.medium
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = VERSION
    task = ET.SubElement(ET.SubElement(root, "meta"), "task")
    texts = {
        "name": medium.path, "size": medium.frames, "mode": "interpolation",
        "start_frame": 0, "stop_frame": medium.frames - 1, "source": medium.path,
        "subset": thing.split, "vigil_rate": medium.rate,
    }  # fmt: skip
    for tag, text in texts.items():
        ET.SubElement(task, tag).text = str(text)
    size = ET.SubElement(task, "original_size")
    ET.SubElement(size, "width").text = str(medium.width)
    ET.SubElement(size, "height").text = str(medium.height)
    for label in thing.labels:
        if isinstance(label.shape, TrackPath):
            root.append(_track_element(label, label.shape, medium.frames))
    return root


def _track_element(label: Label, path: TrackPath, frames: int) -> ET.Element:
    each = ET.Element("track", id=str(path.track), label=label.word)
    each.set("source", "manual" if label.origin.labeler.rank > 2 else "auto")
    keys = {place.frame: place for place in path.places}
    drawn = {place.frame: place for place in path.all(frames)}
    for frame in sorted({**drawn, **{f: k for f, k in keys.items() if not k.seen}}):
        place = keys.get(frame) or drawn[frame]
        box = ET.SubElement(each, "box", frame=str(frame), keyframe=str(int(frame in keys)))
        box.set("outside", str(int(not place.seen)))
        box.set("occluded", str(int(place.hidden)))
        for name, value in _corners(place.box).items():
            box.set(name, value)
    _add_ours(each, label)
    return each
