"""Where it smokes: grey that spreads from one spot, stirs, and softens what is behind it."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from vigil.core import Box, Image
from vigil.stages.background import Background
from vigil.stages.blobs import Mask, over
from vigil.stages.sense.plume_regions import Region, Regions

Grey = Float32[np.ndarray, "h w"]

EVERY_S = 0.2
LEAST = 4
"""Cells, of a picture 160 wide."""
CONTRAST = 14.0
"""Levels by which a cell must differ from what it was."""
GREY = 30
"""Levels by which the strongest colour may lead the weakest in smoke …"""
PALER = 6
"""… or it is no more coloured than what was there, by so many levels."""
MOST = 0.5
"""When more of the picture than this differs, its light has changed."""
GONE_S = 2.0
SETTLE_S = 1.0
WEIGHT = 0.12
HELD_S = 40.0
"""A region so young teaches the background nothing."""
STIR_S = 0.8
"""Two pictures so far apart are compared to tell whether it stirs."""
AROUND = 41
"""Cells around one that tell what the light does there."""
MOST_REGIONS = 8
"""The largest; in a picture with more, it rains or leaves sway."""
SAME = 0.995
"""Correlation with what was there of the same ground in another light."""
RIM = 2
STEEP = 2.194
LEARN_S = 2.0
"""Nobody knows what is new in a place seen for a shorter time."""


class SmokeRegions:
    """Follows hazy regions, five pictures a second."""

    def __init__(self, ids: Iterator[int]) -> None:
        self._regions = Regions("smoke", gone_s=GONE_S, settle_s=SETTLE_S, ids=ids)
        self._background = Background(
            settle_s=12.0, absorb_s=120.0, rest_s=60.0, tire_s=60.0, contrast=CONTRAST, sigmas=4.0
        )
        self._due_s = float("-inf")
        self._known_s = float("inf")
        self._before: list[tuple[float, Grey]] = []
        self._first: dict[int, tuple[Mask, Box]] = {}

    def __iter__(self) -> Iterator[Region]:
        """Those that came after the place was known."""
        return (one for one in self._regions if one.since_s >= self._known_s)

    def due(self, time_s: float) -> bool:
        """Whether it wants to see a picture of that time."""
        return not self._due_s - EVERY_S <= time_s < self._due_s

    def see(self, picture: Image, allowed: Mask, held: Mask | None, time_s: float) -> None:
        """Take in a picture, 160 wide; what is not `allowed`, or is `held` by things, is none."""
        self._due_s = time_s + EVERY_S - 0.02
        soft = np.asarray(cv2.blur(picture, (3, 3)), np.uint8)
        if self._background.mean.shape != soft.shape:
            self._known_s = time_s + LEARN_S
        self._background.compare(soft, time_s)
        planes = Planes.of(picture, soft, self._background.mean)
        mask = self._hazy(planes, soft)
        foreground = mask.copy()
        cv2.bitwise_and(mask, allowed, mask)
        if held is not None:
            cv2.bitwise_and(mask, cv2.bitwise_not(held), mask)
        former = self._former(soft.shape, time_s)
        for region in self._regions.see(mask, time_s, least=LEAST, most=MOST_REGIONS):
            self._measure(region, planes, former, time_s)
        self._first = {one.id: self._first[one.id] for one in self._regions}
        self._background.learn(soft, time_s, foreground, self._unlearnt(held, time_s))
        self._before = [one for one in self._before if time_s - one[0] < 2 * STIR_S]
        self._before.append((time_s, planes.now))

    def _unlearnt(self, held: Mask | None, time_s: float) -> Mask | None:
        """Where the background must not learn: what may be smoke would be gone in its middle."""
        young = [one.cells for one in self._regions if time_s - one.since_s < HELD_S]
        if not young:
            return held
        whole = young[0].copy()
        for cells in young[1:]:
            cv2.bitwise_or(whole, cells, whole)
        near = np.asarray(cv2.dilate(whole, np.ones((3, 3), np.uint8)), np.uint8)
        return near if held is None else np.asarray(cv2.bitwise_or(held, near), np.uint8)

    def _former(self, shape: tuple[int, ...], time_s: float) -> Grey | None:
        """What was seen some time ago."""
        if self._before and self._before[-1][1].shape != shape[:2]:
            self._before.clear()
        return next((grey for at_s, grey in self._before if time_s - at_s >= STIR_S - 0.1), None)

    def _hazy(self, planes: "Planes", soft: Image) -> Mask:
        """What differs from around it and is grey; nothing while the light jumps."""
        apart = np.abs(planes.apart)
        quiet = np.asarray(cv2.compare(apart, 4 * self._background.noise, cv2.CMP_LE), np.uint8)
        mask = np.asarray(cv2.subtract(over(apart, CONTRAST), quiet), np.uint8)
        if cv2.countNonZero(mask) > MOST * mask.size:
            return np.zeros(mask.shape, np.uint8)
        now, was = _colour(soft), _colour(self._background.mean.astype(np.uint8))
        coloured = over(now, GREY - 1)
        richer = over(np.asarray(cv2.subtract(now, was), np.uint8), PALER - 1)
        mask = np.asarray(cv2.subtract(mask, cv2.bitwise_or(coloured, richer)), np.uint8)
        whole = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        return np.asarray(whole, np.uint8)

    def _measure(
        self, region: Region, planes: "Planes", former: Grey | None, time_s: float
    ) -> None:
        if time_s - region.since_s <= SETTLE_S or region.id not in self._first:
            self._first[region.id] = (region.cells, region.box)
        first, foot = self._first[region.id]
        box = region.box
        # With a rim, so that the detail at its border is that of the picture.
        here = np.s_[
            max(0, int(box.y1) - RIM) : int(box.y2) + RIM,
            max(0, int(box.x1) - RIM) : int(box.x2) + RIM,
        ]
        own = region.cells[here] > 0
        kept = cv2.countNonZero(cv2.bitwise_and(first, region.cells))
        found = {
            "anchored": kept / max(1, cv2.countNonZero(first)),
            "alike": _alike(planes.now[here][own], planes.was[here][own]),
            "sharp": float(
                (_detail(planes.fine[here], own) + 2) / (_detail(planes.was[here], own) + 2)
            ),
            "climbed": (foot.y1 - box.y1) / max(foot.height, LEAST),
            "sank": (box.y2 - foot.y2) / max(foot.height, LEAST),
            "grown": region.growth,
            "contrast": float(np.abs(planes.apart[here][own]).mean()),
        }
        if former is not None:
            step = np.abs(planes.now[here] - former[here])[own]
            found["stirring"] = float((step > CONTRAST / 2).mean())
        for trait, value in found.items():
            region.note(trait, value, WEIGHT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planes:
    """What is read of one picture, and of what was there before, in levels."""

    now: Grey
    was: Grey
    apart: Grey
    """By how much it differs, beyond what all around it does."""
    fine: Grey
    """The picture itself, not blurred."""

    @classmethod
    def of(cls, picture: Image, soft: Image, mean: Float32[np.ndarray, "h w 3"]) -> "Planes":
        """From a picture, the same a little blurred, and the background."""
        now, was = soft[..., 1].astype(np.float32), np.ascontiguousarray(mean[..., 1])
        apart = now - was
        # A sky that brightens, a cloud's shadow: what changes far and wide is light, not smoke.
        apart -= cv2.blur(np.clip(apart, -2 * CONTRAST, 2 * CONTRAST), (AROUND, AROUND))
        return cls(
            now=now,
            was=was,
            apart=apart,
            fine=picture[..., 1].astype(np.float32),
        )


def smoke_score(region: Region) -> float:
    """How much it is like smoke, 0 to 1."""
    traits = region.traits
    parts = (
        _ramp(traits["grown"], 1.1, 1.8),
        _ramp(traits["anchored"], 0.35, 0.65),
        _ramp(traits.get("stirring", 0.0), 0.05, 0.3),
        # It shows through while it is young; what is wholly alike is the same in another light.
        _ramp(traits["alike"], 0.5, 0.72),
        _ramp(SAME - traits["alike"], 0.0, 0.06),
        _ramp(1.9 - traits["sharp"], 0.0, 0.6),
        _ramp(traits["climbed"] - 0.5 * traits["sank"], -0.8, 0.2),
        _ramp(50.0 - traits["contrast"], 0.0, 14.0),
        # What covers much of the picture within a second is a shadow, or a light.
        _ramp(0.06 - region.first_area / region.cells.size, 0.0, 0.03),
    )
    # So that 0.5 parts the smoke from the others of the clips it was measured on.
    return float(np.prod(parts) ** (STEEP / len(parts)))


def _colour(picture: Image) -> Mask:
    red, green, blue = cv2.split(picture)
    most, least = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return np.asarray(cv2.subtract(most, least), np.uint8)


def _alike(now: Float32[np.ndarray, "n"], was: Float32[np.ndarray, "n"]) -> float:
    """Correlation with what was there."""
    a, b = now - now.mean(), was - was.mean()
    energy = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / energy if energy > 1.0 else 0.0


def _detail(grey: Grey, own: Bool[np.ndarray, "h w"]) -> float:
    """Mean gradient over some cells."""
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    return float(cv2.magnitude(across, down)[own].mean())


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.02, 1))
