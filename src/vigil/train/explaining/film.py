"""An explanation as a film: heat over the pictures, and below them when it mattered."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import ConfigError, Frame, Image
from vigil.media.encode import LEAST_STEP_S, VideoWriter, even_rgb
from vigil.media.films import film_frames
from vigil.media.probe import describe
from vigil.media.sampling import Times
from vigil.train.explaining.explained import Explanation, spread

WIDTH = 640
ROW, GAP = 18, 4
LEFT = 84
"""Of the strip: the names of its rows."""
COVERED = 0.6
"""Of the picture, by the hottest heat: what is below must be seen."""
FONT, LETTERS = cv2.FONT_HERSHEY_SIMPLEX, 0.4
SHADE, INK, CURSOR = (24, 28, 34), (226, 230, 236), (255, 255, 255)
FOR, AGAINST = (224, 82, 58), (72, 132, 214)
"""What speaks for the word, and against it."""
USUAL_RATE = 25.0


def explained_film(
    film: Path, out: Path, told: Explanation, *, seen: Callable[[Frame], None] = lambda _: None
) -> int:
    """Write the whole film with what was found, in H.264; how many pictures it has.

    The strip below has a row for the heat of each moment, one for what each frame pulls (gradient ×
    input), one for how the probability falls without a stretch; red speaks for the word, blue
    against it. Raises as `film_frames`, and `ConfigError` where pictures change their size.
    """
    writer: VideoWriter | None = None
    strip, size = np.zeros((0, 0, 3), np.uint8), (0, 0)
    begins_s, at_s, count = 0.0, -1.0, 0
    lasts_s = describe(film).duration_s or float(told.times_s[-1])
    try:
        for frame in film_frames(film):
            seen(frame)
            picture = even_rgb(frame, WIDTH)
            if writer is None:
                size, begins_s = picture.shape[:2], frame.time_s
                strip = timeline(told, picture.shape[1], lasts_s)
                high = picture.shape[0] + strip.shape[0]
                rate = describe(film).frame_rate or USUAL_RATE
                writer = VideoWriter(out, picture.shape[1], high, rate)
            if picture.shape[:2] != size:
                raise ConfigError(f"{film.name}: its pictures change their size")
            shown = _under_heat(picture, told, frame)
            both = np.concatenate([shown, _with_cursor(strip, frame.time_s / lasts_s)])
            # Broken clocks repeat a time; no container holds two pictures of one.
            at_s = max(frame.time_s - begins_s, at_s + LEAST_STEP_S)
            writer.write(both, at_s)
            count += 1
    finally:
        if writer is not None:
            writer.close()
    return count


def timeline(told: Explanation, width: int, lasts_s: float) -> Image:
    """Three rows over the seconds of a film; its height is even."""
    strip = np.full((3 * (ROW + GAP) + GAP, width, 3), SHADE, np.uint8)
    strip = np.concatenate([strip, np.full((strip.shape[0] % 2, width, 3), SHADE, np.uint8)])
    stretches = np.array_split(told.times_s, len(told.missed))
    rows = (
        ("where", told.moments_s, told.heat.mean((1, 2))),
        ("pull", told.times_s, told.pull),
        ("without", np.array([part.mean() for part in stretches]), told.missed),
    )
    for number, (name, times_s, values) in enumerate(rows):
        top = GAP + number * (ROW + GAP)
        cv2.putText(strip, name, (6, top + ROW - 5), FONT, LETTERS, INK, 1, cv2.LINE_AA)
        _row(strip[top : top + ROW, LEFT:], times_s, values, lasts_s)
    return strip


def _row(row: Image, times_s: Times, values: Float32[np.ndarray, "n"], lasts_s: float) -> None:
    """Each value from half way to the one before until half way to the next, by its strength."""
    high, width = row.shape[:2]
    between = (times_s[1:] + times_s[:-1]) / 2
    edges = np.concatenate([[times_s[0]], between, [times_s[-1]]]) / lasts_s * width
    most = max(float(np.abs(values).max()), 1e-9)
    for left, right, value in zip(edges[:-1], edges[1:], values, strict=True):
        first, last = round(float(left)), max(round(float(right)), round(float(left)) + 1)
        tall = round(abs(float(value)) / most * high)
        row[high - tall :, first:last] = FOR if value >= 0 else AGAINST


def _with_cursor(strip: Image, share: float) -> Image:
    drawn = strip.copy()
    x = LEFT + round(min(max(share, 0.0), 1.0) * (strip.shape[1] - LEFT - 1))
    drawn[:, max(x - 1, 0) : x + 1] = CURSOR
    return drawn


def _under_heat(picture: Image, told: Explanation, frame: Frame) -> Image:
    """The picture, warm where the network looked; what it was not shown stays as it is."""
    if not told.covers(frame.time_s):
        return picture
    height, width = picture.shape[:2]
    scale = (width / frame.width, height / frame.height)
    x1, y1 = round(told.seen.x1 * scale[0]), round(told.seen.y1 * scale[1])
    x2, y2 = round(told.seen.x2 * scale[0]), round(told.seen.y2 * scale[1])
    part = picture[y1:y2, x1:x2]
    heat = spread(told.heat_at(frame.time_s), part.shape[1], part.shape[0])
    colours = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_TURBO)[:, :, ::-1]
    share = (COVERED * heat)[:, :, None]
    drawn = picture.copy()
    drawn[y1:y2, x1:x2] = (part * (1 - share) + colours * share).astype(np.uint8)
    # OpenCV's letters are those of ASCII.
    word = told.word if told.word.isascii() else "(word)"
    text = f"{word} {told.probability:.2f}  {told.method.replace('_', '-')}"
    cv2.rectangle(drawn, (0, 0), (12 + 7 * len(text), 20), SHADE, cv2.FILLED)
    cv2.putText(drawn, text, (6, 14), FONT, LETTERS, INK, 1, cv2.LINE_AA)
    return drawn
