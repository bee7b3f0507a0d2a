"""Weights to begin from: those of a published MobileNetV2 or of a `Likeness`, from its file.

Of a body that stays as it is nothing is taken over: see `train.body`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import openvino
import openvino.passes
import torch
from torch import Tensor, nn

from vigil.core import ModelCard, ModelError
from vigil.models.likeness import Likeness
from vigil.models.namer import Body, Namer
from vigil.train.norms import made_idle, settle

Keep = Literal["nothing", "early", "middle", "body"]
KEPT: dict[Keep, int] = {"nothing": 0, "early": 7, "middle": 14}
"""So many of the first blocks stay as they are. What sees edges and textures is the same for all
words, and learning it costs most."""
LIKENESS_LAYERS = 49
"""Convolutions of a `Likeness`; the published network has more."""


@dataclass(frozen=True, kw_only=True)
class Begin:
    """What a student begins as."""

    card: ModelCard
    """A MobileNetV2, or a `Likeness`, in a format of OpenVINO's; where the whole `body` stays, any
    network that ends in maps."""
    folder: Path
    """Where its file is."""
    keep: Keep = "middle"
    """What of it stays as it is."""
    maps: Path | None = None
    """Folder of what the kept blocks make of pictures; None: that of the run."""

    @property
    def path(self) -> Path:
        return self.folder / self.card.file


def namer_from(begin: Begin, words: int, pictures: Tensor) -> Namer:
    """A network for words that begins as `begin`, of which something learns.

    `pictures` as `begin_from_published`. Raises `ModelError` for a file of another shape.
    """
    found = _convolutions(begin.path)
    body: Body = "likeness" if len(found) <= LIKENESS_LAYERS else "published"
    network = Namer(words, body=body)
    _take_over(network, found, begin.path.name, pictures)
    network.keep(KEPT[begin.keep])
    return network


def begin_from_published(network: Likeness | Namer, path: Path, pictures: Tensor) -> None:
    """Let the trunk answer as the file's first layers do, and norm as one that is still learning.

    `path`: a MobileNetV2 in a format of OpenVINO's, TFLite among them; its batch norms are part of
    its convolutions there. `pictures` (b, 3, h, w), 0 to 255: from what the layers make of them
    the norms have their means and spreads, without a change in what the network answers (there).
    Raises `ModelError` for a file of another shape.
    """
    _take_over(network, _convolutions(path), path.name, pictures)


@torch.no_grad()
def _take_over(
    network: Likeness | Namer, found: Sequence[tuple[Tensor, Tensor]], name: str, pictures: Tensor
) -> None:
    layers = [each for each in network.trunk.modules() if isinstance(each, nn.Conv2d)]
    norms = [each for each in network.trunk.modules() if isinstance(each, nn.BatchNorm2d)]
    for layer, norm, (weight, bias) in zip(layers, norms, found, strict=False):
        if layer.weight.shape != weight.shape:
            raise ModelError(
                f"{name}: no MobileNetV2; a layer is {tuple(weight.shape)}, "
                f"wanted: {tuple(layer.weight.shape)}"
            )
        layer.weight.copy_(weight)
        made_idle(norm, bias)
    if len(found) < len(layers):
        raise ModelError(f"{name}: {len(found)} convolutions; wanted: {len(layers)} or more")
    settle(network, norms, pictures)


def _convolutions(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Weights as torch lays them out, and biases, in the order of the graph."""
    try:
        model = openvino.Core().read_model(path)
    except RuntimeError as error:
        raise ModelError(f"{path.name}: OpenVINO refuses it: {str(error)[:300]}") from error
    # Biases of ONNX take their shape from that of the picture.
    folding = openvino.passes.Manager()
    folding.register_pass(openvino.passes.ConstantFolding())
    folding.run_passes(model)
    found = []
    for node in model.get_ordered_ops():
        if node.get_type_name() not in {"Convolution", "GroupConvolution"}:
            continue
        weight = _constant(node.input_value(1))
        if node.get_type_name() == "GroupConvolution":  # (groups, 1, 1, h, w)
            weight = weight.reshape(weight.shape[0] * weight.shape[1], *weight.shape[2:])
        found.append((torch.from_numpy(weight), torch.from_numpy(_bias(node, len(weight)))))
    return found


def _bias(node: Any, channels: int) -> np.ndarray:
    for target in node.output(0).get_target_inputs():
        after = target.get_node()
        if after.get_type_name() == "Add":
            return _constant(after.input_value(1 - target.get_index())).reshape(channels)
    return np.zeros(channels, np.float32)


def _constant(output: Any) -> np.ndarray:
    """What a part of the graph without inputs comes to."""
    node = output.get_node()
    if node.get_type_name() == "Constant":
        return np.array(node.get_data(), np.float32)
    answered = openvino.Core().compile_model(openvino.Model([output], []), "CPU")([])
    return np.array(next(iter(answered.values())), np.float32)
