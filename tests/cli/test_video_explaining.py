"""`vigil video explain` and `vigil video eval --by`, as a person uses them."""

import json
from pathlib import Path
from typing import Any

from tests.train.video.walks import write_walks

from vigil.media.films import film_frames


def test_a_run_is_explained_and_its_errors_are_grouped(vigil: Any, tmp_path: Path) -> None:
    walks = write_walks(tmp_path / "walks", 4)
    small = ("--frames", 4, "--side", 64, "--epochs", 1, "--batch", 4)
    assert vigil("video", "train", walks, "--name", "walks", *small).code == 0
    film, out = walks / "left" / "left0.mp4", tmp_path / "why.mp4"
    found = vigil("video", "explain", "walks", film, "--out", out, "--stretches", 2)
    assert found.code == 0, found.err
    assert found.out.startswith(f"{out}: ")
    figures = json.loads((tmp_path / "why.json").read_text())
    assert figures["run"] == "walks"
    assert figures["method"] == "grad_cam"
    assert [len(figures[each]) for each in ("moments", "frames", "without")] == [4, 4, 2]
    assert len(list(film_frames(out))) == len(list(film_frames(film)))

    told = vigil("video", "explain", "walks", film, "--out", out, "--word", "up")
    assert told.failure.endswith("--word: found 'up'; allowed: left, right")
    assert "allowed: .mp4" in vigil("video", "explain", "walks", film, "--out", "why.gif").failure
    assert "is the film itself" in vigil("video", "explain", "walks", film, "--out", film).failure

    drawing = tmp_path / "bias.svg"
    judged = vigil("video", "eval", "walks", "--by", "size,light,clothing", "--picture", drawing)
    assert [line.split(":")[0] for line in judged.lines[-3:]] == ["light", "size", "clothing"]
    assert all("too few to say" in line for line in judged.lines[-3:])
    assert "clothing: unknown" in drawing.read_text()
    rows = json.loads(vigil("video", "eval", "walks", "--by", "place", "--json").out)["by"]
    assert sum(row["clips"] for row in rows) == 2
    assert "--by: found 'age'" in vigil("video", "eval", "walks", "--by", "age").failure
    assert "allowed: .svg" in vigil("video", "eval", "walks", "--picture", drawing).failure
