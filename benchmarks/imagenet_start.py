"""Weights of MobileNetV2 that know photographs, for networks of clips to begin with.

Read off the quantised network of the data folder (ImageNet, Apache-2.0): its convolutions follow
each other as ours do. Batch norms are folded into them there; here each norm is given the mean and
the spread that real pictures have at its place, and undoes them, so that a network that learns on
with norms of its own, or with these, begins where it was.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import openvino
import torch
from jaxtyping import Float32
from safetensors.torch import save_file
from torch import Tensor, nn

from benchmarks.footage import DATA
from vigil.models.mobilenet_v2 import MobileNetV2
from vigil.train.video.presets import PRESETS

FILE = DATA / "models" / "embed" / "mobilenet_v2_1.0_224_quant.tflite"
WORDS = 1001
SHOWN = tuple(sorted((DATA / "images").rglob("*.jpg")))[::8][:32]
"""Pictures by which norms are told what is usual."""
SIDE = 224
MIDDLE = 128.0
"""The file takes pixels less this, in units of it."""

Pair = tuple[Float32[np.ndarray, "out into h w"], Float32[np.ndarray, " out"]]


def imagenet_start(path: Path) -> Path:
    """A file of weights in the names of `MobileNetV2`, made once."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        save_file(imagenet_network().state_dict(), unfinished)
        unfinished.replace(path)
    return path


@torch.no_grad()
def imagenet_network() -> MobileNetV2:
    """With its head of 1001 words; takes pictures as `PRESETS` normalises them."""
    network = MobileNetV2(WORDS).eval()
    *pairs, (last, bias) = convolutions(FILE)
    places = [each for each in network.modules() if isinstance(each, nn.Conv2d)]
    norms = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    for place, norm, (weight, shift) in zip(places, norms, pairs, strict=True):
        place.weight.copy_(torch.from_numpy(weight))
        norm.bias.copy_(torch.from_numpy(shift))
    _take_ours(places[0], norms[0])
    head = network.classifier[1]
    head.weight.copy_(torch.from_numpy(last[:, :, 0, 0]))
    head.bias.copy_(torch.from_numpy(bias))
    _settle(network, norms, pictures(SHOWN))
    return network


def convolutions(path: Path) -> list[Pair]:
    """Weights and shifts of each, from the picture on, in floats."""
    found = []
    model = openvino.Core().read_model(path)
    for node in model.get_ordered_ops():
        if node.get_type_name() in ("Convolution", "GroupConvolution"):
            (add,) = (each.get_node() for each in node.output(0).get_target_inputs())
            weight = _constant(node.input_value(1))
            out, high, wide = weight.shape[-4], *weight.shape[-2:]
            if weight.ndim == 5:  # groups of one channel each
                out = weight.shape[0]
            # Its strides begin at the left edge and ours a pixel before; mirrored they agree.
            weight = weight.reshape(out, -1, high, wide)[..., ::-1].copy()
            found.append((weight, _constant(add.input_value(1)).ravel()))
    return found


def pictures(paths: Sequence[Path]) -> Tensor:
    """(n, 3, h, w), normalised as `PRESETS` says."""
    shown = [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]
    small = [cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for each in shown]
    preset = PRESETS["tsm-mobilenet"]
    scaled = (np.stack(small) / 255 - preset.mean) / preset.spread
    return torch.from_numpy(scaled.astype(np.float32)).permute(0, 3, 1, 2)


def _take_ours(first: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    """Another normalisation of the pictures, put into the first weights."""
    preset = PRESETS["tsm-mobilenet"]
    mean, spread = torch.tensor(preset.mean), torch.tensor(preset.spread)
    lower = (255 * mean - MIDDLE) / MIDDLE
    norm.bias += (first.weight * lower[:, None, None]).sum((1, 2, 3))
    first.weight *= (255 * spread / MIDDLE)[:, None, None]


def _settle(network: MobileNetV2, norms: Sequence[nn.BatchNorm2d], shown: Tensor) -> None:
    """Norm after norm: what comes is usual from now on, and what goes is what it was."""

    def settle(norm: nn.BatchNorm2d, given: tuple[Tensor, ...]) -> None:
        mean, variance = given[0].mean((0, 2, 3)), given[0].var((0, 2, 3))
        norm.running_mean, norm.running_var = mean, variance
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias += mean

    hooks = [norm.register_forward_pre_hook(settle) for norm in norms]
    network(shown)
    for hook in hooks:
        hook.remove()


def _constant(output: openvino.Output) -> Float32[np.ndarray, "..."]:
    node = output.get_node()
    made = openvino.compile_model(openvino.Model([node.output(output.get_index())], []), "CPU")
    return np.array(made([])[0], np.float32)
