"""A body to begin as: a `Likeness` that has learnt nothing, as a file, in a second."""

from pathlib import Path

import numpy as np
import torch
from tests.train import sights, toys
from torch import nn

from vigil.core import ModelCard, ModelInput
from vigil.models.likeness import Likeness
from vigil.train.exporting import quiet


def write_body(path: Path, *, side: int = 64) -> Likeness:
    """The network that the file holds."""
    torch.manual_seed(5)
    network = Likeness()
    chance = np.random.default_rng(5)
    seen = np.stack([sights.sight(word, chance) for word in toys.WORDS * 4])
    with torch.no_grad():
        for each in network.modules():
            if isinstance(each, nn.BatchNorm2d):
                each.momentum = 1.0  # one look is enough to know the spread of maps
        network.train()(torch.from_numpy(seen.transpose(0, 3, 1, 2).copy()).float())
    network.eval()
    with quiet():
        # The older exporter: it is much faster, and makes norms a part of convolutions, too.
        torch.onnx.export(
            network, (torch.zeros(1, 3, side, side),), str(path), dynamo=False, opset_version=17
        )
    return network


def body_card(*, side: int = 64, file: str = "body.onnx") -> ModelCard:
    """Of that file."""
    return ModelCard(
        name="body", file=file, head="embedding", labels=(),
        input=ModelInput(width=side, height=side, fit="stretch"),
        licence_code="Apache-2.0", licence_weights="CC0-1.0",
    )  # fmt: skip
