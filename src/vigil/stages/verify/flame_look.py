"""A judge of fire and smoke without any model: does it dance, shine and stand like a fire?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vigil.core import Box, Case, Clock, Ruling, SourceLost, Verdict
from vigil.stages.verify.flame_traits import Features, cut, traits
from vigil.stages.verify.paths import path_of
from vigil.stages.verify.pool import Stop
from vigil.stages.verify.smoke_traits import smoke_traits

PLUME_KINDS = frozenset({"fire", "smoke"})
BEFORE_S = {"fire": 0.3, "smoke": 4.0}
LASTS_S = {"fire": 4.7, "smoke": 8.0}
"""From the event's start; a flame is judged by every picture of it."""
EVERY_S = {"fire": 0.0, "smoke": 0.15}
ROOM = 2.0
"""The window is so many times the region …"""
LEAST_ROOM = 0.1
"""… and at least this share of the picture's width."""
LOW, HIGH = {"fire": 0.25, "smoke": 0.08}, 0.75
"""Likelihoods that make a ruling. Little smoke was there to learn from: it is hardly rejected."""
VERSION = "1"

Words = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """Log-odds of one trait: a straight line from `low` to `high`, level beyond."""

    low: float
    high: float
    at_low: float
    at_high: float
    said_low: Words
    said_high: Words

    def odds(self, value: float) -> float:
        """What a value adds."""
        return float(np.interp(value, (self.low, self.high), (self.at_low, self.at_high)))

    def said(self, value: float) -> Words:
        """What people read of it."""
        return self.said_high if value > (self.low + self.high) / 2 else self.said_low


def _slope(
    low: float, high: float, at_low: float, at_high: float, said_low: Words, said_high: Words
) -> Slope:
    return Slope(
        low=low, high=high, at_low=at_low, at_high=at_high, said_low=said_low, said_high=said_high
    )


FIRE: Mapping[str, Slope] = {
    "turns": _slope(
        2.4, 3.4, -2.0, 1.5,
        ("it hardly flickers", "几乎不闪动"), ("it flickers as flames do", "像火焰一样闪动"),
    ),
    "fast": _slope(
        0.15, 0.35, -1.0, 1.0,
        ("its changes are slow", "变化缓慢"), ("its changes are fast", "变化快速"),
    ),
    "stays": _slope(
        0.5, 0.72, -1.2, 1.0,
        ("the colour comes and goes", "火色时有时无"), ("the colour stays", "火色持续存在"),
    ),
    "yellows": _slope(
        0.0, 0.35, -1.5, 1.0,
        ("what is brighter is not yellower", "亮处并不偏黄"),
        ("its bright core is yellow, its rim is red", "亮处偏黄，边缘偏红"),
    ),
    "spread": _slope(
        0.06, 0.11, -1.2, 0.6,
        ("it has one hue", "色调单一"), ("it has the many hues of a flame", "色调层次丰富"),
    ),
    "company": _slope(
        0.04, 0.15, 0.3, -1.2,
        ("nothing near it moves", "周围静止"),
        ("what is near it moves as well", "周围也在运动"),
    ),
    "moves": _slope(
        0.05, 0.15, 0.0, -2.0,
        ("the view is steady", "画面稳定"), ("the whole view moves", "整个画面在移动"),
    ),
    "base": _slope(
        0.05, 0.3, 0.2, -1.5,
        ("it stands on one spot", "根部固定"), ("it does not keep its place", "位置不固定"),
    ),
    "together": _slope(
        0.6, 0.85, 0.0, -2.0,
        ("its parts flicker each for itself", "各部分各自闪动"),
        ("all of it flashes at once, as a lamp does", "整体同时闪烁，像灯"),
    ),
}  # fmt: skip
"""Set by hand on real and rendered fires, and on what the watch took for fire."""
FIRE_BIAS = -1.0

SMOKE: Mapping[str, Slope] = {
    "grown": _slope(
        0.9, 1.8, -1.5, 1.2,
        ("it does not grow", "没有扩大"), ("it grows", "不断扩大"),
    ),
    "grey": _slope(
        0.35, 0.75, -1.5, 1.0,
        ("most of what changes has a colour", "变化部分有颜色"),
        ("it is grey or pales what is there", "呈灰色或使背景变淡"),
    ),
    "sharp": _slope(
        1.3, 2.2, 0.8, -2.5,
        ("it softens what is behind it", "使背景变模糊"),
        ("it has sharp edges of its own", "有清晰的自身边缘"),
    ),
    "stirs": _slope(
        0.05, 0.25, -1.5, 1.0,
        ("nothing in it stirs", "内部静止"), ("it keeps changing", "内部不断变化"),
    ),
    "alike": _slope(
        0.3, 0.7, -0.8, 0.5,
        ("it hides what is behind it", "遮住了背景"),
        ("what is behind it shows through", "背景仍透出"),
    ),
}  # fmt: skip
SMOKE_BIAS = 0.0
SURE = 3.5
"""Log-odds beyond which so few measurements prove nothing more."""


def plume_verdict(case: Case, stop: Stop, clock: Clock, kind: str) -> Verdict:
    """Rule on a fire or on smoke by its clip. Raises `SourceError` when that cannot be read."""
    began_s = clock.monotonic_s()
    found = _measured(case, stop, kind)
    ruling, likelihood, parts = _ruled(kind, found)
    reason, reason_zh = _words(ruling, parts)
    return Verdict(
        event_id=case.event.id,
        ruling=ruling,
        likelihood=likelihood,
        reason=reason,
        reason_zh=reason_zh,
        judge=f"flame_look@{VERSION}",
        time_s=clock.now_s(),
        seconds={"total": clock.monotonic_s() - began_s},
    )


def _measured(case: Case, stop: Stop, kind: str) -> Features:
    event, footage = case.event, case.footage
    start_s = min(max(event.start_s, footage.start_s), footage.end_s)
    from_s = max(footage.start_s, start_s - BEFORE_S[kind])
    until_s = min(footage.end_s, start_s + LASTS_S[kind])
    frames = iter(stop.frames(footage, from_s, until_s, every_s=EVERY_S[kind]))
    first = next(frames, None)
    if first is None:
        raise SourceLost("the clip shows nothing of the event")
    window = _window(case, start_s + LASTS_S[kind], first.width, first.height)
    crops = cut(frames, window)
    return traits(crops) if kind == "fire" else smoke_traits(crops, start_s - 0.5)


def _window(case: Case, until_s: float, width: int, height: int) -> Box:
    """What is looked at: all places of the event by then, with room around them."""
    boxes = [box for time_s, box in path_of(case.event) if time_s <= until_s]
    boxes = boxes or [case.event.box or Box(0, 0, width, height)]
    x1, y1 = min(box.x1 for box in boxes), min(box.y1 for box in boxes)
    x2, y2 = max(box.x2 for box in boxes), max(box.y2 for box in boxes)
    half_wide = max(ROOM * (x2 - x1), LEAST_ROOM * width) / 2
    half_high = max(ROOM * (y2 - y1), LEAST_ROOM * width) / 2
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    box = Box(x - half_wide, y - half_high, x + half_wide, y + half_high).clipped(width, height)
    return box if box.width >= 4 and box.height >= 4 else Box(0, 0, width, height)


def _ruled(kind: str, found: Features) -> tuple[Ruling, float, list[tuple[float, Words]]]:
    """What the traits rule; too few of them rule nothing."""
    slopes, bias = (FIRE, FIRE_BIAS) if kind == "fire" else (SMOKE, SMOKE_BIAS)
    parts = [
        (slope.odds(found[name]), slope.said(found[name]))
        for name, slope in slopes.items()
        if name in found
    ]
    if kind == "fire" and found and "turns" not in found:
        return Ruling.REJECTED, 0.1, [(-2.0, NO_FLAME)]
    if len(parts) < 3:
        return Ruling.UNSURE, 0.5, parts
    odds = float(np.clip(bias + sum(odds for odds, _ in parts), -SURE, SURE))
    likelihood = 1 / (1 + math.exp(-odds))
    if likelihood < LOW[kind]:
        return Ruling.REJECTED, likelihood, parts
    return (Ruling.CONFIRMED if likelihood > HIGH else Ruling.UNSURE), likelihood, parts


NO_FLAME = ("nothing there has the colour of fire and flickers", "该处没有火色且闪动的区域")


def _words(ruling: Ruling, parts: Sequence[tuple[float, Words]]) -> Words:
    """What weighs most for the ruling; for unsure, one on each side."""
    ordered = sorted(parts, key=lambda part: -abs(part[0]))
    speak_for = [words for odds, words in ordered if odds > 0]
    against = [words for odds, words in ordered if odds < 0]
    if ruling is Ruling.UNSURE:
        chosen = [*speak_for[:1], *against[:1], ("that is not enough to rule", "不足以判断")]
    else:
        chosen = (speak_for if ruling is Ruling.CONFIRMED else against)[:3]
    english = "; ".join(one for one, _ in chosen) or "the pictures speak for it as a whole"
    chinese = "；".join(one for _, one in chosen) or "综合画面判断"
    return f"{english[0].upper()}{english[1:]}.", f"{chinese}。"
