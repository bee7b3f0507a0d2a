"""MOTChallenge: `gt/gt.txt`, one line for each thing and frame, with `seqinfo.ini` beside it.

`frame, id, left, top, width, height, confidence, class, visibility`; frames and pixels count from 1
(Milan et al., 2016, arXiv:1603.00831). Kept: paths of things. Lost: their keys (each frame has a
line), ids of labels, origins, all else. Words beyond those of MOT16 are in `gt/labels.txt`.
"""

import configparser
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from vigil.core import Box, DataError, Label, Labelled, Medium, Place, TrackPath, path_of
from vigil.data.formats.parts import Files, Words, number

NAME = "mot"
WORDS = (
    "person", "rider", "car", "bicycle", "motorcycle", "vehicle", "static person", "distractor",
    "occluder", "occluder on the ground", "occluder full", "reflection",
)  # fmt: skip
"""Classes 1 to 12."""
FIRST = 1
HIDDEN = 0.5
"""What is visible by less is hidden."""


def is_here(folder: Path) -> bool:
    """A sequence, or a folder of sequences."""
    return next(_sequences(folder), None) is not None


def read(folder: Path) -> Iterator[Labelled]:
    """Every sequence as a video."""
    for sequence in _sequences(folder):
        yield _labelled(folder, sequence)


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """A folder for each video, named as it is."""
    for thing in things:
        if not thing.medium.is_video:
            continue
        sequence = folder / Path(thing.medium.path).with_suffix("")
        (sequence / "gt").mkdir(parents=True, exist_ok=True)
        name = Path(thing.medium.path).name
        files.bring(thing.medium, sequence / name)
        _write_info(sequence, thing.medium, name)
        words = Words(WORDS, first=FIRST)
        lines = sorted(_lines(thing, words))
        text = "".join(f"{line}\n" for _, _, line in lines)
        (sequence / "gt" / "gt.txt").write_text(text)
        if len(words) > len(WORDS):
            (sequence / "gt" / "labels.txt").write_text("\n".join(words), encoding="utf-8")


def _sequences(folder: Path) -> Iterator[Path]:
    if (folder / "gt" / "gt.txt").is_file():
        yield folder
        return
    for file in sorted(folder.rglob("gt/gt.txt")) if folder.is_dir() else ():
        yield file.parent.parent


def _labelled(root: Path, sequence: Path) -> Labelled:
    medium = _medium(root, sequence)
    words = _words(sequence)
    places: dict[int, list[Place]] = defaultdict(list)
    kinds: dict[int, int] = {}
    file = sequence / "gt" / "gt.txt"
    for count, line in enumerate(file.read_text().splitlines(), start=1):
        if line.strip():
            track, kind, place = _place(line, f"{file}:{count}")
            places[track].append(place)
            kinds[track] = kind
    frames = max([medium.frames, *(place.frame + 1 for each in places.values() for place in each)])
    labels = [
        Label(
            word=words.get(kinds[track], str(kinds[track])),
            shape=path_of(track, sorted(found), frames),
        )
        for track, found in sorted(places.items())
    ]
    return Labelled(medium=medium, labels=tuple(labels))


def _medium(root: Path, sequence: Path) -> Medium:
    info = configparser.ConfigParser()
    info.optionxform = str  # type: ignore[assignment,method-assign]
    file = sequence / "seqinfo.ini"
    try:
        info.read(file, encoding="utf-8")
        found = info["Sequence"]
        path = found.get("video", "") or found.get("imDir", "") or "img1"
        return Medium(
            path=(sequence / path).relative_to(root).as_posix(),
            width=int(found["imWidth"]),
            height=int(found["imHeight"]),
            frames=int(found["seqLength"]),
            rate=float(found.get("frameRate", "0")),
        )
    except (configparser.Error, KeyError, ValueError) as error:
        raise DataError(f"{file}: {error}; needed: imWidth, imHeight, seqLength") from error


def _words(sequence: Path) -> dict[int, str]:
    file = sequence / "gt" / "labels.txt"
    words = file.read_text(encoding="utf-8").splitlines() if file.is_file() else WORDS
    return dict(enumerate(words, start=FIRST))


def _place(line: str, where: str) -> tuple[int, int, Place]:
    fields = [number(field, where) for field in line.split(",")]
    if len(fields) < 6:
        raise DataError(f"{where}: {len(fields)} numbers; at least 6 are needed")
    frame, track, left, top, wide, high = fields[:6]
    kind = int(fields[7]) if len(fields) > 7 else FIRST
    visible = fields[8] if len(fields) > 8 else 1.0
    x, y = left - FIRST, top - FIRST
    box = Box(x, y, x + wide, y + high)
    place = Place(int(frame) - FIRST, box, hidden=0 <= visible < HIDDEN)
    return int(track), max(kind, FIRST), place


def _lines(thing: Labelled, words: Words) -> Iterator[tuple[int, int, str]]:
    for label in thing.labels:
        if not isinstance(label.shape, TrackPath):
            continue
        kind, track = words.number(label.word), label.shape.track
        for place in label.shape.all(thing.medium.frames):
            box, frame = place.box, place.frame + FIRST
            values = (box.x1 + FIRST, box.y1 + FIRST, box.width, box.height)
            shown = ",".join(f"{value:.3f}" for value in values)
            line = f"{frame},{track},{shown},1,{kind},{0 if place.hidden else 1}"
            yield frame, track, line


def _write_info(sequence: Path, medium: Medium, name: str) -> None:
    lines = [
        "[Sequence]", f"name={sequence.name}", f"video={name}", f"frameRate={medium.rate:g}",
        f"seqLength={medium.frames}", f"imWidth={medium.width}", f"imHeight={medium.height}",
    ]  # fmt: skip
    (sequence / "seqinfo.ini").write_text("\n".join([*lines, ""]), encoding="utf-8")
