"""Views for training: the same for the same number, and their truth lies on what is drawn."""

from dataclasses import replace

import numpy as np
import pytest

from vigil.core import Image
from vigil.sim.views import random_view


def test_a_number_is_always_the_same_view() -> None:
    (one,), (again,) = (list(random_view(4, pictures=1, width=160).pictures()) for _ in "ab")
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1].boxes, again[1].boxes)


def test_views_differ_in_camera_and_cast() -> None:
    views = [random_view(number, pictures=1, width=160) for number in range(12)]
    assert len({view.camera.position for view in views}) == 12
    assert len({view.world.site.name for view in views}) >= 3
    labels = {actor.label for view in views for actor in view.world.actors}
    assert {"person", "car", "truck"} <= labels


@pytest.mark.parametrize("number", [2, 6])
def test_what_the_truth_tells_is_drawn_there(number: int) -> None:
    view = random_view(number, pictures=2, width=240)
    background = _empty(number).astype(np.int16)
    told = 0
    for image, truth in view.pictures():
        for box, seen in zip(truth.boxes.round().astype(int), truth.visible, strict=True):
            if seen < 0.7:
                continue
            told += 1
            x1, y1, x2, y2 = np.clip(box, 0, None)
            here = slice(y1, max(y2, y1 + 1)), slice(x1, max(x2, x1 + 1))
            assert np.abs(image[here] - background[here]).max() > 20
    assert told


def _empty(number: int) -> Image:
    """The same view with nobody in it."""
    view = random_view(number, pictures=1, width=240)
    nobody = replace(view, world=replace(view.world, actors=()))
    ((image, _),) = nobody.pictures()
    return image
