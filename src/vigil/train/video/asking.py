"""What a network says of clips: the mean over its sights of each, as the watch would ask it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32, Float64

from vigil.train.video.batches import Seen, Way, streams_of
from vigil.train.video.clips import VideoClip
from vigil.train.video.network import ClipNetwork, Streams
from vigil.train.video.shallow import Shallow
from vigil.train.video.shelf import Shelf
from vigil.train.video.truths import Truths

Shares = Float32[np.ndarray, "n k"]
"""Probabilities of words, or numbers as people say them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """A network that answers for clips."""

    network: ClipNetwork
    truths: Truths
    way: Way
    shallow: Shallow | None = None
    """A head that was fitted to vectors instead of the network's own."""

    def shares(self, clips: Sequence[VideoClip], shelf: Shelf) -> Shares:
        """Of each clip. Raises `SourceError` for one that cannot be read."""
        rows = [self._mean(self._streams(clip, shelf)) for clip in clips]
        return np.stack(rows) if rows else np.zeros((0, len(self.truths.labels)), np.float32)

    def vectors(self, clips: Sequence[VideoClip], shelf: Shelf) -> Float32[np.ndarray, "n d"]:
        """What a head is shown of each clip: the mean over its sights."""
        self.network.eval()
        with torch.no_grad():
            found = [
                self.network.vectors(self._streams(clip, shelf)).float().mean(0).cpu().numpy()
                for clip in clips
            ]
        return np.asarray(np.stack(found), np.float32)

    def moments(
        self, clip: VideoClip, shelf: Shelf
    ) -> tuple[Float64[np.ndarray, " n"], Float32[np.ndarray, "n k"]]:
        """Seconds of the file and what is said of each moment, in order of time."""
        times, rows = [], []
        self.network.eval()
        for seen in self.way.judged(shelf.kept(clip)):
            said = self.network.answer(_on(self.network, streams_of([seen])))[0]
            times.append(np.interp(np.linspace(0, 1, 2 * len(said) + 1)[1::2],
                                   np.linspace(0, 1, len(seen.times)), seen.times))  # fmt: skip
            rows.append(said.float().cpu().numpy())
        order = np.argsort(np.concatenate(times), kind="stable")
        return np.concatenate(times)[order], np.concatenate(rows)[order]

    def with_views(self, views: int) -> "Asked":
        """The same, looking at so many sights of each clip."""
        settings = replace(self.way.settings, views=views)
        return replace(self, way=replace(self.way, settings=settings))

    def _streams(self, clip: VideoClip, shelf: Shelf) -> Streams:
        sights: list[Seen] = self.way.judged(shelf.kept(clip))
        return _on(self.network, streams_of(sights))

    def _mean(self, streams: Streams) -> Float32[np.ndarray, " k"]:
        self.network.eval()
        with torch.no_grad():
            if self.shallow is not None:
                vectors = self.network.vectors(streams).float().mean(0, keepdim=True)
                return np.asarray(self.shallow.shares(vectors.cpu().numpy())[0], np.float32)
            said = self.network.answer(streams).float()
        if self.truths.task == "when":
            said = said.amax(1)
        found = said.mean(0).cpu().numpy()
        if self.truths.task == "number":
            found = found * np.array(self.truths.spread) + np.array(self.truths.middle)
        return np.asarray(found, np.float32)


def _on(network: ClipNetwork, streams: Streams) -> Streams:
    device = next(network.parameters()).device
    return {name: each.to(device) for name, each in streams.items()}
