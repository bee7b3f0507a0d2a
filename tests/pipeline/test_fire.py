"""A burning house, from its file to the event, through the whole watch and without any model."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from vigil.cli.watch import settings_for
from vigil.config.home import open_home
from vigil.core import Clip, Step, StepKind
from vigil.pipeline.build import Builder
from vigil.pipeline.shard import Shard


class FirstWord:
    """An outbox that ends the watch at the first event."""

    def __init__(self, stop: threading.Event) -> None:
        self.steps: list[Step] = []
        self._stop = stop

    def put(self, step: Step, clip: Clip | None) -> None:
        self.steps.append(step)
        self._stop.set()


@pytest.mark.data
def test_a_burning_house_is_told_of_within_five_seconds(
    data: Callable[[str], Path], tmp_path: Path
) -> None:
    rule = yaml.safe_dump({"kind": "fire"})
    app = settings_for(str(data("videos/fire_house6.mp4")), rules=[rule])
    (camera,) = app.cameras.values()
    running, looks = Builder(open_home(tmp_path / "fire"), evidence=False).camera(camera)
    stop = threading.Event()
    outbox = FirstWord(stop)
    Shard(cameras=[(running, looks)], outbox=outbox).run(stop)
    first = outbox.steps[0]
    assert first.kind is StepKind.NEW
    assert first.event.rule == "fire"
    assert first.event.critical
    # Times of a file count from its beginning.
    assert 0.0 < first.time_s <= 5.0
