"""From films to an event: a network is taught, exported as a stream, and tells the watch."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vigil.media.encode import H264Options, VideoWriter
from vigil.models import mobilenet_v2

SHADES = {"bright": 250, "dark": 5}
RATE = 10
LEARNT = ("--causal", "--frames", 4, "--side", 32, "--epochs", 15, "--batch", 2, "--rate", 5e-3)
RULE = "{kind: action, model: blocks, labels: bright, where: view, longer_than_s: 0.5}"


def write_block(path: Path, shade: int, *, seed: int, seconds: float = 1.0) -> Path:
    """A block of that shade goes to and fro over a grey ground."""
    chance = np.random.default_rng(seed)
    ground = chance.integers(100, 150, (48, 64, 3)).astype(np.uint8)
    top, phase = int(chance.integers(4, 20)), float(chance.uniform(0, 6))
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, 64, 48, RATE, options=H264Options(key_every=RATE)) as writer:
        for index in range(round(seconds * RATE)):
            left = round(20 + 20 * np.sin(phase + index / 3))
            picture = ground.copy()
            picture[top : top + 24, left : left + 20] = shade
            writer.write(picture)
    return path


@pytest.mark.slow
def test_the_watch_tells_what_a_network_was_taught(
    vigil: Any, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever is deep takes long to learn, and to export.
    monkeypatch.setattr(mobilenet_v2, "STAGES", mobilenet_v2.STAGES[:3])
    films = tmp_path / "blocks"
    for word, shade in SHADES.items():
        for seed in range(10):
            split = "val" if seed < 2 else "train"
            write_block(films / split / word / f"{word}{seed}.mp4", shade, seed=seed)
    trained = vigil("video", "train", films, "--name", "blocks", *LEARNT)
    assert trained.code == 0, trained.err
    exported = vigil("video", "export", "blocks", "--licence", "CC0-1.0", "--stream")
    assert exported.code == 0, exported.err
    used = vigil("model", "use", "blocks", 1)
    assert used.code == 0, used.err
    told = {}
    for word, shade in SHADES.items():
        film = write_block(tmp_path / f"{word}.mp4", shade, seed=99, seconds=6)
        watched = vigil("watch", film, "--rules", RULE, "--json")
        assert watched.code == 0, watched.err
        told[word] = [json.loads(line) for line in watched.lines]
    first, *_, last = told["bright"]
    assert (first["type"], first["rule"], first["label"]) == ("new", "action", "bright")
    assert last["type"] == "end"
    assert not told["dark"]
