"""Fire: tongues of flame that dance on one spot and grow, with the light they throw."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Box, Image
from vigil.sim.camera import Camera, Vector
from vigil.sim.clouds import Field, around, glow, overlaid, sampled, turbulence
from vigil.sim.distractors import Distraction, Stage

HEAT = np.array(
    [(40, 6, 2), (150, 28, 6), (232, 86, 14), (255, 158, 40), (255, 224, 130), (255, 250, 226)],
    np.float32,
)
"""Colours from the coolest part that glows to the core, as a camera shows them."""
BUOYANCY_M_S2 = 9.8
"""Hot gas climbs at about the root of this times the height: some 3 m/s in a fire of a metre."""
SEEN = 0.35
"""What covers the picture by more is flame, for the truth."""


@dataclass(frozen=True, kw_only=True)
class Flames(Distraction):
    """A fire on the ground, or at a height; it begins small and grows."""

    UNDER: ClassVar[bool] = True

    position: Vector
    """Middle of its base, metres."""
    width_m: float = 0.9
    height_m: float = 1.3
    """Of the tallest tongues, when it has grown."""
    grows_s: float = 8.0
    """From a third of its size to all of it."""
    seed: int = 0

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        heat, left, top = self._heat(stage.camera, time_s)
        if not heat.size:
            return
        x, y = self._base(stage.camera)
        mean = float(heat.mean()) * 4
        reach = heat.shape[0] * (1.9 if stage.is_night else 1.2)
        strength = (0.55 if stage.is_night else 0.16) * (0.75 + 0.5 * mean)
        glow(
            frame, x, y - heat.shape[0] * 0.3, reach, (150 * strength, 66 * strength, 16 * strength)
        )
        overlaid(frame, _coloured(heat), _cover(heat), left, top)

    def box(self, camera: Camera, time_s: float) -> Box | None:
        """Where flame is to be seen; None while it does not burn."""
        if not self.acts(time_s):
            return None
        heat, left, top = self._heat(camera, time_s)
        return around(_cover(heat), left, top, (camera.width, camera.height), SEEN)

    def size(self, time_s: float) -> float:
        """Share of its full height."""
        grown = np.clip((time_s - self.start_s) / max(self.grows_s, 1e-6), 0, 1)
        dying = np.clip((self.end_s - time_s) / 1.5, 0, 1)
        return float((0.33 + 0.67 * grown) * dying)

    def _base(self, camera: Camera) -> tuple[float, float]:
        pixels, _ = camera.project(np.array([self.position], np.float32))
        return float(pixels[0, 0]), float(pixels[0, 1])

    def _heat(self, camera: Camera, time_s: float) -> tuple[Field, int, int]:
        """Heat from 0 to 1 in the pixels around it, and the left and upper edge of these."""
        _, depth = camera.project(np.array([self.position], np.float32))
        size = self.size(time_s)
        if depth[0] <= 0.3 or size <= 0.02:
            return np.zeros((0, 0), np.float32), 0, 0
        metre = camera.pixels_per_metre(float(depth[0]))
        high = max(4, round(self.height_m * size * metre * 1.25))
        wide = max(4, round(self.width_m * (0.4 + 0.6 * size) * metre * 1.3))
        x, y = self._base(camera)
        # In heights a second: small fires dance faster.
        speed = np.sqrt(BUOYANCY_M_S2 / max(self.height_m * size, 0.2))
        heat = tongues(wide, high, time_s * float(speed), self.seed)
        return heat, round(x - wide / 2), round(y - high * 0.95)


def tongues(wide: int, high: int, climbed: float, seed: int) -> Field:
    """Heat of a fire seen from the side, `climbed` heights after it began."""
    across = np.linspace(-1, 1, wide, dtype=np.float32)[None].repeat(high, 0)
    up = np.linspace(1, 0, high, dtype=np.float32)[:, None].repeat(wide, 1)
    # The tips sway to and fro; the base stands.
    sway = sampled(turbulence(seed + 1, 2, 4), 0 * up + 0.3, climbed * 0.11 + up * 0.16) - 0.5
    bent = across + 0.9 * sway * up
    coarse = sampled(turbulence(seed, 3, 4), bent * 0.2 + 0.5, up * 0.28 + climbed * 0.4)
    fine = sampled(turbulence(seed + 2, 4, 8), bent * 0.3, up * 0.5 + climbed * 0.9)
    reach = sampled(turbulence(seed + 3, 3, 8), bent * 0.23, 0 * up + climbed * 0.09)
    # Each place across has a height of its own, which comes and goes.
    limit = (0.35 + 0.75 * reach) * np.sqrt(np.clip(1 - bent**2, 0, 1))
    body = np.clip(1.15 - up / np.maximum(limit, 0.05), -1, 1)
    heat = 0.75 * body + (coarse - 0.5) * (0.9 + 0.9 * up) + (fine - 0.55) * (1.0 + 0.4 * up)
    edges = np.clip((1 - np.abs(bent)) * 5, 0, 1) * np.clip((1 - up) * 6, 0, 1)
    heat = np.clip(heat, 0, 1) * edges * np.clip((up - 0.07 * bent**2) * 14, 0, 1)
    return np.asarray(cv2.GaussianBlur(heat, (0, 0), max(0.5, wide / 60)), np.float32)


def _cover(heat: Field) -> Field:
    return np.asarray(np.clip(heat * 3.2 - 0.15, 0, 1) * np.float32(0.97), np.float32)


def _coloured(heat: Field) -> Float32[np.ndarray, "h w 3"]:
    place = np.clip(heat, 0, 1) * (len(HEAT) - 1)
    below = np.clip(place.astype(int), 0, len(HEAT) - 2)
    part = (place - below)[..., None]
    return np.asarray(HEAT[below] * (1 - part) + HEAT[below + 1] * part, np.float32)
