"""`vigil scene`, with drawn rooms and an embedder in a publisher's layout."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.flywheel.rooms import grid_folder, room, write_rooms


def write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


@pytest.fixture
def learnt(vigil: Any, home: Path, tmp_path: Path) -> Path:
    """Kinds are learnt, and there are stills of cameras in folders."""
    grid, rooms = grid_folder(tmp_path / "grid"), write_rooms(tmp_path / "rooms", 12)
    made = vigil("scene", "new", "places", "--images", rooms, "--embedder", grid)
    assert made.code == 0, made
    assert made.lines[0].startswith("places@1: kitchen: precision ")
    for kind in ("kitchen", "road", "cellar"):
        for seed in range(50, 57):
            write(tmp_path / "stills" / kind / f"{seed}.png", room(kind, seed))
    return tmp_path / "stills"


def test_a_camera_is_told_kept_and_then_found_turned_away(vigil: Any, learnt: Path) -> None:
    told = vigil("scene", "ask", learnt / "kitchen")
    assert told.code == 0
    assert told.out.startswith("kitchen (")
    assert "none is kept" in told.out
    kept = vigil("scene", "keep", learnt / "kitchen")
    assert "kitchen: kept as" in kept.out
    again = vigil("scene", "ask", learnt / "kitchen")
    assert "like the usual one" in again.out
    for file in (learnt / "kitchen").iterdir():
        write(file, np.zeros((120, 160, 3), np.uint8))
    dark = vigil("scene", "ask", learnt / "kitchen", "--json")
    assert dark.code == 3
    assert json.loads(dark.out)["said"] == "turned away"


def test_one_question_has_one_answer(vigil: Any, learnt: Path) -> None:
    picture = learnt / "road" / "50.png"
    assert vigil("scene", "ask", picture, "--is", "road").out.startswith("yes: ")
    no = vigil("scene", "ask", learnt / "road", "--is", "kitchen")
    assert (no.code, no.out[:4]) == (1, "no: ")
    unsure = vigil("scene", "ask", learnt / "cellar", "--is", "kitchen")
    assert (unsure.code, unsure.out[:8]) == (3, "unsure: ")
    assert (
        "--is: found 'moon'; allowed: kitchen, road"
        in vigil("scene", "ask", picture, "--is", "moon").failure
    )


def test_rules_are_proposed_and_none_is_switched_on(
    vigil: Any, learnt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "vigil.yaml"
    config.write_text(
        f"cameras:\n  stove:\n    source: {learnt / 'kitchen'}\n    rules: [{{kind: fire}}]\n"
    )
    before = config.read_text()
    said = vigil("scene", "propose", "stove", "--config", config)
    assert said.code == 0, said
    assert "already on: fire" in said.out
    assert "switch on: smoke, fall" in said.out
    assert "  stove:\n    rules:\n" in said.out
    assert config.read_text() == before
    monkeypatch.chdir(tmp_path)  # where vigil.yaml is found by itself
    assert vigil("scene", "propose", "stove").out == said.out
    nobody = vigil("scene", "propose", learnt / "cellar")
    assert nobody.code == 3
    assert "switch on" not in nobody.out


def test_the_table_is_yours_to_change(vigil: Any, learnt: Path, home: Path, tmp_path: Path) -> None:
    shown = vigil("scene", "table").out
    assert "kinds: [kitchen" in shown
    own = home / "views" / "proposals.yaml"
    own.write_text("- {kinds: road, propose: [{rule: {kind: crowd}, why: Parades.}]}\n")
    assert vigil("scene", "table").out == own.read_text()
    assert "switch on: crowd" in vigil("scene", "propose", learnt / "road").out
    assert "no row for 'kitchen'" in vigil("scene", "propose", learnt / "kitchen").failure
    other = tmp_path / "other.yaml"
    other.write_text("- {kinds: road, propose: [], why_not: Nothing ever happens there.}\n")
    said = vigil("scene", "propose", learnt / "road", "--table", other)
    assert "Nothing ever happens there." in said.out


def test_mistakes_are_one_line(vigil: Any, home: Path, tmp_path: Path) -> None:
    assert "no kinds of view are learnt" in vigil("scene", "ask", tmp_path).failure
    assert (
        "0 folders; allowed: two or more"
        in vigil("scene", "new", "x", "--images", tmp_path / "none").failure
    )
    assert "no algorithm's name" in vigil("scene", "new", "A b", "--images", tmp_path).failure
