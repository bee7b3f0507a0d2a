"""Drawn rooms, alike within a kind, and an embedder that sees where they are bright."""

from pathlib import Path

import cv2
import numpy as np
from onnx import TensorProto, helper
from tests.infer.published_models import MEAN, save, settings

KINDS = ("kitchen", "road")
PARTS = 6


def room(kind: str, seed: int, *, things: int = 6) -> np.ndarray:
    """RGB (120, 160, 3): the pattern of its kind, a grain of its own, and things in places."""
    pattern = np.random.default_rng(sum(map(ord, kind))).uniform(30, 220, (10, 13, 3))
    picture = cv2.resize(pattern.astype(np.float32), (160, 120), interpolation=cv2.INTER_CUBIC)
    chance = np.random.default_rng(seed)
    picture = picture + chance.normal(0, 3, picture.shape)
    for _ in range(things):
        x, y = chance.integers(0, 130), chance.integers(0, 90)
        picture[y : y + 30, x : x + 30] = chance.uniform(0, 255, 3)
    return np.clip(picture, 0, 255).astype(np.uint8)


def write_rooms(folder: Path, count: int, kinds: tuple[str, ...] = KINDS) -> Path:
    """A folder with a folder of pictures a kind."""
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
        for seed in range(count):
            picture = cv2.cvtColor(room(kind, seed), cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(folder / kind / f"{seed}.png"), picture)
    return folder


def grid_folder(folder: Path) -> Path:
    """The means of 6 × 6 parts of the picture as one vector, in a publisher's layout."""
    side = 8 * PARTS
    sizes = {"size": {"height": side, "width": side}, "image_mean": MEAN, "image_std": [1, 1, 1]}
    settings(folder, sizes, {"model_type": "clip"})
    nodes = [
        helper.make_node("AveragePool", ["pixel_values"], ["parts"], kernel_shape=[8, 8],
                         strides=[8, 8]),
        helper.make_node("Flatten", ["parts"], ["image_embeds"]),
    ]  # fmt: skip
    pixels = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["b", 3, side, side])
    vector = helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, ["b", 3 * PARTS**2])
    save(folder / "vision_model.onnx", (nodes, [pixels], [vector], []))
    return folder
