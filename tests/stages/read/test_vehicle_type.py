"""Sorts of vehicles, by the detector's word or by a classifier's."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from vigil.core import Crop, ModelCard, ModelError, ModelInput
from vigil.infer.registry import Registry
from vigil.stages.read.face import Face
from vigil.stages.read.posture import Posture
from vigil.stages.read.vehicle_type import VehicleType

LABELS = ("taxi", "police car", "ambulance")


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A classifier that goes by the mean of red, green and blue: three sorts of paint."""
    folder = tmp_path / "models"
    folder.mkdir()
    path = tmp_path / "paint.onnx"
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("Mul", ["means", "steep"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["answer"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "paint",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 16, 16])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(np.float32([0.03]), "steep")],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    card = ModelCard(
        name="paint", file="paint.onnx", head="softmax", labels=LABELS,
        input=ModelInput(width=16, height=16, fit="stretch"),
        licence_code="Apache-2.0", licence_weights="Apache-2.0",
    )  # fmt: skip
    Registry(folder).add(path, card)
    return folder


def painted(*colour: int) -> Crop:
    return Crop(np.full((20, 40, 3), colour, np.uint8), "car")


def test_without_a_model_the_detectors_word_is_told():
    reader = VehicleType()
    found = reader.read([Crop(np.zeros((9, 9, 3), np.uint8), "truck"), painted(9, 9, 9)])
    assert [each.word for each in found] == ["truck", "car"]
    assert reader.one(Crop(np.zeros((9, 9, 3), np.uint8), "vehicle")) is None, "says nothing new"


def test_a_classifier_says_what_it_sees(registry):
    reader = VehicleType(model="paint", registry=registry)
    crops = [painted(200, 40, 40), painted(30, 220, 60), painted(20, 20, 180)]
    assert [each.word for each in reader.read(crops)] == list(LABELS)


def test_what_is_doubtful_is_not_told(registry):
    reader = VehicleType(model="paint", registry=registry)
    assert reader.one(painted(100, 100, 100)) is None


def test_a_model_of_something_else_is_refused(registry):
    with pytest.raises(ModelError, match="finds no boxes"):
        Face(model="paint", registry=registry).warm_up()
    with pytest.raises(ModelError, match="head 'softmax' is of no use; needed: movenet"):
        Posture(model="paint", registry=registry).warm_up()
    with pytest.raises(ModelError, match="no model 'none'"):
        VehicleType(model="none", registry=registry).warm_up()
