"""One picture of an event for people, its thing marked."""

import cv2
import numpy as np

from vigil.core import Box, Event, Footage, Frame, SourceError
from vigil.pipeline.annotate import EVENT
from vigil.pipeline.storyboard import moment_of

NEAR_S = 2.0
"""How far from the wanted moment a picture may be."""
QUALITY = 85


def snapshot(footage: Footage, event: Event, *, width: int = 960) -> bytes:
    """A JPEG of the event's moment, `width` pixels wide at most, with its box drawn.

    Empty when the footage shows no picture near that moment, or cannot be read.
    """
    frame = frame_of(footage, event)
    if frame is None:
        return b""
    width = min(width, frame.width)
    picture = np.ascontiguousarray(cv2.cvtColor(frame.rgb(width), cv2.COLOR_RGB2BGR))
    box = box_at(event, frame.time_s)
    if box is not None:
        scale = width / frame.width
        corners = [(round(x * scale), round(y * scale)) for x, y in (box[:2], box[2:])]
        thick = max(2, width // 320)
        cv2.rectangle(picture, corners[0], corners[1], EVENT[::-1], thick, cv2.LINE_AA)
    coded, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes() if coded else b""


def frame_of(footage: Footage, event: Event) -> Frame | None:
    """The picture of the event's moment; None where there is none, or none that can be read."""
    try:
        return _frame_near(footage, moment_of(event))
    except SourceError:
        return None


def box_at(event: Event, time_s: float) -> Box | None:
    """Where its thing was, source pixels; None: nobody knows."""
    path = min(event.path, key=lambda point: abs(point[0] - time_s), default=None)
    return path[1] if path else event.box


def _frame_near(footage: Footage, wanted_s: float) -> Frame | None:
    """The first picture at or after the moment; the last one before it where there is none."""
    last = None
    for last in footage.frames(wanted_s - NEAR_S, wanted_s + NEAR_S):
        if last.time_s >= wanted_s:
            break
    return last
