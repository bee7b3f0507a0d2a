"""A data set as still pictures: pictures as they are, videos frame by frame."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import Box, Label, Labeler, Labelled, Medium, Origin, Outline, Place, TrackPath
from vigil.media.encode import VideoWriter
from vigil.train.stills import stills_of

WORDS = {"person": 0, "car": 1}


def test_words_and_shapes_that_are_boxes(tmp_path: Path) -> None:
    medium = Medium(path="a.png", width=100, height=80, group="gate")
    labels = (
        Label(word="person", shape=Box(1, 2, 11, 22)),
        Label(word="car", shape=Outline(corners=((5, 5), (25, 5), (15, 30)))),
        Label(word="dog", shape=Box(1, 2, 11, 22)),
        Label(word="person"),
        Label(word="person", shape=Box(5, 5, 5.5, 9)),
    )
    (still,) = stills_of(
        [Labelled(medium=medium, labels=labels)], tmp_path, WORDS, frames=tmp_path / "frames"
    )
    assert still.boxes.tolist() == [[1, 2, 11, 22], [5, 5, 25, 30]]
    assert (still.words.tolist(), still.group) == ([0, 1], "gate")
    assert still.path == tmp_path / "a.png"


@pytest.mark.parametrize(("score", "weight"), [(None, 1.0), (0.4, 0.4), (1.7, 1.0)])
def test_what_a_model_says_weighs_as_much_as_it_is_sure(score: float | None, weight: float) -> None:
    label = Label(
        word="car", shape=Box(0, 0, 9, 9), origin=Origin(labeler=Labeler.MODEL, score=score)
    )
    thing = Labelled(medium=Medium(path="a.png", width=10, height=10), labels=(label,))
    (still,) = stills_of([thing], Path(), WORDS, frames=Path("frames"))
    assert still.weights.tolist() == pytest.approx([weight])
    assert still.said == frozenset()


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Four seconds at ten frames a second, each as bright as its number times five."""
    path = tmp_path / "walk.mp4"
    with VideoWriter(path, width=64, height=48, rate=10) as writer:
        for number in range(40):
            writer.write(np.full((48, 64, 3), 20 + 5 * number, np.uint8))
    return path


def test_a_frame_a_second_with_the_boxes_of_that_moment(video: Path, tmp_path: Path) -> None:
    medium = Medium(path=video.name, width=64, height=48, frames=40, rate=10.0, sha256="ab" * 32)
    path = TrackPath(
        track=1,
        places=(
            Place(0, Box(0, 0, 10, 10)),
            Place(20, Box(20, 0, 30, 10)),
            Place(25, Box(20, 0, 30, 10), seen=False),
        ),
    )
    thing = Labelled(medium=medium, labels=(Label(word="person", shape=path),))
    frames = tmp_path / "frames"
    stills = list(stills_of([thing], tmp_path, WORDS, frames=frames))
    assert [still.boxes.tolist() for still in stills] == [
        [[0, 0, 10, 10]], [[10, 0, 20, 10]], [[20, 0, 30, 10]], [],
    ]  # fmt: skip
    assert {still.group for still in stills} == {"ab" * 32}
    # Who labelled a video has looked at all of it.
    assert {still.said for still in stills} == {frozenset({WORDS["person"]})}
    brightness = [float(still.image().mean()) for still in stills]
    assert brightness == pytest.approx([20, 70, 120, 170], abs=6)

    # Frames that are there are not decoded again.
    cv2.imwrite(str(stills[1].path), np.zeros((48, 64, 3), np.uint8))
    again = list(stills_of([thing], tmp_path, WORDS, frames=frames))
    assert float(again[1].image().mean()) < 5
