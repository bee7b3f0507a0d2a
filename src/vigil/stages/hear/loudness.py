"""A sudden loud noise against the background, from energy alone."""

from collections import deque
from collections.abc import Iterator

import numpy as np

from vigil.media.hearing import RATE, Samples
from vigil.stages.hear.diary import Piece

WORD = "loud"
BLOCK = RATE // 20
"""Samples over which a level is taken: 50 ms."""
BLOCK_S = BLOCK / RATE
BACKGROUND_BLOCKS = 200
"""The background is the median level of the last ten seconds: what lasts becomes background."""
LEAST_BLOCKS = 40
"""Two seconds must have been heard before anything can be sudden."""
QUIETEST_DB = -60.0
"""A background below it is taken for this: against digital silence everything is loud."""
SUDDEN_BLOCKS = 10
"""It must have risen within half a second: what swells is no onset."""
STAYS_DB = 6.0
"""A noise goes on until it is within so much less of its rise above the background."""
SURE_DB = 18.0
"""Beyond the rise asked for, the score grows from a half to 1 over so much."""


class Loudness:
    """Follows the level of a stream, in decibels below full scale."""

    def __init__(self, *, rise_db: float, floor_db: float) -> None:
        """`rise_db`: above the background; `floor_db`: no quieter noise is loud."""
        self._rise_db, self._floor_db = rise_db, floor_db
        self._levels: deque[float] = deque(maxlen=BACKGROUND_BLOCKS)
        self._left = np.zeros(0, np.float32)
        self._left_s = 0.0
        self._goes_on_above_db: float | None = None

    def forget(self) -> None:
        """There was a gap: what was held back does not go on."""
        self._left = np.zeros(0, np.float32)
        self._goes_on_above_db = None

    def take(self, time_s: float, samples: Samples) -> Iterator[Piece]:
        """The loud pieces in the samples; `time_s` is that of the first."""
        start_s = time_s - len(self._left) / RATE
        whole = np.concatenate([self._left, samples])
        blocks = len(whole) // BLOCK
        self._left = whole[blocks * BLOCK :]
        rows = whole[: blocks * BLOCK].reshape(blocks, BLOCK)
        energies = np.square(rows, dtype=np.float64).mean(axis=1)
        for index, level_db in enumerate(10 * np.log10(energies + 1e-10)):
            rise_db = self._rise_of(float(level_db))
            if rise_db is not None:
                at_s = start_s + index * BLOCK_S
                score = 0.5 + 0.5 * min(1.0, max(0.0, rise_db - self._rise_db) / SURE_DB)
                yield Piece(WORD, at_s, at_s + BLOCK_S, score)

    def _rise_of(self, level_db: float) -> float | None:
        """How far above the background, for a block that belongs to a loud noise."""
        levels = self._levels
        before = list(levels)
        levels.append(level_db)
        if len(before) < LEAST_BLOCKS or level_db < self._floor_db:
            self._goes_on_above_db = None
            return None
        background_db = max(QUIETEST_DB, float(np.median(before)))
        if self._goes_on_above_db is not None and level_db >= self._goes_on_above_db:
            return level_db - background_db
        sudden = level_db - min(before[-SUDDEN_BLOCKS:]) >= self._rise_db
        if sudden and level_db - background_db >= self._rise_db:
            self._goes_on_above_db = background_db + self._rise_db - STAYS_DB
            return level_db - background_db
        self._goes_on_above_db = None
        return None
