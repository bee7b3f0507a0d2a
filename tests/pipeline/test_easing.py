"""What is enhanced is for the detector alone: everybody else has the picture as it came."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from vigil.config import parse
from vigil.config.home import open_home
from vigil.core import (
    Box,
    Clip,
    ConfigError,
    Detections,
    Frame,
    Image,
    Look,
    Luma,
    ModelError,
    Pixels,
    Rung,
    Step,
)  # fmt: skip
from vigil.media.encode import VideoWriter
from vigil.media.pixels import frame_of_array
from vigil.pipeline.build import Builder
from vigil.pipeline.easing import Easing
from vigil.pipeline.looks_out import LooksOut
from vigil.pipeline.shard import Shard
from vigil.pipeline.stats import CameraStats, camera_stats
from vigil.stages.enhance.denoise import Denoise
from vigil.stages.enhance.low_light import LowLight

GREY: Image = np.full((40, 60, 3), 100, np.uint8)


@dataclass(frozen=True)
class Plus:
    """Pixels that are brighter by so much."""

    pixels: Pixels
    more: int

    def luma(self, width: int, height: int) -> Luma:
        return self.pixels.luma(width, height)

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        return self.pixels.rgb(width, height, region) + np.uint8(self.more)


class Brighter:
    def __init__(self, more: int) -> None:
        self.more = more
        self.seen: list[float] = []

    def see(self, frame: Frame) -> None:
        self.seen.append(frame.time_s)

    def enhance(self, frame: Frame) -> Frame:
        return replace(frame, pixels=Plus(frame.pixels, self.more))


def look(time_s: float = 1.0) -> Look:
    return Look.whole(frame_of_array(GREY, time_s=time_s), Rung.DETECT)


def test_only_the_detector_sees_it() -> None:
    eased = Easing([Brighter(20), Brighter(3)]).ease(look())
    assert eased.frame.rgb(60)[0, 0, 0] == 100
    shown = eased.to_detect()
    assert shown.frame.rgb(60)[0, 0, 0] == 123
    assert (shown.frame.width, shown.frame.time_s) == (60, 1.0)
    assert shown.regions is eased.regions
    assert shown.to_detect() is shown


def test_without_enhancers_nothing_changes() -> None:
    given = look()
    assert Easing().ease(given) is given
    assert given.to_detect() is given


def test_it_costs_nothing_until_somebody_looks() -> None:
    ticks = count()
    easing = Easing([Brighter(20)], cpu_s=lambda: float(next(ticks)))
    eased = easing.ease(look())
    eased.frame.rgb(60)
    assert (easing.pieces, easing.spent_s) == (0, 0.0)
    for region in (None, Box(0, 0, 30, 40)):
        eased.to_detect().frame.pixels.rgb(30, 20, region)
    assert (easing.pieces, easing.spent_s) == (2, 2.0)


def test_looks_go_out_eased_and_come_back_as_they_were() -> None:
    out = LooksOut(frozenset(), Easing([Brighter(20)]))
    given = look()
    out.ask(given.frame, given.regions, Rung.DETECT, None, veto=False)
    (asked,) = out.looks
    assert asked.to_detect().frame.rgb(60).max() == 120
    assert out.answered(asked).look.frame is given.frame


def test_a_camera_names_its_enhancers() -> None:
    two = [{"kind": "denoise", "frames": 2}, "low_light"]
    yard, door = {"source": "/yard.mp4", "enhance": two}, {"source": "/door.mp4"}
    cameras = parse({"enhance": ["low_light"], "cameras": {"yard": yard, "door": door}}).cameras
    assert cameras["yard"].enhance == (Denoise(frames=2), LowLight())
    assert cameras["door"].enhance == (LowLight(),)
    for wrong, told in (
        ("deblur", "no enhancer of kind 'deblur'"),
        ({"kind": "denoise", "frames": 99}, "found 99; allowed: 1 to 16"),
    ):
        with pytest.raises(ConfigError, match=told):
            parse({"cameras": {"yard": {"source": "/yard.mp4", "enhance": [wrong]}}})


def test_weights_of_an_enhancer_are_looked_for_at_home_before_the_watch_begins(
    tmp_path: Path,
) -> None:
    lit = {"source": "/yard.mp4", "enhance": [{"kind": "low_light", "model": "sci-360x640"}]}
    camera = parse({"cameras": {"yard": lit}}).cameras["yard"]
    home = open_home(tmp_path)
    with pytest.raises(ModelError, match=f"no model 'sci-360x640' in {home.models}"):
        Builder(home, evidence=False).camera(camera)


class Noting:
    """A detector that remembers how much contrast it was shown."""

    needs = Rung.LUMA

    def __init__(self) -> None:
        self.contrasts: list[float] = []

    def detect(self, looks: Sequence[Look]) -> list[Detections]:
        self.contrasts += [float(one.frame.rgb(60).std()) for one in looks]
        return [Detections.none() for _ in looks]


def dark_film(path: Path) -> Path:
    """A dim square goes through a dark, noisy view."""
    chance = np.random.default_rng(0)
    with VideoWriter(path, 320, 180, 12) as writer:
        for at in range(60):
            picture = 22 + chance.normal(0, 4, (180, 320, 3))
            if at > 15:
                picture[60:120, 4 * at - 40 : 4 * at + 20] += 60
            writer.write(np.clip(picture, 0, 255).astype(np.uint8))
    return path


def watched(film: Path, enhance: list[str]) -> tuple[list[float], CameraStats]:
    """How much contrast each look had for its detector, and the camera's figures."""
    tree = {"cameras": {"yard": {"source": str(film), "enhance": enhance}}}
    camera, _ = Builder(open_home(), evidence=False).camera(parse(tree).cameras["yard"])
    detector = Noting()
    Shard(cameras=[(camera, detector)], outbox=Nobody()).run(threading.Event())
    return detector.contrasts, camera_stats(camera)


class Nobody:
    def put(self, step: Step, clip: Clip | None) -> None:
        """Nothing is told."""


def test_the_watch_shows_its_detector_bright_pictures(tmp_path: Path) -> None:
    film = dark_film(tmp_path / "dark.mp4")
    plain, without = watched(film, [])
    found, figures = watched(film, ["denoise", "low_light"])
    assert len(found) == len(plain) > 3
    assert np.mean(found) > 2 * np.mean(plain)
    assert figures["eased_pieces"] == len(found)
    assert figures["eased_cpu_s"] > 0
    assert without["eased_pieces"] == 0
