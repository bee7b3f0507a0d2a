import csv
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vigil.cli import app
from vigil.cli.demo import compared, matched, settings_for_scene
from vigil.core import Event, SourceRefused
from vigil.sim.scenes import scene
from vigil.sim.truth import TrueEvent


def crossing(start_s: float) -> TrueEvent:
    return TrueEvent(
        kind="line_crossing", start_s=start_s, end_s=start_s, ids=(1,), box=None,
        direction="forward",
    )  # fmt: skip


def report(start_s: float, direction: str = "out") -> Event:
    return Event(
        id=str(start_s), source="gate", rule="line_crossing", claim="It crosses.",
        start_s=start_s, end_s=start_s, direction=direction,
    )  # fmt: skip


def test_each_report_answers_one_event_of_its_kind_and_direction() -> None:
    true = [crossing(5.0), crossing(8.0)]
    near, wrong_way, far = report(7.5), report(5.0, "in"), report(40.0)
    assert matched(true, [wrong_way, near, far]) == [
        (true[0], near), (true[1], None), (None, wrong_way), (None, far)
    ]  # fmt: skip


def test_the_table_tells_what_was_missed_and_what_was_not_so() -> None:
    table = compared([crossing(5.0)], [report(40.0)])
    assert "0 right" in str(table.title)
    assert list(table.columns[-1].cells) == ["[red]missed[/red]", "[red]not so[/red]"]


def test_the_scenes_rules_are_those_of_its_story() -> None:
    script = scene("gate")
    (camera,) = settings_for_scene(Path("gate.mp4"), script).cameras.values()
    assert {rule.name for rule in camera.rules} == {event.kind for event in script.true_events()}


def test_a_file_that_is_no_video_is_told_before_anything_is_rendered(tmp_path: Path) -> None:
    wrong = tmp_path / "notes.mp4"
    wrong.write_text("no video")
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["demo", "--out", str(out), "--source", str(wrong)])
    assert isinstance(result.exception, SourceRefused)
    assert not out.exists()


@pytest.mark.slow
def test_the_demo_reports_exactly_what_happened_and_judges_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "10 happened, 11 reported, 10 right" in result.output, "an insect is the lure"
    with (tmp_path / "gate-events.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    starts = {row["rule"]: float(row["start_s"]) for row in rows}
    assert len(rows) == 11
    true = scene("gate").true_events()
    for event in true:
        if event.kind in {"loitering", "stopped_vehicle"}:
            assert starts[event.kind] == pytest.approx(event.start_s, abs=1.5)
    told = [row for row in rows if row["outcome"] in {"confirmed", "unverified"}]
    assert len(told) >= len(true), "no true one is lost"
    assert any(row["outcome"] == "confirmed" for row in rows)
    assert not [row for row in rows if row["outcome"] == "pending"]
    assert (tmp_path / "gate-watched.mp4").stat().st_size > 100_000
    assert (tmp_path / "gate-events.png").stat().st_size > 100_000
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    clips = re.findall(r'<video[^>]* src="([^"]+)"', page)
    assert len(clips) == 11
    assert all((tmp_path / clip).stat().st_size > 10_000 for clip in clips)
    assert "second_look@" in page
    assert not list(tmp_path.glob(".state-*")), "nothing but results is left behind"
