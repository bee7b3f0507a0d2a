"""An embedder that knows colours, pictures of coloured blocks, and films in which they come."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vigil.core import Image, ModelCard, ModelInput
from vigil.infer import Registry, card_to_yaml
from vigil.infer.embedders import embedder_for
from vigil.infer.head import Head
from vigil.media.encode import H264Options, VideoWriter

WIDTH, HEIGHT, RATE = 192, 144, 10
RED, BLUE = (210, 40, 30), (30, 60, 210)
SIDE = 32


def write_embedder(folder: Path) -> Path:
    """A folder with a card: how red and how blue the most coloured spots are, and what is where."""
    folder.mkdir()
    colours = np.array([[1, -1, 0], [0, 1, -1], [-1, 1, 0], [0, -1, 1]], np.float32)
    light = np.full((1, 3, 4, 4), 1 / 48, np.float32)
    weights = {"colours": colours.reshape(4, 3, 1, 1), "light": light, "middle": np.float32([0.47])}
    nodes = [
        helper.make_node("Conv", ["picture", "colours"], ["coloured"]),
        helper.make_node("GlobalMaxPool", ["coloured"], ["strongest"]),
        helper.make_node("Flatten", ["strongest"], ["hues"]),
        helper.make_node("Conv", ["picture", "light"], ["lit"], strides=[4, 4]),
        helper.make_node("Sub", ["lit", "middle"], ["centred"]),
        helper.make_node("Flatten", ["centred"], ["places"]),
        helper.make_node("Concat", ["hues", "places"], ["vector"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 24, 32])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, 52])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    onnx.save(model, folder / "colours.onnx")
    card = ModelCard(
        name="colours",
        file="colours.onnx",
        head="embedding",
        labels=(),
        input=ModelInput(width=32, height=24, fit="stretch", scale=(1 / 255,)),
        licence_code="Apache-2.0",
        licence_weights="Apache-2.0",
    )
    (folder / "card.yaml").write_text(card_to_yaml(card), encoding="utf-8")
    return folder


def picture(
    chance: np.random.Generator, colour: tuple[int, int, int] | None, at: tuple[int, int]
) -> Image:
    """Rough grey ground with a block of the colour; `at`: its upper left corner."""
    coarse = chance.uniform(70, 170, (HEIGHT // 12, WIDTH // 12)).astype(np.float32)
    ground = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    shown = cv2.merge([ground] * 3)
    if colour is not None:
        x, y = at
        block = shown[y : y + SIDE, x : x + SIDE]
        block[:] = np.array(colour) + chance.normal(0, 12, block.shape)
    return np.clip(shown, 0, 255).astype(np.uint8)


def write_examples(folder: Path, colour: tuple[int, int, int], count: int, seed: int) -> Path:
    """So many different pictures of blocks of a colour."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(seed)
    for number in range(count):
        at = (int(chance.integers(0, WIDTH - SIDE)), int(chance.integers(0, HEIGHT - SIDE)))
        shown = picture(chance, colour, at)
        cv2.imwrite(str(folder / f"{number:02}.png"), cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))
    return folder


def red_home(folder: Path) -> Path:
    """A state folder with the algorithm `red`: how red the reddest spot is; sure of most."""
    embedder = embedder_for(str(write_embedder(folder / "colours")), Registry(folder))
    ground = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    blocks = []
    for colour in (BLUE, RED):
        shown = ground.copy()
        shown[:SIDE, :SIDE] = colour
        blocks.append(shown)
    low, high = embedder.embed(blocks)
    line = high - low
    head = Head(
        words=("red", "other"),
        embedder=embedder.mark,
        weights=line[None].astype(np.float32),
        bias=np.array([-line @ (low + high) / 2], np.float32),
        slope=np.array([20.0], np.float32),
        offset=np.zeros(1, np.float32),
    )
    place = folder / "home/algorithms/red/1"
    place.mkdir(parents=True)
    head.save(place / "head.npz")
    about = {"embedder": str(folder / "colours"), "verdict": {"band": [0.3, 0.7]}}
    (place / "about.json").write_text(json.dumps(about), encoding="utf-8")
    (place.parent / "current").write_text("1", encoding="ascii")
    return folder / "home"


def write_film(
    path: Path, seconds: float, colour_at: Callable[[float], tuple[int, int, int] | None]
) -> Path:
    """A block goes to and fro on a fixed ground, in whatever colour it has at each second."""
    options = H264Options(key_every=RATE, preset="ultrafast")
    with VideoWriter(path, WIDTH, HEIGHT, RATE, options=options) as writer:
        for index in range(round(seconds * RATE)):
            x = round(60 + 50 * np.sin(index / RATE))
            shown = picture(np.random.default_rng(7), colour_at(index / RATE), (x, 70))
            grain = np.random.default_rng(index).normal(0, 2, shown.shape)
            writer.write(np.clip(shown + grain, 0, 255).astype(np.uint8))
    return path
