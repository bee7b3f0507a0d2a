"""Algorithms of a camera whose heads come and go; everything else of it goes on."""

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.flywheel.colours import RED, red_home, write_film

from vigil.config.app import CameraConfig
from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.core import ModelError, Step
from vigil.infer.head import load_head
from vigil.pipeline.build import Builder
from vigil.pipeline.shard import Shard
from vigil.pipeline.stats import camera_stats
from vigil.pipeline.supervisor import Supervisor

RULES = [
    {"kind": "presence"},
    {"kind": "algorithm", "name": "red", "algorithm": "red", "claim": "Something is red."},
    {"kind": "algorithm", "name": "gone", "algorithm": "gone", "claim": "Something is gone."},
]


class Told:
    """An outbox that keeps steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def put(self, step: Step, _clip: object) -> None:
        self.steps.append(step)

    def rules(self) -> set[str]:
        return {step.event.rule for step in self.steps}


def configured(film: Path) -> CameraConfig:
    settings = {"yard": {"source": str(film), "rules": RULES}}
    return parse({"cameras": settings}).cameras["yard"]


@pytest.mark.parametrize("damage", ["removed", "cut", "format"])
def test_a_head_that_cannot_be_opened_silences_its_algorithm_until_it_is_back(
    tmp_path: Path, damage: str
) -> None:
    film = write_film(tmp_path / "yard.mp4", 30, lambda _: RED)
    home = red_home(tmp_path)
    place = home / "algorithms/red/1/head.npz"
    whole = place.read_bytes()
    if damage == "removed":
        place.unlink()
    else:
        place.write_bytes(whole[:-60] if damage == "cut" else b"PK, but of another format")
    told = Told()
    rules_before: list[set[str]] = []
    with capture_logs() as logs:
        builder = Builder(open_home(home), evidence=False, strict=False)
        camera, detector = builder.camera(configured(film))
        assert set(camera_stats(camera)["silent"]) == {"red", "gone"}

        def mend() -> None:
            scene = camera.watch.scene
            if scene is not None and scene.time_s > 12 and not rules_before:
                rules_before.append(told.rules())
                place.write_bytes(whole)

        shard = Shard(cameras=[(camera, detector)], outbox=told)
        shard.run(threading.Event(), between_turns=mend)
    assert rules_before == [{"presence"}]
    assert told.rules() == {"presence", "red"}
    assert set(camera_stats(camera)["silent"]) == {"gone"}
    said = [(one["event"], one["algorithm"]) for one in logs if "algorithm" in one]
    assert said == [
        ("an algorithm is silent", "red"),
        ("an algorithm is silent", "gone"),
        ("an algorithm is asked again", "red"),
    ]


def test_whoever_watches_one_film_is_told_at_once(tmp_path: Path) -> None:
    film = write_film(tmp_path / "yard.mp4", 1, lambda _: RED)
    with pytest.raises(ModelError, match="no algorithm 'gone'"):
        Builder(open_home(red_home(tmp_path)), evidence=False).camera(configured(film))


def test_a_vector_of_another_model_is_silent_and_others_are_asked(tmp_path: Path) -> None:
    home = red_home(tmp_path)
    shutil.copytree(home / "algorithms/red", home / "algorithms/gone")
    place = home / "algorithms/gone/1/head.npz"
    replace(load_head(place), embedder="another:1").save(place)
    film = write_film(tmp_path / "yard.mp4", 1, lambda _: RED)
    builder = Builder(open_home(home), evidence=False, strict=False)
    for _ in range(2):
        camera, _ = builder.camera(configured(film))
        silent = camera_stats(camera)["silent"]
        assert list(silent) == ["gone"]
        assert "make a new version" in silent["gone"]


def test_status_says_why_an_algorithm_is_silent_and_the_camera_is_watched(
    supervisor: Supervisor, live: dict[str, Any], until: Callable[..., Any]
) -> None:
    settings = {"yard": {"source": live, "rules": RULES[:1] + RULES[2:]}}
    supervisor.apply(parse({"cameras": settings}))

    def watched() -> Any:
        found = supervisor.status()["cameras"]["yard"]
        return found if found.get("received") else None

    found = until(watched)
    assert (found["state"], found["reason"]) == ("watching", "")
    assert found["silent"]["gone"].startswith("no algorithm 'gone' that may be used")
