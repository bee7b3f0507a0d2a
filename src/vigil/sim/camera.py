"""Where a rendered camera stands and how points of the world fall into its picture."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32

Vector = tuple[float, float, float]
"""Metres: x to the right, y into the scene, z up; the ground is z = 0."""
Points = Float32[np.ndarray, "n 3"]

NEAREST_M = 0.2
"""Nothing closer to the lens is drawn."""


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pinhole camera on a wall or pole. Two of them may look at the same world."""

    name: str = "camera"
    position: Vector = (0.0, -8.0, 4.0)
    target: Vector = (0.0, 4.0, 0.6)
    """A point in the middle of the picture."""
    view_deg: float = 70.0
    """Horizontal field of view."""
    width: int = 640
    height: int = 360
    rate: float = 12.0
    """Pictures a second."""
    noise: float = 1.0
    """Sensor noise against a usual camera: 0 none, 2 twice as much."""
    stamp: bool = False
    """Burn the date and time into the picture."""
    monochrome: bool = False
    """Black and white, as most cameras turn at night."""
    seed: int = 0
    """Of the sensor's noise."""

    @cached_property
    def axes(self) -> Float32[np.ndarray, "3 3"]:
        """Unit vectors right, down and forward, one a row."""
        forward = np.subtract(self.target, self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        return np.array([right, np.cross(forward, right), forward], np.float32)

    @property
    def focal_px(self) -> float:
        """Pixels by which a slope of one is spread."""
        return float(self.width / 2 / np.tan(np.radians(self.view_deg) / 2))

    def project(
        self, points: Points
    ) -> tuple[Float32[np.ndarray, "n 2"], Float32[np.ndarray, "n"]]:
        """Pixels (x, y; outside the picture too) and depth in metres along the view."""
        local = (points - np.array(self.position, np.float32)) @ self.axes.T
        depth = local[:, 2]
        safe = np.maximum(depth, NEAREST_M)[:, None]
        centre = np.array([self.width / 2, self.height / 2], np.float32)
        return local[:, :2] / safe * np.float32(self.focal_px) + centre, depth

    def rays(self, oversampling: float) -> Float32[np.ndarray, "height width 3"]:
        """Direction through every pixel of a picture `oversampling` times as large.

        One metre along the view per unit, so that a ray's parameter is its depth.
        """
        columns, rows = round(self.width * oversampling), round(self.height * oversampling)
        x = (np.arange(columns, dtype=np.float32) + 0.5) * np.float32(self.width / columns)
        y = (np.arange(rows, dtype=np.float32) + 0.5) * np.float32(self.height / rows)
        right, down, forward = self.axes
        across = ((x - self.width / 2) / self.focal_px)[None, :, None] * right
        along = ((y - self.height / 2) / self.focal_px)[:, None, None] * down
        return np.asarray(across + along + forward, np.float32)

    def pixels_per_metre(self, depth_m: float) -> float:
        """How large a metre across the view is at that depth."""
        return self.focal_px / max(depth_m, NEAREST_M)
