"""A file that changes while everything runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vigil.config import App, ConfigWatcher, camera_folder, changes, load, parse, save_camera
from vigil.core import ConfigError

pytestmark = pytest.mark.usefixtures("fake_parts")

Write = Callable[..., Path]


def app(**cameras: str | dict[str, object]) -> App:
    return parse(
        {"cameras": {n: s if isinstance(s, dict) else {"source": s} for n, s in cameras.items()}}
    )


def test_changes_are_told_by_camera() -> None:
    found = changes(app(a="1", b="2", c="3"), app(a="1", b="9", d="4"))
    assert (found.added, found.changed, found.removed) == (("d",), ("b",), ("c",))
    assert found
    assert found.restart_needed == ()


def test_another_way_to_write_the_same_is_no_change() -> None:
    plain = app(a="1.mp4")
    spelled = app(a={"source": {"kind": "file", "path": "1.mp4"}, "gate": {"kind": "luma"}})
    assert not changes(plain, spelled)


def test_what_a_rule_remembers_is_no_change() -> None:
    running, fresh = app(a="1"), app(a="1")
    running.cameras["a"].rules[0].memory.append(5)
    assert not changes(running, fresh)


def test_a_change_at_the_top_changes_each_camera_that_took_it() -> None:
    cameras = {"a": {"source": "1"}, "b": {"source": "2", "detector": "motion"}}
    old = parse({"cameras": cameras})
    assert changes(old, parse({"detector": "nano", "cameras": cameras})).changed == ("a",)


def test_a_change_of_home_waits_for_a_restart_and_of_retain_does_not() -> None:
    found = changes(parse({}), parse({"home": "/other", "retain": {"days": 1}}))
    assert found.restart_needed == ("home",)
    assert found.retain


def test_a_change_of_alerts_is_one_that_can_be_taken_up() -> None:
    found = changes(parse({}), parse({"alerts": {"group_s": 7}}))
    assert found.alerts
    assert found
    assert found.restart_needed == ()


def test_a_watcher_tells_of_a_change_once(write: Write) -> None:
    watcher = ConfigWatcher(write("cameras: {a: {source: x}}"))
    assert watcher.poll() is None
    write("cameras: {a: {source: x}, b: {source: y}}")
    found = watcher.poll()
    assert list(found.cameras) == ["a", "b"]
    assert watcher.app is found
    assert watcher.poll() is None


def test_a_wrong_file_is_told_once_and_the_old_one_stays(write: Write) -> None:
    watcher = ConfigWatcher(write("cameras: {a: {source: x}}"))
    before = watcher.app
    path = write("cameras: {a: {sourc: x}}")
    with pytest.raises(ConfigError, match=r"cameras\.a\.sourc"):
        watcher.poll()
    assert watcher.poll() is None
    assert watcher.app is before
    write("cameras: {a: {source: z}}")
    assert watcher.poll().cameras["a"].source.path == path.parent / "z"
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        watcher.poll()
    assert watcher.poll() is None
    write("cameras: {a: {source: z}}")
    assert watcher.poll() is None
    assert list(watcher.app.cameras) == ["a"]


def test_a_comment_is_no_change(write: Write) -> None:
    watcher = ConfigWatcher(write("cameras: {a: {source: x}}"))
    write("# the gate\ncameras: {a: {source: x}}")
    assert watcher.poll() is None


def test_a_touched_file_is_no_change(write: Write) -> None:
    watcher = ConfigWatcher(path := write("cameras: {a: {source: x}}"))
    path.touch()
    assert watcher.poll() is None


def test_a_camera_file_beside_the_main_one_is_a_camera(write: Write) -> None:
    path = write("gate: {hold_s: 9}\ncameras: {a: {source: x}}")
    write("source: y\n", "vigil.d/cameras/yard.yaml")
    cameras = load(path).cameras
    assert list(cameras) == ["a", "yard"]
    assert cameras["yard"].gate.hold_s == 9


def test_a_camera_that_stands_in_two_files_is_refused(write: Write) -> None:
    path = write("cameras: {a: {source: x}}")
    write("source: y\n", "vigil.d/cameras/a.yaml")
    with pytest.raises(
        ConfigError, match=r"cameras\.a: stands both in .*vigil.yaml and in .*a.yaml"
    ):
        load(path)


def test_mistakes_of_all_files_are_told_at_once_with_their_file(write: Write) -> None:
    path = write("retain: {days: 0}\ncameras: {a: {source: x}}")
    yard = write("sourc: y\n", "vigil.d/cameras/yard.yaml")
    shed = write("source: [\n", "vigil.d/cameras/shed.yaml")
    with pytest.raises(ConfigError) as error:
        load(path)
    assert sorted(error.value.problems) == sorted(
        [
            "retain.days: found 0; allowed: greater than 0",
            f"{yard}: source: is missing",
            f"{yard}: sourc: no such setting; did you mean 'source'? allowed: detector, ear, "
            "enhance, gate, health, main, masks, name, readers, record, record_scenes, rules, "
            "sample, site, source, sub, tracker, zones",
            f"{shed}: line 2, column 1: expected the node content, but found '<stream end>' "
            "while parsing a flow node",
        ]
    )


def test_a_camera_is_saved_beside_the_file_and_seen_by_its_watcher(write: Write) -> None:
    path = write("cameras: {a: {source: x}}")
    watcher = ConfigWatcher(path)
    file = save_camera(path, "yard", {"source": "y"})
    assert file == camera_folder(path) / "yard.yaml"
    assert list(watcher.poll().cameras) == ["a", "yard"]
    save_camera(path, "yard", {"source": "z"})
    assert watcher.poll().cameras["yard"].source.path == path.parent / "z"
    file.unlink()
    assert list(watcher.poll().cameras) == ["a"]


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("a", {"source": "y"}, "belongs to your hand"),
        ("yard", {"sourc": "y"}, "no such setting"),
        ("../yard", {"source": "y"}, "allowed: letters"),
        ("..", {"source": "y"}, "allowed: letters"),
    ],
)
def test_a_camera_that_would_not_load_is_not_saved(
    name: str, settings: dict[str, object], message: str, write: Write
) -> None:
    path = write("cameras: {a: {source: x}}")
    with pytest.raises(ConfigError, match=message):
        save_camera(path, name, settings)
    assert [file.name for file in path.parent.rglob("*") if file.is_file()] == ["vigil.yaml"]
