"""The pictures of a clip for those who judge by it, also of one that still grows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import cv2
import numpy as np

from vigil.core import (
    Box,
    Corners,
    Frame,
    Image,
    Luma,
    Packet,
    Pixels,
    SourceError,
    SourceLost,
    SourceRefused,
)
from vigil.media.clip import growing_beside
from vigil.media.decoding import Decoder
from vigil.media.demux import Demuxer
from vigil.media.limits import Limits
from vigil.media.opening import open_file

CLIP_LIMITS = Limits(seconds=3600.0, size_bytes=8 << 30)
"""Far beyond what a clip of ours can be, far below what a file in its place might be."""
ROUNDING_S = 1e-4
"""Ticks of a container are coarser than floats."""
EDGE_PX = 2
"""A mask reaches this far beyond its outline: resizing blurs what it hides across the edge."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One of the files that hold a clip, as it is now."""

    path: Path
    stamp: tuple[int, int, int]
    """Inode, size and time of change."""
    last_s: float
    """Seconds from the first picture to the last."""


class ClipFootage:
    """Implements `Footage` for a clip file of ours.

    `start_s`: UTC seconds of the clip's first picture. `masks`: polygons, in fractions of the
    upright picture, that are black in every picture given out. While the clip grows, whichever
    of its two files reaches further is read, up to its last whole group of pictures; what is
    appended later is seen by the next call.
    """

    def __init__(
        self,
        path: Path,
        start_s: float,
        *,
        masks: Sequence[Corners] = (),
        limits: Limits = CLIP_LIMITS,
    ) -> None:
        self._path = path
        self._start_s = start_s
        self._masks = tuple(masks)
        self._limits = limits
        self._known: dict[Path, _Found] = {}

    @property
    def start_s(self) -> float:
        return self._start_s

    @property
    def end_s(self) -> float:
        """UTC seconds of the last picture; raises `SourceError` for an unreadable clip."""
        return self._start_s + self._fullest().last_s

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        """As `Footage`. Decoding begins at the key at or before `start_s`."""
        due_s = start_s - ROUNDING_S
        for frame in self._decoded(start_s):
            if frame.time_s > end_s + ROUNDING_S:
                return
            if frame.time_s >= due_s:
                due_s = frame.time_s + every_s - ROUNDING_S
                yield self._masked(frame)

    def _decoded(self, start_s: float) -> Iterator[Frame]:
        """Frames from the key at or before `start_s`, in order of presentation."""
        with self._open() as demuxer:
            decoder = Decoder(demuxer.video, fast=False, limits=self._limits)
            pictures = self._pictures(demuxer)
            group: list[Packet] = []
            for packet in pictures:
                if packet.key:
                    group.clear()
                group.append(packet)
                if packet.time_s >= start_s - ROUNDING_S:
                    break
            for packet in group:
                yield from decoder.decode(packet)
            for packet in pictures:
                yield from decoder.decode(packet)
            yield from decoder.flush()

    def _open(self) -> Demuxer:
        try:
            return open_file(self._fullest().path, limits=self._limits)
        except SourceRefused:
            # What grew may have been put in the clip's place a moment ago.
            return open_file(self._path, limits=self._limits)

    def _pictures(self, demuxer: Demuxer) -> Iterator[Packet]:
        """Video packets with times of the clip; a file that is cut off simply ends."""
        first_s: float | None = None

        def stamp(_encoding: object, pts_s: float | None, _now_s: float) -> float:
            return pts_s or 0.0

        try:
            for packet in demuxer.packets(stamp):
                if packet.encoding.kind != "video":
                    continue
                first_s = packet.time_s if first_s is None else first_s
                yield replace(packet, time_s=self._start_s + packet.time_s - first_s)
        except SourceLost:
            return

    def _fullest(self) -> _Found:
        """Of the clip and what grows beside it, the one that reaches further."""
        best: _Found | None = None
        reason: SourceError | None = None
        for path in (growing_beside(self._path), self._path):
            try:
                found = self._look_at(path)
            except SourceError as error:
                reason = error  # of the clip itself, which comes last
                continue
            if best is None or found.last_s > best.last_s:
                best = found
        if best is None:
            assert reason is not None
            raise reason
        return best

    def _look_at(self, path: Path) -> _Found:
        """How far a file reaches; read again only when it has changed."""
        stamp = _stamp(path)
        known = self._known.get(path)
        if known is None or known.stamp != stamp:
            with open_file(path, limits=self._limits) as demuxer:
                last_s = max((packet.time_s for packet in self._pictures(demuxer)), default=-inf)
            if last_s == -inf:
                raise SourceLost(f"{path.name}: no picture in it yet")
            known = _Found(path=path, stamp=stamp, last_s=last_s - self._start_s)
            self._known[path] = known
        return known

    def _masked(self, frame: Frame) -> Frame:
        if not self._masks:
            return frame
        size = (frame.width, frame.height)
        return replace(frame, pixels=MaskedPixels(frame.pixels, self._masks, size))


class MaskedPixels:
    """Pixels in which polygons, in fractions of the picture, are black."""

    def __init__(self, pixels: Pixels, polygons: Sequence[Corners], size: tuple[int, int]) -> None:
        """`size`: width and height of the whole upright picture, pixels."""
        self._pixels = pixels
        self._size = size
        self._corners = [np.array(polygon, np.float64) * size for polygon in polygons]

    def luma(self, width: int, height: int) -> Luma:
        # The array may be one that somebody else holds: it is never written.
        picture = self._pixels.luma(width, height).copy()
        self._burn(picture, Box(0, 0, *self._size))
        return picture

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        picture = self._pixels.rgb(width, height, region).copy()
        self._burn(picture, (region or Box(0, 0, *self._size)).clipped(*self._size))
        return picture

    def _burn(self, picture: np.ndarray, region: Box) -> None:
        height, width = picture.shape[:2]
        scale = np.array([width / region.width, height / region.height])
        for corners in self._corners:
            outline = np.round((corners - (region.x1, region.y1)) * scale).astype(np.int32)
            cv2.fillPoly(picture, [outline], (0, 0, 0))
            cv2.polylines(picture, [outline], True, (0, 0, 0), 2 * EDGE_PX)


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes whenever the file does; zeros where there is none."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns
