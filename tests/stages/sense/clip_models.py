"""Small networks of clips as files: a seeded TSM, and one that sees nothing but change."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from vigil.core import Image, ModelCard, ModelClip, ModelInput
from vigil.models.resnet import ResNet
from vigil.models.tsm import TSM
from vigil.train.video.shipping import export_clips, export_stream, laid_out

SIDE, FRAMES, RATE = 32, 4, 4.0
WORDS = ("walk", "fight", "none")
CARD = ModelCard(
    name="acts",
    file="acts.onnx",
    head="softmax",
    labels=WORDS,
    input=ModelInput(
        width=SIDE, height=SIDE, fit="stretch", mean=(124.0, 116.0, 104.0), scale=(0.017,)
    ),
    clip=ModelClip(frames=FRAMES, rate=RATE),
    licence_code="Apache-2.0",
    licence_weights="Apache-2.0",
)


def drawn(count: int, seed: int = 0, *, side: int = SIDE) -> list[Image]:
    """Pictures in which a bright block wanders over noise."""
    chance = np.random.default_rng(seed)
    pictures = []
    for number in range(count):
        picture = chance.integers(60, 140, (side, side, 3)).astype(np.uint8)
        at = (number * side // 8) % (side - side // 4)
        picture[at : at + side // 4, at : at + side // 4] = 230
        pictures.append(picture)
    return pictures


def seeded(seed: int = 0, *, causal: bool = True) -> TSM:
    """A network whose norms know the pictures, so that what comes in matters."""
    torch.manual_seed(seed)
    network = TSM(ResNet(len(WORDS), depths=(1, 1, 1)), causal=causal)
    for each in network.modules():
        if isinstance(each, nn.BatchNorm2d):
            each.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.cat([laid_out(CARD, drawn(FRAMES, n)) for n in range(4)]))
        assert isinstance(network.base.fc, nn.Linear)
        network.base.fc.weight *= 5
    return network.eval()


def stream_file(folder: Path, network: TSM, card: ModelCard = CARD) -> ModelCard:
    """The network as a stream; its card."""
    return export_stream(network, card, folder, [drawn(FRAMES, 9)])


def clip_file(folder: Path, network: TSM, card: ModelCard = CARD) -> ModelCard:
    """The network of whole clips; its card."""
    export_clips(network, card, folder, [drawn(FRAMES, 9)])
    return card


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A seeded network, and its two files."""

    network: TSM
    folder: Path
    stream: ModelCard
    whole: ModelCard


def exported(folder: Path) -> Exported:
    """For the fixture `acts`: made once for all tests, since an export costs seconds."""
    network = seeded()
    return Exported(
        network=network,
        folder=folder,
        stream=stream_file(folder, network, replace(CARD, file="stream.onnx")),
        whole=clip_file(folder, network),
    )


def restless_file(path: Path, *, name: str = "restless", frames: int = 4) -> ModelCard:
    """A stream that knows `restless` and `calm`: how much differs from the picture before."""
    shape = [1, 3, SIDE, SIDE]
    weights = {
        "slope": np.float32([[1.2, -1.2]]),
        "bend": np.float32([[-6.0, 6.0]]),
        "over": np.int64([1, 2, 3]),
    }
    nodes = [
        helper.make_node("Sub", ["frame", "held"], ["difference"]),
        helper.make_node("Abs", ["difference"], ["change"]),
        helper.make_node("ReduceMean", ["change", "over"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "slope"], ["steep"]),
        helper.make_node("Add", ["steep", "bend"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["answers"], axis=1),
        helper.make_node("Identity", ["frame"], ["next_held"]),
    ]
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in ("frame", "held")]
    answers = [
        helper.make_tensor_value_info("answers", TensorProto.FLOAT, [1, 2]),
        helper.make_tensor_value_info("next_held", TensorProto.FLOAT, shape),
    ]
    kept = [numpy_helper.from_array(array, word) for word, array in weights.items()]
    graph = helper.make_graph(nodes, "restless", values, answers, kept)
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return replace(
        CARD,
        name=name,
        file=path.name,
        labels=("restless", "calm"),
        input=ModelInput(width=SIDE, height=SIDE, fit="stretch"),
        clip=ModelClip(frames=frames, rate=RATE, states=1),
    )
