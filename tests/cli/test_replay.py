"""`vigil replay`."""

import json
from pathlib import Path
from typing import Any

import cv2
import pytest

STRICT = "[{kind: presence, labels: [object], min_size: 0.9}]"


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text("rules: [{kind: presence, labels: [object]}]")
    return path


@pytest.fixture
def record(vigil: Any, film: Path, tmp_path: Path) -> Path:
    path = tmp_path / "film.scenes"
    assert vigil("watch", film, "--scenes", path).code == 0
    return path


def test_a_film_s_scenes_are_judged_again(vigil: Any, record: Path, rules: Path) -> None:
    found = vigil("replay", record, "--rules", rules)
    assert found.code == 0
    head, row, count = found.lines
    assert head.split() == ["day", "camera", "rule", "events"]
    assert row.split() == ["1970-01-01", "大门_1", "presence", "1"]
    assert count.startswith("1 events in ")


def test_what_other_rules_would_change_is_told(
    vigil: Any, record: Path, rules: Path, tmp_path: Path
) -> None:
    strict, picture = tmp_path / "strict.yaml", tmp_path / "diff.png"
    strict.write_text(STRICT)
    found = vigil("replay", record, "--rules", strict, "--against", rules, "--picture", picture)
    (gone,) = [line for line in found.lines if line.startswith("vanished")]
    assert gone.split()[4] == "presence"
    assert "-1" in found.lines[1].split()
    assert cv2.imread(str(picture)) is not None
    told = json.loads(vigil("replay", record, "--rules", strict, "--against", rules, "--json").out)
    assert (len(told["added"]), len(told["vanished"]), told["same"]) == (0, 1, 0)
    assert told["against"]["counts"][0]["events"] == 1


def test_the_rules_of_a_camera_are_found_by_its_name(
    vigil: Any, record: Path, tmp_path: Path
) -> None:
    file = tmp_path / "vigil.yaml"
    file.write_text("cameras: {大门_1: {source: rtsp://a/b, rules: [presence]}}")
    assert "大门_1" in vigil("replay", record, "--rules", file).lines[1]
    file.write_text("cameras: {other: {source: rtsp://a/b}}")
    assert (
        "no camera '大门_1'; its cameras: other" in vigil("replay", record, "--rules", file).failure
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [{kind: presense}]", "rules[0]"),
        ("rules: [{kind: presence, zone: nowhere}]", "rules[0].zone"),
        ("{rules: [presence], colour: red}", "colour: allowed beside `rules`: zones"),
    ],
)
def test_wrong_rules_are_one_line(
    vigil: Any, record: Path, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    failure = vigil("replay", record, "--rules", path).failure
    assert str(path) in failure
    assert said in failure


def test_wrong_files_are_one_line(vigil: Any, rules: Path, tmp_path: Path) -> None:
    assert "not there" in vigil("replay", tmp_path / "no.scenes", "--rules", rules).failure
    (tmp_path / "text.scenes").write_text("not scenes")
    failure = vigil("replay", tmp_path / "text.scenes", "--rules", rules).failure
    assert "not a record of scenes" in failure
