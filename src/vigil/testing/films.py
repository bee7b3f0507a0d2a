"""Tiny films that compress to nothing: textured ground, grain, and a block that walks across."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from vigil.core import Image, Packet
from vigil.media.encode import Encoder, H264Options, HevcOptions, VideoWriter

WIDTH, HEIGHT, RATE = 192, 144, 10
"""Pixels, and pictures a second."""
Codec = Literal["h264", "hevc"]
OPTIONS = {"h264": H264Options, "hevc": HevcOptions}
Walk = tuple[float, float]
"""Seconds from when a block enters at the left until it leaves at the right."""


def pictures(seconds: float, walks: Sequence[Walk] = (), *, seed: int = 0) -> Iterator[Image]:
    """RGB pictures, no two alike: like a camera's they have grain."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(70, 170, (HEIGHT // 12, WIDTH // 12)).astype(np.float32)
    ground = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for index in range(round(seconds * RATE)):
        picture = np.asarray(ground + random.normal(0, 2, ground.shape))
        for enters_s, leaves_s in walks:
            x = round((index / RATE - enters_s) / (leaves_s - enters_s) * (WIDTH + 24)) - 24
            picture[70:118, max(0, x) : max(0, x + 24)] = 20
        yield cv2.merge([np.clip(picture, 0, 255).astype(np.uint8)] * 3)


def write_tiny_film(
    path: Path,
    seconds: float,
    walks: Sequence[Walk] = (),
    *,
    seed: int = 0,
    codec: Codec = "h264",
) -> Path:
    """A file with a key frame every second; returns `path`."""
    options = OPTIONS[codec](key_every=RATE, preset="ultrafast")
    with VideoWriter(path, WIDTH, HEIGHT, RATE, options=options) as writer:
        for picture in pictures(seconds, walks, seed=seed):
            writer.write(picture)
    return path


def tiny_stream(
    seconds: float, walks: Sequence[Walk] = (), *, seed: int = 0, codec: Codec = "h264"
) -> list[Packet]:
    """The same as packets of a live stream, for `vigil.testing.rtsp_server.looped`."""
    options = OPTIONS[codec](key_every=RATE, repeat_headers=True, live=True, preset="ultrafast")
    encoder = Encoder(source="tiny", width=WIDTH, height=HEIGHT, rate=RATE, options=options)
    shots = pictures(seconds, walks, seed=seed)
    packets = [p for index, shot in enumerate(shots) for p in encoder.encode(shot, index / RATE)]
    return packets + encoder.flush()
