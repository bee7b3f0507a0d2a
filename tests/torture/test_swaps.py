"""Kill who puts models to use: the name always stands for a whole model that answers."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.train import toys
from tests.train.seeing import seeing

from vigil.core import ModelError
from vigil.infer.registry import Registry

KILLS = int(os.environ.get("VIGIL_TORTURE_KILLS", "10"))
MOST_TORN = 40
GREY = np.full((toys.SIDE, toys.SIDE, 3), 120, np.uint8)
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(90 + 10 * KILLS)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return seeing(tmp_path / "weights.onnx", 1.0)


def one_life(registry: Registry, weights: Path, chance: random.Random, how: str = "whole") -> None:
    """Let it swap for a moment, and kill it."""
    swapper = subprocess.Popen(
        [sys.executable, "-m", "tests.torture.swapper", registry.folder, weights, how],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert swapper.stdout is not None
    try:
        assert swapper.stdout.readline() == "swapping\n"
        time.sleep(chance.uniform(0, 0.2))
    finally:
        swapper.kill()
        swapper.wait()
        swapper.stdout.close()


def test_kills_during_swaps_leave_a_model_that_answers(tmp_path: Path, weights: Path) -> None:
    registry = Registry(tmp_path / "models")
    chance, seen = random.Random(KILLS), set()
    for _ in range(KILLS):
        one_life(registry, weights, chance)
        card, session = registry.open_verified(toys.CARD.name)
        assert session.run(GREY)[0].shape == (1, 189, 6)
        seen.add(card.version)
        for entry in registry.entries():
            for version in entry.versions:
                registry.verify(f"{entry.name}@{version}")
    assert len(seen) > 1 or KILLS < 5


def test_a_pointer_that_is_written_in_place_is_seen_to_be_lost(
    tmp_path: Path, weights: Path
) -> None:
    """The check of the check: were it blind, the test above would prove nothing."""
    registry = Registry(tmp_path / "models")
    chance = random.Random(1)
    for _ in range(MOST_TORN):
        one_life(registry, weights, chance, "torn")
        try:
            registry.open_verified(toys.CARD.name)
        except ModelError:
            return
    pytest.fail("no kill tore a pointer")
