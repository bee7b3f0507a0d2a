"""Why the network of a run says what it says of a film."""

from collections.abc import Mapping

import numpy as np
from torch import Tensor, nn

from vigil.core import Box, ConfigError
from vigil.media.films import frames_at
from vigil.train.explaining.explained import STRETCHES, Explanation, explain
from vigil.train.video.asking import Asked
from vigil.train.video.batches import MIDDLE, streams_of
from vigil.train.video.clips import VideoClip
from vigil.train.video.network import ClipNetwork
from vigil.train.video.settings import VideoSettings
from vigil.train.video.shelf import Shelf

EYES = "rgb"


class _Eyes(nn.Module):
    """A network that is asked about its pictures alone; what else it had stays as it was."""

    def __init__(self, network: ClipNetwork, others: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.network = network
        self._others = others

    def forward(self, clips: Tensor) -> Tensor:
        said: Tensor = self.network({EYES: clips, **self._others})
        return said


def explain_film(
    asked: Asked, clip: VideoClip, shelf: Shelf, *, word: str | None = None,
    stretches: int = STRETCHES,
) -> Explanation:  # fmt: skip
    """One sight of a film, explained. Where a network has flow and sound, too, they stay the same.

    Raises `ConfigError` for a run that says no word of a whole clip, does not see pictures, or has
    a head without a gradient, and for a word that it does not know; `SourceError` for a film that
    cannot be read.
    """
    _check(asked, word)
    alone = asked.with_views(1)
    (seen,) = alone.way.judged(shelf.kept(clip))
    streams = streams_of([seen])
    pictures = streams.pop(EYES).float()
    try:
        return explain(
            _Eyes(asked.network, streams),
            pictures,
            words=asked.truths.labels,
            times_s=seen.times,
            seen=_looked_at(clip, asked.way.settings),
            word=word,
            stretches=stretches,
            body=asked.network.get_submodule(f"bodies.{EYES}"),
        )
    except ValueError as error:
        raise ConfigError(f"{asked.way.settings.network}: {error}") from error


def _check(asked: Asked, word: str | None) -> None:
    if asked.truths.task != "one":
        raise ConfigError(
            f"a run of the task {asked.truths.task!r} cannot be explained; allowed: one"
        )
    if EYES not in asked.network.streams:
        streams = ", ".join(asked.network.streams)
        raise ConfigError(f"a run that sees {streams} cannot be explained; it must see {EYES}")
    if asked.shallow is not None:
        raise ConfigError(
            f"a head {asked.way.settings.head!r} has no gradient; allowed: linear, probe"
        )
    if word is not None and word not in asked.truths.labels:
        raise ConfigError(f"--word: found {word!r}; allowed: {', '.join(asked.truths.labels)}")


def _looked_at(clip: VideoClip, settings: VideoSettings) -> Box:
    """What of each picture the network is shown, source pixels."""
    ((_, frame),) = frames_at(clip.path, np.array([clip.start_s]))
    width, height = frame.width, frame.height
    if settings.framing != "crop":
        return Box(0, 0, width, height)
    side = round(min(width, height) * MIDDLE)
    left, top = (width - side) // 2, (height - side) // 2
    return Box(left, top, left + side, top + side)
