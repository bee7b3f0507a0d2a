"""The events of a replay as a picture: a lane for each camera and rule, time from left to right."""

from collections.abc import Sequence
from datetime import UTC, datetime

import cv2
import numpy as np

from vigil.core import Event, Image
from vigil.pipeline.replay import Difference, Replay

LEFT, WIDTH, ROW, TOP = 240, 960, 34, 40
INK, FAINT, PAPER = (40, 36, 30), (226, 222, 216), (255, 255, 255)
BOTH, ADDED, VANISHED = (148, 116, 60), (79, 125, 10), (43, 57, 192)
"""Blue, green, black and red in the order of OpenCV: blue, green, red."""
FONT = cv2.FONT_HERSHEY_SIMPLEX


def replay_plot(new: Replay, old: Replay | None = None, diff: Difference | None = None) -> Image:
    """RGB. Upper half of a lane: the new rules; lower half: those they are compared with.

    What only one of the two tells is green (added) or red (vanished).
    """
    lanes = sorted({(e.source, e.rule) for e in [*new.events, *(old.events if old else ())]})
    height = TOP + ROW * max(1, len(lanes)) + 30
    canvas = np.full((height, LEFT + WIDTH + 20, 3), PAPER, np.uint8)
    span = (new.first_s, max(new.last_s, new.first_s + 1.0))
    _write_times(canvas, span)
    added = {event.id for event in diff.added} if diff else set()
    vanished = {event.id for event in diff.vanished} if diff else set()
    half = ROW // 2 - 3
    for number, (source, rule) in enumerate(lanes):
        y = TOP + ROW * number
        cv2.line(canvas, (LEFT, y + ROW - 1), (LEFT + WIDTH, y + ROW - 1), FAINT, 1)
        _text(canvas, f"{source}: {rule}"[:30], (8, y + ROW // 2 + 4))
        mine = [e for e in new.events if (e.source, e.rule) == (source, rule)]
        theirs = [e for e in old.events if (e.source, e.rule) == (source, rule)] if old else []
        _bars(canvas, mine, span, y + 3, half if old else 2 * half, added, ADDED)
        _bars(canvas, theirs, span, y + 3 + half + 1, half, vanished, VANISHED)
    return np.ascontiguousarray(canvas[:, :, ::-1])


def _bars(
    canvas: Image,
    events: Sequence[Event],
    span: tuple[float, float],
    top: int,
    height: int,
    marked: set[str],
    colour: tuple[int, int, int],
) -> None:
    for event in events:
        left, right = (
            _x(event.start_s, span),
            max(_x(event.end_s, span), _x(event.start_s, span) + 2),
        )
        shade = colour if event.id in marked else BOTH
        cv2.rectangle(canvas, (left, top), (right, top + height), shade, -1)


def _write_times(canvas: Image, span: tuple[float, float]) -> None:
    form = "%H:%M:%S" if span[1] - span[0] < 7200 else "%d. %H:%M"
    for part in range(5):
        time_s = span[0] + part / 4 * (span[1] - span[0])
        x = _x(time_s, span)
        cv2.line(canvas, (x, TOP - 8), (x, canvas.shape[0] - 24), FAINT, 1)
        _text(canvas, f"{datetime.fromtimestamp(time_s, UTC):{form}}", (max(x - 36, 2), TOP - 14))


def _x(time_s: float, span: tuple[float, float]) -> int:
    return LEFT + round((time_s - span[0]) / (span[1] - span[0]) * WIDTH)


def _text(canvas: Image, text: str, at: tuple[int, int]) -> None:
    # The font of OpenCV knows no other letters.
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(canvas, plain, at, FONT, 0.45, INK, 1, cv2.LINE_AA)
