"""What one camera sees of a world at one moment, with the exact truth."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import cv2
import numpy as np
from jaxtyping import Int32, UInt8

from vigil.core import Box, Image, as_array
from vigil.sim.backdrop import Backdrop, draw_backdrop
from vigil.sim.camera import Camera
from vigil.sim.distractors import Distraction, Stage
from vigil.sim.mesh import Mesh
from vigil.sim.noise import SensorNoise
from vigil.sim.props import Prop
from vigil.sim.raster import Sprite, draw, extent
from vigil.sim.route import Stance
from vigil.sim.shade import cast_shadow, headlights
from vigil.sim.textures import cloth
from vigil.sim.truth import Truth
from vigil.sim.weather import Weather
from vigil.sim.world import Actor, Frozen, Vehicle, Walker, World

NOISE_DEVIATION = 2.0
"""Pixel values at mid-grey of a usual camera by day."""
LARGEST_M = 6.0
"""No actor, and no shadow worth drawing, reaches further from its foot."""
SOLID = 128
"""A pixel belongs to an actor when at least half of it is covered."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Renderer:
    """Draws one camera's view; the backdrop is drawn once, on first use."""

    world: World
    camera: Camera

    def picture(self, time_s: float) -> tuple[Image, Truth]:
        """The picture at that time of the world, and what is in it."""
        frame, truth = self._picture(time_s)
        frozen = (one for one in self.world.disturbances if isinstance(one, Frozen))
        stuck_s = next((one.start_s for one in frozen if one.acts(time_s)), time_s)
        return (frame if stuck_s == time_s else self._picture(stuck_s)[0]), truth

    def _picture(self, time_s: float) -> tuple[Image, Truth]:
        frame = self._weather.moved(self.backdrop, time_s)
        self._distract(frame, time_s, under=True)
        drawn = self._drawn(time_s)
        for actor, solid, _ in drawn:
            self._shade(frame, actor, solid)
        shown = self._overlay(frame, [sprite for _, _, sprite in drawn])
        seen = [
            (actor, sprite.extent, share)
            for (actor, _, sprite), share in zip(drawn, shown, strict=True)
        ]
        truth = self._truth(time_s, seen)
        self._distract(frame, time_s, under=False)
        shift = self._weather.shift(time_s)
        frame = self._weather.over(frame, shift, time_s)
        frame = self._noise.add(frame, self.number(time_s))
        if self.camera.monochrome:
            grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
            frame = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
        if self.camera.stamp:
            _stamp(frame, self.camera.name, time_s)
        return frame, _shifted(truth, shift, self.camera)

    def truth(self, time_s: float) -> Truth:
        """Boxes without drawing anything: quick; `visible` knows the picture's edge only."""
        seen = []
        for actor, solid in self._solids(time_s):
            whole = extent(self.camera, solid)
            if whole is not None and whole.area > 0:
                share = whole.clipped(self.camera.width, self.camera.height).area / whole.area
                seen.append((actor, whole, share))
        shift = self._weather.shift(time_s)
        return _shifted(self._truth(time_s, seen), shift, self.camera)

    def outline(self, actor: Actor, time_s: float) -> UInt8[np.ndarray, "height width"]:
        """255 where the actor would be if nothing hid it: a mask for tests and training."""
        mask = np.zeros((self.camera.height, self.camera.width), np.uint8)
        solid = self.world.solid(actor, time_s)
        sprite = None if solid is None else draw(self.camera, self.world.site.light, solid)
        if sprite is not None and (parts := _overlap(sprite, mask.shape)) is not None:
            here, own = parts
            mask[here] = np.where(sprite.alpha[own] >= SOLID, 255, 0)
        return mask

    def owners(self, time_s: float) -> Int32[np.ndarray, "height width"]:
        """The id of the actor that each pixel shows, 0: none; before a camera's shaking."""
        found = np.zeros((self.camera.height, self.camera.width), np.int32)
        for actor, _, sprite in self._drawn(time_s):
            parts = _overlap(sprite, found.shape)
            if parts is not None:
                here, own = parts
                free = self.backdrop.near_m[here] > sprite.depth_m
                found[here][free & (sprite.alpha[own] >= SOLID)] = actor.id
        return found

    def number(self, time_s: float) -> int:
        """Of the frame at that time."""
        return round(time_s * self.camera.rate)

    @cached_property
    def backdrop(self) -> Backdrop:
        """The empty view."""
        return draw_backdrop(self.world.site, self.camera, self.world.seed)

    @cached_property
    def _weather(self) -> Weather:
        return Weather(self.world.disturbances, self.camera, self.world.seed)

    @cached_property
    def _noise(self) -> SensorNoise:
        deviation = NOISE_DEVIATION * self.camera.noise * self.world.site.light.noise
        seed = self.camera.seed + 1000 * self.world.seed
        return SensorNoise(self.backdrop.rgb, deviation, seed)

    @cached_property
    def _stage(self) -> Stage:
        return Stage(camera=self.camera, backdrop=self.backdrop, light=self.world.site.light)

    def _distract(self, frame: Image, time_s: float, *, under: bool) -> None:
        for one in self.world.disturbances:
            if isinstance(one, Distraction) and one.UNDER is under and one.acts(time_s):
                one.draw(frame, self._stage, time_s)

    def _solids(self, time_s: float) -> list[tuple[Actor, Mesh]]:
        """Actors that may be in the picture."""
        found = []
        for actor in self.world.actors:
            stance = self.world.stance(actor, time_s)
            if stance is None or not self._may_show(stance):
                continue
            solid = self.world.solid(actor, time_s)
            if solid is not None:
                found.append((actor, solid))
        return found

    def _may_show(self, stance: Stance) -> bool:
        pixels, depth = self.camera.project(np.array([[stance.x, stance.y, 1.0]], np.float32))
        if depth[0] < LARGEST_M:
            return bool(depth[0] > -LARGEST_M)
        margin = LARGEST_M * self.camera.pixels_per_metre(float(depth[0]))
        x, y = float(pixels[0, 0]), float(pixels[0, 1])
        across = -margin < x < self.camera.width + margin
        return across and -margin < y < self.camera.height + margin

    def _drawn(self, time_s: float) -> list[tuple[Actor, Mesh, Sprite]]:
        """Actors in the picture, far ones first."""
        found = []
        for actor, solid in self._solids(time_s):
            foot = solid.points[:, :2].mean(axis=0)
            ground = self.backdrop.ground
            lit = float(
                ground.at(ground.sunlit, foot[None, :1].copy(), foot[None, 1:].copy())[0, 0]
            )
            clothed = isinstance(actor, Walker) or (isinstance(actor, Prop) and actor.CLOTHED)
            texture = cloth(actor.id) if clothed else None
            sprite = draw(self.camera, self.world.site.light, solid, texture=texture, sunlit=lit)
            if sprite is not None:
                found.append((actor, solid, sprite))
        return sorted(found, key=lambda item: -item[2].depth_m)

    def _shade(self, frame: Image, actor: Actor, solid: Mesh) -> None:
        cast_shadow(frame, self.backdrop, self.camera, self.world.site.light, solid)
        if isinstance(actor, Vehicle) and actor.lights:
            headlights(frame, self.camera, solid)

    def _overlay(self, frame: Image, sprites: list[Sprite]) -> list[float]:
        """Blend the sprites in; the share of each that is left in the end, in the same order."""
        owner = np.zeros(frame.shape[:2], np.uint8)
        for number, sprite in enumerate(sprites, start=1):
            parts = _overlap(sprite, owner.shape)
            if parts is None:
                continue
            here, own = parts
            free = self.backdrop.near_m[here] > sprite.depth_m
            alpha = np.where(free, sprite.alpha[own], 0)
            rgb = np.where(free[..., None], sprite.rgb[own], 0)
            keep = cv2.merge([255 - alpha] * 3)
            frame[here] = cv2.add(cv2.multiply(frame[here], keep, scale=1 / 255), rgb)
            owner[here][alpha >= SOLID] = number
        whole = [max(1, int((sprite.alpha >= SOLID).sum())) for sprite in sprites]
        return [float((owner == n).sum()) / all_px for n, all_px in enumerate(whole, start=1)]

    def _truth(self, time_s: float, seen: list[tuple[Actor, Box, float]]) -> Truth:
        """From actors, their whole boxes, and the shares of them that are shown."""
        size = (self.camera.width, self.camera.height)
        inside = [item for item in seen if item[1].clipped(*size).area > 0]
        return Truth(
            time_s=time_s,
            boxes=as_array([box.clipped(*size) for _, box, _ in inside]),
            ids=tuple(actor.id for actor, _, _ in inside),
            labels=tuple(actor.label for actor, _, _ in inside),
            visible=np.array([min(share, 1.0) for _, _, share in inside], np.float32),
        )


def render(world: World, camera: Camera, time_s: float) -> tuple[Image, Truth]:
    """The picture of a camera at a time of the world, and what is in it. Same input, same output.

    Backdrops of the last few pairs are kept; hold a `Renderer` for more.
    """
    return _renderer(world, camera).picture(time_s)


@lru_cache(maxsize=4)
def _renderer(world: World, camera: Camera) -> Renderer:
    return Renderer(world=world, camera=camera)


def _overlap(
    sprite: Sprite, size: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...]] | None:
    """The part of the picture under a sprite, and the part of the sprite over the picture."""
    height, width = sprite.alpha.shape
    x1, y1 = max(sprite.left, 0), max(sprite.top, 0)
    x2, y2 = min(sprite.left + width, size[1]), min(sprite.top + height, size[0])
    if x1 >= x2 or y1 >= y2:
        return None
    here = (slice(y1, y2), slice(x1, x2))
    own = (slice(y1 - sprite.top, y2 - sprite.top), slice(x1 - sprite.left, x2 - sprite.left))
    return here, own


def _shifted(truth: Truth, shift: tuple[float, float], camera: Camera) -> Truth:
    if shift == (0.0, 0.0) or not len(truth):
        return truth
    boxes = truth.boxes + np.array([*shift, *shift], np.float32)
    limits = np.array([camera.width, camera.height] * 2, np.float32)
    return replace(truth, boxes=np.clip(boxes, 0, limits).astype(np.float32))


def _stamp(frame: Image, name: str, time_s: float) -> None:
    """Burn in a clock, white on black edges as recorders do."""
    scale = frame.shape[1] / 1280
    hours, minutes, seconds = int(time_s // 3600), int(time_s // 60 % 60), time_s % 60
    text = f"2026-03-14 {9 + hours:02d}:{minutes:02d}:{seconds:05.2f}  {name}"
    where = (int(16 * scale), int(36 * scale))
    size, edge = 0.8 * max(scale, 0.5), max(1, round(1.5 * scale))
    for dx, dy in ((-edge, 0), (edge, 0), (0, -edge), (0, edge), (0, 0)):
        colour = (0, 0, 0) if dx or dy else (240, 240, 240)
        at = (where[0] + dx, where[1] + dy)
        cv2.putText(frame, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
