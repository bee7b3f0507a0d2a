"""Text of plates, read by a network whose weights are glyphs."""

from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from vigil.core import Crop, ModelCard, ModelError, ModelInput
from vigil.infer.registry import Registry
from vigil.stages.read.plate import Plate
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
