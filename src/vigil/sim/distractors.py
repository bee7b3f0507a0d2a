"""What makes a watch cry wolf: light, shadow and small things that are no events at all.

Here is what has no body in the world; `animals` and `litter` have actors of their own. None of
it is in any truth but as a label that no story counts.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import ClassVar, Literal

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Image
from vigil.sim.backdrop import Backdrop
from vigil.sim.camera import Camera
from vigil.sim.light import Light
from vigil.sim.mesh import Colour
from vigil.sim.people import STRIDE_M, Looks, Pose, body
from vigil.sim.route import Route
from vigil.sim.shade import darken_ground

NIGHT_SKY = 0.1
"""Below this sky, lamps rule: shadows fall from lamps and insects shine."""
FAR_M = 1e4


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """What a distraction is drawn on."""

    camera: Camera
    backdrop: Backdrop
    light: Light

    @property
    def is_night(self) -> bool:
        """Whether lamps are all the light there is."""
        return self.light.sky_strength < NIGHT_SKY

    @cached_property
    def surface(self) -> Float32[np.ndarray, "h w 3"]:
        """Where in the world each fourth pixel lies, metres; far away where there is only sky."""
        rays = self.camera.rays(0.25)
        near = cv2.resize(self.backdrop.near_m, rays.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        down = rays[..., 2] < -1e-3
        ground = np.where(down, -self.camera.position[2] / np.where(down, rays[..., 2], -1), FAR_M)
        depth = np.minimum(np.where(np.isfinite(near), near, FAR_M), ground)[..., None]
        return np.asarray(np.array(self.camera.position, np.float32) + rays * depth, np.float32)


@dataclass(frozen=True, kw_only=True)
class Distraction(ABC):
    """Something that lasts for a while and changes the picture without being in the scene."""

    UNDER: ClassVar[bool] = False
    """Drawn before the actors, who stand in front of it; else over everything."""

    start_s: float
    end_s: float

    def acts(self, time_s: float) -> bool:
        """Whether it changes the picture of that moment."""
        return self.start_s <= time_s <= self.end_s

    @abstractmethod
    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        """Change the picture in place; called only while it acts."""


@dataclass(frozen=True, kw_only=True)
class StrayShadow(Distraction):
    """The shadow of somebody on a roof, or of a cloud, moves over the ground; nobody comes."""

    UNDER: ClassVar[bool] = True

    route: Route
    """Where the shadow's foot is, from `route.start_s` on."""
    kind: Literal["person", "cloud"] = "person"
    looks: Looks = field(default_factory=Looks)
    lean: tuple[float, float] = (1.1, 0.7)
    """Metres on the ground for each metre of height."""
    size_m: float = 5.0
    """Of a cloud's patch, from its middle to its edge."""

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        stance = self.route.at(time_s)
        if stance is None:
            return
        night = stage.is_night
        where = stage.backdrop.bare if night else stage.backdrop.sunlit
        if self.kind == "cloud":
            ground = _patch(self.size_m) + np.array([stance.x, stance.y, 0], np.float32)
            faces = np.arange(len(ground))[None]
            darken_ground(frame, where, stage.camera, ground, faces, 0.38, 0.5)
            return
        strides = stance.travelled_m / STRIDE_M
        solid = body(self.looks, Pose(cycle=round(strides * 32) % 32 / 32)).mesh
        placed = solid.placed(stance.x, stance.y, 0.0, stance.heading).points
        flat = placed * (1, 1, 0) + placed[:, 2:] * np.array([*self.lean, 0])
        # It falls from a roof: its edges are soft.
        share = 0.40 if night else 0.34
        darken_ground(frame, where, stage.camera, flat.astype(np.float32), solid.faces, share, 0.06)


@lru_cache(maxsize=8)
def _patch(size_m: float) -> Float32[np.ndarray, "n 3"]:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = size_m * (1 + 0.25 * np.sin(3 * angle + 1) + 0.12 * np.sin(7 * angle))
    points = np.stack([radius * np.cos(angle) * 1.5, radius * np.sin(angle), 0 * angle], axis=1)
    return np.asarray(points, np.float32)


@dataclass(frozen=True, kw_only=True)
class HeadlightSweep(Distraction):
    """A vehicle that stays out of view turns; its beams sweep over ground and walls."""

    position: tuple[float, float]
    """Where its lamps are, metres."""
    from_deg: float
    """Direction of the beams at the start, from +x towards +y."""
    to_deg: float
    strength: float = 1.0
    spread_deg: float = 11.0

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        done = (time_s - self.start_s) / max(self.end_s - self.start_s, 1e-6)
        eased = done * done * (3 - 2 * done)
        angle = np.radians(self.from_deg + eased * (self.to_deg - self.from_deg))
        points = stage.surface
        lit = np.zeros(points.shape[:2], np.float32)
        for aside in (-0.65, 0.65):
            lamp = (
                self.position[0] - aside * float(np.sin(angle)),
                self.position[1] + aside * float(np.cos(angle)),
            )
            lit += self._beam(points, lamp, float(angle))
        soft = cv2.GaussianBlur(lit, (0, 0), 1.2) * np.float32(self.strength)
        large = cv2.resize(soft, (frame.shape[1], frame.shape[0]))[..., None]
        # By day the sun drowns it.
        seen = 1.0 if stage.is_night else 0.12
        glow = large * np.array([58, 57, 52], np.float32)
        np.copyto(frame, np.clip(frame * (1 + 1.5 * seen * large) + seen * glow, 0, 255), "unsafe")

    def _beam(
        self, points: Float32[np.ndarray, "h w 3"], lamp: tuple[float, float], angle: float
    ) -> Float32[np.ndarray, "h w"]:
        away = points - np.array([*lamp, 0.65], np.float32)
        flat = np.hypot(away[..., 0], away[..., 1]) + 1e-3
        off = np.arctan2(away[..., 1], away[..., 0]) - angle
        off = np.degrees(np.abs((off + np.pi) % (2 * np.pi) - np.pi))
        up = np.degrees(np.arctan2(away[..., 2], flat))
        # Dipped beams are cut off above the lamps.
        shape = np.exp(-((off / self.spread_deg) ** 2)) / (1 + np.exp((up - 1.5) * 1.5))
        return np.asarray(shape * np.clip((7.0 / flat) ** 1.5, 0, 1.6), np.float32)


@dataclass(frozen=True, kw_only=True)
class Insect(Distraction):
    """Crawls over the lens, far out of focus; at night the camera's own light makes it shine."""

    seed: int = 0
    size: float = 0.07
    """Length, as a fraction of the picture's width."""

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        height, width = frame.shape[:2]
        x, y, angle = self._place(time_s)
        long = self.size * width
        reach = int(long * 1.6) + 4
        side = 2 * reach + 1
        blob = np.zeros((side, side), np.float32)
        middle = (reach, reach)
        axes = (int(long / 2), max(1, int(long / 5)))
        cv2.ellipse(blob, middle, axes, float(np.degrees(angle)), 0, 360, 1.0, -1)
        for leg in range(6):
            swing = 0.35 * np.sin(9 * time_s + leg * 2.1)
            at = angle + (1 if leg % 2 else -1) * (0.9 + 0.35 * (leg // 2)) + swing
            tip = (int(reach + np.cos(at) * long * 0.75), int(reach + np.sin(at) * long * 0.75))
            cv2.line(blob, middle, tip, 0.7, max(1, int(long / 14)), cv2.LINE_AA)
        blob = cv2.GaussianBlur(blob, (0, 0), max(0.8, long / 11))[..., None] * np.float32(0.92)
        colour = np.array([215, 215, 210] if stage.is_night else [26, 23, 20], np.float32)
        _blend(frame, blob, colour, round(x * width) - reach, round(y * height) - reach)

    def _place(self, time_s: float) -> tuple[float, float, float]:
        """Centre as fractions, heading in radians: runs, stops, and turns."""
        random = np.random.default_rng([self.seed, 41])
        spells = max(3, int((self.end_s - self.start_s) / 0.7))
        marks = np.cumsum(random.uniform(0.25, 1.1, 2 * spells)) + self.start_s
        steps = random.normal(0, 0.07, (spells, 2))
        points = np.clip(random.uniform(0.25, 0.75, 2) + np.cumsum(steps, axis=0), 0.06, 0.94)
        # Each point is reached, held for a while, and left: x at both ends of the halt.
        held = np.repeat(points, 2, axis=0)
        x = float(np.interp(time_s, marks, held[:, 0]))
        y = float(np.interp(time_s, marks, held[:, 1]))
        index = int(np.clip(np.searchsorted(marks, time_s) // 2, 0, spells - 1))
        return x, y, float(np.arctan2(steps[index, 1], steps[index, 0]))


@dataclass(frozen=True, kw_only=True)
class Branch(Distraction):
    """Leaves hang into the view near the lens; they hardly move but in the gust."""

    anchor: tuple[float, float] = (0.78, -0.04)
    """Where it comes in, fractions of the picture."""
    hangs_deg: float = 100.0
    """Its direction, from rightwards turning downwards."""
    length: float = 0.42
    """As a fraction of the picture's height."""
    sway_deg: float = 9.0
    """To either side, in the gust."""
    seed: int = 0

    def acts(self, time_s: float) -> bool:
        """It is always in the picture."""
        return True

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        height, width = frame.shape[:2]
        sprite = _twig(self.seed, round(self.length * height), self.hangs_deg)
        rise = np.clip(min(time_s - self.start_s, self.end_s - time_s) / 1.0, 0, 1)
        gust = 0.25 + (self.sway_deg - 0.25) * float(rise)
        swing = np.sin(2 * np.pi * 0.55 * time_s) + 0.45 * np.sin(2 * np.pi * 1.3 * time_s + 1)
        angle = gust * float(swing) / 1.45
        middle = sprite.shape[0] // 2
        turn = cv2.getRotationMatrix2D((middle, middle), -angle, 1.0)
        turned = cv2.warpAffine(sprite, turn, sprite.shape[1::-1])
        shade = 0.35 if stage.is_night else 1.0
        left = round(self.anchor[0] * width) - middle
        top = round(self.anchor[1] * height) - middle
        _blend(frame, turned[..., 3:] / 255, turned[..., :3] * np.float32(shade), left, top)


@lru_cache(maxsize=8)
def _twig(seed: int, length_px: int, hangs_deg: float) -> Float32[np.ndarray, "side side 4"]:
    """Wood and leaves from the middle of a square outwards; red, green, blue, cover (0 to 255)."""
    random = np.random.default_rng([seed, 43])
    side = 2 * length_px + 41
    sprite = np.zeros((side, side, 4), np.float32)
    start = np.array([side // 2, side // 2], float)
    ends = []
    for spread in (-24, -9, 4, 17, 30):
        at = np.radians(hangs_deg + spread + random.normal(0, 4))
        end = start + np.array([np.cos(at), np.sin(at)]) * length_px * random.uniform(0.65, 1.0)
        wood = (52.0, 42.0, 32.0, 255.0)
        thick = max(1, length_px // 70)
        cv2.line(sprite, _pixel(start), _pixel(end), wood, thick, cv2.LINE_AA)
        ends.append((end, at))
    for end, at in ends:
        for place in random.uniform(0.15, 1.0, 26):
            leaf = start + (end - start) * place + random.normal(0, length_px * 0.045, 2)
            long = length_px * random.uniform(0.03, 0.06)
            green = random.uniform(0.6, 1.25) * np.array(_LEAF) * 255
            turn = float(np.degrees(at) + random.uniform(-70, 70))
            size = (max(2, int(long)), max(1, int(long * 0.42)))
            cv2.ellipse(
                sprite, _pixel(leaf), size, turn, 0, 360, (*green.tolist(), 255.0), -1, cv2.LINE_AA
            )
    return np.asarray(cv2.GaussianBlur(sprite, (0, 0), max(0.7, length_px / 160)), np.float32)


_LEAF: Colour = (0.22, 0.33, 0.12)


@dataclass(frozen=True, kw_only=True)
class Flicker(Distraction):
    """A dying lamp, or mains light beating against the shutter."""

    hertz: float = 3.0
    depth: float = 0.25
    """By which share the light goes down."""

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        wave = np.sin(2 * np.pi * self.hertz * time_s) * np.sin(2 * np.pi * 0.37 * time_s + 1)
        gain = 1 - self.depth * float(np.clip(1.6 * wave, 0, 1))
        np.copyto(frame, cv2.convertScaleAbs(frame, alpha=gain))


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _blend(
    frame: Image,
    cover: Float32[np.ndarray, "h w 1"],
    colour: Float32[np.ndarray, "..."],
    left: int,
    top: int,
) -> None:
    """Lay `colour` (one, or one a pixel and already multiplied by `cover`) over the frame."""
    height, width = cover.shape[:2]
    x1, y1 = max(left, 0), max(top, 0)
    x2, y2 = min(left + width, frame.shape[1]), min(top + height, frame.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    own = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
    here = np.s_[y1:y2, x1:x2]
    added = colour[own] if colour.ndim == 3 else colour * cover[own]
    frame[here] = np.clip(frame[here] * (1 - cover[own]) + added, 0, 255).astype(np.uint8)
