"""Sounds as an ear with a model tells them; lures are other sounds, doubts and clicks.

Pieces overlap by half, as patches of 0.96 s do; scores of a true sound vary and sometimes fail. How
often a real ear takes one sound for another is measured with real sound (`benchmarks readers`).
"""

from collections.abc import Iterator
from random import Random

import numpy as np

from benchmarks.scenarios import START_S, Rendered, Scenario, Wanted
from benchmarks.scenarios._mishaps import footage
from benchmarks.scenarios._sounds import FILES, recorded, tune
from vigil.core import Scene, Sound
from vigil.stages.hear.diary import Diary, Piece
from vigil.stages.rules.sound import SoundHeard
from vigil.testing.sounds import RATE, Wave, bang, beeps, glass, noise, with_sounds

PATCH_S, HOP_S = 0.96, 0.48
LEAST = 0.15
SECONDS = 40.0
TRUE = ("alarm", "glass", "gunshot", "scream", "shots", "alarm with pauses", "among speech")
LURES = ("speech", "bang", "doubtful alarm", "click", "distant scream", "music", "nothing")
Heard = tuple[str, float, float, float]
"""Word, start, end, and the score of a clear piece."""


def scenario(chance: Random) -> Scenario:
    story = chance.choice(TRUE + LURES)
    at_s = chance.uniform(3, 20)
    heard = _heard(story, at_s, chance)
    wanted: tuple[Wanted, ...] = ()
    if story in TRUE:
        ours = [one for one in heard if one[0] in SoundHeard.labels]
        start_s, end_s = ours[0][1], ours[-1][2]
        wanted = (Wanted(start_s=start_s, end_s=end_s, by_s=start_s + 3.5),)
    scenes = tuple(_scenes(heard, chance))
    return Scenario(rule=SoundHeard(), scenes=scenes, wanted=wanted, story=story)


def _heard(story: str, at_s: float, chance: Random) -> list[Heard]:
    return (_true if story in TRUE else _lure)(story, at_s, chance)


def _true(story: str, at_s: float, chance: Random) -> list[Heard]:
    match story:
        case "alarm":
            return [_one("alarm", at_s, chance.uniform(3, 15), _clear(chance))]
        case "glass" | "gunshot":
            return [_one(story, at_s, chance.uniform(0.2, 1.2), _clear(chance))]
        case "scream":
            return [_one("scream", at_s, chance.uniform(0.7, 3), _clear(chance))]
        case "shots":
            gaps = [chance.uniform(0.3, 1.2) for _ in range(chance.randrange(2, 6))]
            starts = [at_s + sum(gaps[:number]) for number in range(len(gaps))]
            return [_one("gunshot", start_s, 0.25, _clear(chance)) for start_s in starts]
        case "alarm with pauses":
            period_s = 0.6 + chance.uniform(1, 2)
            return [_one("alarm", at_s + n * period_s, 0.6, _clear(chance)) for n in range(6)]
        case _:
            speech = _one("speech", 0, SECONDS, _clear(chance))
            return [speech, _one("glass", at_s, 0.8, _clear(chance))]


def _lure(story: str, at_s: float, chance: Random) -> list[Heard]:
    doubtful = chance.uniform(0.1, 0.36)
    match story:
        case "speech":
            return [_one("speech", 0, SECONDS, 0.9), _one("shout", at_s, 1, 0.3)]
        case "bang":
            return [_one("bang", at_s, 0.3, 0.8), _one("gunshot", at_s, 0.3, doubtful)]
        case "doubtful alarm":
            return [_one("alarm", at_s, 6, doubtful)]
        case "click":
            return [("glass", at_s, at_s - 1, chance.uniform(0.4, 0.7))]
        case "distant scream":
            return [_one("scream", at_s, 2, doubtful)]
        case "music":
            return [_one("music", 0, SECONDS, 0.9), _one("alarm", at_s, 1.5, doubtful)]
        case _:
            return []


def _one(word: str, start_s: float, lasts_s: float, score: float) -> Heard:
    return word, start_s, start_s + lasts_s, score


def _clear(chance: Random) -> float:
    return chance.uniform(0.55, 0.95)


def _pieces(heard: list[Heard], chance: Random) -> Iterator[Piece]:
    """What a model says of each patch; a click is one bad patch and no sound."""
    for number in range(int(SECONDS / HOP_S)):
        start_s = number * HOP_S
        end_s = start_s + PATCH_S
        for word, from_s, to_s, clear in heard:
            shared_s = min(end_s, to_s) - max(start_s, from_s)
            if to_s < from_s:
                shared_s = PATCH_S if start_s <= from_s < start_s + HOP_S else 0.0
            if shared_s <= 0.02:
                continue
            score = clear * chance.uniform(0.75, 1.05)
            if to_s - from_s > PATCH_S and chance.random() < 0.1:
                score *= 0.3
            if score >= LEAST:
                yield Piece(word, START_S + start_s, START_S + end_s, min(score, 1.0))


def _scenes(heard: list[Heard], chance: Random) -> Iterator[Scene]:
    hz, lag_s = chance.choice([1.0, 2.0, 5.0]), chance.uniform(0.0, 0.6)
    pieces, diary = list(_pieces(heard, chance)), Diary()
    for number in range(int(SECONDS * hz)):
        time_s = START_S + number / hz
        while pieces and pieces[0].end_s + lag_s <= time_s:
            diary.enter(pieces.pop(0))
        sounds: tuple[Sound, ...] = diary.told(time_s - lag_s)
        yield Scene(source="story", time_s=time_s, width=640, height=360, sounds=sounds)


FILMED_TRUE = ("smoke detector", "shards", "shot", "shards among speech")
FILMED_LURES = ("speech", "rain", "footsteps", "music", "hiss")
"""Nobody screams: no recording at hand has one, and tones that slide are a whistle to YAMNet."""
FILMED_S = 20.0


def film(seed: int) -> Rendered:
    """Something is heard that matters, or something else."""
    chance = Random(seed)
    kinds = FILMED_LURES if seed % 2 else FILMED_TRUE
    story = kinds[seed // 2 % len(kinds)]
    at_s = chance.uniform(4, 9)
    lasts_s, sound = _filmed(story, chance)
    ground = noise(FILMED_S, level=10 ** chance.uniform(-3.3, -2.2), seed=seed)
    sounds = [(at_s, sound)]
    if story == "shards among speech":
        sounds.append((0.0, np.asarray(chance.uniform(0.1, 0.4) * recorded("speech"), np.float32)))
    wanted = Wanted(start_s=at_s, end_s=at_s + lasts_s, by_s=at_s + 3.5)
    return Rendered(
        rule={},
        wanted=(wanted,) if story in FILMED_TRUE else (),
        story=story,
        wave=with_sounds(ground, *sounds),
        **footage(seed),
    )


def _filmed(story: str, chance: Random) -> tuple[float, Wave]:
    """How long it can be heard, and the sound."""
    seed, level = chance.randrange(9999), chance.uniform(0.3, 0.8)
    match story:
        case "smoke detector":
            wave = beeps(6.0, hertz=chance.uniform(2800, 3400), on_s=chance.uniform(0.3, 0.6))
        case "shot":
            wave = bang(seed=seed)
        case "music":
            wave = tune(8.0, level=level, seed=seed)
        case "hiss":
            wave = noise(8.0, level=0.3 * level, seed=seed)
        case _ if story in FILES:
            start = round(chance.uniform(0, 2) * RATE)
            wave = level * recorded(story)[start : start + 8 * RATE]
        case _:
            wave = glass(seed=seed)
    return len(wave) / RATE, np.asarray(wave, np.float32)
