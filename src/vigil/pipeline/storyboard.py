"""One picture of what happened: a still of each event over a strip of time."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from vigil.core import Event, Frame, Image, Packet, VigilError
from vigil.media.decoding import Decoder
from vigil.pipeline.annotate import EVENT, INK

TILE_WIDTH, COLUMNS, MOST = 480, 3, 12
LANE, MARGIN, NAMES, CAPTION = 26, 14, 190, 28
BOARD_WIDTH = COLUMNS * TILE_WIDTH + (COLUMNS + 1) * MARGIN
PAPER = (24, 26, 30)
BAR = (44, 48, 56)
FAINT = (120, 126, 138)


def write_storyboard(path: Path, packets: Iterable[Packet], events: Sequence[Event]) -> None:
    """Decode `packets` once and write a PNG with a still for each of the first dozen events.

    Raises `VigilError` when the file cannot be written.
    """
    chosen = sorted(events, key=lambda event: event.start_s)[:MOST]
    stills, end_s = _stills(packets, chosen)
    board = _board(stills, list(events), end_s)
    coded, data = cv2.imencode(".png", cv2.cvtColor(board, cv2.COLOR_RGB2BGR))
    try:
        path.write_bytes(data.tobytes() if coded else b"")
    except OSError as error:
        raise VigilError(f"{path}: cannot be written: {error.strerror}") from error


def moment_of(event: Event) -> float:
    """When to take its still: a little after it began, at a moment whose box is known."""
    wanted_s = min(event.start_s + 1.0, event.end_s)
    return min(
        (time_s for time_s, _ in event.path), key=lambda s: abs(s - wanted_s), default=wanted_s
    )


def _stills(packets: Iterable[Packet], events: Sequence[Event]) -> tuple[list[Image], float]:
    """One still an event, in their order, and the last moment of the stream."""
    waiting = sorted(range(len(events)), key=lambda index: moment_of(events[index]))
    stills: dict[int, Image] = {}
    last: Frame | None = None
    end_s = 0.0
    for last in _frames(packets):
        end_s = last.time_s
        while waiting and moment_of(events[waiting[0]]) <= last.time_s:
            index = waiting.pop(0)
            stills[index] = _still(last, events[index])
    if last is not None:
        stills |= {index: _still(last, events[index]) for index in waiting}
    return [stills[index] for index in sorted(stills)], end_s


def _frames(packets: Iterable[Packet]) -> Iterable[Frame]:
    decoder: Decoder | None = None
    for packet in packets:
        if packet.encoding.kind != "video":
            continue
        if decoder is None or decoder.encoding is not packet.encoding:
            decoder = Decoder(packet.encoding)
        yield from decoder.decode(packet)
    if decoder is not None:
        yield from decoder.flush()


def _still(frame: Frame, event: Event) -> Image:
    picture = np.ascontiguousarray(frame.rgb(frame.width))
    path = min(event.path, key=lambda point: abs(point[0] - frame.time_s), default=None)
    box = path[1] if path else event.box
    if box is not None:
        corners = [(round(box.x1), round(box.y1)), (round(box.x2), round(box.y2))]
        thick = max(2, frame.width // 320)
        cv2.rectangle(picture, corners[0], corners[1], EVENT, thick, cv2.LINE_AA)
    height = round(frame.height * TILE_WIDTH / frame.width)
    tile = np.asarray(cv2.resize(picture, (TILE_WIDTH, height), interpolation=cv2.INTER_AREA))
    return captioned_tile(tile, f"{event.start_s:.1f} s   {event.rule} {event.direction or ''}")


def captioned_tile(tile: Image, words: str) -> Image:
    """A picture `TILE_WIDTH` wide over a line of ASCII words."""
    # Below the picture: cameras burn their clock into any of its corners.
    bar = np.full((CAPTION, TILE_WIDTH, 3), BAR, np.uint8)
    _write(bar, words, (8, CAPTION - 9), INK)
    return np.concatenate([tile, bar])


def rows_of(tiles: Sequence[Image]) -> Image:
    """Tiles in rows of three, on paper `BOARD_WIDTH` wide; one tile at least."""
    rows = [_row(tiles[index : index + COLUMNS]) for index in range(0, len(tiles), COLUMNS)]
    return np.ascontiguousarray(np.concatenate(rows), np.uint8)


def _board(stills: Sequence[Image], events: Sequence[Event], end_s: float) -> Image:
    rows = [rows_of(stills)] if stills else []
    strip = _timeline(events, end_s, BOARD_WIDTH)
    return np.ascontiguousarray(np.concatenate([*rows, strip]), np.uint8)


def _row(tiles: Sequence[Image]) -> Image:
    height = max(tile.shape[0] for tile in tiles)
    row = np.full((height + MARGIN, BOARD_WIDTH, 3), PAPER, np.uint8)
    for column, tile in enumerate(tiles):
        left = MARGIN + column * (TILE_WIDTH + MARGIN)
        row[MARGIN : MARGIN + tile.shape[0], left : left + TILE_WIDTH] = tile
    return row


def _timeline(events: Sequence[Event], end_s: float, width: int) -> Image:
    """A lane a rule, a bar an event, a tick every ten seconds."""
    rules = sorted({event.rule for event in events})
    strip = np.full((LANE * (len(rules) + 1) + 3 * MARGIN, width, 3), PAPER, np.uint8)
    span_s = max(end_s, *(event.end_s for event in events), 1.0) if events else max(end_s, 1.0)
    bottom = MARGIN + LANE * len(rules)

    def across(time_s: float) -> int:
        return round(NAMES + (width - NAMES - MARGIN) * time_s / span_s)

    step_s = 10 if span_s < 200 else 60
    for tick_s in range(0, int(span_s) + 1, step_s):
        cv2.line(strip, (across(tick_s), MARGIN), (across(tick_s), bottom), FAINT, 1)
        _write(strip, f"{tick_s} s", (across(tick_s) + 3, bottom + 20), FAINT)
    for lane, rule in enumerate(rules):
        top = MARGIN + lane * LANE
        _write(strip, rule, (MARGIN, top + 17), INK)
        for event in (event for event in events if event.rule == rule):
            right = max(across(event.end_s), across(event.start_s) + 3)
            corner = (across(event.start_s), top + 5)
            cv2.rectangle(strip, corner, (right, top + LANE - 7), EVENT, cv2.FILLED)
    return strip


def _write(picture: Image, text: str, foot: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.putText(picture, text, foot, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
