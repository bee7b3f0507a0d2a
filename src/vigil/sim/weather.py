"""What disturbs the view: wind in leaves, rain, a lamp that is switched, a swaying pole."""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from vigil.core import Image
from vigil.sim.backdrop import Backdrop
from vigil.sim.camera import Camera
from vigil.sim.textures import noise_tile
from vigil.sim.world import Disturbance, LightSwitch, Rain, Shake, Wind

RAIN_SHEETS = 6
Lasting = TypeVar("Lasting", Rain, Wind, Shake)


@dataclass(frozen=True, slots=True, eq=False)
class _Leaves:
    """One plant, or several that touch, in the picture."""

    part: tuple[slice, slice]
    x: Float32[np.ndarray, "h w"]
    """Where each of its pixels comes from when the air is still."""
    y: Float32[np.ndarray, "h w"]
    reach: Float32[np.ndarray, "h w"]
    """1 on leaves, 0 on what stands still."""
    lag: tuple[Float32[np.ndarray, "h4 w4"], Float32[np.ndarray, "h4 w4"]]
    """Smooth noise at a quarter of the size: neighbouring twigs move together, far ones do not."""

    def swaying(
        self, time_s: float
    ) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
        """How far each leaf is pushed right and down, at most about 1.5."""
        a, b = self.lag
        gust = 0.65 + 0.35 * np.sin(0.7 * time_s)
        x = gust * (np.sin(5.1 * time_s + 2.5 * a) + 0.5 * np.sin(11 * time_s + 4 * b))
        y = gust * 0.5 * np.sin(6.3 * time_s + 3 * b)
        size = (self.x.shape[1], self.x.shape[0])
        wide, high = cv2.resize(x, size), cv2.resize(y, size)
        return np.asarray(wide, np.float32), np.asarray(high, np.float32)


class Weather:
    """Applies the disturbances of a world to one camera's pictures; depends on time alone."""

    def __init__(self, disturbances: tuple[Disturbance, ...], camera: Camera, seed: int) -> None:
        self._disturbances = disturbances
        self._camera = camera
        self._seed = seed
        self._sheets: list[UInt8[np.ndarray, "h w 3"]] = []
        self._leaves: list[_Leaves] = []

    def moved(self, backdrop: Backdrop, time_s: float) -> Image:
        """A fresh copy of the backdrop with its leaves where the wind has them."""
        frame = backdrop.rgb.copy()
        strength = max((w.strength for w in self._now(Wind, time_s)), default=0.0)
        if strength <= 0 or not backdrop.leafy.any():
            return frame
        self._leaves = self._leaves or _find_leaves(backdrop, self._seed)
        size = np.float32(strength * self._camera.width / 640)
        for leaves in self._leaves:
            sway_x, sway_y = leaves.swaying(time_s)
            x, y = leaves.x + leaves.reach * sway_x * size, leaves.y + leaves.reach * sway_y * size
            frame[leaves.part] = cv2.remap(backdrop.rgb, x, y, cv2.INTER_LINEAR)
        return frame

    def shift(self, time_s: float) -> tuple[float, float]:
        """Pixels right and down by which the whole picture sways."""
        size = max((s.pixels for s in self._now(Shake, time_s)), default=0.0)
        if size <= 0:
            return 0.0, 0.0
        size *= self._camera.width / 640
        x = np.sin(2 * np.pi * 1.7 * time_s) + 0.5 * np.sin(2 * np.pi * 4.1 * time_s + 1)
        y = np.sin(2 * np.pi * 2.3 * time_s + 2) + 0.5 * np.sin(2 * np.pi * 5.3 * time_s)
        return float(size * x / 1.5), float(size * y / 1.5)

    def over(self, frame: Image, shift: tuple[float, float], time_s: float) -> Image:
        """Move the picture, switch its light, let it rain."""
        if shift != (0.0, 0.0):
            matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
            size = (frame.shape[1], frame.shape[0])
            frame = np.asarray(
                cv2.warpAffine(frame, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8
            )
        gain = 1.0
        for switch in self._disturbances:
            if isinstance(switch, LightSwitch) and switch.acts(time_s):
                gain *= switch.gain
        if gain != 1.0:
            frame = np.asarray(cv2.convertScaleAbs(frame, alpha=gain), np.uint8)
        strength = max((rain.strength for rain in self._now(Rain, time_s)), default=0.0)
        return self._rained(frame, strength, time_s) if strength > 0 else frame

    def _now(self, kind: type[Lasting], time_s: float) -> list[Lasting]:
        return [one for one in self._disturbances if isinstance(one, kind) and one.acts(time_s)]

    def _rained(self, frame: Image, strength: float, time_s: float) -> Image:
        if not self._sheets:
            self._sheets = [self._sheet(number) for number in range(RAIN_SHEETS)]
        number = round(time_s * self._camera.rate)
        random = np.random.default_rng([self._seed, 3, number])
        sheet = self._sheets[int(random.integers(RAIN_SHEETS))]
        sheet = np.roll(sheet, int(random.integers(frame.shape[1])), axis=1)
        dulled = cv2.addWeighted(frame, 1 - 0.12 * strength, frame, 0, 12 * strength)
        return np.asarray(cv2.addWeighted(dulled, 1.0, sheet, 0.55 * strength, 0), np.uint8)

    def _sheet(self, number: int) -> UInt8[np.ndarray, "h w 3"]:
        width, height = self._camera.width, self._camera.height
        random = np.random.default_rng([self._seed, 4, number])
        sheet = np.zeros((height, width), np.uint8)
        for _ in range(260):
            x, y = random.uniform(0, width), random.uniform(-20, height)
            length = random.uniform(0.015, 0.06) * height
            start, end = (
                (int(x * 16), int(y * 16)),
                (int((x - 0.12 * length) * 16), int((y + length) * 16)),
            )
            bright = int(random.uniform(40, 130))
            cv2.line(sheet, start, end, bright, max(1, width // 900), cv2.LINE_AA, 4)
        return np.asarray(cv2.merge([cv2.GaussianBlur(sheet, (0, 0), 0.5)] * 3), np.uint8)


def _find_leaves(backdrop: Backdrop, seed: int) -> list[_Leaves]:
    joined = cv2.dilate(backdrop.leafy, np.ones((9, 9), np.uint8))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(joined)
    parts = [
        (slice(top, top + height), slice(left, left + width))
        for left, top, width, height, _ in boxes[1:].tolist()
    ]
    return [_leaves_in(part, backdrop, seed) for part in parts]


def _leaves_in(part: tuple[slice, slice], backdrop: Backdrop, seed: int) -> _Leaves:
    y, x = np.mgrid[part].astype(np.float32)
    reach = cv2.GaussianBlur(backdrop.leafy[part], (0, 0), 2).astype(np.float32) / 255
    quarter = (max(1, x.shape[1] // 4), max(1, x.shape[0] // 4))
    a = cv2.resize(noise_tile(seed + 1, 12.0)[:200, :300], quarter)
    b = cv2.resize(noise_tile(seed + 2, 9.0)[:200, :300], quarter)
    lag = (np.asarray(a, np.float32), np.asarray(b, np.float32))
    return _Leaves(part=part, x=x, y=y, reach=reach, lag=lag)
