"""Samples with real pictures, in a store of their own."""

from pathlib import Path

import cv2
import numpy as np

from vigil.core import Box, Label, Labeler, Origin, Sample
from vigil.core.ids import uuid7
from vigil.store import SampleStore
from vigil.store.database import Database
from vigil.testing.hands import NOON_S, Hands

WIDTH, HEIGHT = 160, 90


def store_in(folder: Path, clock: Hands | None = None) -> SampleStore:
    return SampleStore(Database(folder / "events.db"), folder / "samples", clock=clock)


def keep(
    samples: SampleStore,
    *,
    hue: int = 0,
    source: str = "gate",
    score: float = 0.5,
    condition: str = "usual",
    words: tuple[str, ...] = ("car", "person"),
) -> Sample:
    """A striped picture of that hue, with a proposal a word."""
    key = uuid7(NOON_S)
    path = f"2023-11-15/{key}.jpg"
    file = samples.folder.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    stripes = np.arange(WIDTH) // (4 + hue % 13) % 2 * 200
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[..., hue % 3] = stripes
    picture[hue % HEIGHT :, :, 1] = 255 - hue
    assert cv2.imwrite(str(file), picture)
    model = Origin(labeler=Labeler.MODEL, by="nano@1", score=0.6, time_s=NOON_S)
    sample = Sample(
        id=key, source=source, time_s=NOON_S, path=path, width=WIDTH, height=HEIGHT,
        size_bytes=file.stat().st_size, score=score, reasons={"close_to_threshold": score},
        condition=condition,
        proposals=tuple(
            Label(word=word, shape=Box(10.0 * number, 5, 10.0 * number + 8, 60), origin=model,
                  id=f"{key}/{number}")
            for number, word in enumerate(words)
        ),
    )  # fmt: skip
    samples.write([sample])
    return sample
