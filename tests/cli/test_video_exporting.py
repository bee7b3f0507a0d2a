"""`vigil video export`, as a person uses it."""

from pathlib import Path
from typing import Any

import pytest
from tests.train.video.walks import write_walks

from vigil.infer.registry import Registry
from vigil.models import mobilenet_v2


def test_a_file_in_eight_bits_goes_into_the_registry_with_the_figures_of_both(
    vigil: Any, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Exporting takes as long as a network is deep.
    monkeypatch.setattr(mobilenet_v2, "STAGES", mobilenet_v2.STAGES[:2])
    walks = write_walks(tmp_path / "walks", 5)
    small = ("--frames", 4, "--side", 32, "--epochs", 1, "--batch", 4)
    assert vigil("video", "train", walks, "--name", "walks", *small).code == 0
    made = vigil("video", "export", "walks", "--licence", "CC0-1.0", "--int8")
    assert made.code == 0, made.err
    full, eight, last = made.lines
    assert full.startswith("as it was learnt: ")
    assert eight.startswith("in eight bits: ")
    assert last.startswith("walks@1 is in the registry, not in use")
    card, _ = Registry(home / "models").resolve("walks@1")
    assert {"accuracy", "accuracy/full", "accuracy/int8"} <= set(card.metrics)
    assert set(card.latency_ms) == {"cpu", "cpu/full", "cpu/int8"}
    refused = vigil("video", "export", "walks", "--licence", "CC0-1.0", "--prune", 2)
    assert refused.failure == "prune: found 2; allowed: more than 0, less than 1"
