"""Draws what the watch believed onto the pictures it watched."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vigil.core import Box, Event, Frame, Image, Packet, Scene, Step, Track, as_array, iou
from vigil.media.decoding import Decoder
from vigil.media.encode import VideoWriter

TRACK = (80, 200, 120)
EVENT = (255, 90, 60)
INK = (245, 245, 245)
SHADE = (20, 20, 24)
LINES = 4
FONT = cv2.FONT_HERSHEY_SIMPLEX
Colour = tuple[int, int, int]
"""Red, green, blue."""


class Annotator:
    """Writes an annotated copy of a stream, a few seconds behind the watch.

    The lag lets scenes that were made after the fact (a caught-up group of pictures) still reach
    the pictures they belong to.
    """

    def __init__(self, path: Path, *, lag_s: float = 6.0, rate: float | None = None) -> None:
        self._path = path
        self._lag_s = lag_s
        self._rate = rate
        self._packets: deque[Packet] = deque()
        self._scenes: deque[Scene] = deque()
        self._events: dict[str, Event] = {}
        self._decoder: Decoder | None = None
        self._writer: VideoWriter | None = None

    def packet(self, packet: Packet) -> None:
        """Take in a packet of the stream."""
        if packet.encoding.kind != "video":
            return
        self._packets.append(packet)
        while self._packets[-1].time_s - self._packets[0].time_s > self._lag_s:
            self._write(self._packets.popleft())

    def scene(self, scene: Scene) -> None:
        """Take in what was believed at some moment."""
        if not self._scenes or scene.time_s > self._scenes[-1].time_s:
            self._scenes.append(scene)

    def steps(self, steps: Sequence[Step]) -> None:
        """Take in steps of events."""
        for step in steps:
            self._events[step.event.id] = step.event

    def close(self) -> None:
        """Write what is left."""
        while self._packets:
            self._write(self._packets.popleft())
        if self._decoder is not None:
            for frame in self._decoder.flush():
                self._draw(frame)
        if self._writer is not None:
            self._writer.close()

    def _write(self, packet: Packet) -> None:
        if self._decoder is None or packet.encoding is not self._decoder.encoding:
            self._decoder = Decoder(packet.encoding, fast=False)
        for frame in self._decoder.decode(packet):
            self._draw(frame)

    def _draw(self, frame: Frame) -> None:
        # The encoder wants even sides.
        picture = np.ascontiguousarray(
            frame.pixels.rgb(frame.width // 2 * 2, frame.height // 2 * 2)
        )
        if self._writer is None:
            rate = self._rate or (self._decoder and self._decoder.encoding.frame_rate) or 25.0
            height, width = captioned(picture, []).shape[:2]
            self._writer = VideoWriter(self._path, width, height, rate)
        while len(self._scenes) > 1 and self._scenes[1].time_s <= frame.time_s:
            self._scenes.popleft()
        tracks = tracks_at(self._scenes, frame.time_s)
        happening = [
            event
            for event in self._events.values()
            if event.start_s <= frame.time_s <= max(event.end_s, event.start_s + 2.0)
        ]
        draw_scene(picture, tracks, happening)
        self._writer.write(captioned(picture, happening, clock=f"{frame.time_s:.1f} s"))


def tracks_at(scenes: Sequence[Scene], time_s: float) -> list[Track]:
    """The tracks of the scene at or before `time_s`, moved on towards those of the next."""
    if not scenes or scenes[0].time_s > time_s:
        return []
    if len(scenes) < 2:
        return list(scenes[0].tracks)
    now, then = scenes[0], scenes[1]
    part = (time_s - now.time_s) / max(1e-6, then.time_s - now.time_s)
    later = {track.id: track for track in then.tracks}
    return [
        track if track.id not in later else _between(track, later[track.id], part)
        for track in now.tracks
    ]


def draw_scene(picture: Image, tracks: Sequence[Track], events: Sequence[Event]) -> None:
    """Draw boxes and labels of tracks, and of resting things without one, onto `picture`."""
    scale = _scale(picture)
    shown = {track.id for track in tracks}
    alarmed = {track_id for event in events for track_id in event.track_ids}
    for track in tracks:
        colour = EVENT if track.id in alarmed else TRACK
        words = (track.label, str(track.id), *(reading.word for reading in track.readings))
        _draw_box(picture, track.box, " ".join(words), colour, scale)
    for event in events:
        if event.box is not None and not shown.intersection(event.track_ids) and _rests(event):
            _draw_box(picture, event.box, event.rule, EVENT, scale)


def _rests(event: Event) -> bool:
    """Whether its box is still where it was; that of who moved on would be drawn beside them."""
    if not event.path or event.box is None:
        return not event.track_ids
    return bool(iou(as_array([event.path[0][1]]), as_array([event.box]))[0, 0] > 0.3)


def captioned(picture: Image, events: Sequence[Event], *, clock: str = "") -> Image:
    """The picture over a band with the time and the newest events that are happening.

    Below the picture, not in it: nothing that was filmed is hidden, nor the camera's own clock.
    """
    scale = _scale(picture)
    step = round(34 * scale) + 4
    band = np.full((step * LINES // 2 * 2 + 8, picture.shape[1], 3), SHADE, np.uint8)
    newest = sorted(events, key=lambda event: -event.start_s)[: LINES - 1]
    lines = [(clock, INK), *((f"{event.rule}: {event.claim}", EVENT) for event in newest)]
    for number, (line, colour) in enumerate(lines, start=1):
        _write(band, line, (8, number * step - step // 4), colour, scale)
    return np.concatenate([picture, band])


def _scale(picture: Image) -> float:
    """Size of letters that suits a picture."""
    return float(max(0.42, picture.shape[0] / 900))


def _between(a: Track, b: Track, part: float) -> Track:
    sides = [x + (y - x) * part for x, y in zip(a.box, b.box, strict=True)]
    return a._replace(box=Box(*sides))


def _draw_box(picture: Image, box: Box, text: str, colour: Colour, scale: float) -> None:
    x1, y1, x2, y2 = (round(side) for side in box)
    cv2.rectangle(picture, (x1, y1), (x2, y2), colour, max(1, round(2 * scale)), cv2.LINE_AA)
    (wide, high), _ = cv2.getTextSize(text, FONT, scale * 0.8, 1)
    top = max(0, y1 - high - 6)
    cv2.rectangle(picture, (x1, top), (x1 + wide + 6, top + high + 6), colour, cv2.FILLED)
    _write(picture, text, (x1 + 3, top + high + 3), SHADE, scale * 0.8)


def _write(picture: Image, text: str, foot: tuple[int, int], colour: Colour, scale: float) -> None:
    cv2.putText(picture, text, foot, FONT, scale, colour, 1, cv2.LINE_AA)
