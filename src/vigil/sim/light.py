"""Light: what falls on a surface, and how the sensor turns it into pixel values."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from vigil.sim.camera import Vector
from vigil.sim.mesh import Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """A lamp that shines in every direction below it."""

    position: Vector
    power: float = 12.0
    """Brightness at one metre, in units of a sunlit white wall."""
    colour: Colour = (1.0, 0.82, 0.58)


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """The light of a whole world. Strengths are linear, 1 is a sunlit white wall."""

    sun: Vector = (-0.5, -0.45, 0.75)
    """Towards the sun; any length."""
    sun_strength: float = 1.0
    sun_colour: Colour = (1.0, 0.95, 0.86)
    sky_strength: float = 0.42
    sky_colour: Colour = (0.86, 0.93, 1.0)
    lamps: tuple[Lamp, ...] = ()
    exposure: float = 1.9
    """Gain of the sensor."""
    noise: float = 1.0
    """Noise that comes with that gain, against daylight."""

    @property
    def towards_sun(self) -> Float32[np.ndarray, "3"]:
        """Unit vector."""
        sun = np.array(self.sun, np.float32)
        return np.asarray(sun / np.linalg.norm(sun), np.float32)

    def falling_on(
        self,
        points: Float32[np.ndarray, "n 3"],
        normals: Float32[np.ndarray, "n 3"],
        sunlit: Float32[np.ndarray, "n"] | float = 1.0,
    ) -> Float32[np.ndarray, "n 3"]:
        """Red, green, blue light on surfaces; `sunlit` is 0 where something hides the sun."""
        # A surface that looks down still gets what the ground throws back.
        sky = (0.62 + 0.38 * normals[:, 2:]) * self.sky_strength
        total = sky * np.array(self.sky_colour, np.float32)
        if self.sun_strength > 0:
            facing = np.maximum(normals @ self.towards_sun, 0) * sunlit * self.sun_strength
            total = total + facing[:, None] * np.array(self.sun_colour, np.float32)
        for lamp in self.lamps:
            total = total + _lamp_on(lamp, points, normals)
        return np.asarray(total, np.float32)

    def pixels(
        self, albedo: Float32[np.ndarray, "... 3"], light: Float32[np.ndarray, "... 3"]
    ) -> Float32[np.ndarray, "... 3"]:
        """Screen values, 0 to 255, of surfaces with a screen colour under that light."""
        linear = albedo**2.2 * light * self.exposure
        return np.asarray(255 * (1 - np.exp(-linear)) ** np.float32(1 / 2.2), np.float32)


def _lamp_on(
    lamp: Lamp, points: Float32[np.ndarray, "n 3"], normals: Float32[np.ndarray, "n 3"]
) -> Float32[np.ndarray, "n 3"]:
    away = np.array(lamp.position, np.float32) - points
    square = np.maximum((away * away).sum(axis=1, keepdims=True), 0.25)
    facing = (away * normals).sum(axis=1, keepdims=True) / np.sqrt(square)
    # Half of the light comes round the corner: haze, walls, and the width of the lamp itself.
    strength = lamp.power * (0.25 + 0.75 * np.maximum(facing, 0)) / square
    return np.asarray(strength * np.array(lamp.colour, np.float32), np.float32)


def daylight() -> Light:
    """A clear morning."""
    return Light()


def overcast() -> Light:
    """A grey day: no shadows but under things."""
    return Light(sun_strength=0.12, sky_strength=0.8, sky_colour=(0.93, 0.97, 1.0))


def night(lamps: tuple[Lamp, ...]) -> Light:
    """Dark, but for lamps."""
    return Light(
        sun_strength=0.0,
        sky_strength=0.006,
        sky_colour=(0.7, 0.8, 1.0),
        lamps=lamps,
        exposure=1.5,
        noise=1.8,
    )
