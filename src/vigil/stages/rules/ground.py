"""From the picture to the ground, by four points whose places on the ground are known."""

from collections.abc import Sequence

import numpy as np

ON_THE_EDGE = 1e-6
"""Of the longer side: rounding must not push out what stands on the edge."""


class Ground:
    """A flat rectangle on the ground that the camera sees as a quadrilateral.

    Hartley and Zisserman, Multiple View Geometry (2004), 4.1: the homography of four points.
    """

    def __init__(
        self, corners: Sequence[tuple[float, float]], *, width_m: float, length_m: float
    ) -> None:
        """`corners`: in the picture; from the first to the second it is `width_m`."""
        self._size_m = (width_m, length_m)
        ground = ((0.0, 0.0), (width_m, 0.0), (width_m, length_m), (0.0, length_m))
        rows, right = [], []
        for (x, y), (u, v) in zip(corners, ground, strict=True):
            rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
            rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
            right += [u, v]
        try:
            h = np.linalg.solve(np.array(rows, np.float64), np.array(right, np.float64)).tolist()
        except np.linalg.LinAlgError:
            raise ValueError("ground: no three of its four corners may lie on a line") from None
        self._h: list[float] = [*h, 1.0]

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        """Metres across and along the rectangle of a point of the picture."""
        x, y = point
        h = self._h
        # A point of the horizon itself is as far away as can be.
        depth = h[6] * x + h[7] * y + h[8] or 1e-12
        return (h[0] * x + h[1] * y + h[2]) / depth, (h[3] * x + h[4] * y + h[5]) / depth

    def holds(self, place: tuple[float, float]) -> bool:
        """Whether a place, in metres, lies within the rectangle."""
        across_m, along_m = self._size_m
        slack_m = ON_THE_EDGE * max(self._size_m)
        across = -slack_m <= place[0] <= across_m + slack_m
        return across and -slack_m <= place[1] <= along_m + slack_m
