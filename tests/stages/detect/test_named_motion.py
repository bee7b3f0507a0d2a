"""Motion that a model names, on real footage and rendered scenes: nothing is lost by a name."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from vigil.core import Detections, Frame, Look, ModelCard, ModelError, Rung, areas, intersections
from vigil.infer import Registry
from vigil.media.pixels import frame_of_array
from vigil.sim.render import Renderer
from vigil.sim.scenes import scene
from vigil.stages.detect.motion import MotionDetector
from vigil.stages.detect.named_motion import NamedMotionDetector
from vigil.stages.detect.naming import MARGIN

Known = Callable[[str], tuple[ModelCard, Path]]


def both(
    detector: NamedMotionDetector, frames: Iterable[Frame]
) -> Iterator[tuple[Detections, ...]]:
    """What motion alone finds in each frame, and what it finds with names."""
    alone = MotionDetector()
    for frame in frames:
        look = Look.whole(frame, Rung.LUMA, frozenset({"person"}))
        yield alone.detect([look])[0], detector.detect([look])[0]


def lost(blobs: Detections, told: Detections) -> int:
    """How many blobs lie mostly outside all that was told."""
    sides = np.tile(told.boxes[:, 2:] - told.boxes[:, :2], 2) * (-MARGIN, -MARGIN, MARGIN, MARGIN)
    shared = intersections(blobs.boxes, (told.boxes + sides).astype(np.float32)).sum(axis=1)
    return int((shared < 0.4 * areas(blobs.boxes)).sum())


@pytest.mark.data
def test_somebody_who_walks_by_is_named_and_nothing_that_moves_is_lost(
    known: Known, footage: Callable[..., Iterator[tuple[float, Frame]]], tmp_path: Path
) -> None:
    card, folder = known("person-detection-retail-0013")
    registry = Registry(tmp_path / "models")
    registry.add(folder / card.file, card)
    detector = NamedMotionDetector(name=card.name, registry=registry.folder)
    frames = (frame for _, frame in footage("videos/one-by-one-person-detection.mp4", hz=2))
    words: Counter[str] = Counter()
    for blobs, told in both(detector, islice(frames, 40)):
        assert not lost(blobs, told)
        words.update(told.labels)
    assert words["person"] >= 20 > words["object"]


def test_a_rendered_gate_keeps_all_that_motion_finds_and_a_vehicle_has_its_word() -> None:
    script = scene("gate")
    view = Renderer(world=script.world, camera=script.cameras[0])
    # Nobody at first, then three people, and later a van that stops.
    moments = np.concatenate([np.arange(0, 2, 0.2), np.arange(8, 11, 0.2), np.arange(44, 50, 0.2)])
    frames = [
        frame_of_array(view.picture(moment)[0], source="gate", time_s=moment) for moment in moments
    ]
    found = list(both(NamedMotionDetector(), frames))
    assert not sum(lost(blobs, told) for blobs, told in found)
    # Rules that ask for people only must not be told of a van as an object.
    assert Counter(told.labels[0] for _, told in found[-10:]) == {"vehicle": 10}
    assert {word for _, told in found for word in told.labels} <= {"object", "person", "vehicle"}


def test_a_model_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(ModelError, match="no model 'nobody'"):
        NamedMotionDetector(name="nobody").warm_up()
