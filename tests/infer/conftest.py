from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from vigil.core import ModelCard, ModelInput

TinyModel = Callable[..., tuple[Path, ModelCard]]


@pytest.fixture
def tiny_model(tmp_path: Path) -> TinyModel:
    """Makes a model that answers with its input, times a weight, and a card for it."""

    def make(
        file: str = "tiny.onnx", *, weight: float = 1.0, **card: object
    ) -> tuple[Path, ModelCard]:
        path = tmp_path / "made" / file
        path.parent.mkdir(exist_ok=True)
        onnx.save(tiny_graph(weight), path)
        settings: dict[str, object] = {
            "name": "tiny",
            "file": file,
            "head": "ssd",
            "labels": ("person",),
            "input": ModelInput(width=8, height=4),
            "licence_code": "Apache-2.0",
            "licence_weights": "Apache-2.0",
        }
        return path, ModelCard(**{**settings, **card})  # type: ignore[arg-type]

    return make


def tiny_graph(weight: float) -> onnx.ModelProto:
    shape = [1, 3, 4, 8]
    weights = numpy_helper.from_array(np.full((1,), weight, np.float32), "weight")
    graph = helper.make_graph(
        [helper.make_node("Mul", ["picture", "weight"], ["answer"])],
        "tiny",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, shape)],
        [weights],
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9)
