"""Bodies for what is seen, what moves and what is heard; how they are joined; what is said.

Legend: b clips, t frames, n moments, d numbers of a vector, k classes.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from vigil.models.fusion import Concatenation, CrossAttention, WeightedFusion, late
from vigil.models.heads import AttentiveProbe, Head, Moments
from vigil.train.video.bodies import Body, Hearing, body_of, preset_of
from vigil.train.video.presets import Preset
from vigil.train.video.settings import VideoSettings
from vigil.train.video.truths import Truths

JOINED = 256
"""Numbers of a vector that stands for several streams."""
Streams = Mapping[str, Tensor]
"""`rgb` and `flow` (b, t, c, h, w), `audio` (b, rows, mels); a stream may be missing."""
LEAST = 1e-6


class ClipNetwork(nn.Module):
    """What a run learns: streams in, logits (b, k) out, or (b, n, k) where moments are told."""

    def __init__(
        self, settings: VideoSettings, truths: Truths, *, balance: Tensor | None,
        preset: Preset | None = None, configs: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:  # fmt: skip
        """`balance`: (k,) how much a word weighs. `preset`, `configs`: of a network made again.

        Raises `ConfigError`, `ModelError`.
        """
        super().__init__()
        self.task = truths.task
        self.streams = settings.streams
        self.preset = preset or preset_of(settings)
        made: dict[str, Body | Hearing] = {
            stream: _body(stream, settings, self.preset, (configs or {}).get(stream))
            for stream in settings.streams
        }
        self.bodies = nn.ModuleDict(made)
        self.probes = nn.ModuleDict(
            {
                stream: AttentiveProbe(body.width)
                for stream, body in made.items()
                if settings.head == "probe" and isinstance(body, Body)
            }
        )
        widths = {stream: body.width for stream, body in made.items()}
        self.fusion = _fusion(settings, widths)
        classes = len(truths.labels)
        self.moments: Moments | None = None
        if truths.task == "when":
            self.moments = Moments(sum(widths.values()), classes)
        self.late = settings.fusion == "late" and len(widths) > 1
        kept: dict[str, Any] = {
            "task": {"when": "several"}.get(truths.task, truths.task),
            "dropout": settings.dropout,
            "distance": settings.distance,
        }
        told = widths if self.late else {"all": _joined_width(self.fusion, widths)}
        # Each head its own copy: files of weights refuse tensors that are one.
        shares = {each: None if balance is None else balance.clone() for each in told}
        self.heads = nn.ModuleDict(
            {each: Head(told[each], classes, balance=shares[each], **kept) for each in told}
        )

    def evidence(self, streams: Streams) -> dict[str, Tensor]:
        """A vector (b, d) of each stream that is there; NaN where a clip lacks it."""
        found: dict[str, Tensor] = {}
        for stream in self.streams:
            given = streams.get(stream)
            if given is not None:
                found[stream] = self._vector(stream, given)
        if not found:
            raise ValueError(f"nothing of {', '.join(self.streams)} was given")
        return found

    def vectors(self, streams: Streams) -> Tensor:
        """(b, d): what the head is shown; of late fusion all streams side by side."""
        found = self.evidence(streams)
        if self.fusion is not None:
            joined: Tensor = self.fusion(found)
            return joined
        return torch.cat([torch.nan_to_num(each) for each in found.values()], 1)

    def forward(self, streams: Streams) -> Tensor:
        """Logits, or numbers in spreads."""
        if self.moments is not None:
            said: Tensor = self.moments(self._rows(streams))
            return said
        if not self.late:
            logits: Tensor = self.heads["all"](self.vectors(streams))
            return logits
        told = {name: self.heads[name](each) for name, each in self.evidence(streams).items()}
        if self.task == "number":
            return late([told.get(stream) for stream in self.streams])
        answers = [
            self._head.answer(told[stream]) if stream in told else None for stream in self.streams
        ]
        shares = late(answers).clamp(LEAST, 1 - LEAST)
        return shares.log() if self.task == "one" else torch.logit(shares)

    def loss(self, streams: Streams, truth: Tensor) -> Tensor:
        """A scalar. `truth` as `Truths` gives it, of each clip; late streams learn each its own."""
        if self.moments is not None:
            said = self(streams)
            # A moment is of several pictures: a word holds where it holds in any.
            wanted = functional.adaptive_max_pool1d(truth.transpose(1, 2), said.shape[1])
            return self._head.loss(said, wanted.transpose(1, 2))
        if not self.late:
            return self._head.loss(self(streams), truth)
        losses = []
        for name, each in self.evidence(streams).items():
            there = ~each.isnan().any(1)
            if there.any():
                head = self.heads[name]
                losses.append(head.loss(head(each[there]), truth[there]))
        return torch.stack(losses).mean()

    @torch.no_grad()
    def answer(self, streams: Streams) -> Tensor:
        """Probabilities (b, k) or (b, n, k), or numbers in spreads."""
        return self._head.answer(self(streams))

    @property
    def _head(self) -> Head:
        head = next(iter(self.heads.values()))
        assert isinstance(head, Head)
        return head

    def _vector(self, stream: str, given: Tensor) -> Tensor:
        body = self.bodies[stream]
        if stream in self.probes:
            probed: Tensor = self.probes[stream](body.rows(given))
            return probed
        if not isinstance(body, Hearing):
            seen: Tensor = body(given)
            return seen
        there = ~given.isnan().flatten(1).any(1)
        found = given.new_full((len(given), body.width), float("nan"))
        if there.any():
            heard = body(given[there])
            found = found.to(heard.dtype)
            found[there] = heard
        return found

    def _rows(self, streams: Streams) -> Tensor:
        rows = [self.bodies[stream].rows(streams[stream]) for stream in self.streams]
        return torch.cat(rows, 2)


def _body(
    stream: str, settings: VideoSettings, preset: Preset, config: Mapping[str, Any] | None
) -> Body | Hearing:
    if stream == "audio":
        return Hearing()
    channels = 2 if stream == "flow" else 3
    return body_of(settings.of(stream), preset, channels=channels, config=config)


def _fusion(settings: VideoSettings, widths: Mapping[str, int]) -> nn.Module | None:
    # Sound alone may be missing, too: then the learnt vector of what is absent stands for it.
    if len(widths) == 1 and "audio" not in widths:
        return None
    if settings.task == "when" or (settings.fusion == "late" and len(widths) > 1):
        return None
    made = {
        "weighted": WeightedFusion,
        "concatenation": Concatenation,
        "attention": CrossAttention,
        "late": Concatenation,
    }
    fusion: nn.Module = made[settings.fusion](widths, JOINED)
    return fusion


def _joined_width(fusion: nn.Module | None, widths: Mapping[str, int]) -> int:
    if fusion is not None:
        width = fusion.width
        assert isinstance(width, int)
        return width
    return sum(widths.values())
