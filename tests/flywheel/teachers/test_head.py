"""An embedding head as a teacher."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.flywheel.painted import Reader, picture

from vigil.core import Box, Image, ModelError
from vigil.flywheel.heads import fit_linear
from vigil.flywheel.teachers.head import HeadTeacher
from vigil.infer.head import Head

BRIGHT, DARK = np.full((20, 20, 3), 220, np.uint8), np.full((20, 20, 3), 30, np.uint8)


class Brightness:
    """A vector of two numbers."""

    def embed(self, images: Sequence[Image]) -> np.ndarray:
        means = np.array([image.mean() / 255 for image in images])
        return np.stack([means, 1 - means], axis=1).astype(np.float32)


@pytest.fixture
def head() -> Head:
    images = [BRIGHT, BRIGHT - 20, DARK, DARK + 20]
    marks = np.array([0, 0, 1, 1])
    return fit_linear(Brightness().embed(images), marks, ("bright", "dark"), embedder="brightness")


def test_whole_pictures_are_named(head: Head) -> None:
    teacher = HeadTeacher(head, Brightness(), {"lit": ("bright",)}, name="light@1")
    bright, dark = teacher.propose([BRIGHT, DARK])
    assert bright is not None
    assert dark is not None
    assert bright.labels == dark.labels == ("lit",)
    assert bright.scores[0] > 0.5 > dark.scores[0]
    assert teacher.whole
    assert bright.boxes.tolist() == [[0, 0, 20, 20]]


def test_what_another_teacher_found_is_cut_out_and_named(head: Head) -> None:
    # What is painted is brighter the higher its score: mean 183 and 152 of 255.
    image = picture([("hen", 1.0, Box(10, 10, 50, 50)), ("hen", 0.55, Box(80, 10, 120, 50))])
    words = {"lit": ("bright",), "dim": ("dark",)}
    teacher = HeadTeacher(head, Brightness(), words, name="light@1", finder=Reader(["hen"]))
    (found,) = teacher.propose([image])
    assert found is not None
    assert found.labels == ("lit", "lit")
    assert found.boxes[0].tolist() == [10, 10, 50, 50]
    # Less sure by both: of the finder's score and of the head's.
    assert found.scores[0] > found.scores[1]
    likely = head.probabilities(Brightness().embed([image[10:50, 10:50]]))[0, 0]
    assert found.scores[0] == pytest.approx(likely, abs=1e-3)
    assert not teacher.whole
    assert teacher.name == "light@1 on reader@1"
    (nothing,) = teacher.propose([picture([])])
    assert nothing is not None
    assert len(nothing) == 0


def test_words_it_does_not_know_are_refused(head: Head) -> None:
    with pytest.raises(ModelError, match="light@1 knows no green; it knows: bright, dark"):
        HeadTeacher(head, Brightness(), {"green": ("green",)}, name="light@1")
