"""Folders of encoders as publishers lay them out, with tiny graphs that know three colours."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tests.brain.clip_models import COLOURS, OPSET, tokenizer

MEAN, STD = [0.5, 0.25, 0.5], [0.5, 0.25, 0.25]
VOCABULARY = 7
"""Four marks of the tokenizer, then the colours."""

CLIP_SIZE = {"size": {"shortest_edge": 20}, "crop_size": {"height": 16, "width": 16}}
SIGLIP_SIZE = {"size": {"height": 16, "width": 16}}

Pieces = tuple[list[Any], list[Any], list[Any], list[Any]]
"""Nodes, inputs, outputs, weights."""


def picture_side(outputs: Sequence[str]) -> Pieces:
    """The mean of each channel; as tokens: that one first, then one that means nothing."""
    nodes = [helper.make_node("ReduceMean", ["pixel_values"], ["image"], axes=[2, 3], keepdims=0)]
    found, weights = [], []
    for name in outputs:
        if name != "last_hidden_state":
            nodes.append(helper.make_node("Identity", ["image"], [name]))
            found.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 3]))
            continue
        weights += [
            numpy_helper.from_array(np.array([1]), "one"),
            numpy_helper.from_array(np.full((1, 1, 3), 9, np.float32), "noise"),
        ]
        nodes += [
            helper.make_node("Unsqueeze", ["image", "one"], ["token"]),
            helper.make_node("Concat", ["token", "noise"], [name], axis=1),
        ]
        found.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "tokens", 3]))
    pixels = ["batch", "channels", "height", "width"]
    return nodes, [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, pixels)], (
        found
    ), weights  # fmt: skip


def text_side(output: str, *, inputs: Sequence[str] = ("input_ids",), length: Any = "n") -> Pieces:
    """The sum of the vectors of the words; other inputs are taken and change nothing."""
    table = np.zeros((VOCABULARY, 3), np.float32)
    table[1], table[4:] = 0.2, np.eye(3)  # a word that nobody knows is grey
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["rows"], axis=0)]
    if "attention_mask" in inputs:
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["kept"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["kept", "two"], ["column"]),
            helper.make_node("Mul", ["rows", "column"], ["seen"]),
        ]
    last = "seen" if "attention_mask" in inputs else "rows"
    nodes.append(helper.make_node("ReduceSum", [last, "axis"], [output], keepdims=0))
    weights = [
        numpy_helper.from_array(table, "table"),
        numpy_helper.from_array(np.array([1]), "axis"),
        numpy_helper.from_array(np.array([2]), "two"),
    ]
    taken = [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", length])
             for name in inputs]  # fmt: skip
    return nodes, taken, [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["b", 3])], (
        weights
    )  # fmt: skip


def save(path: Path, *sides: Pieces) -> None:
    """One graph of one side or both."""
    nodes, inputs, outputs, weights = ([one for side in sides for one in side[at]]
                                       for at in range(4))  # fmt: skip
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=OPSET, ir_version=8), path)


def settings(folder: Path, size: dict[str, Any], config: dict[str, Any]) -> None:
    """The JSON files beside the graphs."""
    folder.mkdir(parents=True, exist_ok=True)
    cut = "crop_size" in size
    about = {
        "do_resize": True, "do_center_crop": cut, "do_rescale": True, "rescale_factor": 1 / 255,
        "do_normalize": True, "image_mean": MEAN, "image_std": STD, "resample": 3,
    } | size  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(about))
    (folder / "config.json").write_text(json.dumps(config))


def words(folder: Path, *, most: int = 12) -> None:
    """A tokenizer of the three colours, and its settings."""
    tokenizer(COLOURS).save(str(folder / "tokenizer.json"))
    said = {"model_max_length": most, "pad_token": "<pad>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))


def clip_folder(folder: Path, **config: Any) -> Path:
    """Two graphs in `onnx/`."""
    settings(folder, CLIP_SIZE, {"model_type": "clip", **config})
    words(folder)
    save(folder / "onnx" / "vision_model.onnx", picture_side(["image_embeds"]))
    save(folder / "onnx" / "text_model.onnx", text_side("text_embeds"))
    return folder


def chinese_clip_folder(folder: Path) -> Path:
    """One graph with both sides, whose texts have a mask and types."""
    settings(folder, {"size": 16, "do_center_crop": False}, {"model_type": "chinese_clip"})
    words(folder)
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    both = text_side("text_embeds", inputs=inputs), picture_side(["image_embeds"])
    save(folder / "model.onnx", *both)
    return folder


def siglip_folder(folder: Path) -> Path:
    """Pooled outputs on both sides, texts of one length."""
    settings(folder, SIGLIP_SIZE, {"model_type": "siglip"})
    words(folder, most=9)
    save(folder / "vision_model.onnx", picture_side(["last_hidden_state", "pooler_output"]))
    save(folder / "text_model.onnx", text_side("pooler_output", length=9))
    return folder


def dinov2_folder(folder: Path) -> Path:
    """No texts; the first token counts."""
    settings(folder, CLIP_SIZE, {"model_type": "dinov2", "_name_or_path": "facebook/dinov2-tiny"})
    save(folder / "model.onnx", picture_side(["last_hidden_state"]))
    return folder
