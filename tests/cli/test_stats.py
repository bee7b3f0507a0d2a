"""`vigil stats` and `vigil heatmap`."""

import json
import time
from pathlib import Path
from typing import Any

import cv2
import pytest

from vigil.config.home import open_home
from vigil.core.stats import Figure, Minute
from vigil.store import EventStore
from vigil.store.stat_store import StatStore


@pytest.fixture
def counted() -> int:
    """Two minutes of a gate, an hour ago."""
    home = open_home()
    store = EventStore(home.database, home.clips)
    at_s = (int(time.time()) - 3600) // 3600 * 3600
    minutes = [
        Minute(
            source="gate",
            minute_s=at_s + 60 * number,
            session="s",
            figures=(
                Figure("watched", "", "", 1, 60.0, 60.0),
                Figure("count", "door", "person", 0, 90.0, 3.0),
                Figure("flow", "door > hall", "person", 4),
            ),
            cells={"person": ((600, 90.0),)},
        )
        for number in range(2)
    ]
    StatStore(store.database).write(minutes)
    store.close()
    return at_s


def test_people_read_a_row_a_figure(vigil: Any, counted: int) -> None:
    found = vigil("stats")
    assert found.code == 0
    head, *rows = [line.split() for line in found.lines]
    assert head == ["from", "camera", "what", "where", "label", "number", "mean", "most", "sum"]
    assert rows[0][2:] == ["gate", "count", "door", "person", "1.50", "3"]
    assert rows[1][3:] == ["flow", "door", ">", "hall", "person", "8"]
    assert rows[2][-2:] == ["120", "s"]


def test_programs_read_everything(vigil: Any, counted: int) -> None:
    found = json.loads(vigil("stats", "--json", "--what", "count", "--per", "all").out)
    assert found == [
        {
            "start_s": counted,
            "camera": "gate",
            "what": "count",
            "where": "door",
            "label": "person",
            "number": 0,
            "total": 180.0,
            "mean": 1.5,
            "most": 3.0,
            "watched_s": 120.0,
        }
    ]


def test_nothing_and_nonsense_are_said_in_a_line(vigil: Any, counted: int) -> None:
    assert vigil("stats", "--camera", "yard").lines == ["Nothing was counted in that time."]
    assert (
        "--what: found 'heads'; allowed: watched, count"
        in vigil("stats", "--what", "heads").failure
    )


def test_heat_is_drawn_over_a_view(vigil: Any, counted: int, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "heat.png"
    assert vigil("heatmap", "gate", "--out", out).lines == [f"180 s in 1 cells: {out}"]
    plain = cv2.imread(str(out))
    assert vigil("heatmap", "gate", "--out", out, "--on", film).code == 0
    assert cv2.imread(str(out)).shape != plain.shape
    assert vigil("heatmap", "yard", "--out", out).lines == [f"0 s in 0 cells: {out}"]


def test_heat_of_recorded_scenes(vigil: Any, film: Path, tmp_path: Path) -> None:
    record, out = tmp_path / "film.scenes", tmp_path / "heat.png"
    assert vigil("watch", film, "--scenes", record).code == 0
    (line,) = vigil("heatmap", "大门_1", "--scenes", record, "--out", out).lines
    assert float(line.split()[0]) >= 1
    assert out.exists()


def test_what_cannot_be_drawn_is_one_line(vigil: Any, tmp_path: Path) -> None:
    out = tmp_path / "heat.png"
    assert "allowed: .png" in vigil("heatmap", "gate", "--out", tmp_path / "heat.txt").failure
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    assert "is no picture" in vigil("heatmap", "gate", "--out", out, "--on", text).failure
