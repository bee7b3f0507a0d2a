"""Smoke that rises, spreads and softens what is behind it; and steam, which is soon gone."""

from dataclasses import dataclass

import cv2
import numpy as np

from vigil.core import Box, Image
from vigil.sim.camera import Camera, Vector
from vigil.sim.clouds import Field, around, overlaid, sampled, turbulence
from vigil.sim.distractors import Distraction, Stage

SEEN = 0.18
"""What covers the picture by more is smoke, for the truth."""
COARSEST_PX = 3.0
"""Smoke has no finer detail; it is drawn at this step and enlarged."""


@dataclass(frozen=True, kw_only=True)
class Smoke(Distraction):
    """A column of smoke from one spot; it climbs, widens, drifts and grows denser."""

    position: Vector
    """Where it comes from, metres."""
    rises_m_s: float = 0.55
    tall_m: float = 5.0
    """How high it climbs at most."""
    width_m: float = 0.7
    """At its foot."""
    widens: float = 0.45
    """Metres of width that each metre of height adds."""
    drift: float = 0.25
    """Metres to the right that each metre of height adds."""
    grey: float = 0.62
    """Brightness by day, 0 to 1: what smoulders is bright, what burns oil is black."""
    thick: float = 0.8
    """Share of what is behind it that it hides when dense."""
    thickens_s: float = 8.0
    """From the first wisp to its full density."""
    puffs_hz: float = 0.0
    """So often it comes in puffs; 0: evenly."""
    lasts: float = 1.0
    """Share of its height at which it has thinned out; 1: at its top."""
    seed: int = 0

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        cover, left, top = self._cover(stage.camera, time_s)
        if not cover.size:
            return
        level = self.grey * (0.3 if stage.is_night else 1.0) * 255
        light = sampled(turbulence(self.seed + 5, 3, 4), *_grid(cover, 0.15 * time_s))
        colour = (level * (0.88 + 0.24 * light))[..., None] * np.array((1.0, 1.0, 1.03), np.float32)
        overlaid(frame, np.asarray(colour, np.float32), cover, left, top)

    def box(self, camera: Camera, time_s: float) -> Box | None:
        """Where it is to be seen; None while there is none."""
        if not self.acts(time_s):
            return None
        cover, left, top = self._cover(camera, time_s)
        return around(cover, left, top, (camera.width, camera.height), SEEN)

    def height_m(self, time_s: float) -> float:
        """How high it has climbed."""
        return min(self.rises_m_s * max(time_s - self.start_s, 0.0), self.tall_m)

    def _cover(self, camera: Camera, time_s: float) -> tuple[Field, int, int]:
        """What it hides, 0 to 1, in the pixels around it, and their left and upper edge."""
        pixels, depth = camera.project(np.array([self.position], np.float32))
        metre, high_m = camera.pixels_per_metre(float(depth[0])), self.height_m(time_s)
        if depth[0] <= 0.3 or high_m * metre < 3:
            return np.zeros((0, 0), np.float32), 0, 0
        half_m = self.width_m + (self.widens + abs(self.drift)) * high_m
        wide, high = round(2 * half_m * metre), round(high_m * metre)
        small = max(4, round(wide / COARSEST_PX)), max(4, round(high / COARSEST_PX))
        cover = self._density(*small, half_m, high_m, time_s)
        cover = cv2.resize(cover, (wide, high), interpolation=cv2.INTER_CUBIC)
        left, top = round(float(pixels[0, 0]) - wide / 2), round(float(pixels[0, 1])) - high
        return np.asarray(np.clip(cover, 0, 1), np.float32), left, top

    def _density(self, wide: int, high: int, half_m: float, high_m: float, time_s: float) -> Field:
        across = np.linspace(-half_m, half_m, wide, dtype=np.float32)[None].repeat(high, 0)
        up = np.linspace(high_m, 0, high, dtype=np.float32)[:, None].repeat(wide, 1)
        climbed = self.rises_m_s * (time_s - self.start_s)
        scale = 1 / max(4.0 * self.width_m + 0.5 * self.tall_m, 0.5)
        swirl = sampled(turbulence(self.seed, 3, 4), across * scale, (up - climbed) * scale) - 0.5
        middle = self.drift * up + 0.5 * swirl * (0.3 + 0.5 * up)
        radius = 0.5 * self.width_m + 0.5 * self.widens * up
        column = np.clip(1.25 - np.abs(across - middle) / radius, 0, 1)
        wisps = sampled(turbulence(self.seed + 1, 4, 4), across * scale * 1.6 + 0.2 * swirl,
                        (up - climbed) * scale * 1.6)  # fmt: skip
        left = np.clip(1 - up / max(self.lasts * self.tall_m, 0.1), 0, 1) ** 0.5
        head = np.clip((high_m - up) / max(0.25 * high_m, 0.05), 0, 1)
        puff = 1.0
        if self.puffs_hz:
            wave = np.sin(
                2 * np.pi * (self.puffs_hz * time_s - up * self.puffs_hz / self.rises_m_s)
            )
            puff = np.clip(0.5 + 0.7 * wave, 0, 1)
        grown = np.clip((time_s - self.start_s) / max(self.thickens_s, 1e-6), 0.15, 1)
        gone = np.clip((self.end_s - time_s) / 2.0, 0, 1)
        dense = np.clip(2.6 * column * (0.35 + 0.85 * wisps) - 0.2, 0, 1)
        return np.asarray(dense * left * head * puff * grown * gone * self.thick, np.float32)


@dataclass(frozen=True, kw_only=True)
class Steam(Smoke):
    """White puffs from a vent or a kitchen; they dissolve within a metre or two."""

    rises_m_s: float = 1.1
    tall_m: float = 1.6
    width_m: float = 0.25
    widens: float = 0.35
    drift: float = 0.15
    grey: float = 0.93
    thick: float = 0.75
    thickens_s: float = 0.5
    puffs_hz: float = 0.45
    lasts: float = 0.9


def _grid(cover: Field, moved: float) -> tuple[Field, Field]:
    high, wide = cover.shape
    x = np.linspace(0, 0.5, wide, dtype=np.float32)[None].repeat(high, 0)
    y = np.linspace(0, 0.5 * high / wide, high, dtype=np.float32)[:, None].repeat(wide, 1)
    return np.asarray(x, np.float32), np.asarray(y + np.float32(moved), np.float32)
