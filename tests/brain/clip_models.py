"""Pairs of encoders, made on the spot: some random, some whose truth is known."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

SIDE, LENGTH = 16, 12
COLOURS = ("red", "green", "blue")
OPSET = [helper.make_opsetid("", 17)]


def tokenizer(words: Sequence[str]) -> Tokenizer:
    """One token a word or Chinese character; marks of start and end around them."""
    vocabulary = {word: at for at, word in enumerate(["<pad>", "<unk>", "<s>", "</s>", *words])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    return made


def image_graph(weights: np.ndarray, *, scale: float = 1.0) -> onnx.ModelProto:
    """The mean of each channel, times a matrix (3, d)."""
    matrix = numpy_helper.from_array((weights * scale).astype(np.float32), "weights")
    return _model(
        [
            helper.make_node("ReduceMean", ["pixels"], ["means"], axes=[2, 3], keepdims=0),
            helper.make_node("MatMul", ["means", "weights"], ["vector"]),
        ],
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        weights.shape[1],
        [matrix],
    )


def text_graph(table: np.ndarray, *, masked: bool = False, kind: int = TensorProto.INT64) -> Any:
    """The sum of the rows of a table (words, d); with `masked`, of those that the mask keeps."""
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["rows"], axis=0)]
    inputs = [helper.make_tensor_value_info("input_ids", kind, [1, LENGTH])]
    last = "rows"
    if masked:
        inputs.append(helper.make_tensor_value_info("attention_mask", kind, [1, LENGTH]))
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["kept"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["kept", "two"], ["column"]),
            helper.make_node("Mul", ["rows", "column"], ["seen"]),
        ]
        last = "seen"
    nodes.append(helper.make_node("ReduceSum", [last, "one"], ["vector"], keepdims=0))
    tensors = [
        numpy_helper.from_array(table.astype(np.float32), "table"),
        numpy_helper.from_array(np.array([1]), "one"),
        numpy_helper.from_array(np.array([2]), "two"),
    ]
    return _model(nodes, inputs, table.shape[1], tensors if masked else tensors[:2])


def _model(nodes: Any, inputs: Any, size: int, tensors: Any) -> onnx.ModelProto:
    outputs = [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, size])]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, tensors)
    return helper.make_model(graph, opset_imports=OPSET, ir_version=8)


def write_pair(
    folder: Path,
    *,
    pictures: onnx.ModelProto,
    texts: onnx.ModelProto,
    words: Tokenizer,
    **card: object,
) -> Path:
    """A folder as a user would have it; `card` says what is unusual, `None` leaves a word out."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(pictures, folder / "image.onnx")
    onnx.save(texts, folder / "text.onnx")
    words.save(str(folder / "tokenizer.json"))
    usual: Mapping[str, object] = {
        "name": "tiny-clip",
        "image": {
            "file": "image.onnx",
            "width": SIDE,
            "height": SIDE,
            "mean": [0, 0, 0],
            "std": [1, 1, 1],
        },
        "text": {"file": "text.onnx", "length": LENGTH},
        "logit_scale": 10.0,
        "templates": {"en": ["{}"], "zh": ["{}"]},
        "negatives": {"en": ["green"], "zh": ["绿"]},
    }
    said = {word: value for word, value in {**usual, **card}.items() if value is not None}
    (folder / "card.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(said))))
    return folder


def colour_pair(folder: Path, **card: object) -> Path:
    """Knows three colours: a picture is the mean of its pixels, a text the sum of its words."""
    table = np.zeros((7, 3))
    table[4:] = np.eye(3)
    return write_pair(
        folder,
        pictures=image_graph(np.eye(3)),
        texts=text_graph(table),
        words=tokenizer(COLOURS),
        **card,
    )


def random_pair(folder: Path, *, seed: int = 0, size: int = 32, **card: object) -> Path:
    """Knows nothing, in the right shapes, with a mask as BERT has one."""
    random = np.random.default_rng(seed)
    words = ["a", "an", "person", "lies", "there", "red", "green", "nothing", "happens"]
    text: object = {
        "file": "text.onnx",
        "length": LENGTH,
        "inputs": {"ids": "input_ids", "mask": "attention_mask"},
    }
    return write_pair(
        folder,
        pictures=image_graph(random.normal(size=(3, size))),
        texts=text_graph(random.normal(size=(4 + len(words), size)), masked=True),
        words=tokenizer(words),
        **{"text": text, **card},
    )


def broken_pair(folder: Path) -> Path:
    """Its texts are all zero, which is no direction."""
    return write_pair(
        folder,
        pictures=image_graph(np.eye(3)),
        texts=text_graph(np.zeros((7, 3))),
        words=tokenizer(COLOURS),
    )
