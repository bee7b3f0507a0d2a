"""Regions of fire and smoke as the sense tells of them, with its moods and gaps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from benchmarks.scenarios import START_S, Scenario, Wanted
from vigil.core import Box, Plume, Rule, Scene, Signals, Track

WIDTH, HEIGHT = 1280, 720
ZONE = ((0.2, 0.2), (0.95, 0.2), (0.95, 0.98), (0.2, 0.98))
RATES_HZ = (3.0, 5.0, 5.0, 8.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One region over its life; scores wander about their mean, sightings fail."""

    kind: Literal["fire", "smoke"] = "fire"
    start_s: float
    end_s: float
    at: tuple[float, float] = (0.6, 0.7)
    """Its foot, fractions of the picture."""
    moves: float = 0.0
    """Fractions of the picture's width a second."""
    high: float = 0.1
    score: float = 0.8
    flicker: float = 0.5
    grows: float = 0.05
    """Share of its size a second."""
    missed: float = 0.06
    """Share of scenes that do not find it."""
    gap: float = 0.0
    """Share of the time in which it is away for half a second to two."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a detector calls fire or smoke."""

    label: str
    start_s: float
    end_s: float
    at: tuple[float, float] = (0.6, 0.7)
    high: float = 0.12
    score: float = 0.75
    missed: float = 0.1


def scenes(
    chance: Random, clouds: Sequence[Cloud], named: Sequence[Named], seconds: float
) -> list[Scene]:
    """The story as the rule reads it; detectors look twice to five times a second."""
    hz, looks = chance.choice(RATES_HZ), chance.choice((2.0, 3.0, 5.0))
    moods = [chance.gauss(0, 0.05) for _ in clouds]
    away = [0.0] * len(clouds)
    told, due_s = [], 0.0
    for number in range(round(seconds * hz)):
        t = number / hz
        plumes = []
        for index, cloud in enumerate(clouds):
            moods[index] = 0.85 * moods[index] + chance.gauss(0, 0.035)
            if cloud.gap and t > away[index] and chance.random() < cloud.gap / hz:
                away[index] = t + chance.uniform(0.5, 2.0)
            there = cloud.start_s <= t < cloud.end_s and t >= away[index]
            if there and chance.random() >= cloud.missed:
                plumes.append(_plume(chance, cloud, index, t, moods[index]))
        looked = t >= due_s and bool(named)
        due_s = t + 1 / looks if looked else due_s
        told.append(
            Scene(
                source="story", time_s=START_S + t, width=WIDTH, height=HEIGHT,
                tracks=_tracks(chance, named, t) if looked else (),
                signals=Signals(plumes=tuple(plumes)), looked=looked,
            )
        )  # fmt: skip
    return told


def _plume(chance: Random, cloud: Cloud, index: int, t: float, mood: float) -> Plume:
    age = t - cloud.start_s
    # Running means of what was measured: for a second they are not what they will be.
    sure = min(1.0, 0.35 + age / 1.5)
    grown = 1 + cloud.grows * age
    box = _box(chance, cloud.at, cloud.high * min(grown, 4.0), cloud.moves * age, jitter=0.2)
    return Plume(
        id=index + 1,
        kind=cloud.kind,
        box=box,
        since_s=START_S + cloud.start_s,
        area=box.area / (WIDTH * HEIGHT),
        growth=grown,
        flicker=min(1.0, max(0.0, cloud.flicker + chance.gauss(0, 0.04))),
        score=min(1.0, max(0.0, cloud.score * sure + mood)),
    )


def _tracks(chance: Random, named: Sequence[Named], t: float) -> tuple[Track, ...]:
    return tuple(
        Track(
            id=index + 1,
            label=one.label,
            box=_box(chance, one.at, one.high, 0.0, jitter=0.05),
            score=min(1.0, max(0.0, chance.gauss(one.score, 0.07))),
            first_seen_s=START_S + one.start_s,
            last_seen_s=START_S + t,
        )
        for index, one in enumerate(named)
        if one.start_s <= t < one.end_s and chance.random() >= one.missed
    )


def _box(
    chance: Random, at: tuple[float, float], high: float, moved: float, *, jitter: float
) -> Box:
    tall = high * HEIGHT * (1 + chance.uniform(-jitter, jitter))
    half = 0.4 * high * HEIGHT * (1 + chance.uniform(-jitter, jitter))
    x, y = (at[0] + moved) * WIDTH, at[1] * HEIGHT
    return Box(x - half, y - tall, x + half, y)


def story_of(
    chance: Random,
    rule: Rule,
    told: Callable[
        [Random, str, float, float, tuple[float, float]], tuple[list[Cloud], list[Named]]
    ],
    *,
    true: Sequence[str],
    lures: Sequence[str],
    two: str,
    lasts_s: tuple[float, float],
    in_time_s: float,
    seconds: float,
) -> Scenario:
    """Half the time what is true, else a lure; in the story `two` another begins 3 s later."""
    story = chance.choice(true if chance.random() < 0.5 else lures)
    start_s = chance.uniform(2, 8)
    end_s = start_s + chance.uniform(*lasts_s)
    spot = (chance.uniform(0.35, 0.8), chance.uniform(0.4, 0.9))
    clouds, named = told(chance, story, start_s, end_s, spot)
    begins = (start_s, start_s + 3) if story == two else (start_s,)
    wanted = [Wanted(start_s=at, end_s=end_s, by_s=at + in_time_s) for at in begins]
    return Scenario(
        rule=rule,
        scenes=scenes(chance, clouds, named, seconds),
        wanted=tuple(wanted) if story in true else (),
        story=story,
    )
