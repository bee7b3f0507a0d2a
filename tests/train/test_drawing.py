"""Pictures for a network: boxes stay on their things, whatever is done to the picture."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.train.toys import draw

from vigil.core import DataError, ModelInput
from vigil.train.drawing import varied
from vigil.train.stills import Still
from vigil.train.weathering import EFFECTS, weathered

SIZE = ModelInput(width=128, height=96)


@pytest.fixture
def stills(tmp_path: Path) -> list[Still]:
    """One red square each, at another place."""
    found = []
    for number, x in enumerate((20, 60, 90, 40)):
        image = np.full((120, 160, 3), 110, np.uint8)
        draw(image, "square", x, 30, 40)
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        found.append(
            Still(
                path=path,
                boxes=np.array([[x, 30, x + 40, 70]], np.float32),
                words=np.array([0]),
                weights=np.ones(1, np.float32),
                group="",
            )
        )
    return found


def test_boxes_stay_on_their_things(stills: list[Still], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigil.train.drawing.weathered", lambda image, _chance: image)
    chance, seen = np.random.default_rng(0), 0
    for number in range(60):
        drawn = varied(stills, number % 4, SIZE, chance)
        assert drawn.image.shape == (96, 128, 3)
        red = (drawn.image[..., 0].astype(int) - drawn.image[..., 2]) > 90
        covered = np.zeros_like(red)
        for x1, y1, x2, y2 in drawn.boxes:
            inside = red[round(y1) : round(y2), round(x1) : round(x2)]
            assert inside.mean() > 0.8
            covered[max(0, int(y1) - 2) : int(y2) + 3, max(0, int(x1) - 2) : int(x2) + 3] = True
            seen += 1
        # What is red and in no box was cut off at a border: most of it is out of the picture.
        assert (red & ~covered).sum() < 0.35 * 40 * 40 * 1.6**2 * 4
    assert seen > 60


def test_the_same_chance_gives_the_same_picture(stills: list[Still]) -> None:
    one, two = (varied(stills, 0, SIZE, np.random.default_rng(7)) for _ in range(2))
    assert (one.image == two.image).all()
    assert (one.boxes == two.boxes).all()


@pytest.mark.parametrize("effect", EFFECTS)
def test_weather_changes_a_picture_and_not_its_shape(effect: object) -> None:
    image = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    before = image.copy()
    after = effect(image, np.random.default_rng(2))  # type: ignore[operator]
    assert (after.shape, after.dtype) == (image.shape, np.uint8)
    assert (image == before).all()
    assert (after != image).any()


def test_no_weather_at_all() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    assert weathered(image, np.random.default_rng(0), share=0.0) is image


def test_a_picture_that_is_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xffno")
    empty = np.zeros((0, 4), np.float32)
    still = Still(
        path=broken, boxes=empty, words=np.zeros(0, np.int64), weights=empty[:, 0], group=""
    )
    with pytest.raises(DataError, match=r"broken\.jpg: not a picture"):
        still.image()
