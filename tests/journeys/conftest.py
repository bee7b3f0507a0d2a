"""The watch as a command would build it, on any source, with what it said kept."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigil.config import open_home, parse
from vigil.core import Clip, Event, Step, StepKind
from vigil.infer import Registry, add_model
from vigil.pipeline.build import Builder
from vigil.pipeline.camera import Camera
from vigil.pipeline.shard import Shard

from .running import Running, write_config


@dataclasses.dataclass
class Watched:
    """All that was said about one source."""

    steps: list[Step] = dataclasses.field(default_factory=list)
    camera: Camera | None = None

    def put(self, step: Step, clip: Clip | None) -> None:
        self.steps.append(step)

    @property
    def events(self) -> list[Event]:
        """Each event as it was when it ended, by start."""
        ended = [step.event for step in self.steps if step.kind is StepKind.END]
        return sorted(ended, key=lambda event: event.start_s)

    def raised_s(self, event: Event) -> float:
        """When the event was first told, in the stream's time."""
        return next(step.time_s for step in self.steps if step.event.id == event.id)


Watcher = Callable[..., Watched]


@pytest.fixture
def watched() -> Watcher:
    """`watched(source, **camera)` watches a file to its end with a camera's settings."""

    def run(source: Path | dict[str, Any], **camera: Any) -> Watched:
        given = source if isinstance(source, dict) else str(source)
        app = parse({"cameras": {"camera": {"source": given, **camera}}})
        answer = Watched()
        builder = Builder(open_home(app.home), evidence=False)
        answer.camera, detector = builder.camera(app.cameras["camera"])
        Shard(cameras=[(answer.camera, detector)], outbox=answer).run(threading.Event())
        answer.camera.check()
        return answer

    return run


@pytest.fixture
def model(data: Callable[[str], Path], home: Path) -> Callable[[str], str]:
    """`model(file)` takes a model file of the footage folder into the registry; its name."""

    def add(file: str) -> str:
        def no_network(address: str, path: Path) -> None:
            raise AssertionError(f"{address} is not to be fetched")

        registry = Registry(open_home().models)
        return add_model(registry, str(data(f"models/detect/{file}")), fetch=no_network).name

    return add


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start `vigil run` on cameras; what still runs after the test is killed."""
    started: list[Running] = []

    def start(cameras: dict[str, Any], **top: Any) -> Running:
        config = tmp_path / "vigil.yaml"
        write_config(config, cameras, **top)
        started.append(Running(config, tmp_path / "log.txt"))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
