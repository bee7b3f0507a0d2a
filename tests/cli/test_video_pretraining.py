"""`vigil video pretrain`, and `train` after it, as a person uses them."""

from pathlib import Path
from typing import Any

import pytest
from tests.train.video.walks import write_walk, write_walks

SMALL = ("--epochs", 1, "--batch", 4)


@pytest.mark.parametrize(
    ("by", "network"), [("masked", "videomae"), ("contrastive", "tsm-mobilenet")]
)
def test_a_network_learns_without_labels_and_then_with_few(
    vigil: Any, home: Path, tmp_path: Path, by: str, network: str
) -> None:
    for number in range(10):
        write_walk(tmp_path / "films" / f"{number}.mp4", "right", number)
    (tmp_path / "films" / "broken.mp4").write_text("no film")
    seen = vigil(
        "video", "pretrain", tmp_path / "films", "--name", "seen", "--by", by, *SMALL,
        "--network", network, "--frames", 4, "--side", 32,
    )  # fmt: skip
    assert seen.code == 0, seen.err
    assert "broken.mp4" in seen.err
    assert f"by: {by}" in seen.lines
    assert "8 clips learnt in 2 steps; loss " in seen.out
    weights = home / "training" / "seen"
    assert seen.lines[-1].endswith(f"--network {network} --weights {weights}")

    walks = write_walks(tmp_path / "walks", 4)
    trained = vigil(
        "video", "train", walks, "--name", "walks", "--network", network, "--weights", weights,
        *SMALL,
    )  # fmt: skip
    assert trained.code == 0, trained.err
    assert vigil("video", "eval", "walks").code == 0
    failed = vigil("video", "eval", "seen")
    assert "weights without words; see: vigil video train --weights" in failed.err


def test_mistakes_are_told_in_one_line(vigil: Any, tmp_path: Path) -> None:
    failed = vigil("video", "pretrain", tmp_path, "--name", "w", "--by", "guessing")
    assert "by: found 'guessing'; allowed: 'masked', 'contrastive' or 'order'" in failed.err
    failed = vigil("video", "pretrain", tmp_path, "--name", "w")
    assert "no folder a word with films in it, and no list" in failed.err
