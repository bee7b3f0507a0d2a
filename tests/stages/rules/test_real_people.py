"""Falls, and who lies still, on real clips: real decoding, detection and tracking, no gate."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from vigil.core import Frame, Look, Rung, Scene, Signals, StepKind
from vigil.infer import known_cards
from vigil.media.pixels import ArrayPixels
from vigil.stages.detect.model import ModelDetector
from vigil.stages.rules.fall import Fall
from vigil.stages.rules.lying_still import LyingStill
from vigil.stages.track.two_stage import TwoStageTracker

from .films import NOON_S, play

Data = Callable[[str], Path]


def frames(path: Path, hz: float) -> Iterator[Frame]:
    """So many a second; of URFD the right half, which is in colour."""
    due_s = 0.0
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            time_s = float(frame.time)
            if time_s < due_s - 1e-3:
                continue
            due_s = time_s + 1 / hz
            rgb = frame.to_ndarray(format="rgb24")
            if path.parent.name == "urfd":
                rgb = np.ascontiguousarray(rgb[:, rgb.shape[1] // 2 :])
            yield Frame(
                source="clip", index=0, time_s=NOON_S + time_s, width=rgb.shape[1],
                height=rgb.shape[0], pixels=ArrayPixels(rgb),
            )  # fmt: skip


def scenes(data: Data, name: str, hz: float) -> list[Scene]:
    card = next(card for card in known_cards() if card.name == "yolox-nano-416")
    detector = ModelDetector.of(card, data("models/detect"), labels=("person",))
    tracker, told = TwoStageTracker(), []
    for frame in frames(data(f"action/{name}"), hz):
        look = Look.whole(frame, Rung.FULL)
        told.append(replace(tracker.update(look, detector.detect([look])[0]), signals=Signals()))
    return told


def told_s(rule: Fall | LyingStill, story: list[Scene]) -> list[float]:
    steps = play(rule, story)
    return [step.event.start_s - NOON_S for step in steps if step.kind is StepKind.NEW]


@pytest.mark.parametrize(
    ("name", "from_s", "until_s"),
    [
        ("urfd/fall-04-cam0.mp4", 0.4, 1.2),
        pytest.param("urfd/fall-12-cam0.mp4", 1.0, 2.0, marks=pytest.mark.slow),
        pytest.param("up_fall/A04_S1_T1_C1.mp4", 0.6, 1.6, marks=pytest.mark.slow),
        pytest.param("up_fall/A05_S1_T2_C1.mp4", 0.6, 1.6, marks=pytest.mark.slow),
    ],
)
def test_a_real_fall_is_told_once(data: Data, name: str, from_s: float, until_s: float):
    (start_s,) = told_s(Fall(), scenes(data, name, 10.0))
    assert from_s <= start_s <= until_s


@pytest.mark.parametrize(
    "name",
    [
        "up_fall/A09_S1_T2_C1.mp4",
        pytest.param("up_fall/A09_S1_T1_C2.mp4", marks=pytest.mark.slow),
    ],
)
def test_who_picks_something_up_has_not_fallen(data: Data, name: str):
    assert told_s(Fall(), scenes(data, name, 10.0)) == []


@pytest.mark.slow
def test_who_lies_on_a_mat_lies_still_and_has_not_fallen(data: Data):
    story = scenes(data, "up_fall/A11_S1_T1_C1.mp4", 2.0)
    assert len(told_s(LyingStill(), story)) == 1
    assert told_s(Fall(), story) == []
