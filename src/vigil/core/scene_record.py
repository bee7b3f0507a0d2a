"""Scenes as bytes, small enough to keep every one of them, and exact enough to judge them again.

A **chunk** stands for itself: a mark, a version, its length, a check sum, and compressed lines of
JSON, the first of which says who was watched and which fields follow. Of a scene only what differs
from the one before is written. Chunks are appended to each other; of a chunk that was cut short
nothing is read, and what comes after it is.
"""

import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from vigil.core.boxes import Box
from vigil.core.plain import Schema, plain, schema_of
from vigil.core.scenes import Scene, Track

VERSION: Final = 1
MARK: Final = b"VGLSCENE"
HEAD: Final = struct.Struct("<8sBII")
"""Mark, version, bytes of the body, their CRC-32."""
MOST_BYTES: Final = 1 << 26
"""No body is larger, packed or unpacked: what claims to be is damaged, or was made to hurt."""
GRID: Final = 16
"""Of places and velocities of tracks: a sixteenth of a pixel."""
FINE: Final = 1024
"""Of a track's score."""
MICRO: Final = 1_000_000

SCHEMA: Final = schema_of(Scene)
_ROW = ("id", "label", "box", "score", "first_seen_s", "last_seen_s", "hits", "velocity")
"""What of a track is a row of whole numbers; the rest are words beside it."""
_LINE = ("source", "time_s", "tracks")
"""What of a scene is written by itself; the rest is written where it changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some scenes of one watch of one source, in order."""

    source: str
    session: str
    """The same for all chunks of one watch; rules begin anew with each."""
    scenes: tuple[Scene, ...]


class _Forms:
    """Both ways of all that a scene holds, as a schema says."""

    def __init__(self, schema: Schema) -> None:
        scene, track = get_type_hints(Scene), get_type_hints(Track)
        self.scene = {
            name: plain(scene[name], schema)
            for name in schema["Scene"]
            if name in scene and name not in _LINE
        }
        self.track = {
            name: plain(track[name], schema)
            for name in schema["Track"]
            if name in track and name not in _ROW
        }
        self.names = [name for name in schema["Scene"] if name not in _LINE]
        self.words = [name for name in schema["Track"] if name not in _ROW]
        self.readers = [self.track[name].read for name in self.words if name in self.track]
        self.in_our_order = (*_ROW, *self.words) == Track._fields
        """Whether a row holds all fields of a track, as a track has them."""


_OURS = _Forms(SCHEMA)


def settled(scene: Scene) -> Scene:
    """The scene with its numbers rounded as a record holds them: what is judged while recorded.

    Settling twice changes nothing. Raises ValueError or OverflowError for numbers not finite.
    """
    rest = {name: form.read(form.write(getattr(scene, name))) for name, form in _OURS.scene.items()}
    return Scene(
        source=scene.source,
        time_s=_seconds(_micros(scene.time_s)),
        tracks=tuple([_as_track(_as_row(track)) for track in scene.tracks]),
        **rest,
    )


class ChunkWriter:
    """Takes scenes of one watch and makes a chunk of them."""

    def __init__(self, source: str, session: str) -> None:
        self._source, self._session = source, session
        self._begin()

    def __len__(self) -> int:
        return len(self._lines) - 1

    def add(self, scene: Scene) -> None:
        """Write one scene, settled or not."""
        rest = [
            _changes(self._before, name, _OURS.scene[name].write(getattr(scene, name)))
            for name in _OURS.names
        ]
        line = [_micros(scene.time_s), self._tracks(scene.tracks), *rest]
        self._lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))

    def chunk(self) -> bytes:
        """Everything added since the last call."""
        body = zlib.compress("\n".join(self._lines).encode(), 6)
        self._begin()
        return HEAD.pack(MARK, VERSION, len(body), zlib.crc32(body)) + body

    def _begin(self) -> None:
        head = {"source": self._source, "session": self._session, "fields": SCHEMA}
        self._lines = [json.dumps(head, ensure_ascii=False)]
        self._before: dict[str, Any] = {}
        self._rows: dict[int, list[Any]] = {}

    def _tracks(self, tracks: Sequence[Track]) -> list[list[Any]]:
        rows = {track.id: _as_row(track) for track in tracks}
        if len(rows) < len(tracks):
            raise ValueError("two tracks of a scene have one id")
        lines = [_less(row, self._rows.get(id_, ())) for id_, row in rows.items()]
        self._rows = rows
        return lines


def read_chunks(found: bytes) -> Iterator[Chunk]:
    """The whole chunks of a file; what was cut short or damaged is passed over.

    Raises ValueError for a whole chunk of another version, or one that cannot be understood.
    """
    at = found.find(MARK)
    while at >= 0:
        body = _body(found, at)
        if body is None:
            at = found.find(MARK, at + 1)
            continue
        yield _chunk(body)
        at = found.find(MARK, at + HEAD.size + struct.unpack_from("<I", found, at + 9)[0])


def _body(found: bytes, at: int) -> bytes | None:
    """The lines of the chunk that begins there; None when it is not whole."""
    if at + HEAD.size > len(found):
        return None
    _, version, length, check = HEAD.unpack_from(found, at)
    body = found[at + HEAD.size : at + HEAD.size + length]
    if length > MOST_BYTES or len(body) < length or zlib.crc32(body) != check:
        return None
    if version != VERSION:
        raise ValueError(f"of version {version}; this Vigil reads version {VERSION}")
    unpack = zlib.decompressobj()
    lines = unpack.decompress(body, MOST_BYTES)
    if not unpack.eof:
        raise ValueError("a chunk is larger than any that Vigil writes")
    return lines


def _chunk(body: bytes) -> Chunk:
    try:
        first, *lines = body.split(b"\n")
        head = json.loads(first)
        reader = _ChunkReader(head["source"], head["fields"])
        scenes = tuple([reader.scene(json.loads(line)) for line in lines])
        return Chunk(source=head["source"], session=head["session"], scenes=scenes)
    except (KeyError, TypeError, IndexError, json.JSONDecodeError) as error:
        raise ValueError(f"a chunk cannot be understood: {error!r}") from error


class _ChunkReader:
    """Undoes what a `ChunkWriter` did, scene after scene."""

    def __init__(self, source: str, schema: Schema) -> None:
        self._source = source
        self._forms = _OURS if schema == SCHEMA else _Forms(schema)
        self._before: dict[str, Any] = {}
        self._rows: dict[int, list[Any]] = {}
        self._kept: dict[str, Any] = {}

    def scene(self, line: list[Any]) -> Scene:
        micros, tracks, *rest = line
        rows = [_more(less, self._rows) for less in tracks]
        self._rows = {row[0]: row for row in rows}
        built = {
            name: self._built(name, changes)
            for name, changes in zip(self._forms.names, rest, strict=True)
            if name in self._forms.scene
        }
        return Scene(
            source=self._source,
            time_s=_seconds(micros),
            tracks=tuple([_as_track(row, self._forms) for row in rows]),
            **built,
        )

    def _built(self, name: str, changes: Any) -> Any:
        """The value itself, made anew only where something changed."""
        if changes == 0:
            return self._kept[name]
        form = self._forms.scene[name]
        if len(changes) == 1:
            self._before[name] = changes[0]
            self._kept[name] = form.read(changes[0])
            return self._kept[name]
        self._before[name] = _patched(self._before[name], changes)
        if form.renew is not None:
            # Of what is sensed most stays as it was: the background's things, the view.
            self._kept[name] = form.renew(self._kept[name], changes)
        else:
            self._kept[name] = form.read(self._before[name])
        return self._kept[name]


def _changes(before: dict[str, Any], name: str, value: Any) -> Any:
    """0 where it is as before; `[value]`; or of a list, each part that changed in such brackets."""
    if name in before and before[name] == value:
        return 0
    old = before.get(name)
    before[name] = value
    if not isinstance(value, list) or not isinstance(old, list):
        return [value]
    if len(old) != len(value) or len(value) < 2:
        return [value]
    return [0 if was == now else [now] for was, now in zip(old, value, strict=True)]


def _patched(old: list[Any], changes: list[Any]) -> list[Any]:
    return [was if now == 0 else now[0] for was, now in zip(old, changes, strict=True)]


# A track is a row of whole numbers: id, x1, y1, x2, y2, score, first, last, hits, right, down, and
# then its label and what else there is. Differences of such rows are mostly small, or 0.
_NUMBERS = 11


def _as_row(track: Track) -> list[Any]:
    x1, y1, x2, y2 = track.box
    right, down = track.velocity
    row: list[Any] = [
        int(track.id), round(x1 * GRID), round(y1 * GRID), round(x2 * GRID), round(y2 * GRID),
        round(track.score * FINE), _micros(track.first_seen_s), _micros(track.last_seen_s),
        int(track.hits), round(right * GRID), round(down * GRID), track.label,
    ]  # fmt: skip
    row += [form.write(getattr(track, name)) for name, form in _OURS.track.items()]
    return row


def _as_track(row: list[Any], forms: _Forms = _OURS) -> Track:
    id_, x1, y1, x2, y2, score, first, last, hits, right, down, label = row[:12]
    if forms.in_our_order:
        # Without the functions that named tuples put before it: a day has a million tracks.
        box = tuple.__new__(Box, (x1 / GRID, y1 / GRID, x2 / GRID, y2 / GRID))
        times_s, velocity = (first / MICRO, last / MICRO), (right / GRID, down / GRID)
        words = [read(value) for read, value in zip(forms.readers, row[12:], strict=True)]
        known = (id_, label, box, score / FINE, *times_s, hits, velocity, *words)
        return tuple.__new__(Track, known)
    rest = {
        name: forms.track[name].read(value)
        for name, value in zip(forms.words, row[12:], strict=True)
        if name in forms.track
    }
    return Track(
        id_,
        label,
        Box(x1 / GRID, y1 / GRID, x2 / GRID, y2 / GRID),
        score / FINE,
        first / MICRO,
        last / MICRO,
        hits,
        (right / GRID, down / GRID),
        **rest,
    )


def _less(row: list[Any], before: Sequence[Any]) -> list[Any]:
    """A row less the one before: the id, differences of numbers, and words where they changed."""
    if not before:
        return [*row[:_NUMBERS], *([word] for word in row[_NUMBERS:])]
    numbers = [now - was for now, was in zip(row[1:_NUMBERS], before[1:_NUMBERS], strict=True)]
    words = [
        0 if now == was else [now]
        for now, was in zip(row[_NUMBERS:], before[_NUMBERS:], strict=True)
    ]
    while words and words[-1] == 0:
        words.pop()
    return [row[0], *numbers, *words]


def _more(less: list[Any], rows: dict[int, list[Any]]) -> list[Any]:
    """Undoes `_less`."""
    before = rows.get(less[0])
    if before is None:
        return [*less[:_NUMBERS], *(word[0] for word in less[_NUMBERS:])]
    row = before.copy()
    for index in range(1, _NUMBERS):
        row[index] += less[index]
    for index in range(_NUMBERS, len(less)):
        if less[index] != 0:
            row[index] = less[index][0]
    return row


def _micros(time_s: float) -> int:
    return round(time_s * MICRO)


def _seconds(micros: int) -> float:
    return micros / MICRO
