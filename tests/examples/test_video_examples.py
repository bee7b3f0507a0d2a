"""Each example of `examples/video` runs as it stands, on clips and networks that are tiny.

What the README tells to run is what runs here; only sizes and places are others.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from tests.brain.clip_models import colour_pair
from tests.pipeline.test_film_search import write_colours
from tests.train.video.walks import write_walks

from vigil.media.probe import describe
from vigil.testing.sounds import beeps, noise, sounding_film

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "video"
TINY = ("--side", 32, "--epochs", 1, "--batch", 2, "--steps-a-batch", 1, "--views", 1)


def commands() -> dict[str, list[str]]:
    """What the README says of each file."""
    blocks = (FOLDER / "README.md").read_text(encoding="utf-8").split("```sh\n")[1:]
    lines = [line for block in blocks for line in block.split("```")[0].splitlines()]
    found = {}
    for line in lines:
        (name,) = (word for word in shlex.split(line) if word.startswith("examples/video/"))
        found[Path(name).name] = shlex.split(line)
    return found


def test_the_readme_runs_every_example() -> None:
    assert set(commands()) == {path.name for path in FOLDER.iterdir()} - {"README.md"}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Any:
    """A folder as transformers writes it, of a network that is as small as it may be."""

    def made(kind: str) -> Path:
        from transformers import AutoConfig, AutoModelForVideoClassification  # noqa: PLC0415

        config = AutoConfig.for_model(
            kind, image_size=32, patch_size=16, num_frames=4, hidden_size=24,
            num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        )  # fmt: skip
        folder = tmp_path / kind
        AutoModelForVideoClassification.from_config(config).save_pretrained(folder)
        return folder

    return made


@pytest.fixture(autouse=True)
def in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the README is read."""
    monkeypatch.chdir(ROOT)


def run(vigil: Any, name: str, clips: Path, *more: object) -> list[str]:
    """The command of the README with other clips; what it says."""
    command, video, train, _, *rest = commands()[name]
    assert (command, video, train) == ("vigil", "video", "train")
    told = vigil(video, train, clips, *rest, *TINY, *more)
    assert told.code == 0, told.err
    assert "Traceback" not in told.err
    kept = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    place = Path(os.environ["VIGIL_HOME"]) / "training" / kept["name"] / "settings.yaml"
    shown = yaml.safe_load(place.read_text(encoding="utf-8"))
    changed = {str(word)[2:].replace("-", "_") for word in (*TINY, *more)}
    assert all(shown[key] == value for key, value in kept.items() if key not in changed)
    return list(told.lines)


def test_behaviour_from_pictures_flow_and_sound(
    vigil: Any,
    tmp_path: Path,
) -> None:
    for number in range(3):
        for word, wave in (("alarm", beeps(1.2, hertz=2000 + 300 * number)), ("quiet", None)):
            wave = noise(1.2, seed=number) if wave is None else wave  # noqa: PLW2901
            (tmp_path / word).mkdir(exist_ok=True)
            sounding_film(tmp_path / word / f"{number}.mp4", 1.2, wave, [(0.2, 1.0)])
    lines = run(vigil, "behaviour.yaml", tmp_path, "--frames", 10)
    assert any("clips learnt" in line and "; 0 clips could not be read" in line for line in lines)


def test_lora_on_videomae(
    vigil: Any,
    tmp_path: Path,
    checkpoint: Any,
) -> None:
    clips = write_walks(tmp_path / "walks", 3)
    lines = run(vigil, "lora-videomae.yaml", clips, "--weights", checkpoint("videomae"))
    some, total = map(int, re.findall(r"(\d+) of (\d+) parameters", "\n".join(lines))[0])
    assert 0 < some < total / 3


def test_vivit_from_scratch(
    vigil: Any,
    tmp_path: Path,
) -> None:
    clips = write_walks(tmp_path / "walks", 3)
    assert any(
        "clips learnt" in line
        for line in run(vigil, "vivit-from-scratch.yaml", clips, "--frames", 4)
    )


def test_timesformer_fine_tuned(
    vigil: Any,
    tmp_path: Path,
    checkpoint: Any,
) -> None:
    clips = write_walks(tmp_path / "walks", 3)
    weights = checkpoint("timesformer")
    lines = run(vigil, "timesformer-finetune.yaml", clips, "--weights", weights)
    assert any("clips learnt" in line for line in lines)


def shell(name: str, *places: object, cwd: Path) -> str:
    """The script of the README with other places; what it says."""
    command, script, *_ = commands()[name]
    assert command == "sh"
    there = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    told = subprocess.run(
        [command, ROOT / script, *map(str, places)],
        cwd=cwd, env=os.environ | {"PATH": there, "PYTHONUTF8": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_a_summary_is_a_board_and_a_short_film(tmp_path: Path) -> None:
    film = write_colours(tmp_path / "day.mp4", "red green blue green", seconds=3)
    shell("summary.sh", film, colour_pair(tmp_path / "pair"), cwd=tmp_path)
    board = cv2.imread(str(tmp_path / "day-board.jpg"))
    assert board is not None
    shown = [board[100, 14 + column * 494 + 240] for column in range(3)]
    assert {int(np.argmax(colour)) for colour in shown} == {0, 1, 2}  # each colour once
    seconds = describe(tmp_path / "day-short.mp4").duration_s
    assert seconds is not None
    assert 1 < seconds < 6


def test_a_search_by_example_and_by_words(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    write_colours(folder / "a.mp4", "red green")
    write_colours(folder / "b.mp4", "green red")
    example = write_colours(tmp_path / "example.mp4", "red", seconds=1)
    told = shell(
        "search.sh", folder, example, colour_pair(tmp_path / "pair"), "green", cwd=tmp_path
    )
    lines = told.splitlines()
    best = [row.split() for row in lines if row.startswith("1 ")]
    assert len(best) == 2
    for name, wanted in (("found-like.jpg", 2), ("found-words.jpg", 1)):
        sheet = cv2.imread(str(tmp_path / name))
        assert sheet is not None
        assert int(sheet[100, 250].argmax()) == wanted
