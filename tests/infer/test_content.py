import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from vigil.core import ModelError
from vigil.infer.content import checked_format
from vigil.infer.onnx_file import check_onnx


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.fixture
def whole(tiny_model: Callable[..., tuple[Path, object]]) -> bytes:
    return tiny_model()[0].read_bytes()


def outside(tensor: onnx.TensorProto) -> onnx.TensorProto:
    """Say that a tensor's values lie in another file."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    return tensor


def test_a_whole_onnx_file_passes(whole: bytes) -> None:
    check_onnx(whole, "tiny.onnx")


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps({"weights": [1, 2, 3]}),
        b"PK\x03\x04" + bytes(64),  # a zipped checkpoint
        b"",
        b"#!/bin/sh\nexit 0\n",
        b"<?xml version='1.0'?><net name='x'></net>",
    ],
)
def test_another_format_named_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ModelError):
        checked_format(written(tmp_path, "model.onnx", content))


@pytest.mark.parametrize("name", ["model.pt", "model.pkl", "model", "model.onnx.exe", "model.bin"])
def test_other_names_are_refused(tmp_path: Path, whole: bytes, name: str) -> None:
    with pytest.raises(ModelError, match="allowed"):
        checked_format(written(tmp_path, name, whole))


def test_weights_in_other_files_are_refused(whole: bytes) -> None:
    model = onnx.load_from_string(whole)
    outside(model.graph.initializer[0])

    with pytest.raises(ModelError, match="external data"):
        check_onnx(model.SerializeToString(), "model.onnx")


def test_weights_in_other_files_are_found_inside_branches_too(whole: bytes) -> None:
    model = onnx.load_from_string(whole)
    constant = outside(onnx.TensorProto(name="x", dims=[1], data_type=TensorProto.FLOAT))
    inner = helper.make_graph(
        [helper.make_node("Constant", [], ["y"], value=constant)], "b", [], []
    )
    model.graph.node.append(helper.make_node("If", ["c"], ["z"], then_branch=inner))

    with pytest.raises(ModelError, match="external data"):
        check_onnx(model.SerializeToString(), "model.onnx")


def field(number: int, content: bytes) -> bytes:
    """One field of bytes, in the wire format."""
    size, sizes = len(content), []
    while size >= 0x80:
        sizes.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([number << 3 | 2, *sizes, size]) + content


def test_graphs_nested_without_end_are_refused() -> None:
    graph = b""
    for _ in range(2000):
        graph = field(1, field(5, field(6, graph)))  # node, attribute, graph
    ir_version = b"\x08\x09"

    with pytest.raises(ModelError, match="nested"):
        check_onnx(ir_version + field(7, graph), "model.onnx")


def test_a_file_that_was_cut_off_is_refused(whole: bytes) -> None:
    with pytest.raises(ModelError):
        check_onnx(whole[:-3], "model.onnx")


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_check(content: bytes) -> None:
    with suppress(ModelError):  # nothing but our own error may come out
        check_onnx(content, "model.onnx")


@pytest.mark.parametrize(
    "text",
    [
        b"<?xml version='1.0'?><!DOCTYPE net [<!ENTITY a 'b'>]><net name='x'></net>",
        b"#EXTM3U\nfile:///etc/passwd\n",
    ],
)
def test_xml_that_is_no_network_is_refused(tmp_path: Path, text: bytes) -> None:
    written(tmp_path, "model.bin", b"\0")

    with pytest.raises(ModelError):
        checked_format(written(tmp_path, "model.xml", text))


def test_an_ir_without_its_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.bin"):
        checked_format(written(tmp_path, "model.xml", b"<net name='x'></net>"))


def test_a_tflite_file_is_known_by_its_mark(tmp_path: Path) -> None:
    good = written(tmp_path, "a.tflite", b"\x1c\0\0\0TFL3" + bytes(8))

    assert checked_format(good) == "tflite"
    with pytest.raises(ModelError, match="TFLite"):
        checked_format(written(tmp_path, "b.tflite", b"\x80\x04pickle"))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("models/detect/yolox_nano_416.onnx", "onnx"),
        ("models/detect/nanodet_m_320.onnx", "onnx"),
        ("models/detect/person-detection-retail-0013.xml", "ir"),
        ("models/pose/movenet_single_pose_lightning_ptq.tflite", "tflite"),
    ],
)
def test_real_files_pass(data: Callable[[str], Path], name: str, form: str) -> None:
    assert checked_format(data(name)) == form
