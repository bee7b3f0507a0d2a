"""Text of plates, read by a network whose weights are glyphs."""

import pickle
from pathlib import Path
from random import Random

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from vigil.core import Crop, ModelCard, ModelError, ModelInput
from vigil.infer.registry import Registry
from vigil.stages.read.colour import Colour
from vigil.stages.read.plate import Plate
from vigil.stages.read.posture import Posture
from vigil.stages.read.spelling import spelled
from vigil.testing.plates import ALPHABET, plate, write_reader


@pytest.fixture
def reader(tmp_path: Path) -> Plate:
    weights = tmp_path / "glyphs.onnx"
    registry = Registry(tmp_path / "models")
    registry.folder.mkdir()
    registry.add(weights, write_reader(weights))
    return Plate(model="glyphs", registry=registry.folder, labels=("plate",))


def words(chance: Random) -> str:
    return "".join(chance.choice(ALPHABET) for _ in range(7))


def test_synthetic_plates_are_read_whatever_stands_on_them(reader):
    chance = Random(5)
    texts = [words(chance) for _ in range(20)] + ["AA11BB2", "0000000"]
    crops = [Crop(plate(text), "plate") for text in texts]
    assert [found.word for found in reader.read(crops)] == texts


def test_noise_blur_dim_light_and_another_size_change_little(reader):
    chance, random, right = Random(7), np.random.default_rng(7), 0
    for _ in range(20):
        text = words(chance)
        seen = plate(text).astype(np.float32) * chance.uniform(0.4, 1.0)
        seen = cv2.GaussianBlur(seen + random.normal(0, 8, seen.shape), (0, 0), 0.8)
        size = (round(seen.shape[1] * 1.7), round(seen.shape[0] * 1.7))
        crop = cv2.resize(np.clip(seen, 0, 255).astype(np.uint8), size)
        found = reader.one(Crop(crop, "plate"))
        right += found is not None and found.word == text
    assert right >= 19


def test_what_is_no_plate_gives_no_text(reader):
    random = np.random.default_rng(1)
    for picture in (np.full((40, 200, 3), 90), random.integers(0, 255, (40, 200, 3))):
        assert reader.one(Crop(picture.astype(np.uint8), "plate")) is None


def test_a_short_text_is_none(reader):
    assert reader.one(Crop(plate("AB"), "plate")) is None


def test_a_model_that_reads_no_text_is_refused(tmp_path, reader):
    card = write_reader(tmp_path / "other.onnx")
    registry = Registry(reader.registry)
    with_head = {"name": "other", "file": "other.onnx", "head": "softmax"}
    registry.add(tmp_path / "other.onnx", ModelCard(**{**vars_of(card), **with_head}))
    with pytest.raises(ModelError, match="head 'softmax' is of no use; needed: ctc, slots"):
        Plate(model="other", registry=reader.registry).warm_up()


def vars_of(card: ModelCard) -> dict[str, object]:
    return {name: getattr(card, name) for name in card.__dataclass_fields__}


def text_card(head: str, labels: str, **options: float) -> ModelCard:
    size = ModelInput(width=8, height=8)
    return ModelCard(
        name="t", file="t.onnx", head=head, labels=tuple(labels), input=size, options=options
    )


def one_hot(classes: int, *path: int, sure: float = 0.9) -> np.ndarray:
    rows = np.full((len(path), classes), (1 - sure) / (classes - 1), np.float32)
    rows[np.arange(len(path)), path] = sure
    return rows


def test_repeats_are_joined_and_blanks_part_them():
    card = text_card("ctc", "AB", blank=0)
    text, score = spelled(one_hot(3, 0, 1, 1, 0, 1, 2, 2, 0)[None], card)
    assert text == "AAB"
    assert score == pytest.approx(0.9)


def test_the_blank_may_be_the_last_class_and_steps_may_come_first():
    card = text_card("ctc", "AB", blank=2)
    assert spelled(one_hot(3, 2, 0, 0, 1)[:, None], card).text == "AB"


def test_raw_scores_become_chances():
    card = text_card("ctc", "AB")
    text, score = spelled(np.log(one_hot(3, 1, 2))[None] + 7, card)
    assert text == "AB"
    assert score == pytest.approx(0.9, abs=1e-4)


def test_slots_are_read_one_by_one_without_padding():
    card = text_card("slots", "AB_")
    assert spelled(one_hot(3, 0, 0, 1, 2, 2)[None], card).text == "AAB"


def test_nothing_is_read_from_blanks_and_a_wrong_shape_is_refused():
    card = text_card("ctc", "AB")
    assert spelled(one_hot(3, 0, 0)[None], card) == ("", 0.0)
    with pytest.raises(ModelError, match="3 classes a step needed"):
        spelled(one_hot(4, 0, 0)[None], card)


def write_finder(path: Path, box: tuple[float, float, float, float]) -> ModelCard:
    """A detector that says that the plate is where `box` is, in fractions of the picture."""
    row = np.array([0.0, 1.0, 0.9, *box], np.float32).reshape(1, 1, 1, 7)
    nodes = [
        helper.make_node("ReduceMin", ["picture"], ["least"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["least", "nothing"], ["zero"]),
        helper.make_node("Add", ["zero", "row"], ["answer"]),
    ]
    graph = helper.make_graph(
        nodes,
        "finder",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, 1, 1, 7])],
        [
            numpy_helper.from_array(row, "row"),
            numpy_helper.from_array(np.float32(0), "nothing"),
        ],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return ModelCard(
        name="finder", file=path.name, head="ssd", labels=("background", "plate"),
        input=ModelInput(width=64, height=64, fit="stretch"),
        licence_code="Apache-2.0", licence_weights="Apache-2.0",
    )  # fmt: skip


def test_a_plate_is_cut_out_of_a_vehicle_where_the_finder_finds_it(tmp_path, reader):
    car = np.full((300, 400, 3), 90, np.uint8)
    seen = plate("AB12XYZ")
    high, wide = seen.shape[:2]
    car[220 : 220 + high, 100 : 100 + wide] = seen
    margin_x, margin_y = 0.05 * wide, 0.05 * high
    box = (
        (100 + margin_x) / 400, (220 + margin_y) / 300,
        (100 + wide - margin_x) / 400, (220 + high - margin_y) / 300,
    )  # fmt: skip
    card = write_finder(tmp_path / "finder.onnx", box)
    Registry(reader.registry).add(tmp_path / "finder.onnx", card)
    with_finder = Plate(model="glyphs", finder="finder", labels="car", registry=reader.registry)
    with_finder.warm_up()
    assert with_finder.one(Crop(car, "car")).word == "AB12XYZ"
    assert reader.one(Crop(car, "car")) is None, "without a finder the whole car is no plate"


def test_readers_go_to_another_process_as_their_settings():
    for made in (Plate(model="glyphs", finder="finder"), Colour(name="coat"), Posture(most_hz=2)):
        copy = pickle.loads(pickle.dumps(made))  # noqa: S301
        assert copy == made
        assert copy.kind == made.kind
