"""Lamps that shine red or amber, steadily or in flashes: what a watch takes for fire."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import cv2
import numpy as np

from vigil.core import Box, Image
from vigil.sim.camera import Camera, Vector
from vigil.sim.clouds import glow
from vigil.sim.distractors import Distraction, Stage
from vigil.sim.mesh import Colour
from vigil.sim.people import Looks

RED: Colour = (1.0, 0.16, 0.08)
AMBER: Colour = (1.0, 0.56, 0.08)
HI_VIS = Looks(jacket=(0.95, 0.33, 0.04), trousers=(0.92, 0.36, 0.06))
"""Somebody in orange work clothes."""


@dataclass(frozen=True, kw_only=True)
class SignalLamp(Distraction):
    """A tail light, a red lamp, or a beacon on a machine."""

    UNDER: ClassVar[bool] = True

    position: Vector
    radius_m: float = 0.12
    colour: Colour = RED
    pattern: Literal["steady", "flashes", "turns", "flickers"] = "steady"
    """`flashes`: on and off; `turns`: swells and fades as a turning mirror does; `flickers`: on,
    but for dips now and then, as a dying tube."""
    hertz: float = 1.5
    seed: int = 0

    def strength(self, time_s: float) -> float:
        """How bright it is then, 0 to 1."""
        turned = (self.hertz * time_s + 0.13 * self.seed) % 1.0
        match self.pattern:
            case "flashes":
                return 1.0 if turned < 0.5 else 0.06
            case "turns":
                return 0.1 + 0.9 * float(np.exp(-(((turned - 0.5) / 0.13) ** 2)))
            case "flickers":
                dip = np.random.default_rng([self.seed, int(time_s * 12), 67]).random() < 0.18
                return 0.35 if dip else 1.0
            case _:
                return 1.0

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        box = self.box(stage.camera, time_s)
        if box is None:
            return
        shown, radius = self.strength(time_s), max(box.width / 2, 0.8)
        x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
        tint = np.array(self.colour, np.float32)
        # What the sensor cannot hold spills into the other colours: the middle is nearly white.
        face = np.clip(tint * 255 * (0.25 + 0.9 * shown) + 70 * shown**2, 0, 255)
        fine = 8
        middle = (round(x * fine), round(y * fine))
        cv2.circle(frame, middle, round(radius * fine), face.tolist(), -1, cv2.LINE_AA, 3)
        spread = 7.0 if stage.is_night else 2.5
        light = tint * (150 if stage.is_night else 60) * shown
        glow(frame, x, y, radius * spread, tuple(light.tolist()))

    def box(self, camera: Camera, time_s: float) -> Box | None:
        """Where the lamp itself is to be seen, lit or not; None while it is not there."""
        pixels, depth = camera.project(np.array([self.position], np.float32))
        if not self.acts(time_s) or depth[0] <= 0.3:
            return None
        radius = self.radius_m * camera.pixels_per_metre(float(depth[0]))
        x, y = float(pixels[0, 0]), float(pixels[0, 1])
        box = Box(x - radius, y - radius, x + radius, y + radius)
        inside = box.clipped(camera.width, camera.height)
        return inside if inside.area > 0 else None
