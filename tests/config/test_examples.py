"""Each example is a file that runs as it stands, with the real parts."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from vigil.config import App, changes, load, parse, parts
from vigil.core import ConfigError

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
PASSWORDS = ("VIGIL_CAMERA_PASSWORD", "VIGIL_SHOP_PASSWORD", "VIGIL_YARD_PASSWORD")


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PASSWORDS:
        monkeypatch.setenv(name, "open sesame")


def example(name: str) -> App:
    return load(next(path for path in EXAMPLES if path.stem == name))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_loads_shows_no_password_and_can_be_sent_to_a_shard(path: Path) -> None:
    app = load(path)
    assert app.cameras
    assert "sesame" not in repr(app)
    assert not changes(app, load(path))
    for camera in app.cameras.values():
        assert pickle.loads(pickle.dumps(camera)) == camera  # noqa: S301  our own bytes


def test_there_are_three_examples() -> None:
    assert [path.stem for path in EXAMPLES] == ["one-camera", "shop", "yard"]


def test_the_shop_reads_as_it_is_meant() -> None:
    shop = example("shop")
    customers = shop.cameras["door"].rules[0]
    assert (customers.name, customers.forward, customers.labels) == ("customers", "in", ("person",))
    wait, behind, *_ = shop.cameras["counter"].rules
    assert (wait.longer_than_s, wait.inertia, wait.labels) == (120, 3, ("person",))
    assert wait.zone == ((0.2, 0.4), (0.8, 0.4), (0.95, 1.0), (0.05, 1.0))
    assert behind.critical
    assert shop.cameras["door"].detector.name == "yolox-nano"
    assert shop.cameras["door"].record.post_capture == 10


def test_the_yard_reads_as_it_is_meant() -> None:
    yard = example("yard")
    ramp, fence, lane = yard.cameras.values()
    assert [rule.name for rule in fence.rules] == ["night", "parked"]
    about_itself = ["camera_offline", "camera_frozen"]
    assert [rule.name for rule in fence.all_rules] == ["night", "parked", *about_itself]
    assert fence.rules[0].zone[0] == (0.0, 0.55)
    assert ramp.rules[0].zone[0] == (0.0, 0.4)
    assert (fence.source.transport, fence.gate.area, ramp.gate.area) == ("udp", 0.002, 0.0003)
    assert ramp.main.url.get_secret_value() == "rtsp://vigil:open sesame@10.1.0.11/main"
    assert [rule.name for rule in lane.rules] == ["lorries", "loiterer"]


GROUPS = ["vigil.detectors", "vigil.gates", "vigil.rules", "vigil.sources", "vigil.trackers"]


@pytest.mark.parametrize("group", GROUPS)
def test_every_declared_part_can_be_loaded(group: str) -> None:
    found = parts.parts_of(group)
    assert found
    for point in found.values():
        assert isinstance(point.load(), type)


def test_a_mistake_in_a_real_rule_is_told_with_its_path(
    problems: Callable[[str], list[str]],
) -> None:
    found = problems(
        """
        cameras:
          gate:
            source: rtsp://user:hunter2@10.0.0.5/sub
            zones: {yard: {coordinates: "0,0,1,1,1,0,0,1"}}
            rules:
              - {kind: line_crossing, line: [[0.1, 0.6], [0.1, 0.6]]}
              - {kind: line_crossing, name: b}
              - {kind: presence, zone: yard, schedule: "20-30", labels: 5}
              - {kind: loitering, longer_then_s: 5}
        """
    )
    assert sorted(line.partition(": ")[0] for line in found) == [
        "cameras.gate.rules[0].line",
        "cameras.gate.rules[1].line",
        "cameras.gate.rules[2].labels",
        "cameras.gate.rules[2].schedule.windows[0].hours",
        "cameras.gate.rules[2].zone",
        "cameras.gate.rules[3].longer_then_s",
    ]


def test_the_smallest_camera_is_a_file(data: Callable[[str], Path]) -> None:
    path = data("videos/car-detection.mp4")
    camera = parse({"cameras": {"road": {"source": str(path)}}}).cameras["road"]
    packet = next(iter(camera.source.packets()))
    assert (packet.source, packet.key) == ("road", True)


def test_a_source_that_is_refused_is_a_mistake_of_the_file() -> None:
    with pytest.raises(ConfigError, match=r"cameras\.a\.source: .*gopher"):
        parse({"cameras": {"a": {"source": "gopher://10.0.0.5/"}}})
