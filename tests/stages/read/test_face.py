"""Whether a real face is seen; whose it is nobody asks."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import Box, Crop
from vigil.infer.live import OpenModel
from vigil.infer.registry import Registry
from vigil.stages.read.face import Face
from vigil.stages.read.finding import surest

pytestmark = pytest.mark.data
FILM = "action/up_fall/A07_S1_T1_C1.mp4"


@pytest.fixture(scope="module")
def reader(models: Path) -> Face:
    return Face(registry=models)


@pytest.fixture(scope="module")
def person(models: Path, picture) -> tuple[np.ndarray, Box]:
    """A man who faces the camera, and his box."""
    card, folder = Registry(models).resolve("person-detection-retail-0013")
    image = picture(FILM, 3.0)
    found = surest(OpenModel.of(card, folder), image, score=0.5)
    assert found is not None
    return image, found.box


def cut(image: np.ndarray, box: Box, part: Box) -> np.ndarray:
    rows = slice(max(0, round(box.y1 + part.y1 * box.height)), round(box.y1 + part.y2 * box.height))
    columns = slice(
        max(0, round(box.x1 + part.x1 * box.width)), round(box.x1 + part.x2 * box.width)
    )
    return np.ascontiguousarray(image[rows, columns])


def test_a_face_is_present_where_one_is_and_absent_where_none_is(reader, person):
    image, box = person
    found = reader.one(Crop(cut(image, box, reader.area), "person"))
    assert found.word == "present"
    assert found.score >= 0.6
    legs = reader.one(Crop(cut(image, box, Box(-0.1, 0.5, 1.1, 1.0)), "person"))
    assert legs.word == "absent"


def test_a_head_of_a_few_pixels_tells_nothing(reader, person):
    image, box = person
    head = cut(image, box, Box(-0.1, 0.5, 1.1, 1.0))
    tiny = cv2.resize(head, (24, 24))
    assert reader.one(Crop(tiny, "person")) is None


def test_a_reading_says_present_or_absent_and_keeps_nothing_of_the_face(reader, person):
    image, box = person
    (found,) = reader.read([Crop(cut(image, box, reader.area), "person")])
    assert found._fields == ("kind", "word", "score")
    assert {type(value) for value in found} == {str, float}
