"""Images a second of networks and embedders, in turn in one run, by processor time."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from transformers import Dinov2Config, Dinov2Model

from benchmarks.report import cpu_s
from vigil.core import Image, ModelCard, ModelInput
from vigil.infer import open_session
from vigil.infer.embedders import MarkedEmbedder
from vigil.infer.fitting import fitted_image
from vigil.infer.onnx_session import opened
from vigil.train.exporting import TRACED_OPSET, quiet

ROUNDS, TIMED, TIMED_LARGE = 5, 40, 6
LARGE_SIDE = 224
Ask = Callable[[Image], object]


class Files(Protocol):
    """Of one network, in full and in eight bits."""

    @property
    def folder(self) -> Path: ...

    @property
    def cards(self) -> tuple[ModelCard, ModelCard]: ...


def speeds_of(
    embedder: MarkedEmbedder, images: Sequence[Image], made: Mapping[str, Files], *, head: str,
    large: str,
) -> dict[str, float]:  # fmt: skip
    """Medians, of one core: of `head`, of what was made, by its name, and of `large`."""
    asks: dict[str, Ask] = {head: lambda image: embedder.embed([image])}
    for who, files in made.items():
        for name, card in zip((who, f"{who}, int8"), files.cards, strict=True):
            asks[name] = _asks(card, files.folder)
    asks[large] = vit_small()
    rates: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for who, ask in asks.items():
            some = images[: TIMED_LARGE if who == large else TIMED]
            began = cpu_s()
            for image in some:
                ask(image)
            rates.setdefault(who, []).append(len(some) / (cpu_s() - began))
    return {who: float(np.median(each)) for who, each in rates.items()}


def _asks(card: ModelCard, folder: Path) -> Ask:
    session = open_session(card, folder)
    return lambda image: session.run(fitted_image(image, card.input))


def vit_small() -> Ask:
    """A transformer of the size of DINOv2-S, whose weights are random: its speed is the same."""
    config = Dinov2Config(
        hidden_size=384, num_hidden_layers=12, num_attention_heads=6, image_size=LARGE_SIDE,
        attn_implementation="eager",
    )  # fmt: skip
    example = torch.zeros(1, 3, LARGE_SIDE, LARGE_SIDE)
    with tempfile.TemporaryDirectory(prefix="vigil-vit-") as folder, quiet():
        path = Path(folder) / "vit.onnx"
        torch.onnx.export(
            _Pooled(Dinov2Model(config)).eval(), (example,), str(path),
            input_names=["pictures"], dynamo=False, opset_version=TRACED_OPSET,
        )  # fmt: skip
        session = opened(path, None)
    size = ModelInput(width=LARGE_SIDE, height=LARGE_SIDE, fit="stretch")

    def ask(image: Image) -> object:
        levels = fitted_image(image, size).transpose(2, 0, 1)[None].astype(np.float32) / 255
        return session.run(None, {"pictures": levels})

    return ask


class _Pooled(torch.nn.Module):
    """Its one vector, and nothing else that an export would have to name."""

    def __init__(self, network: Dinov2Model) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        vector: torch.Tensor = self.network(pictures).pooler_output
        return vector
