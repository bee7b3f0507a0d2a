"""Our tracker beside a published one, on the same detections, against the same truth."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Float32

from vigil.core import Boxes, Detections
from vigil.stages.track.two_stage import TwoStageTracker

pytest.importorskip("motmetrics", reason="motmetrics (dev) scores trackers")
pytest.importorskip("supervision", reason="the rival speaks in supervision's Detections")
pytest.importorskip("trackers", reason="trackers (pip install --no-deps) is the rival")

from benchmarks.sightings import (
    HIGHWAY_LINES,
    HIGHWAY_RATE,
    HIGHWAY_SETTINGS,
    HIGHWAY_SIZE,
    Sighting,
    bytetrack,
    crossings,
    looks_of,
    ours,
    score,
    theirs,
    truth_of,
    vehicles,
)

Data = Callable[[str], Path]


def follow(
    found: Sequence[Detections], rate: float, size: tuple[int, int], **settings: float
) -> list[Sighting]:
    """What our tracker, with these settings, believes at each look."""
    return ours(TwoStageTracker(**settings), found, looks_of(len(found), rate, size))


def blurred(
    truth: Sequence[Sighting], seed: int, *, missing: float, jitter: float = 0.04
) -> list[Detections]:
    """What a mediocre detector would make of the truth: jitter, gaps, doubt and false boxes."""
    random = np.random.default_rng(seed)
    found = []
    for _, boxes in truth:
        kept = boxes[random.random(len(boxes)) >= missing]
        side = np.tile(kept[:, 2:] - kept[:, :2], 2)
        noisy = kept + random.normal(0, jitter, kept.shape) * side
        scores = random.uniform(0.2, 0.95, len(kept))
        if random.random() < 0.2:
            x, y = random.uniform([0, 0], [580, 360])
            noisy = np.vstack([noisy, [x, y, x + 50, y + 110]])
            scores = np.append(scores, random.uniform(0.2, 0.6))
        found.append(of_people(noisy.astype(np.float32), scores.astype(np.float32)))
    return found


def of_people(boxes: Boxes, scores: Float32[np.ndarray, "n"]) -> Detections:
    return Detections(boxes=boxes, scores=scores, labels=("person",) * len(boxes))


@pytest.mark.data
@pytest.mark.parametrize("clip", ["TUD-Campus", "TUD-Stadtmitte"])
@pytest.mark.parametrize("every", [1, 5])
def test_pedestrians_are_followed_no_worse_than_by_bytetrack(
    data: Data, clip: str, every: int
) -> None:
    truth = truth_of(data(f"tracking/mot15_tud/{clip}/gt.txt"))[::every]
    rate = 25 / every
    mine, rival = [], []
    for seed in range(3):
        for missing in (0.0, 0.15):
            found = blurred(truth, seed, missing=missing)
            mine.append(score(truth, follow(found, rate, (640, 480))))
            rival.append(score(truth, theirs(bytetrack(rate, birth_score=0.4), found)))
    for name in ("mota", "idf1"):
        assert np.mean([m[name] for m in mine]) >= np.mean([r[name] for r in rival])


@pytest.fixture(scope="module")
def highway(data: Data) -> list[Detections]:
    """Vehicles that YOLOX-nano finds in each frame of the highway."""
    return vehicles(data("models/detect/yolox_nano_416.onnx").parents[2])


@pytest.mark.slow
@pytest.mark.data
def test_highway_cars_are_counted_and_followed(data: Data, highway: list[Detections]) -> None:
    truth = truth_of(data("tracking/cdnet_highway/gt/gt.txt"), frames=len(highway))
    mine = follow(highway, HIGHWAY_RATE, HIGHWAY_SIZE, **HIGHWAY_SETTINGS)
    assert [crossings(truth, line) for line in HIGHWAY_LINES] == [22, 22, 22]
    assert [crossings(mine, line) for line in HIGHWAY_LINES] == [22, 22, 22]
    reached = score(truth, mine)
    for birth_score in (HIGHWAY_SETTINGS["birth_score"], 0.4):
        rival = theirs(bytetrack(HIGHWAY_RATE, birth_score=birth_score), highway)
        beaten = score(truth, rival)
        assert reached["mota"] >= max(0.64, beaten["mota"])
        assert reached["idf1"] >= max(0.80, beaten["idf1"])


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("every", [2, 5])
def test_highway_counts_hold_at_fewer_looks(highway: list[Detections], every: int) -> None:
    rate = HIGHWAY_RATE / every
    mine = follow(highway[::every], rate, HIGHWAY_SIZE, **HIGHWAY_SETTINGS)
    assert all(abs(crossings(mine, line) - 22) <= 1 for line in HIGHWAY_LINES)
