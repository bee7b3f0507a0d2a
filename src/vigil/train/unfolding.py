"""Weights that can learn on, from a detector's file: its run may be on another machine.

A Sentry's file for the watch has its batch norms inside the convolutions, where that is possible.
Here each convolution gets one again (see `norms`). The network has to answer as its file does.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from vigil.core import ModelCard, ModelError
from vigil.infer.session import open_session
from vigil.models.sentry import STRIDES, Conv, Exported, Sentry
from vigil.models.yolox import YoloxNano, is_yolox
from vigil.train.fitting import Answered
from vigil.train.norms import made_idle

OF_NETWORK = "network."
FOLDED = "_bias"
"""What the exporter adds to a filter's name for what was left of its norm."""
REACH = ("select", "select_1", "select_2")
"""As the exporter names the numbers of `Sentry.reach`."""
CLOSE = 1e-3
"""Largest difference allowed between the file and the network made of it, of what it answers."""


def unfolded(card: ModelCard, folder: Path) -> Mapping[str, Tensor]:
    """The state of a network that answers as the file does, for the words on its card.

    Raises `ModelError` for a damaged file, one of another network, or one in eight bits.
    """
    other = f"{card.id}: its file is no sentry in full numbers, which alone can learn on"
    if card.head != "points" or not card.file.endswith(".onnx"):
        raise ModelError(other)
    session = open_session(card, folder)
    try:
        network = _rebuilt(_numbers(folder / card.file))
    except (KeyError, RuntimeError) as error:
        raise ModelError(other) from error
    picture = np.random.default_rng(0).integers(
        0, 256, (card.input.height, card.input.width, 3), np.uint8
    )
    wanted = session.run(picture)[0]
    (given,) = Answered(Exported(network))(picture)
    if given.shape != wanted.shape or not np.allclose(given, wanted, rtol=CLOSE, atol=CLOSE):
        raise ModelError(other)
    state: dict[str, Tensor] = network.state_dict()
    # A card may leave out words that the network has learnt.
    columns = [int(card.options.get(f"column/{word}", at)) for at, word in enumerate(card.labels)]
    for name in state:
        if name.endswith(("word_logits.weight", "word_logits.bias")):
            state[name] = state[name][columns]
    return state


def _numbers(path: Path) -> dict[str, Tensor]:
    """All that the graph keeps, by name."""
    graph = onnx.load(str(path)).graph
    return {
        each.name.removeprefix(OF_NETWORK): torch.from_numpy(numpy_helper.to_array(each).copy())
        for each in graph.initializer
    }


@torch.no_grad()
def _rebuilt(kept: Mapping[str, Tensor]) -> Sentry | YoloxNano:
    """Raises `KeyError` or `RuntimeError` when something is missing or of another shape."""
    if not is_yolox(kept):
        return _sentry(kept)
    network = YoloxNano(len(kept["levels.0.word_logits.weight"]))
    network.load_state_dict({name: kept[name] for name in network.state_dict()})
    return network


def _sentry(kept: Mapping[str, Tensor]) -> Sentry:
    stem, early = (len(kept[f"stem.{number}.0.weight"]) for number in range(2))
    deep = [len(kept[f"stages.{number}.0.0.weight"]) for number in range(len(STRIDES))]
    network = Sentry(
        len(kept["word_logits.weight"]), channels=(stem, early, *deep),
        pyramid=len(kept["pyramid.alike.0.0.weight"]),
    )  # fmt: skip
    state = network.state_dict()
    own = {name: kept[name] for name in state if name in kept}
    network.load_state_dict({**state, **own})
    for name, layer in network.named_modules():
        if isinstance(layer, Conv) and f"{name}.1.weight" not in kept:
            norm = layer[1]
            assert isinstance(norm, nn.BatchNorm2d)
            made_idle(norm, kept[f"{name}.0.weight{FOLDED}"])
        elif isinstance(layer, nn.BatchNorm2d) and f"{name}.weight" in kept:
            layer.get_buffer("num_batches_tracked").fill_(1)  # it has seen pictures
    network.reach.copy_(torch.stack([kept[name].reshape(()) for name in REACH]))
    return network
