"""Replays of long records, by several processes: each judges by a share of the rules."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from vigil.core import Rule
from vigil.pipeline.replay import Replay, RulesOf, replay
from vigil.pipeline.scene_log import recorded

WORTH_BYTES = 2_000_000
"""Of records; less is judged before another process has been started."""


@dataclass(frozen=True)
class _Share:
    """Every so many of the rules, from one on."""

    rules_of: RulesOf
    first: int
    step: int

    def __call__(self, camera: str) -> Sequence[Rule]:
        return list(self.rules_of(camera))[self.first :: self.step]


def replay_files(
    files: Sequence[Path], sides: Sequence[RulesOf], *, jobs: int | None = None
) -> list[Replay]:
    """Show each set of rules all scenes of files; a `Replay` for each.

    `jobs`: processes; None: as many as there are processors, where it is worth it. `sides` must be
    such as can be sent to another process. Raises SourceError for a file that cannot be read.
    """
    if jobs is None:
        worth = sum(path.stat().st_size for path in files) >= WORTH_BYTES
        jobs = len(os.sched_getaffinity(0)) if worth else 1
    if jobs <= 1:
        return replay(recorded(files), sides)
    shares = [[_Share(side, first, jobs) for side in sides] for first in range(jobs)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(_replayed, [files] * jobs, shares))
    return [_joined([part[number] for part in parts]) for number in range(len(sides))]


def _replayed(files: Sequence[Path], sides: Sequence[RulesOf]) -> list[Replay]:
    return replay(recorded(files), sides)


def _joined(parts: Sequence[Replay]) -> Replay:
    whole, *others = parts
    for part in others:
        whole.events += part.events
        whole.unseen |= part.unseen
    whole.events.sort(key=lambda event: (event.start_s, event.rule, event.id))
    return whole
