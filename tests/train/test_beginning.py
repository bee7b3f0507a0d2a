"""Published weights are taken over, and the norms that they lack."""

import os
from pathlib import Path

import cv2
import numpy as np
import openvino
import pytest
import torch
from openvino import opset13

from vigil.core import ModelError
from vigil.models.likeness import Likeness
from vigil.train.beginning import begin_from_published

DATA = Path(os.environ.get("VIGIL_TEST_DATA", "../shared/data"))
PUBLISHED = DATA / "models" / "embed" / "mobilenet_v2_1.0_224_quant.tflite"
PICTURES = DATA / "images" / "trash" / "glass"


@pytest.mark.skipif(not PUBLISHED.is_file(), reason=f"no {PUBLISHED}")
def test_the_trunk_answers_as_the_published_network_does() -> None:
    files = sorted(PICTURES.iterdir())[:8]
    images = [cv2.resize(cv2.imread(str(file))[..., ::-1], (96, 96)) for file in files]
    pictures = torch.from_numpy(np.stack(images).transpose(0, 3, 1, 2).copy()).float()
    network = Likeness()
    begin_from_published(network, PUBLISHED, pictures)
    with torch.no_grad():
        still = network.trunk((pictures - 128) / 128).mean((2, 3))
        network.train()
        learning = network.trunk((pictures - 128) / 128).mean((2, 3))
    # The norms know the spread of the pictures that they began from.
    assert float(torch.cosine_similarity(still, learning).min()) > 0.999
    wanted = torch.from_numpy(np.stack([published(image) for image in images]))
    assert float(torch.cosine_similarity(still, wanted).min()) > 0.98


def published(image: np.ndarray) -> np.ndarray:
    """The mean of the last narrow map of the sixteenth block, as OpenVINO runs the file."""
    core = openvino.Core()
    model = core.read_model(PUBLISHED)
    convolutions = [op for op in model.get_ordered_ops() if "Convolution" in op.get_type_name()]
    before = convolutions[48].input_value(0)  # what the seventeenth block takes
    cut = openvino.Model([before], model.get_parameters(), "cut")
    cut.reshape([1, *image.shape])
    found = core.compile_model(cut, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([image[None]])
    return np.asarray(next(iter(found.values()))[0].mean((1, 2)))


def test_another_network_is_refused_in_one_line(tmp_path: Path) -> None:
    shape = opset13.parameter([1, 3, 8, 8])
    weights = opset13.constant(np.ones((4, 3, 3, 3), np.float32))
    layer = opset13.convolution(shape, weights, [1, 1], [0, 0], [0, 0], [1, 1])
    openvino.save_model(openvino.Model([layer], [shape], "small"), tmp_path / "small.xml")
    with pytest.raises(ModelError, match=r"small\.xml: no MobileNetV2; a layer is \(4, 3, 3, 3\)"):
        begin_from_published(Likeness(), tmp_path / "small.xml", torch.zeros(1, 3, 32, 32))
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.onnx: OpenVINO refuses it"):
        begin_from_published(Likeness(), tmp_path / "text.onnx", torch.zeros(1, 3, 32, 32))
