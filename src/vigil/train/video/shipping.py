"""From networks of clips to the files that the watch opens: whole clips, or a stream.

What a file answers is compared with its network on real clips before it is believed.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.classify import Shares
from vigil.infer.clip_session import (
    ClipSession,
    StreamSession,
    clip_of,
    clip_session,
    together,
)
from vigil.infer.session import input_shape
from vigil.infer.tensor import InputTensor
from vigil.models.tsm import TSM
from vigil.train.exporting import OPSET, quiet

CLOSE = 1e-3
"""Largest difference allowed between the probabilities of a network and those of its file."""
COMPARED = 4
"""Clips on which they are compared."""

Pictures = Sequence[Image]
"""One clip: RGB, of the card's size, as many as the card says."""


class OfClip(nn.Module):
    """Whole clips, normalised and laid out as the card says, to probabilities (b, k)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, clips: Tensor) -> Tensor:
        return torch.softmax(self.network(clips), 1)


class OfFrame(nn.Module):
    """A frame (b, 3, h, w) and what was held; probabilities (b, k) and what to hold."""

    def __init__(self, network: TSM) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor, *held: Tensor) -> tuple[Tensor, ...]:
        logits, holding = self.network.step(frame, list(held))
        return (torch.softmax(logits, 1), *holding)


def export_clips(
    network: nn.Module, card: ModelCard, folder: Path, clips: Sequence[Pictures]
) -> Path:
    """Write `card.file` and check its answers on `clips`.

    `network` takes clips as `card.clip.layout` says and gives logits. Raises `ModelError` when the
    file answers otherwise.
    """
    _need_clips(card, clips)
    path = folder / card.file
    _write(OfClip(network), (laid_out(card, None),), path, ["clips"], ["answers"])
    _check_parity(network, card, folder, clips)
    return path


def export_stream(
    network: TSM, card: ModelCard, folder: Path, clips: Sequence[Pictures]
) -> ModelCard:
    """Write `card.file` frame by frame, check it on `clips`; the card, with its states counted.

    Raises `ModelError` for a network that looks ahead, and when the stream says otherwise than the
    network says of the whole clips.
    """
    if not network.causal:
        raise ModelError(f"{card.file}: its network looks at the next frame; a stream cannot")
    _need_clips(card, clips)
    frame = torch.zeros(input_shape(card))
    held = network.nothing_held(frame)
    card = replace(card, clip=replace(clip_of(card), states=len(held)))
    names = [f"held_{number}" for number in range(len(held))]
    _write(
        OfFrame(network), (frame, *held), folder / card.file,
        ["frame", *names], ["answers", *(f"next_{name}" for name in names)],
    )  # fmt: skip
    _check_parity(network, card, folder, clips)
    return card


def laid_out(card: ModelCard, pictures: Pictures | None) -> Tensor:
    """A batch of one clip as a network with this card takes it; None: zeros."""
    clip = clip_of(card)
    _, channels, height, width = input_shape(card)
    array = np.zeros((clip.frames, channels, height, width), np.float32)
    tensor = InputTensor(card)
    for slot, picture in zip(array, pictures or (), strict=pictures is not None):
        slot[...] = tensor.fill(picture)[0]
    batch = torch.from_numpy(array)[None]
    return batch.transpose(1, 2).contiguous() if clip.layout == "cthw" else batch


def said_by_file(card: ModelCard, folder: Path, clips: Sequence[Pictures]) -> list[Shares]:
    """Probabilities of each clip, by the file as the watch runs it."""
    session = clip_session(card, folder / card.file)
    return [judged_by(session, clip) for clip in clips]


def judged_by(session: ClipSession | StreamSession, clip: Pictures) -> Shares:
    """Probabilities of one clip; a stream begins with it."""
    if isinstance(session, ClipSession):
        return session.shares(clip)
    held, said = session.nothing_held(), []
    for picture in clip:
        shares, held = session.step(picture, held)
        said.append(shares)
    return together(said)


@torch.no_grad()
def said_by_network(
    network: nn.Module, card: ModelCard, clips: Sequence[Pictures]
) -> list[Float32[np.ndarray, " k"]]:
    """The same by the network that a file was made of."""
    network.eval()
    return [torch.softmax(network(laid_out(card, clip)), 1)[0].numpy() for clip in clips]


def _need_clips(card: ModelCard, clips: Sequence[Pictures]) -> None:
    if not clips:
        raise ModelError(f"{card.file}: no clip to compare it with its network")


def _check_parity(
    network: nn.Module, card: ModelCard, folder: Path, clips: Sequence[Pictures]
) -> None:
    compared = clips[:COMPARED]
    there = said_by_network(network, card, compared)
    here = said_by_file(card, folder, compared)
    off = max(float(np.abs(one - other).max()) for one, other in zip(here, there, strict=True))
    if not off <= CLOSE:
        raise ModelError(f"{card.file}: differs from its network by {off:.2g}; allowed: {CLOSE}")


def _write(
    exported: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    inputs: list[str],
    outputs: list[str],
) -> None:
    with quiet():
        torch.onnx.export(
            exported.eval(),
            example,
            str(path),
            input_names=inputs,
            output_names=outputs,
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    onnx.checker.check_model(str(path), full_check=True)
