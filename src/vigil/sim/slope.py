"""A bank of earth behind the scene, part of which slides down; and what is spilt on the ground."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from vigil.core import Image
from vigil.sim.distractors import Distraction, Stage

PIXELS_PER_M = 48
SIDE = 1024
"""Pixels of a texture; it repeats."""
Plane = Float32[np.ndarray, "height width"]


@dataclass(frozen=True, kw_only=True)
class Slope(Distraction):
    """A bank that rises from a line along x; between `slides_s` a part of it comes down.

    It is drawn over the backdrop and under all actors.
    """

    UNDER: ClassVar[bool] = True

    start_s: float = float("-inf")
    end_s: float = float("inf")
    foot_y_m: float = 8.0
    left_m: float = -9.0
    right_m: float = 9.0
    height_m: float = 6.0
    """Along the slope."""
    angle_deg: float = 38.0
    slides_s: tuple[float, float] | None = None
    """When it begins to move, and when it lies still again; None: it holds."""
    part_m: tuple[float, float, float, float] = (-3.0, 2.0, 3.0, 5.5)
    """What breaks loose: from x to x, and from so far up the slope to so far up."""
    falls_m: float = 2.4
    """How far it comes down."""
    seed: int = 0

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        across, up, seen = self._place(stage)
        earth = _textures(self.seed)
        moved = self._moved_m(time_s)
        colour = _lookup(earth[0], across, up)
        if moved > 0:
            colour = self._slid(colour, earth, across, up, moved)
        light = 0.25 if stage.is_night else 1.0
        cover = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 0.8)[..., None]
        np.copyto(frame, np.clip(frame * (1 - cover) + light * colour * cover, 0, 255), "unsafe")

    def _moved_m(self, time_s: float) -> float:
        if self.slides_s is None:
            return 0.0
        begins_s, rests_s = self.slides_s
        done = float(np.clip((time_s - begins_s) / max(rests_s - begins_s, 1e-3), 0, 1))
        return self.falls_m * done * done * (3 - 2 * done)

    def _place(self, stage: Stage) -> tuple[Plane, Plane, Bool[np.ndarray, "height width"]]:
        """Metres along x and up the slope through each pixel, and where the bank is seen."""
        rays, eye = stage.camera.rays(1), np.array(stage.camera.position, np.float32)
        steep = np.float32(np.tan(np.radians(self.angle_deg)))
        turn = rays[..., 2] - rays[..., 1] * steep
        turn = np.where(np.abs(turn) < 1e-5, np.float32(1e-5), turn)
        depth = ((eye[1] - self.foot_y_m) * steep - eye[2]) / turn
        across = eye[0] + depth * rays[..., 0]
        up = (eye[1] + depth * rays[..., 1] - self.foot_y_m) / np.cos(np.radians(self.angle_deg))
        wavy = 0.35 * np.sin(across * 1.3 + self.seed) + 0.2 * np.sin(across * 3.1)
        inside = (up >= 0) & (up <= self.height_m + wavy) & (depth > 0)
        inside &= (across > self.left_m + wavy) & (across < self.right_m + wavy)
        inside &= depth < stage.backdrop.near_m
        return across.astype(np.float32), up.astype(np.float32), inside

    def _slid(
        self, colour: Image, earth: tuple[Image, Image], across: Plane, up: Plane, moved: float
    ) -> Float32[np.ndarray, "height width 3"]:
        left, right, low, high = self.part_m
        rough = 0.3 * np.sin(across * 2.2 + 1) + 0.2 * np.sin(across * 5.3 + up * 3)
        loose = (across > left + 0.6 * rough) & (across < right + 0.6 * rough)
        scar = loose & (up > low + rough) & (up < high + rough)
        came = up + moved
        heap = loose & (came > low + rough) & (came < high + rough) & (up < high - 0.4 * moved)
        # The clods turn over on their way.
        tumble = 0.45 * min(moved, 1.0)
        u = across + tumble * np.sin(came * 7 + across * 3)
        v = came + tumble * np.sin(across * 8 + came * 2)
        result = np.where(scar[..., None], _lookup(earth[1], across, up), colour)
        lumps = 0.85 + 0.15 * np.sin(u * 5 + np.sin(v * 6))
        fallen = _lookup(earth[0], u, v) * lumps[..., None].astype(np.float32)
        return np.asarray(np.where(heap[..., None], fallen, result), np.float32)


@dataclass(frozen=True, kw_only=True)
class Spill(Distraction):
    """A load of gravel, or a puddle of dark liquid, on the ground from `start_s` on."""

    UNDER: ClassVar[bool] = True

    end_s: float = float("inf")
    at_m: tuple[float, float] = (0.0, 3.0)
    radius_m: float = 1.2
    liquid: bool = False
    seed: int = 0

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        place = cv2.resize(stage.surface, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        across, along = place[..., 0] - self.at_m[0], place[..., 1] - self.at_m[1]
        angle = np.arctan2(along, across)
        grown = float(np.clip((time_s - self.start_s) / 1.5, 0, 1))
        reach = self.radius_m * grown * (1 + 0.2 * np.sin(3 * angle + self.seed))
        cover = np.clip((reach - np.hypot(across, along)) / 0.1, 0, 1)
        cover = cover * (place[..., 2] < 0.05) * (stage.backdrop.bare > 0)
        texture = _textures(self.seed)[0]
        grain = _lookup(texture, across.astype(np.float32), along.astype(np.float32))
        shown = np.array([24, 24, 27], np.float32) if self.liquid else grain * np.float32(0.9)
        light = 0.25 if stage.is_night else 1.0
        mixed = cover.astype(np.float32)[..., None]
        np.copyto(frame, np.clip(frame * (1 - mixed) + light * shown * mixed, 0, 255), "unsafe")


def _lookup(texture: Image, u: Plane, v: Plane) -> Float32[np.ndarray, "height width 3"]:
    """The texture at metres u and v, repeated."""
    # The middle of the world lies in the middle of the texture, far from its seams.
    x, y = (np.mod(each * PIXELS_PER_M + SIDE / 2, SIDE).astype(np.float32) for each in (u, -v))
    return np.asarray(
        cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32
    )


@lru_cache(maxsize=4)
def _textures(seed: int) -> tuple[Image, Image]:
    """Earth with stones and tufts, and fresh earth from beneath."""
    random = np.random.default_rng([seed, 61])
    field = np.zeros((SIDE, SIDE), np.float32)
    for grain, weight in ((8, 16), (32, 12), (128, 10), (512, 8)):
        noise = random.normal(0, 1, (grain, grain)).astype(np.float32)
        field += weight * cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    earth = np.array([122, 98, 72], np.float32) + field[..., None]
    fresh = np.array([86, 62, 42], np.float32) + 0.6 * np.roll(field, 371, axis=1)[..., None]
    for x, y, size, shade in random.uniform((0, 0, 3, 0.6), (SIDE, SIDE, 14, 1.5), (420, 4)):
        stone = tuple(float(v * shade) for v in (128, 122, 112))
        axes = (int(size), max(1, int(size * 0.7)))
        cv2.ellipse(earth, (int(x), int(y)), axes, float(x), 0, 360, stone, -1)
    for x, y, size in random.uniform((0, 0, 5), (SIDE, SIDE, 22), (260, 3)):
        tuft = tuple(float(v) for v in random.uniform((52, 72, 28), (84, 108, 44)))
        for blade in range(7):
            tip = (int(x + (blade - 3) * size * 0.25), int(y - size))
            cv2.line(earth, (int(x), int(y)), tip, tuft, 2, cv2.LINE_AA)
    return (
        np.clip(earth, 0, 255).astype(np.uint8),
        np.clip(fresh, 0, 255).astype(np.uint8),
    )
