"""What happens to the camera itself: it is covered, smeared, put out of focus, turned away.

None of it is in any truth: what the camera does not show still happens.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import ClassVar, Literal

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Image
from vigil.sim.camera import Camera
from vigil.sim.distractors import Distraction, Stage
from vigil.sim.render import Renderer
from vigil.sim.world import World

Cover = Float32[np.ndarray, "height width 1"]
"""0 where the view is seen, 1 where it is hidden."""


@dataclass(frozen=True, kw_only=True)
class Mishap(Distraction):
    """Something that comes about within `onset_s`, and goes as fast."""

    onset_s: float = 0.6

    def strength(self, time_s: float) -> float:
        """How far it has come about, 0 to 1."""
        if self.onset_s <= 0:
            return 1.0
        near_s = min(time_s - self.start_s, self.end_s - time_s)
        return float(np.clip(near_s / self.onset_s, 0, 1))


@dataclass(frozen=True, kw_only=True)
class Covered(Mishap):
    """A hand, paint or a bag before the lens, so near that it is out of focus."""

    kind: Literal["hand", "paint", "bag"] = "hand"
    share: float = 1.0
    """Of the picture that is hidden in the end, from the left."""
    seed: int = 0

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        height, width = frame.shape[:2]
        strength = self.strength(time_s)
        smooth = _clouds(width, height, self.seed)
        if self.kind == "paint":
            spots = _clouds(width, height, self.seed + 1, grain=14)
            cover = np.clip((spots - 1 + 1.35 * strength * self.share) / 0.12, 0, 1)
        else:
            edge = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
            reach = strength * self.share * 1.15
            wavy = edge + 0.12 * (smooth - 0.5)
            cover = np.clip((reach - wavy) / 0.08, 0, 1)
        colour = np.array(COLOURS[self.kind], np.float32) * (0.12 if stage.is_night else 1.0)
        light = colour * (0.75 + 0.5 * smooth)
        if self.kind == "bag":
            # Thin plastic: what is behind it shines through as a blur.
            behind = cv2.GaussianBlur(frame, (0, 0), width / 25)
            light = 0.88 * light + 0.12 * behind
        np.copyto(frame, np.clip(frame * (1 - cover) + light * cover, 0, 255), "unsafe")


COLOURS = {"hand": (96.0, 62.0, 48.0), "paint": (28.0, 30.0, 34.0), "bag": (188.0, 190.0, 186.0)}


@dataclass(frozen=True, kw_only=True)
class Defocus(Mishap):
    """The lens loses its focus."""

    onset_s: float = 2.0
    blur: float = 0.006
    """Standard deviation of the blur, as a fraction of the picture's width."""

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        deviation = self.blur * frame.shape[1] * self.strength(time_s)
        if deviation > 0.05:
            np.copyto(frame, cv2.GaussianBlur(frame, (0, 0), deviation))


@dataclass(frozen=True, kw_only=True)
class Dirt(Mishap):
    """Drops and smears on the glass."""

    onset_s: float = 5.0
    spots: int = 12
    size: float = 0.08
    """Radius of a spot, as a fraction of the picture's width."""
    seed: int = 0

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        height, width = frame.shape[:2]
        cover = _spots(width, height, self.spots, self.size, self.seed) * self.strength(time_s)
        smear = cv2.GaussianBlur(frame, (0, 0), width / 50) * np.float32(0.9) + np.float32(8)
        np.copyto(frame, np.clip(frame * (1 - cover) + smear * cover, 0, 255), "unsafe")


@dataclass(frozen=True, kw_only=True)
class Darkness(Mishap):
    """The lamps go out, or a cap is put on."""

    left: float = 0.03
    """Share of the light that is left."""

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        gain = 1 + self.strength(time_s) * (self.left - 1)
        np.copyto(frame, cv2.convertScaleAbs(frame, alpha=gain))


@dataclass(frozen=True, kw_only=True)
class Fog(Mishap):
    """Whatever is far away fades into grey."""

    onset_s: float = 10.0
    sight_m: float = 25.0
    """At this distance a third of the contrast is left."""

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        away = stage.surface - np.array(stage.camera.position, np.float32)
        distance = np.linalg.norm(away, axis=2).clip(0, 500)
        left = np.exp(-distance / self.sight_m * self.strength(time_s)).astype(np.float32)
        left = cv2.resize(left, frame.shape[1::-1])[..., None]
        grey = np.float32(38.0 if stage.is_night else 186.0)
        np.copyto(frame, np.clip(frame * left + grey * (1 - left), 0, 255), "unsafe")


@dataclass(frozen=True, kw_only=True, eq=False)
class Turned(Distraction):
    """The camera is turned away: the world is seen as `camera` sees it."""

    world: World
    camera: Camera
    """At the end of the turn; of the same size as the one that is turned."""
    turns_s: float = 1.0
    _views: dict[int, Renderer] = field(default_factory=dict, repr=False)

    STEPS: ClassVar[int] = 6
    """Pictures of the way there."""

    def draw(self, frame: Image, stage: Stage, time_s: float) -> None:
        near_s = min(time_s - self.start_s, self.end_s - time_s)
        done = float(np.clip(near_s / max(self.turns_s, 1e-6), 0, 1))
        step = round(done * self.STEPS)
        if step == 0:
            return
        if step not in self._views:
            self._views[step] = Renderer(world=self.world, camera=self._between(stage, step))
        picture, _ = self._views[step].picture(time_s)
        np.copyto(frame, picture)

    def _between(self, stage: Stage, step: int) -> Camera:
        part = step / self.STEPS
        mixed = (
            tuple(a + part * (b - a) for a, b in zip(one, other, strict=True))
            for one, other in (
                (stage.camera.position, self.camera.position),
                (stage.camera.target, self.camera.target),
            )
        )
        position, target = mixed
        return replace(stage.camera, position=position, target=target, noise=0.0, stamp=False)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _clouds(width: int, height: int, seed: int, grain: int = 5) -> Cover:
    """Smooth noise, 0 to 1."""
    random = np.random.default_rng([seed, 53])
    coarse = random.uniform(0, 1, (grain, grain * 2)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))[..., None]


@lru_cache(maxsize=8)
def _spots(width: int, height: int, count: int, size: float, seed: int) -> Cover:
    random = np.random.default_rng([seed, 59])
    cover = np.zeros((height, width), np.float32)
    for x, y, scale in random.uniform((0, 0, 0.5), (1, 1, 1.3), (count, 3)):
        centre = (round(float(x) * width), round(float(y) * height))
        cv2.circle(cover, centre, max(1, round(float(scale) * size * width)), 1.0, -1)
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), width / 90), np.float32)[..., None]
