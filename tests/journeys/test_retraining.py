"""The whole wheel: a camera at which a model is blind teaches the next one, while it runs.

The model in use is a file that sees only the left third of a picture, the teacher one that sees all
of it; the student is trained here. Who reviews is a script that knows the truth.
"""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.train import toys
from tests.train.seeing import seeing
from typer.testing import CliRunner

from vigil.cli import app
from vigil.config.home import open_home
from vigil.data.formats import Files
from vigil.data.freezing import freeze
from vigil.data.library import Library
from vigil.flywheel.gate import Bounds
from vigil.flywheel.retrain import retrain
from vigil.infer.registry import Registry
from vigil.media.encode import VideoWriter
from vigil.train.fitting import Fit

from .running import Running, wait_for

RATE, PICTURES, START_S = 6, 48, 1_800_000_000.0
GATHERED, REVIEWED = 10, 6


def top(number: int) -> int:
    """Of the square, in a picture of the film."""
    return 8 + abs(number % 44 - 22) * 2


def film(path: Path) -> Path:
    """A red square goes up and down in the right half."""
    grey = np.random.default_rng(2).integers(90, 150, (12, 12, 1), np.uint8)
    with VideoWriter(path, toys.SIDE, toys.SIDE, RATE) as writer:
        for number in range(PICTURES):
            picture = np.repeat(grey.repeat(8, 0).repeat(8, 1), 3, 2)
            toys.draw(picture, "square", 56, top(number), 30)
            writer.write(picture)
    return path


def vigil(*words: object, code: int = 0) -> str:
    said = CliRunner().invoke(app, [str(word) for word in words])
    assert said.exit_code == code, (words, said.output, said.exception)
    return said.stdout


@pytest.mark.slow
def test_a_model_learns_from_the_camera_at_which_it_is_blind(
    begin: Callable[..., Running], home: Path, tmp_path: Path
) -> None:
    library = Library(home / "data" / "yard")
    made = tmp_path / "made"
    library.add(toys.toys(made, 44), Files(root=made, carry="link"))
    registry = Registry(open_home().models)
    known = freeze(library.things(), library.frozen).version
    in_use = registry.add(
        seeing(tmp_path / "third.onnx", 1 / 3), replace(toys.CARD, score=0.3, dataset=known)
    )
    registry.add(seeing(tmp_path / "all.onnx", 1.0), replace(toys.CARD, name="teacher"))

    # It watches, is blind here, and the samplers gather what it does not understand.
    source = {
        "kind": "file", "path": str(film(tmp_path / "film.mp4")), "start_s": START_S,
        "loop": True, "realtime": True,
    }  # fmt: skip
    often = {"minutely": 60, "hourly": None, "daily": 20}
    running = begin(
        {
            "gate": {
                "source": source,
                "detector": "toys",
                "rules": [
                    {"kind": "presence", "labels": ["square"]},
                    # A post is looked at whatever moves.
                    {"kind": "absence", "labels": ["square"], "longer_than_s": 3600},
                ],
                "sample": {
                    "strategies": [{"kind": "random", "probability": 1.0, "limits": often}],
                    "limits": often,
                },
            }
        },
        verify="off",
    )

    def gathered() -> list[dict[str, str]]:
        lines = vigil("sample", "list", "--json", "--state", "waiting").splitlines()
        return [json.loads(line) for line in lines]

    wait_for(lambda: len(gathered()) >= GATHERED, within_s=180)
    assert running.events("presence") == []
    vigil("model", "due", "--reviewed", REVIEWED, code=4)

    # A teacher labels them, and some are reviewed.
    vigil("sample", "export", "yard", "--state", "waiting")
    vigil(
        "data", "label", "yard", "--teacher", "detector:teacher",
        "--words", "square", "--words", "disc", "--precision", 0.3,
    )  # fmt: skip
    for each in gathered()[:REVIEWED]:
        number = round((float(each["time_s"]) - START_S) * RATE) % PICTURES
        box = f"square=56,{top(number)},86,{top(number) + 30}"
        vigil("sample", "label", each["id"], "--box", box, "--by", "script", "--into", "yard")
    assert "people labelled" in vigil("model", "due", "--reviewed", REVIEWED)

    # A student is trained, passes the gate, and is swapped in while the watch goes on.
    threads = torch.get_num_threads()
    done = retrain(
        open_home(), in_use, library,
        fit=Fit(side=toys.SIDE, epochs=10, batch=8, rate=3e-3),
        # What sees by colour is never wrong; what has learnt for seconds is, now and then.
        bounds=Bounds(least_things=8, slice_things=8, precision_loss=0.3),
    )  # fmt: skip
    torch.set_num_threads(threads)
    assert done.passage.passed, done.passage.reasons
    wait_for(lambda: "model swapped" in running.log, within_s=180)
    wait_for(lambda: running.events("presence"), within_s=180)
    running.end(signal.SIGTERM, within_s=60)
    assert "toys@2" in running.log
    vigil("model", "due", "--reviewed", REVIEWED, code=4)
