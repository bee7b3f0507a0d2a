"""A file becomes the parts that it names."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from vigil.config import App, load, parse

pytestmark = pytest.mark.usefixtures("fake_parts")

Write = Callable[..., Path]

YARD = """
retain: {days: 3}
metrics: off
detector: yolox-nano
gate: {hold_s: 5}
rules:
  - {kind: presence, name: anybody, zone: yard, labels: [person]}
cameras:
  gate:
    sub: rtsp://user:{VIGIL_PASSWORD}@10.0.0.5/sub
    main: rtsp://user:${VIGIL_PASSWORD}@10.0.0.5/main
    gate: {threshold: 0.5}
    zones:
      yard: {coordinates: "0.1,0.2,0.9,0.2,0.5,0.9", inertia: 7, objects: car, loitering_time: 30}
  door:
    source: /videos/door.mp4
    detector: motion
    record: {pre_capture: 2}
    zones:
      step:
        coordinates: [[0, 0], [1, 0], [1, 1]]
        inertia: 7
        objects: car
        loitering_time: 30
    rules:
      - {kind: loitering, zone: step}
      - {kind: loitering, name: mine, zone: step, labels: [dog], inertia: 1, longer_than_s: 5}
      - camera_offline
"""


@pytest.fixture
def yard(write: Write, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv("VIGIL_PASSWORD", "open sesame")
    return load(write(YARD))


def test_an_empty_file_is_a_whole_configuration(write: Write) -> None:
    app = load(write(""))
    assert app.cameras == {}
    assert (app.retain.days, app.retain.gb, app.retain.reserve_mb) == (14, 50, 512)
    assert (app.metrics.port, app.metrics.host) == (9464, "127.0.0.1")


def test_presence_anywhere_is_the_rule_of_a_camera_that_names_none() -> None:
    (rule,) = parse({"cameras": {"gate": {"source": "a.mp4"}}}).cameras["gate"].rules
    assert (type(rule).__name__, rule.name, rule.zone) == ("Presence", "presence", None)


def test_every_camera_has_rules_about_itself_unless_switched_off() -> None:
    cameras = parse(
        {
            "cameras": {
                "gate": {"source": "a.mp4"},
                "quiet": {"source": "a.mp4", "health": False},
                "loose": {"source": "a.mp4", "health": [{"kind": "camera_offline", "after_s": 60}]},
            }
        }
    ).cameras
    names = {name: [rule.name for rule in camera.health] for name, camera in cameras.items()}
    both = ["camera_offline", "camera_frozen"]
    assert names == {"gate": both, "quiet": [], "loose": ["camera_offline"]}
    assert cameras["loose"].health[0].after_s == 60


def test_the_rules_about_itself_are_switched_off_for_all_at_the_top() -> None:
    found = parse({"health": "off", "cameras": {"gate": {"source": "a.mp4"}}})
    assert found.cameras["gate"].health == ()


def test_what_moves_is_named_unless_a_detector_is_named() -> None:
    found = parse({"cameras": {"gate": {"source": "a.mp4"}}})
    for part in (found, found.cameras["gate"]):
        assert type(part.detector).__name__ == "NamedMotion"


def test_a_source_is_called_like_its_camera(yard: App) -> None:
    assert [camera.source.name for camera in yard.cameras.values()] == ["gate", "door"]
    assert yard.cameras["gate"].main.name == "gate"


def test_a_word_that_is_no_detector_is_a_model_of_the_registry(yard: App) -> None:
    assert yard.cameras["gate"].detector.name == "yolox-nano"
    assert type(yard.cameras["door"].detector).__name__ == "Motion"


def test_a_camera_takes_what_it_does_not_say_from_the_top(yard: App) -> None:
    gate, door = yard.cameras["gate"].gate, yard.cameras["door"].gate
    assert (gate.threshold, gate.hold_s) == (0.5, 5)
    assert (door.threshold, door.hold_s) == (0.01, 5)
    assert (yard.cameras["door"].record.pre_capture, yard.cameras["door"].record.post_capture) == (
        2,
        5,
    )


def test_a_camera_hangs_at_the_site_of_the_file_unless_it_names_its_own() -> None:
    cameras = {"a": {"source": "a.mp4"}, "b": {"source": "b.mp4", "site": "北院"}}
    sites = [camera.site for camera in parse({"site": "yard", "cameras": cameras}).cameras.values()]
    assert sites == ["yard", "北院"]
    assert parse({"cameras": {"a": {"source": "a.mp4"}}}).cameras["a"].site == "default"


def test_a_rule_that_names_a_zone_gets_its_corners(yard: App) -> None:
    (rule,) = yard.cameras["gate"].rules
    assert rule.zone == ((0.1, 0.2), (0.9, 0.2), (0.5, 0.9))


def test_a_zone_says_what_its_rules_do_not(yard: App) -> None:
    first, second, offline = yard.cameras["door"].rules
    assert (first.inertia, first.labels, first.longer_than_s) == (7, ("car",), 30)
    assert (second.inertia, second.labels, second.longer_than_s) == (1, ("dog",), 5)
    assert (first.name, second.name, offline.name) == ("loitering", "mine", "camera_offline")


def test_rules_from_the_top_are_made_anew_for_each_camera() -> None:
    app = parse({"rules": ["presence"], "cameras": {n: {"source": n} for n in ("a", "b")}})
    (one,), (other,) = app.cameras["a"].rules, app.cameras["b"].rules
    assert one == other
    assert one is not other


def test_a_zone_may_be_drawn_in_the_rule_itself() -> None:
    zone = [[0, 0], [1, 0], [1, 1]]
    rules = [{"kind": "presence", "zone": zone}]
    camera = parse({"cameras": {"gate": {"source": "a.mp4", "rules": rules}}}).cameras["gate"]
    assert camera.rules[0].zone == ((0, 0), (1, 0), (1, 1))


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("rtsp://10.0.0.5/sub", "Stream"),
        ("HTTPS://10.0.0.5/live", "Stream"),
        ("videos/a.mp4", "File"),
    ],
)
def test_a_plain_text_is_a_source_by_its_look(text: str, made: str) -> None:
    source = parse({"cameras": {"gate": {"source": text}}}).cameras["gate"].source
    assert type(source).__name__ == made


def test_a_folder_is_a_source_of_images(tmp_path: Path) -> None:
    source = parse({"cameras": {"gate": {"source": str(tmp_path)}}}).cameras["gate"].source
    assert type(source).__name__ == "Images"


def test_passwords_are_filled_in_but_never_shown(yard: App) -> None:
    url = yard.cameras["gate"].source.url.get_secret_value()
    assert url == "rtsp://user:open sesame@10.0.0.5/sub"
    for shown in (repr(yard), str(yard.model_dump()), yard.model_dump_json(serialize_as_any=True)):
        assert "sesame" not in shown


def test_a_camera_travels_to_another_process_as_it_is(yard: App) -> None:
    assert pickle.loads(pickle.dumps(yard)) == yard  # noqa: S301  our own bytes


def test_a_shard_is_given_the_file_without_the_passwords_of_all_cameras(yard: App) -> None:
    bare = yard.without_cameras()
    assert bare.cameras == {}
    assert bare.retain == yard.retain
    assert b"sesame" not in pickle.dumps(bare)
