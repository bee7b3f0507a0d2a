"""`vigil sim`: a film and its truth from a scenario file."""

import json
from pathlib import Path
from typing import Any

TEXT = "place: street\nwidth: 96\nrate: 1\nacts: [{act: fight, at_s: 0, lasts_s: 4}]\n"


def test_a_scenario_becomes_a_film_with_its_truth(vigil: Any, tmp_path: Path) -> None:
    scenario = tmp_path / "fight.yaml"
    scenario.write_text(TEXT)
    assert vigil("sim", scenario).code == 0
    assert (tmp_path / "fight.mp4").stat().st_size > 1000
    told = [json.loads(line) for line in (tmp_path / "fight.events.jsonl").read_text().splitlines()]
    (fight,) = [event for event in told if event["kind"] == "fight"]
    assert fight["ids"] == [1, 2]
    pictures = (tmp_path / "fight.truth.jsonl").read_text().splitlines()
    assert len(pictures) > 10


def test_mistakes_are_told_in_one_line(vigil: Any, tmp_path: Path) -> None:
    scenario = tmp_path / "fight.yaml"
    scenario.write_text(TEXT)
    assert "allowed: .mp4" in vigil("sim", scenario, "--out", tmp_path / "fight.avi").failure
    assert "cannot be read" in vigil("sim", tmp_path / "none.yaml").failure
    scenario.write_text(TEXT.replace("fight", "fihgt"))
    assert "acts[0].act: found 'fihgt'; allowed: " in vigil("sim", scenario).failure
