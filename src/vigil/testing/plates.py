"""Plates drawn with a stroke font, and a network that truly reads them: its weights are glyphs."""

from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vigil.core import Image, ModelCard, ModelInput

ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
HEIGHT, WIDTH, CELL = 32, 192, 24
"""Pixels: seven characters and half a cell free on each side."""
INK, PAPER = 30, 225
SHARPENED = 14.0
"""Correlations become chances: a softmax over them, so much sharpened."""
BLANK_AT = 0.72
"""Correlation below which a column shows no character."""
NEAR = 19
"""Columns within which only the best match counts: halves of two glyphs look like a third."""


def glyph(character: str) -> Image:
    """One character, dark on light, in a cell."""
    cell = np.full((HEIGHT, CELL), PAPER, np.uint8)
    (wide, high), _ = cv2.getTextSize(character, cv2.FONT_HERSHEY_SIMPLEX, 0.85, 2)
    at = ((CELL - wide) // 2, (HEIGHT + high) // 2)
    cv2.putText(cell, character, at, cv2.FONT_HERSHEY_SIMPLEX, 0.85, INK, 2, cv2.LINE_AA)
    return cell


def plate(text: str) -> Image:
    """RGB, the size of the model's input."""
    picture = np.full((HEIGHT, WIDTH), PAPER, np.uint8)
    for index, character in enumerate(text):
        x = CELL // 2 + index * CELL
        picture[:, x : x + CELL] = glyph(character)
    return np.repeat(picture[..., None], 3, axis=2)


def write_reader(path: Path) -> ModelCard:
    """Normalised correlation with every glyph at every column, then a chance for each class.

    (1, 1, 32, 192) grey in, (1, columns, 1 + characters) out: blank first.
    """
    templates = np.stack([glyph(character).astype(np.float32) for character in ALPHABET])
    templates -= templates.mean(axis=(1, 2), keepdims=True)
    templates /= np.linalg.norm(templates, axis=(1, 2), keepdims=True)
    size = float(HEIGHT * CELL)
    weights: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {
        "templates": templates[:, None],
        "ones": np.ones((1, 1, HEIGHT, CELL), np.float32),
        "size": np.array([size], np.float32),
        "nothing": np.array([-1.0], np.float32),
        "least": np.array([1e3], np.float32),
        "blank": np.full((1, 1, WIDTH - CELL + 1), BLANK_AT, np.float32),
        "sharpened": np.array([SHARPENED * 8], np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["plate", "templates"], ["match"]),
        helper.make_node("Conv", ["plate", "ones"], ["sum"]),
        helper.make_node("Mul", ["plate", "plate"], ["squares"]),
        helper.make_node("Conv", ["squares", "ones"], ["sum_of_squares"]),
        helper.make_node("Mul", ["sum", "sum"], ["square_of_sum"]),
        helper.make_node("Div", ["square_of_sum", "size"], ["mean_part"]),
        helper.make_node("Sub", ["sum_of_squares", "mean_part"], ["variance"]),
        helper.make_node("Max", ["variance", "least"], ["variance_kept"]),
        helper.make_node("Sqrt", ["variance_kept"], ["spread"]),
        helper.make_node("Div", ["match", "spread"], ["correlation"]),
        helper.make_node("Squeeze", ["correlation", "axis"], ["columns"]),
        helper.make_node("ReduceMax", ["columns"], ["best"], axes=[1], keepdims=1),
        helper.make_node(
            "MaxPool", ["best"], ["best_near"], kernel_shape=[NEAR], pads=[NEAR // 2] * 2
        ),
        helper.make_node("Less", ["best", "best_near"], ["is_shoulder"]),
        helper.make_node("Where", ["is_shoulder", "nothing", "columns"], ["peaks"]),
        helper.make_node("Concat", ["blank", "peaks"], ["classes"], axis=1),
        helper.make_node("Mul", ["classes", "sharpened"], ["scores"]),
        helper.make_node("Transpose", ["scores"], ["answer"], perm=[0, 2, 1]),
    ]
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    constants.append(numpy_helper.from_array(np.array([2], np.int64), "axis"))
    shape = [1, WIDTH - CELL + 1, 1 + len(ALPHABET)]
    graph = helper.make_graph(
        nodes,
        "plates",
        [helper.make_tensor_value_info("plate", TensorProto.FLOAT, [1, 1, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, shape)],
        constants,
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return ModelCard(
        name="glyphs",
        file=path.name,
        head="ctc",
        labels=tuple(ALPHABET),
        input=ModelInput(width=WIDTH, height=HEIGHT, colour="gray", fit="stretch"),
        options={"blank": 0},
        licence_code="Apache-2.0",
        licence_weights="Apache-2.0",
    )
