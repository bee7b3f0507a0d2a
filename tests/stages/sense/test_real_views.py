"""Real footage, and what becomes of it when its camera fails."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from vigil.core import Image, Signals
from vigil.media.decoding import Decoder
from vigil.stages.ingest.file import FileSource
from vigil.stages.sense.surface import SurfaceSense
from vigil.stages.sense.view import ViewSense

from .views import blurred, covered, dimmed, foggy, frame, shifted

pytestmark = pytest.mark.data

CLIPS = ["videos/vehicle_survaillance.mp4", "action/up_fall/A06_S1_T1_C1.mp4"]


def pictures(path: Path, *, every_s: float = 0.5) -> Iterator[Image]:
    decoder, due_s = None, float("-inf")
    for packet in FileSource(path=path).packets():
        if packet.encoding.kind != "video":
            continue
        decoder = decoder or Decoder(packet.encoding)
        for each in decoder.decode(packet):
            if each.time_s >= due_s:
                due_s = each.time_s + every_s
                yield each.rgb(480)


@pytest.fixture(scope="module", params=CLIPS)
def clip(request: pytest.FixtureRequest, data: Callable[[str], Path]) -> list[Image]:
    return list(islice(pictures(data(request.param)), 20))


def views(shown: list[Image], ill: Callable[[Image], Image], *, from_s: int = 14):
    """What is told of the last picture, once a second; from `from_s` on the camera is ill."""
    sense = ViewSense(calm_s=1.0)
    for t in range(from_s + 5):
        picture = shown[t % len(shown)]
        sense.see(frame(ill(picture) if t >= from_s else picture, float(t)), None)
    return sense.tell(Signals()).view


def test_a_well_camera_is_well(clip: list[Image]) -> None:
    view = views(clip, lambda picture: picture)
    assert view.likeness > 0.7
    assert 0.75 < view.sharpness < 1.3
    assert view.lost < 0.1
    assert views(clip, lambda picture: dimmed(picture, 0.5)).likeness > 0.7
    fog = views(clip, lambda picture: foggy(picture, 0.6))
    assert fog.sharpness > 0.7
    assert fog.lost < 0.2


def test_a_camera_that_fails_is_told_by_how(clip: list[Image]) -> None:
    assert views(clip, lambda picture: blurred(picture, 3.0)).sharpness < 0.45
    hidden = views(clip, lambda picture: covered(picture, 0.95))
    assert hidden.lost > 0.6
    assert hidden.strange < 0.08
    turned = views(clip, lambda picture: np.ascontiguousarray(picture[::-1, ::-1]))
    assert turned.likeness < 0.25
    assert turned.strange > 0.3
    nudged = views(clip, lambda picture: shifted(picture, 24, 0))
    assert nudged.shift[0] == pytest.approx(0.05, abs=0.01)


def test_people_and_cars_that_pass_leave_the_surface_as_it_was(clip: list[Image]) -> None:
    sense = SurfaceSense(calm_s=1.0)
    for t in range(30):
        sense.see(frame(clip[t % len(clip)], float(t)), None)
        assert all(change.area < 0.01 for change in sense.tell(Signals()).surface)
