"""Samples that wait, in the order in which they teach most."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.flywheel.kept_samples import keep, store_in

from vigil.core import Image
from vigil.flywheel.mining_queue import arrange
from vigil.store import ReviewQueue, SampleStore


class MeanColours:
    """An embedder that a person can follow: mean colour of nine parts."""

    mark = "means"

    def embed(self, images: Sequence[Image]) -> np.ndarray:
        rows = []
        for image in images:
            parts = [
                part for band in np.array_split(image, 3) for part in np.array_split(band, 3, 1)
            ]
            row = np.concatenate([part.mean(axis=(0, 1)) for part in parts]) - 60
            rows.append(row / np.linalg.norm(row))
        return np.array(rows, np.float32)


@pytest.fixture
def samples(tmp_path: Path) -> Iterator[SampleStore]:
    made = store_in(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def queue(samples: SampleStore) -> ReviewQueue:
    return ReviewQueue(samples.database)


def test_the_same_picture_is_not_asked_twice_nor_after_its_like_was_labelled(
    samples: SampleStore, queue: ReviewQueue
) -> None:
    kept = [keep(samples, hue=20 * (row % 4), score=0.5 + row / 100) for row in range(12)]
    samples.label(kept[0].id, (), reviewer="ana")
    told: list[tuple[int, int]] = []
    picks = arrange(
        samples, queue, MeanColours(), budget=12, told=lambda done, of: told.append((done, of))
    )
    hues = {kept.index(next(each for each in kept if each.id == pick.id)) % 4 for pick in picks}
    assert len(picks) == 3
    assert hues == {1, 2, 3}
    assert told[-1] == (12, 12)
    turns = queue.next("ana", limit=20)
    assert [turn.stored.sample.id for turn in turns[:3]] == [pick.id for pick in picks]
    assert [turn.why for turn in turns[:3]] == [pick.why for pick in picks]
    assert len(turns) == 11


def test_without_an_embedder_the_highest_scores_and_a_few_by_chance(
    samples: SampleStore, queue: ReviewQueue
) -> None:
    kept = [keep(samples, score=row / 30, condition="") for row in range(30)]
    picks = arrange(samples, queue, None, budget=10)
    named = [pick.id for pick in picks if pick.why == "instructive"]
    assert named[0] == kept[29].id
    assert len(named) == 9


def test_a_camera_that_shouts_does_not_fill_the_queue(
    samples: SampleStore, queue: ReviewQueue
) -> None:
    for row in range(20):
        keep(samples, source="gate", score=0.9)
        keep(samples, source=f"quiet {row % 2}", score=0.1)
    picks = arrange(samples, queue, None, budget=12, per_camera=4)
    sources = [samples.find(pick.id).sample.source for pick in picks]
    assert {name: sources.count(name) for name in set(sources)} == {
        "gate": 4, "quiet 0": 4, "quiet 1": 4
    }  # fmt: skip


def test_a_picture_that_is_gone_or_broken_is_not_chosen(
    samples: SampleStore, queue: ReviewQueue
) -> None:
    gone, broken, there = (keep(samples, hue=30 * row) for row in range(3))
    (samples.folder.path / gone.path).unlink()
    (samples.folder.path / broken.path).write_bytes(b"no picture")
    assert [pick.id for pick in arrange(samples, queue, MeanColours(), budget=5)] == [there.id]


def test_nothing_waits_and_nothing_is_chosen(samples: SampleStore, queue: ReviewQueue) -> None:
    assert arrange(samples, queue, MeanColours(), budget=5) == []
    keep(samples)
    samples.skip(samples.queue()[0].sample.id, reviewer="ana")
    assert arrange(samples, queue, None, budget=5) == []
