"""`vigil model`."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

CARD = """
name: tiny
file: tiny.onnx
head: ssd
labels: [person]
input: {width: 8, height: 4}
licence_code: Apache-2.0
licence_weights: Apache-2.0
"""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with two versions of a model that answers with its input, times a weight."""
    shape = [1, 3, 4, 8]
    for name, weight in (("tiny", 1.0), ("better", 2.0)):
        graph = helper.make_graph(
            [helper.make_node("Mul", ["picture", "weight"], ["answer"])],
            name,
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("answer", TensorProto.FLOAT, shape)],
            [numpy_helper.from_array(np.full((1,), weight, np.float32), "weight")],
        )
        opsets = [helper.make_opsetid("", 17)]
        onnx.save(
            helper.make_model(graph, opset_imports=opsets, ir_version=9), tmp_path / f"{name}.onnx"
        )
    (tmp_path / "card.yaml").write_text(CARD)
    return tmp_path


def test_the_life_of_a_model(vigil: Any, made: Path) -> None:
    card = made / "card.yaml"
    assert vigil("model", "add", made / "tiny.onnx", "--card", card).out.startswith("tiny@1  ssd")
    assert vigil("model", "add", made / "better.onnx", "--card", card).out.startswith("tiny@2  ssd")
    head, row, *_ = vigil("model", "list").lines
    assert head.split()[:3] == ["name", "current", "versions"]
    assert row.split() == ["tiny", "2", "1", "2", "ssd", "person", "Apache-2.0"]
    assert "name: tiny" in vigil("model", "show", "tiny").lines
    assert vigil("model", "verify", "tiny@1").lines == [
        "tiny@1: file, format and golden answer are right"
    ]
    assert vigil("model", "use", "tiny", 1).lines == ["tiny@1 is in use"]
    assert vigil("model", "roll-back", "tiny").lines == ["tiny@2 is in use"]


def test_the_same_file_again_is_no_new_version(vigil: Any, made: Path) -> None:
    for _ in range(2):
        found = vigil("model", "add", made / "tiny.onnx", "--card", made / "card.yaml")
        assert found.out.startswith("tiny@1 ")


def test_a_known_file_needs_no_card(vigil: Any, data: Any) -> None:
    found = vigil("model", "add", data("models/detect/yolox_nano_416.onnx"))
    assert (found.code, found.err) == (0, "")
    assert "80 labels" in found.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "nosuch"], "no model 'nosuch' in "),
        (["verify", "nosuch@3"], "no model 'nosuch@3' in "),
        (["use", "nosuch", "1"], "no model 'nosuch@1' in "),
        (["roll-back", "nosuch"], "nosuch"),
        (["add", "nosuch.onnx"], "nosuch.onnx: there is no such file"),
        (["add", "http://127.0.0.1/a.onnx"], "127.0.0.1"),
        (["add", "http://127.0.0.1/a.pt"], "not a model file; allowed: .onnx"),
    ],
)
def test_a_mistake_is_one_line(vigil: Any, arguments: list[str], told: str) -> None:
    assert told in vigil("model", *arguments).failure


def test_a_damaged_file_is_found(vigil: Any, made: Path, home: Path) -> None:
    vigil("model", "add", made / "tiny.onnx", "--card", made / "card.yaml")
    (file,) = home.glob("models/tiny/1/*.onnx")
    file.chmod(0o600)
    file.write_bytes(file.read_bytes() + b"x")
    assert "tiny" in vigil("model", "verify", "tiny").failure
    assert vigil("model", "list").code == 0


def test_what_comes_with_vigil_is_listed_on_a_machine_without_models(vigil: Any) -> None:
    assert "vigil-sentry" in vigil("model", "list").out
    assert (
        "vigil-sentry@2: file, format and golden answer"
        in vigil("model", "verify", "vigil-sentry").out
    )
