"""A network that begins as a published detector, and goes back halfway when it has learnt.

A few films, labelled by teachers, make a detector better there and worse elsewhere: all that it saw
of the world was in the published weights. So what sees stays as it is, and of what answers the
mean of before and after is kept, which holds elsewhere what was known and has here most of what was
learnt (Wortsman et al. 2022, arXiv 2109.01903).

The published file is ONNX, with its convolutions in the order in which our network defines them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from vigil.core import ModelError
from vigil.infer.cards import known_labels
from vigil.infer.content import checked_format
from vigil.models.yolox import QUARTERS, YoloxNano

COCO = known_labels("coco-80")
"""Words of the published file, in its order."""
HALFWAY = 0.5
"""From what was learnt to what was published."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a network was before it learnt."""

    weights: Mapping[str, Tensor]
    new: Sequence[int]
    """Numbers of the words that nobody had published: of these, what was learnt counts alone."""

    @torch.no_grad()
    def halfway(self, network: YoloxNano) -> None:
        """Put the mean of before and now into a network that has learnt."""
        for name, now in network.state_dict().items():
            learnt = now.clone()
            now.lerp_(self.weights[name].to(now.device), HALFWAY)
            if "word_logits" in name:
                now[self.new] = learnt[self.new]


@torch.no_grad()
def begin_as_published(network: YoloxNano, path: Path, words: Sequence[str] = ()) -> Published:
    """Take over all weights of a published YOLOX-nano, which knows the words of COCO.

    `words`: of `network`, in order. One that COCO knows too begins as that, `vehicle=car` as the
    car; another has to be learnt. Raises `ModelError` for a file of another network.
    """
    published = _convolutions(path)
    layers = [each for each in network.modules() if isinstance(each, nn.Conv2d)]
    if len(layers) != len(published):
        raise _other(path, f"{len(published)} convolutions, wanted: {len(layers)}")
    rows = dict(_rows(words))
    answers = {level.word_logits for level in network.levels}
    for layer, (weight, bias) in zip(layers, published, strict=True):
        if layer is network.trunk.stem[0]:
            _take(layer, _red_first(weight), bias, path)
        elif layer in answers and len(weight) == len(COCO):
            for own, row in rows.items():
                layer.weight[own], layer.bias[own] = weight[row], bias[row]
        else:
            _take(layer, weight, bias, path)
    all_words = range(len(network.levels[0].word_logits.bias))
    begun = {name: value.clone() for name, value in network.state_dict().items()}
    return Published(weights=begun, new=[word for word in all_words if word not in rows])


def _rows(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Numbers of our words and of the published ones as which they begin."""
    for own, said in enumerate(words):
        word, given, other = said.partition("=")
        published = other or word
        if published in COCO:
            yield own, COCO.index(published)
        elif given:
            raise ModelError(f"words: {said}: no word of COCO; allowed: {', '.join(COCO)}")


def _take(layer: nn.Conv2d, weight: Tensor, bias: Tensor, path: Path) -> None:
    if layer.weight.shape != weight.shape or layer.bias is None:
        shapes = f"{tuple(weight.shape)}, wanted: {tuple(layer.weight.shape)}"
        raise _other(path, f"a layer is {shapes}")
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)


def _red_first(weight: Tensor) -> Tensor:
    """Blue comes first in published pictures, in each of the quarters."""
    colours = weight.unflatten(1, (QUARTERS, 3))
    return colours.flip(2).flatten(1, 2)


def _convolutions(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Weights and biases in the order of the file."""
    if checked_format(path) != "onnx":
        raise _other(path, "wanted: ONNX")
    graph = onnx.load(str(path)).graph
    kept = {
        each.name: torch.from_numpy(numpy_helper.to_array(each).copy())
        for each in graph.initializer
    }
    found = []
    for node in graph.node:
        if node.op_type == "Conv":
            if len(node.input) < 3 or any(name not in kept for name in node.input[1:]):
                raise _other(path, "convolutions without weights or bias")
            found.append((kept[node.input[1]], kept[node.input[2]]))
    return found


def _other(path: Path, what: str) -> ModelError:
    return ModelError(f"{path.name}: no YOLOX-nano; {what}")
