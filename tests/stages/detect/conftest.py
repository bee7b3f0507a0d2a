from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import Frame, ModelCard
from vigil.infer import known_cards
from vigil.media.pixels import frame_of_array

Known = Callable[[str], tuple[ModelCard, Path]]
Pictures = Callable[..., Frame]


@pytest.fixture
def known(data: Callable[[str], Path]) -> Known:
    """The shipped card of a name, and the folder of real files in which its weights lie."""

    def find(name: str) -> tuple[ModelCard, Path]:
        card = next(card for card in known_cards() if card.name == name)
        for kind in ("detect", "reid", "pose", "seg", "embed"):
            folder = data(f"models/{kind}")
            if (folder / card.file).exists():
                return card, folder
        pytest.skip(f"real weights {card.file} are not there")

    return find


@pytest.fixture
def picture(data: Callable[[str], Path]) -> Pictures:
    """A real picture: an image file, or the frame of a video at `index`."""

    def read(name: str, index: int | None = None) -> Frame:
        path = str(data(name))
        if index is None:
            bgr = cv2.imread(path)
        else:
            video = cv2.VideoCapture(path)
            for _ in range(index):
                video.grab()
            _, bgr = video.read()
            video.release()
        return frame_of_array(np.ascontiguousarray(bgr[..., ::-1]), source=name)

    return read
