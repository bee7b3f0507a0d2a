"""A way with its forecast and its alarms, as a picture."""

from collections.abc import Sequence

import cv2
import numpy as np

from vigil.core import Image
from vigil.train.paths.forecasting import Forecast
from vigil.train.paths.surprises import Surprise
from vigil.train.paths.ways import Points, Way

WIDTH = 960
PLAIN = 40
WENT, WILL, ALARM = (235, 235, 235), (90, 200, 255), (255, 92, 70)
FONT, LETTERS = cv2.FONT_HERSHEY_SIMPLEX, 0.45
NINETY_FIVE = 2.448
"""Standard deviations of an ellipse that holds 95 % of a plane's normal distribution."""


def drawn_ways(
    told: Sequence[tuple[Way, Forecast | None, Sequence[Surprise]]], picture: Image | None = None
) -> Image:
    """RGB: ways in white, forecasts in blue with ellipses of 95 %, alarms in red with their word.

    Drawn over `picture`, the camera's view, or over plain grey.
    """
    wide, high = told[0][0].size
    if picture is None:
        picture = np.full((round(WIDTH * high / wide), WIDTH, 3), PLAIN, np.uint8)
    shown = np.ascontiguousarray(picture)
    for way, said, alarms in told:
        scale = np.array([shown.shape[1], shown.shape[0]]) / way.size
        _line(shown, way.feet * scale, WENT)
        if said is not None:
            _forecast(shown, way.feet[-1], said, scale)
        for alarm in alarms:
            at = _whole(np.array(alarm.at) * scale)
            cv2.circle(shown, at, 7, ALARM, 2, cv2.LINE_AA)
            _line(shown, np.array([alarm.wanted, alarm.at]) * scale, ALARM)
            _word(shown, f"{way.track} {alarm.kind}", at)
    return shown


def _forecast(
    shown: Image, last: "np.ndarray[tuple[int], np.dtype[np.float64]]", said: Forecast,
    scale: "np.ndarray[tuple[int], np.dtype[np.float64]]",
) -> None:  # fmt: skip
    _line(shown, np.concatenate([last[None], said.mean]) * scale, WILL)
    # One ellipse a step hides the way; the last one and the one half way tell how it widens.
    for step in sorted({len(said.mean) // 2, len(said.mean) - 1}):
        axes = np.maximum(NINETY_FIVE * said.spread[step] * scale, 1)
        if axes.max() < max(shown.shape):
            centre = _whole(said.mean[step] * scale)
            cv2.ellipse(shown, centre, _whole(axes), 0, 0, 360, WILL, 1, cv2.LINE_AA)


def _line(shown: Image, points: Points, colour: tuple[int, int, int]) -> None:
    whole = np.round(points).astype(np.int32)
    cv2.polylines(shown, [whole], False, colour, 2, cv2.LINE_AA)


def _word(shown: Image, text: str, at: tuple[int, int]) -> None:
    # Inside the picture, whatever happened at its edge.
    (wide, _), _ = cv2.getTextSize(text, FONT, LETTERS, 1)
    x = min(at[0] + 10, shown.shape[1] - wide - 4)
    cv2.putText(shown, text, (x, max(at[1] - 8, 12)), FONT, LETTERS, ALARM, 1, cv2.LINE_AA)


def _whole(point: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
