"""All mistakes at once, each in one line: where, what was found, what is allowed."""
# ruff: noqa: E501  lines as the user reads them

from collections.abc import Callable
from pathlib import Path

import pytest

from vigil.config import load, parse
from vigil.core import ConfigError

pytestmark = pytest.mark.usefixtures("fake_parts")

Problems = Callable[[str], list[str]]

MANY = """
retian: {days: 3}
retain: {days: -3, gb: much}
gate: {hold: 5}
rules: [{kind: presence, zone: yrd, lables: [person]}]
metrics: {port: 99999}
cameras:
  gate:
    source: ftp://user:secret@10.0.0.5/sub
    zones: {yard: {coordinates: "0.1,0.2,0.9,0.2,0.5,0.9"}}
  door:
    source: {kind: broken}
    zones: {x: {coordinates: "0.1,0.2,0.9,z,2,0.9"}, y: {coordinates: "0.1,0.2,0.9"}}
    rules:
      - {kind: presnce}
      - {kind: presence, inertia: 0, name: 5}
      - 5
      - {kind: loitering, zone: x}
    record: {pre_capture: 900}
  shed: {main: a.mp4}
  "no way": {source: a.mp4}
"""

FOUND = """
retian: no such setting; did you mean 'retain'? allowed: alerts, algorithms, brain, budget, cameras, database, decide, detector, ear, enhance, gate, health, home, incidents, metrics, neighbours, readers, record, record_scenes, retain, rules, sample, shards, site, tracker, verify
retain.days: found -3; allowed: greater than 0
retain.gb: found 'much'; allowed: a number
metrics.port: found 99999; allowed: less than or equal to 65535
gate.hold: no such setting; did you mean 'hold_s'? allowed: hold_s, threshold
cameras.gate.source: found 'ftp://***@10.0.0.5/sub'; no source of scheme ftp://; allowed: rtsp://, rtsps://, http://, https://
rules[0].lables: no such setting; did you mean 'labels'? allowed: inertia, labels, name, zone
rules[0].zone: found 'yrd'; camera gate has no such zone; did you mean 'yard'? allowed: yard
cameras.door.source: source 'broken' cannot be loaded: module 'fake_parts' has no attribute 'Missing'
cameras.door.zones.x.coordinates[1][1]: found 'z'; allowed: a number
cameras.door.zones.x.coordinates[2][0]: found '2'; allowed: less than or equal to 1
cameras.door.zones.y.coordinates: found '0.1,0.2,0.9'; allowed: pairs, as "x,y,x,y,x,y" or [[x, y], ...]
cameras.door.rules[0]: no rule of kind 'presnce'; did you mean 'presence'? allowed: camera_frozen, camera_offline, loitering, presence
cameras.door.rules[1].inertia: found 0; allowed: greater than or equal to 1
cameras.door.rules[1].name: found 5; allowed: text
cameras.door.rules[2]: found 5; allowed: a rule: its settings, or one of camera_frozen, camera_offline, loitering, presence
cameras.door.record.pre_capture: found 900; allowed: less than or equal to 60
cameras.shed.source: is missing
rules[0].zone: found 'yrd'; camera shed has no such zone; allowed: nothing
cameras.no way: found 'no way'; allowed: letters, digits, _ and -, 64 at most
rules[0].zone: found 'yrd'; camera no way has no such zone; allowed: nothing
"""


def test_all_mistakes_are_told_at_once(problems: Problems) -> None:
    assert sorted(problems(MANY)) == sorted(FOUND.strip().splitlines())


def test_each_mistake_is_one_line(problems: Problems) -> None:
    text = 'cameras: {gate: {source: "a\\nb://c"}}\nretain: {days: "a\\nb"}'
    assert all("\n" not in line for line in problems(text))


def test_two_rules_of_a_camera_may_not_share_a_name(problems: Problems) -> None:
    (line,) = problems("cameras: {gate: {source: a.mp4, rules: [presence, presence]}}")
    assert line == (
        "cameras.gate.rules[1].name: found 'presence'; another rule of this camera has this name"
    )


def test_source_and_sub_are_two_words_for_the_same(problems: Problems) -> None:
    (line,) = problems("cameras: {gate: {source: a.mp4, sub: b.mp4}}")
    assert line == ("cameras.gate.sub: found 'b.mp4'; another word for the same stands beside it")


def test_a_variable_that_is_not_set_is_named_where_it_is_used(problems: Problems) -> None:
    (line,) = problems("cameras: {gate: {source: 'rtsp://u:{VIGIL_NOT_THERE}@10.0.0.5/'}}")
    assert line == "cameras.gate.source: environment variable VIGIL_NOT_THERE is not set"


@pytest.mark.parametrize(
    "source",
    [
        "rtsp://user:hunter2@10.0.0.5/refused",
        "rtsp://user:hun/ter2@10.0.0.5/refused",
        "rtsp://user:hun ter2@10.0.0.5/refused",
        "rtsp://user:p@hunter2@10.0.0.5/refused",
        "rtsp://10.0.0.5/live?user=me&password=hunter2#/refused",
        "rtsp://user:{VIGIL_SECRET}@10.0.0.5/refused",
        "rtsp://10.0.0.5/{VIGIL_SECRET}/refused",
        "ftp://user:hunter2@10.0.0.5/",
    ],
)
def test_a_password_is_never_told(
    source: str, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIL_SECRET", "hunter2")
    (line,) = problems(f"cameras: {{gate: {{source: '{source}'}}}}")
    assert "ter2" not in line
    assert "cameras.gate.source: found" in line
    assert "will not open" in line or "no source of scheme" in line


def test_a_wrong_value_under_a_secret_word_is_not_told(problems: Problems) -> None:
    (line,) = problems("cameras: {gate: {source: {kind: file, path: a, password: hunter2}}}")
    assert "hunter2" not in line


def test_no_password_hides_in_the_chain_of_errors() -> None:
    with pytest.raises(ConfigError) as error:
        parse({"cameras": {"gate": {"source": "rtsp://user:hunter2@10.0.0.5/refused"}}})
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("cameras: [1, 2]", "cameras: found [1, 2]; allowed: settings as `key: value`"),
        ("cameras: {gate: 5}", "cameras.gate: found 5; allowed: settings as `key: value`"),
        ("rules: 5\ncameras: {gate: {source: a}}", "rules: found 5; allowed: a list"),
        ("detector: 5", "detector: found 5; allowed: a detector: its settings, or one of model"),
        ("retain: off", "retain: found False; allowed: settings as `key: value`"),
        ("5: 6", "5: no such setting"),
        ("- a", "allowed: settings as `key: value`"),
        ("cameras: {gate: {source: {path: a}}}", "cameras.gate.source: no source without a kind"),
    ],
)
def test_what_has_the_wrong_shape_is_refused(text: str, line: str, problems: Problems) -> None:
    (found,) = problems(text)
    assert line in found


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file"):
        load(tmp_path / "none.yaml")
