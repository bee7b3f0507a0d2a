"""The pictures of a film that is over, by seconds of the file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vigil.core import Encoding, Frame, Packet, SourceLost, SourceRefused
from vigil.media.decoding import Decoder
from vigil.media.demux import Demuxer
from vigil.media.limits import Limits
from vigil.media.opening import open_file
from vigil.media.sampling import Times, nearest

USUAL_RATE = 25.0
"""Pictures a second where a file tells neither times nor a rate."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Packets from one key to the next."""

    key_s: float
    shown: list[float]
    """Times of its pictures, in order of decoding."""


def film_frames(path: Path | str, *, limits: Limits | None = None) -> Iterator[Frame]:
    """Every picture, in order; `time_s` counts from the file's beginning, pictures or sound.

    Raises `SourceRefused` for what is no film or holds no picture that can be decoded. A film that
    is cut off simply ends.
    """
    with open_file(path, limits=limits) as demuxer:
        decoder = Decoder(demuxer.video, fast=False, limits=limits)
        none = True
        for packet in film_packets(demuxer):
            for frame in decoder.decode(packet):
                none = False
                yield frame
        for frame in decoder.flush():
            none = False
            yield frame
        if none:
            raise SourceRefused(f"{demuxer.name}: no picture of it can be decoded")


def picture_times(path: Path | str, *, limits: Limits | None = None) -> Times:
    """Seconds of every picture, rising; nothing is decoded. Raises as `film_frames`."""
    times = sorted(time_s for group in _groups(path, limits) for time_s in group.shown)
    return np.array(times, np.float64)


def frames_at(
    path: Path | str, times_s: Times, *, limits: Limits | None = None
) -> Iterator[tuple[int, Frame]]:
    """The picture nearest to each moment, with the moment's index, in order of time.

    Only groups of pictures that hold a wanted one are decoded, each once. A picture that two
    moments share comes twice. Raises as `film_frames`.
    """
    order = np.argsort(times_s, kind="stable")
    waiting = [(int(index), float(times_s[index])) for index in order[::-1]]
    groups = _groups(path, limits)
    needed = _needed(groups, np.asarray(times_s, np.float64))
    last: Frame | None = None
    for frame in _decoded(path, needed, limits):
        while waiting and last is not None and waiting[-1][1] < (last.time_s + frame.time_s) / 2:
            yield waiting.pop()[0], last
        if not waiting:
            return
        last = frame
    if waiting and last is None:
        raise SourceRefused(f"{Path(path).name}: no picture of it can be decoded")
    for index, _ in reversed(waiting):
        assert last is not None
        yield index, last


def film_packets(demuxer: Demuxer) -> Iterator[Packet]:
    """Packets of pictures with seconds of the file; what is cut off simply ends."""
    for packet in timed_packets(demuxer):
        if packet.encoding.kind == "video":
            yield packet


def timed_packets(demuxer: Demuxer) -> Iterator[Packet]:
    """Packets of pictures and sound on the file's own clock, which begins with either."""
    begins_s = demuxer.start_s

    def stamp(_: Encoding, pts_s: float | None, __: float) -> float:
        return float("nan") if pts_s is None else pts_s - begins_s

    counted = 0
    try:
        for packet in demuxer.packets(stamp):
            if packet.encoding.kind == "video":
                if np.isnan(packet.time_s):
                    rate = packet.encoding.frame_rate or USUAL_RATE
                    yield replace(packet, time_s=counted / rate)
                else:
                    yield packet
                counted += 1
            elif not np.isnan(packet.time_s):
                yield packet
    except SourceLost:
        return


def _groups(path: Path | str, limits: Limits | None) -> list[_Group]:
    groups: list[_Group] = []
    with open_file(path, limits=limits) as demuxer:
        for packet in film_packets(demuxer):
            if packet.key or not groups:
                groups.append(_Group(packet.time_s, []))
            if not packet.hidden:
                groups[-1].shown.append(packet.time_s)
        if not any(group.shown for group in groups):
            raise SourceRefused(f"{demuxer.name}: no picture in it")
    return groups


def _needed(groups: list[_Group], wanted: Times) -> set[int]:
    """Numbers of the groups to decode."""
    shown = [(time_s, number) for number, group in enumerate(groups) for time_s in group.shown]
    shown.sort()
    times = np.array([time_s for time_s, _ in shown])
    needed = set()
    for at in nearest(times, wanted):
        time_s, number = shown[at]
        needed.add(number)
        if time_s < groups[number].key_s and number:
            # Shown before its key and decoded after it: it leans on the group before, too.
            needed.add(number - 1)
    return needed


def _decoded(path: Path | str, needed: set[int], limits: Limits | None) -> Iterator[Frame]:
    number, inside = -1, False
    with open_file(path, limits=limits) as demuxer:
        decoder = Decoder(demuxer.video, fast=False, limits=limits)
        for packet in film_packets(demuxer):
            number += packet.key or number < 0
            if number not in needed:
                if inside:
                    yield from decoder.flush()
                inside = False
                if number > max(needed, default=-1):
                    return
                continue
            inside = True
            yield from decoder.decode(packet)
        yield from decoder.flush()
