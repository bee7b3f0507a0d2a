"""From a network to the file that the watch opens: ONNX, in full or in eight bits, each checked.

A file is only worth what it answers: it is compared with the network on real pictures, and what
the card says of accuracy and time was measured with the very file.
"""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

from vigil.core import Image, ModelCard, ModelError, iou
from vigil.infer.fitting import fitted_image
from vigil.infer.heads import head_of
from vigil.infer.session import Output, open_session
from vigil.infer.tensor import InputTensor
from vigil.train.fitting import Answered

OPSET = 18
TRACED_OPSET = 17
CLOSE = 1e-3
"""Largest difference allowed between a network and its file: probabilities, strides."""
COMPARED = 8
"""Pictures on which they are compared."""
CALIBRATED = 128
"""Pictures from which eight bits learn their range."""
TIMED = 30
SUREST = 20
"""Boxes of a picture that are looked for in what a file answers."""
INNER = ("Conv", "Relu", "Clip", "Add", "Sigmoid", "MaxPool", "AveragePool")
"""What follows a convolution that does not give the answer; a sigmoid: as part of SiLU."""


def export(exported: nn.Module, card: ModelCard, folder: Path, pictures: Sequence[Image]) -> Path:
    """Write `card.file` and check its answers on `pictures`.

    `exported` takes pictures (1, 3, h, w), RGB from 0 to 255, and gives what the card's head reads.
    Raises `ModelError` when the file answers otherwise than the network.
    """
    path = folder / card.file
    example = torch.zeros(1, 3, card.input.height, card.input.width)
    with quiet():
        torch.onnx.export(
            exported.eval(), (example,), str(path), input_names=["pictures"], **_exporter(card.head)
        )
    _forget_source(path)
    onnx.checker.check_model(str(path), full_check=True)
    differs = largest_disagreement if card.head == "queries" else largest_difference
    off = differs(exported, card, folder, pictures)
    if off > CLOSE:
        raise ModelError(f"{card.file}: differs from its network by {off:.2g}; allowed: {CLOSE}")
    return path


def _forget_source(path: Path) -> None:
    """Take out which line of which file each node came from: a fifth of a small file."""
    model = onnx.load(str(path))
    graph = model.graph
    for part in (*graph.node, *graph.value_info, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
    onnx.save(model, str(path))


def _exporter(head: str) -> dict[str, Any]:
    """Which exporter, and its settings."""
    if head == "queries":
        # The newer exporter does not know all that D-FINE and RT-DETR do (torch 2.13).
        outputs = ["logits", "boxes"]
        return {"dynamo": False, "opset_version": TRACED_OPSET, "output_names": outputs}
    return {
        "dynamo": True,
        "opset_version": OPSET,
        "output_names": ["answers"],
        "external_data": False,
        "verbose": False,
    }


def largest_difference(
    exported: nn.Module, card: ModelCard, folder: Path, pictures: Sequence[Image]
) -> float:
    """Between the answers of a network and those of its file, over all numbers.

    Numbers above 1, such as distances in strides, count as shares of themselves.
    """
    session, answer = open_session(card, folder), Answered(exported)
    worst = 0.0
    for picture in pictures[:COMPARED]:
        fitted = fitted_image(picture, card.input)
        here, there = session.run(fitted)[0], answer(fitted)[0]
        worst = max(worst, float((np.abs(here - there) / np.maximum(np.abs(there), 1.0)).max()))
    return worst


def largest_disagreement(
    exported: nn.Module, card: ModelCard, folder: Path, pictures: Sequence[Image]
) -> float:
    """The same where the order means nothing: of two queries about as sure, either comes first.

    Each of the surest boxes of the network is looked for among those of the file; of its score and
    its overlap the worse counts.
    """
    session, answer, head = open_session(card, folder), Answered(exported), head_of(card)
    worst = 0.0
    for picture in pictures[:COMPARED]:
        fitted = fitted_image(picture, card.input)
        there, here = (head(said, card, 0.0) for said in (answer(fitted), session.run(fitted)))
        sure = there.where(np.argsort(-there.scores, kind="stable")[:SUREST])
        off = np.maximum(
            1 - iou(sure.boxes, here.boxes), np.abs(sure.scores[:, None] - here.scores[None])
        )
        off[sure.classes[:, None] != here.classes[None]] = 1.0
        worst = max(worst, float(off.min(axis=1).max()))
    return worst


def in_eight_bits(
    card: ModelCard, folder: Path, target: Path, pictures: Sequence[Image]
) -> ModelCard:
    """Write a copy whose convolutions compute in eight bits; its card.

    Static quantisation (Jacob et al. 2018, arXiv 1712.05877), a scale for each channel. The last
    layers stay as they are: a cell's distances need more than 256 steps.
    """
    small = replace(card, file=f"{Path(card.file).stem}-int8.onnx", sha256={})
    with tempfile.TemporaryDirectory(prefix="vigil-int8-") as beside, quiet():
        ready = Path(beside) / "ready.onnx"
        quant_pre_process(str(folder / card.file), str(ready), skip_symbolic_shape=True)
        graph = onnx.load(str(ready))
        quantize_static(
            str(ready),
            str(target / small.file),
            _Calibration(card, pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=_quantised(graph),
        )
    return small


def latency_ms(card: ModelCard, folder: Path, picture: Image) -> float:
    """Of the file on this machine, one thread: the median of processor time."""
    session = open_session(card, folder)
    fitted = fitted_image(picture, card.input)
    session.run(fitted)
    times = []
    for _ in range(TIMED):
        began_s = process_time()
        session.run(fitted)
        times.append(1000 * (process_time() - began_s))
    return round(float(np.median(times)), 2)


class _Calibration(CalibrationDataReader):
    """Hands pictures over one by one."""

    def __init__(self, card: ModelCard, pictures: Sequence[Image]) -> None:
        self._given = self._inputs(card, pictures)

    def get_next(self) -> dict[str, Output] | None:
        return next(self._given, None)

    @staticmethod
    def _inputs(card: ModelCard, pictures: Sequence[Image]) -> Iterator[dict[str, Output]]:
        tensor = InputTensor(card)
        for picture in pictures[:CALIBRATED]:
            yield {"pictures": tensor.fill(fitted_image(picture, card.input)).copy()}


def _quantised(graph: onnx.ModelProto) -> list[str]:
    """Convolutions but those that give the answer: the last ones before the outputs join."""
    convolutions = [node for node in graph.graph.node if node.op_type == "Conv"]
    consumers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)

    def answers(node: onnx.NodeProto) -> bool:
        following = [each for name in node.output for each in consumers.get(name, [])]
        return all(each.op_type not in INNER for each in following)

    return [node.name for node in convolutions if not answers(node)]


@contextmanager
def quiet() -> Iterator[None]:
    """Exporters talk about packages that are not there, and about themselves."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
