"""`vigil video train`, `eval` and `predict`, as a person uses them."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.train.video.walks import write_walks

SMALL = ("--frames", 4, "--side", 32, "--epochs", 1, "--batch", 4)


@pytest.fixture
def walks(tmp_path: Path) -> Path:
    return write_walks(tmp_path / "walks", 5)


def test_a_network_learns_is_judged_and_says_what_films_show(
    vigil: Any, walks: Path, home: Path
) -> None:
    (walks / "left" / "broken.mp4").write_text("no film")
    trained = vigil("video", "train", walks, "--name", "walks", *SMALL)
    assert trained.code == 0, trained.err
    assert "broken.mp4" in trained.err
    assert "6 clips learnt in 2 steps" in trained.out
    assert "1 clips could not be read" in trained.out
    assert "network: tsm-mobilenet" in trained.lines

    settings = home / "training" / "walks" / "settings.yaml"
    printed = "\n".join(line for line in trained.lines if line in settings.read_text())
    assert "epochs: 1" in printed

    judged = json.loads(vigil("video", "eval", "walks", "--json", "--views", 2).out)
    assert judged["split"] == "test"
    assert judged["clips"] == 2
    assert 0 <= judged["accuracy"] <= 1

    film = walks / "left" / "left0.mp4"
    told = json.loads(vigil("video", "predict", "walks", film, "--json").out)
    assert set(told["words"]) == {"left", "right"}
    assert sum(told["words"].values()) == pytest.approx(1, abs=1e-3)

    other = vigil("video", "train", walks, "--name", "walks", *SMALL, "--epochs", 3)
    assert "walks: began with epochs 1, now 3; choose another --name" in other.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--network", "c3d"), "network: found 'c3d'; allowed: 'i3d', "),
        (("--frames", 1), "frames: found 1; allowed: 0, or 2 to 256"),
        (("--network", "tsm-mobilenet", "--mode", "prefix"), "allowed with: videomae, vivit"),
        (("--weights", "none.safetensors"), "none.safetensors: no weights that can be read"),
    ],
)
def test_mistakes_are_told_in_one_line(
    vigil: Any, walks: Path, options: tuple[str, ...], told: str
) -> None:
    failed = vigil("video", "train", walks, "--name", "w", "--side", 32, *options)
    assert failed.code == 2
    assert told in failed.err.splitlines()[-1]


def test_settings_of_a_file_and_their_mistakes(vigil: Any, walks: Path, tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("epoch: 3\nrate: fast\nname: walks\n")
    failed = vigil("video", "train", walks, "--file", file)
    assert f"{file}: epoch: no such setting; did you mean 'epochs'?" in failed.err
    assert f"{file}: rate: found 'fast'; allowed: a number" in failed.err
    assert vigil("video", "predict", "walks", file).failure.endswith("vigil video train --help")
