"""Real footage and small rendered scenes for tests of pixel arithmetic."""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vigil.core import Box, Frame, Image, Luma, Packet
from vigil.media.opening import open_file
from vigil.media.pixels import AvPixels

START_S = 1_700_000_000.0
WIDTH, HEIGHT = 640, 360
Thing = tuple[float, float, float, float, float]
"""x, y, width, height, level."""


@pytest.fixture(scope="session")
def packets(data: Callable[[str], Path]) -> Callable[[str], list[Packet]]:
    """The packets of real footage, seconds counted from its start."""

    def read(name: str) -> list[Packet]:
        with open_file(data(name)) as demuxer:
            start_s = demuxer.start_s
            return [
                packet
                for packet in demuxer.packets(lambda _, pts_s, __: START_S + (pts_s or 0) - start_s)
                if packet.encoding.kind == "video"
            ]

    return read


@pytest.fixture(scope="session")
def footage(data: Callable[[str], Path]) -> Callable[..., Iterator[tuple[float, Frame]]]:
    """Seconds since the start and the frame, at most `hz` times a second."""

    def play(name: str, *, hz: float) -> Iterator[tuple[float, Frame]]:
        due_s = 0.0
        with av.open(str(data(name))) as container:
            for index, picture in enumerate(container.decode(video=0)):
                second = picture.time or 0.0
                if second >= due_s - 1e-3:
                    due_s = max(due_s + 1 / hz, second)
                    yield (
                        second,
                        Frame(
                            source=name,
                            index=index,
                            time_s=START_S + second,
                            width=picture.width,
                            height=picture.height,
                            pixels=AvPixels(picture),
                        ),
                    )

    return play


class Drawn:
    """A picture that lies in memory."""

    def __init__(self, grey: Luma) -> None:
        self.grey = grey

    def luma(self, width: int, height: int) -> Luma:
        return cv2.resize(self.grey, (width, height), interpolation=cv2.INTER_LINEAR)

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        assert region is None
        return cv2.merge([self.luma(width, height)] * 3)


class Place:
    """A fixed camera of 640 x 360 over textured ground; everything repeatable."""

    def __init__(self, *, noise: float = 3.0, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        coarse = random.uniform(60, 180, (HEIGHT // 24, WIDTH // 24)).astype(np.float32)
        fine = random.normal(0, 12, (HEIGHT // 3, WIDTH // 3)).astype(np.float32)
        size = (WIDTH, HEIGHT)
        self.ground = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
        self.ground += cv2.resize(fine, size)
        self.noise = noise
        self.random = random
        self.count = 0

    def frame(
        self,
        time_s: float,
        things: "list[Thing] | tuple[()]" = (),
        *,
        light: "float | np.ndarray" = 1.0,
        shift: tuple[float, float] = (0.0, 0.0),
        source: str = "drawn",
    ) -> Frame:
        """With things in it, another light, or a camera that moved by pixels right and down."""
        picture = self.ground.copy()
        for x, y, width, height, level in things:
            picture[round(y) : round(y + height), round(x) : round(x + width)] = level
        if shift != (0.0, 0.0):
            move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
            picture = cv2.warpAffine(picture, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        grain = np.empty((HEIGHT, WIDTH), np.float32)
        cv2.randn(grain, 0, self.noise)
        self.count += 1
        return Frame(
            source=source,
            index=self.count,
            time_s=START_S + time_s,
            width=WIDTH,
            height=HEIGHT,
            pixels=Drawn(np.clip(picture * light + grain, 0, 255).astype(np.uint8)),
        )


@pytest.fixture
def place() -> Callable[..., Place]:
    cv2.setRNGSeed(1)
    return Place
