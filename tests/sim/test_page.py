"""The scenarios of the page about the rendered world run as they stand."""

import json
import runpy
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/simulation.md"


def test_the_scenario_of_the_page_makes_a_film_with_its_truth(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text("utf-8").split("```python\n")[1].split("```")[0]
    Path("scenario.py").write_text(text.replace("rate=5", "rate=1"), "utf-8")
    runpy.run_path("scenario.py")
    (event,) = map(json.loads, Path("left.events.jsonl").read_text().splitlines())
    assert (event["kind"], event["ids"]) == ("abandoned_object", [2])
    lines = [json.loads(line) for line in Path("left.truth.jsonl").read_text().splitlines()]
    assert len(lines) == 16
    assert {one["label"] for line in lines for one in line["objects"]} == {"person", "suitcase"}
    assert Path("left.mp4").stat().st_size > 1000
