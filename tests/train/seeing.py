"""Model files whose answers are known: they see toys by their colour."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tests.train import toys

CELLS = {stride: (toys.SIDE // stride) ** 2 for stride in (8, 16, 32)}


def seeing(path: Path, share: float) -> Path:
    """A file that sees by colour in the left `share` of a picture, without having learnt.

    A cell of stride 16 says how red or blue its own 16 pixels are, and that the thing is 32 wide.
    """
    side = toys.SIDE // 16
    less = np.zeros((2, 3, 1, 1), np.float32)
    less[0, :, 0, 0], less[1, :, 0, 0] = (-1 / 255, 0, 1 / 255), (1 / 255, 0, -1 / 255)
    seen = np.tile(np.arange(side) < share * side, (1, 1, side, 1)).astype(np.float32)
    constants = {
        "less": less,
        "seen": seen,
        "steep": np.float32(12),
        "half": np.float32(6),
        "cells": np.array([1, 2, CELLS[16]], np.int64),
        "fine": np.zeros((1, CELLS[8], 2), np.float32),
        "coarse": np.zeros((1, CELLS[32], 2), np.float32),
        "sides": np.ones((1, sum(CELLS.values()), 4), np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["pictures", "less"], ["colours"]),
        helper.make_node("Relu", ["colours"], ["bright"]),
        helper.make_node(
            "AveragePool", ["bright"], ["mean"], kernel_shape=[16, 16], strides=[16, 16]
        ),
        helper.make_node("Mul", ["mean", "seen"], ["there"]),
        helper.make_node("Mul", ["there", "steep"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "half"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["sure"]),
        helper.make_node("Reshape", ["sure", "cells"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["middle"], perm=[0, 2, 1]),
        helper.make_node("Concat", ["fine", "middle", "coarse"], ["words"], axis=1),
        helper.make_node("Concat", ["sides", "words"], ["cells_out"], axis=2),
    ]
    graph = helper.make_graph(
        nodes,
        "seeing",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [1, 3, 96, 96])],
        [helper.make_tensor_value_info("cells_out", TensorProto.FLOAT, [1, 189, 6])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path
