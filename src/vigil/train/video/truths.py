"""What is true of clips, as numbers that a loss takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from vigil.core import DataError
from vigil.media.sampling import Times
from vigil.train.video.clips import ClipSet, VideoClip
from vigil.train.video.settings import Task

RAREST = 10.0
"""However rare a word is, it weighs no more than so many of the mean one."""


@dataclass(frozen=True, kw_only=True)
class Truths:
    """The words of a run, or how many numbers it learns and their range."""

    task: Task
    labels: tuple[str, ...]
    middle: tuple[float, ...] = ()
    """Of numbers that are learnt; a network says how many spreads from it."""
    spread: tuple[float, ...] = ()

    @classmethod
    def of(cls, found: ClipSet, task: Task) -> "Truths":
        """Raises `DataError` for clips that do not say what the task needs."""
        if task == "number":
            return cls._numbers(found)
        for clip in found.clips:
            if task == "one" and len(clip.words) != 1:
                said = ", ".join(clip.words) or "none"
                raise DataError(f"{clip.name}: words: {said}; allowed: one (else task: several)")
        there = {
            word
            for clip in found.of("train")
            for word in (*clip.words, *(part.word for part in clip.parts))
        }
        unlearnt = [word for word in found.labels if word not in there]
        if unlearnt:
            raise DataError(f"split 'train': no clip of {', '.join(unlearnt)}")
        if task == "one" and len(found.labels) < 2:
            raise DataError(f"{found.source}: one word only; two are needed to tell apart")
        return cls(task=task, labels=found.labels)

    @classmethod
    def _numbers(cls, found: ClipSet) -> "Truths":
        values = [_numbers_of(clip) for clip in found.of("train")]
        if len({len(row) for row in values}) != 1:
            raise DataError(f"{found.source}: clips have {sorted({len(row) for row in values})} "
                            "numbers; allowed: as many of each")  # fmt: skip
        table = np.array(values)
        spread = np.maximum(table.std(0), 1e-6)
        names = ("number",) if len(values[0]) == 1 else tuple(
            f"number {at}" for at in range(1, len(values[0]) + 1)
        )  # fmt: skip
        return cls(
            task="number", labels=names, middle=tuple(map(float, table.mean(0))),
            spread=tuple(map(float, spread)),
        )  # fmt: skip

    def __call__(self, clip: VideoClip, times: Times) -> Tensor:
        """Shares of words (k,), numbers in spreads (k,), or words at each picture (t, k)."""
        match self.task:
            case "number":
                values = torch.tensor(_numbers_of(clip))
                return (values - torch.tensor(self.middle)) / torch.tensor(self.spread)
            case "when":
                return torch.from_numpy(self._parts(clip, times))
            case _:
                shares = torch.zeros(len(self.labels))
                shares[[self._number(clip, word) for word in clip.words]] = 1.0
                return shares

    def marks(self, clips: Sequence[VideoClip]) -> Int64[np.ndarray, " n"]:
        """The number of each clip's word."""
        return np.array([self._number(clip, clip.words[0]) for clip in clips], np.int64)

    def said(self, clips: Sequence[VideoClip]) -> Float32[np.ndarray, "n k"]:
        """What is true of each, as people say it: 1 where a word holds, or the numbers."""
        if self.task == "number":
            return np.array([_numbers_of(clip) for clip in clips], np.float32)
        no_times = np.zeros(0)
        return np.stack([self(clip, no_times).numpy() for clip in clips])

    def worth(self, clips: Sequence[VideoClip]) -> Tensor | None:
        """(k,): how much more a rare word weighs; None where there are no words to weigh."""
        if self.task not in ("one", "several"):
            return None
        counts = self.said(clips).sum(0)
        if self.task == "several":
            # As many votes for a word as against it.
            return torch.tensor((len(clips) - counts) / np.maximum(counts, 1)).clamp(1, RAREST)
        even = counts.sum() / (len(counts) * np.maximum(counts, 1))
        return torch.from_numpy(np.minimum(even, RAREST).astype(np.float32))

    def _number(self, clip: VideoClip, word: str) -> int:
        if word not in self.labels:
            allowed = ", ".join(self.labels)
            raise DataError(f"{clip.name}: word {word!r}; the network knows: {allowed}")
        return self.labels.index(word)

    def _parts(self, clip: VideoClip, times: Times) -> Float32[np.ndarray, "t k"]:
        found = np.zeros((len(times), len(self.labels)), np.float32)
        for part in clip.parts:
            inside = (times >= part.start_s) & (times < part.end_s)
            found[inside, self._number(clip, part.word)] = 1.0
        for word in clip.words:
            found[:, self._number(clip, word)] = 1.0
        return found


def _numbers_of(clip: VideoClip) -> list[float]:
    try:
        found = [float(word) for word in clip.words]
    except ValueError:
        found = []
    if not found or not np.isfinite(found).all():
        raise DataError(f"{clip.name}: label {';'.join(clip.words)!r}; allowed: numbers")
    return found
