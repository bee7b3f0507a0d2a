"""Shot boundaries against truth, beside PySceneDetect on the same films.

    python -m benchmarks shots [--seeds 1 2 3]

Films are composed: stretches of rendered scenes and of real footage (where the folder of real
footage is there), put together by hard cuts and by fades through black. In between are what is
no cut: flashes, lamps that are switched, fast pans, things that go by. A cut must be told within
one picture, a fade anywhere from its first darker picture to its last. Settings are the defaults of
both sides; ours were chosen on seed 0, which is not among the seeds by default.

PySceneDetect needs OpenCV's windowed build, which shuts ours out: put it into a folder of its own
(`pip install --no-deps --target FOLDER scenedetect`) and name that in PYTHONPATH.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.footage import DATA
from benchmarks.report import Report, cpu_s
from vigil.core import Image
from vigil.media.encode import H264Options, VideoWriter
from vigil.media.films import film_frames
from vigil.media.shots import ShotSettings, find_shots, measure
from vigil.sim.render import Renderer
from vigil.sim.scenes import SCENES, scene

WIDTH, HEIGHT, RATE = 320, 180, 12.5
"""Pixels, and pictures a second."""
FADE = 8
"""Pictures of a ramp into black or out of it."""
REAL = (
    "aboda_video4.avi",
    "bottle-detection.mp4",
    "car-detection.mp4",
    "construction.mp4",
    "fire_house6.mp4",
    "one-by-one-person-detection.mp4",
    "pedestrian_survaillance.mp4",
    "smoke_tower.mp4",
    "vehicle_survaillance.mp4",
)
KINDS = ("rendered", "rendered, disturbed", "real", "real, disturbed")


class Change(NamedTuple):
    """A true boundary: indices of the first and last picture at which it may be told."""

    first: int
    last: int
    fade: bool


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A film and its truth."""

    path: Path
    kind: str
    truth: list[Change]


class Score(NamedTuple):
    """Counts that add up."""

    right: int = 0
    told: int = 0
    true: int = 0

    def plus(self, other: "Score") -> "Score":
        return Score(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.told + self.true)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.told)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.true)


Teller = Callable[[Path], list[int]]
"""Indices of the first pictures of new shots."""


def rendered(name: str, random: np.random.Generator, count: int) -> list[Image]:
    """Pictures of a rendered scene in a row."""
    script = scene(name, seed=int(random.integers(100)), width=WIDTH, rate=RATE)
    view = Renderer(world=script.world, camera=replace(script.cameras[0], height=HEIGHT))
    start_s = float(random.uniform(0, script.world.seconds - count / RATE))
    return [view.picture(start_s + number / RATE)[0] for number in range(count)]


def real(path: Path, random: np.random.Generator, count: int) -> list[Image]:
    """Pictures of a real film in a row, every second one where there are 25 a second."""
    skip = int(random.integers(0, 60))
    shown: list[Image] = []
    for frame in film_frames(path):
        if frame.index >= skip and (frame.index - skip) % 2 == 0:
            shown.append(frame.pixels.rgb(WIDTH, HEIGHT))
        if len(shown) == count:
            break
    return shown


def disturbed(shot: list[Image], random: np.random.Generator) -> list[Image]:
    """The same shot with what is no cut."""
    match random.integers(4):
        case 0:  # a flash
            at = int(random.integers(8, len(shot) - 8))
            for number in range(at, at + int(random.integers(1, 3))):
                shot[number] = np.asarray(cv2.addWeighted(shot[number], 0.3, shot[0], 0.0, 170))
        case 1:  # a lamp is switched off
            at = int(random.integers(8, len(shot) - 8))
            shot[at:] = [np.asarray(cv2.convertScaleAbs(one, alpha=0.72)) for one in shot[at:]]
        case 2:  # the camera pans, fast
            speed = int(random.integers(6, 20))
            shot = [np.roll(one, number * speed, axis=1) for number, one in enumerate(shot)]
        case 3:  # something large goes by close to the camera
            at = int(random.integers(8, len(shot) - 12))
            for step in range(8):
                left = round(step / 7 * (WIDTH + 120)) - 120
                shot[at + step] = shot[at + step].copy()
                shot[at + step][30:, max(0, left) : max(0, left + 120)] = (60, 50, 45)
    return shot


def compose(path: Path, kind: str, seed: int) -> Composed:
    """Ten to fourteen shots of two to four seconds."""
    random = np.random.default_rng([seed, KINDS.index(kind)])
    count = int(random.integers(10, 15))
    order = random.permutation(len(REAL))
    scenes: list[str] = []
    pictures: list[Image] = []
    truth: list[Change] = []
    for number in range(count):
        length = int(random.integers(25, 50))
        if kind.startswith("real"):
            film = DATA / "videos" / REAL[order[number % len(REAL)]]
            shot = real(film, random, length)
        else:
            # The gate by day and in rain is one view: between them nothing is cut.
            last = scenes[-1].partition("_")[0] if scenes else "none"
            scenes.append(str(random.choice([n for n in sorted(SCENES) if last not in n])))
            shot = rendered(scenes[-1], random, length)
        if "disturbed" in kind and random.random() < 0.7:
            shot = disturbed(shot, random)
        if pictures and random.random() < 0.3:
            truth.append(_fade(pictures, shot, int(random.integers(3, 12))))
        elif pictures:
            truth.append(Change(len(pictures) - 1, len(pictures) + 1, fade=False))
        pictures += shot
    with VideoWriter(path, WIDTH, HEIGHT, RATE, options=H264Options(preset="veryfast")) as writer:
        for picture in pictures:
            writer.write(picture)
    return Composed(path=path, kind=kind, truth=truth)


def _fade(before: list[Image], after: list[Image], dark: int) -> Change:
    """Darken the end of one shot and the beginning of the next, with black between them."""
    for step in range(FADE):
        share = (step + 1) / (FADE + 1)
        at = len(before) - FADE + step
        before[at] = np.asarray(before[at] * (1 - share), np.uint8)
        after[FADE - 1 - step] = np.asarray(after[FADE - 1 - step] * (1 - share), np.uint8)
    first = len(before) - FADE
    before += [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * dark
    return Change(first, len(before) + FADE, fade=True)


def score(told: Sequence[int], truth: Sequence[Change]) -> Score:
    """Each true boundary is told once, at most; what is told again is wrong."""
    left = sorted(told)
    right = 0
    for change in truth:
        hit = next((at for at in left if change.first <= at <= change.last), None)
        if hit is not None:
            left.remove(hit)
            right += 1
    return Score(right, len(told), len(truth))


def ours(settings: ShotSettings) -> Teller:
    def tell(path: Path) -> list[int]:
        shots = find_shots(measure(film_frames(path)), settings)
        return [round(shot.start_s * RATE) for shot in shots[1:]]

    return tell


def theirs() -> dict[str, Teller]:
    """PySceneDetect's detectors with their own defaults; empty where it is not installed."""
    try:
        import scenedetect as rival  # noqa: PLC0415 - nobody needs it but this table
    except ImportError:
        return {}

    def with_detectors(*kinds: str) -> Teller:
        def tell(path: Path) -> list[int]:
            manager = rival.SceneManager()
            for kind in kinds:
                manager.add_detector(getattr(rival, kind)())
            video = rival.open_video(str(path))
            manager.detect_scenes(video)
            scenes = manager.get_scene_list()
            return [start.get_frames() for start, _ in scenes[1:]]

        return tell

    return {
        "PySceneDetect adaptive": with_detectors("AdaptiveDetector"),
        "PySceneDetect content": with_detectors("ContentDetector"),
        "PySceneDetect histogram": with_detectors("HistogramDetector"),
        "PySceneDetect threshold": with_detectors("ThresholdDetector"),
        "PySceneDetect adaptive + threshold": with_detectors(
            "AdaptiveDetector", "ThresholdDetector"
        ),
    }


def tellers() -> dict[str, Teller]:
    return {
        "vigil adaptive": ours(ShotSettings()),
        "vigil content": ours(ShotSettings(method="content")),
        "vigil histogram": ours(ShotSettings(method="histogram")),
    } | theirs()


def films(folder: Path, seeds: Sequence[int]) -> Iterator[Composed]:
    there = (DATA / "videos").is_dir()
    for seed in seeds:
        for kind in KINDS:
            if there or not kind.startswith("real"):
                yield compose(folder / f"{kind}-{seed}.mp4", kind, seed)


def main() -> int:
    options = argparse.ArgumentParser(prog="shots", description=__doc__)
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    seeds = options.parse_args().seeds
    report = Report("shots")
    found: dict[str, dict[str, Score]] = {}
    spent: dict[str, float] = {}
    seconds = 0.0
    chosen = tellers()
    if len(chosen) == 3:
        report.say("PySceneDetect is not installed; ours alone")
    with tempfile.TemporaryDirectory() as folder:
        for film in films(Path(folder), seeds):
            report.say(f"{film.kind}: {len(film.truth)} boundaries")
            seconds += sum(1 for _ in film_frames(film.path)) / RATE
            for name, tell in chosen.items():
                began_s = cpu_s()
                told = tell(film.path)
                spent[name] = spent.get(name, 0.0) + cpu_s() - began_s
                by_kind = found.setdefault(name, {})
                one = score(told, film.truth)
                by_kind[film.kind] = by_kind.get(film.kind, Score()).plus(one)
    rows = []
    whole: dict[str, Score] = {}
    for name, by_kind in found.items():
        total = Score()
        for one in by_kind.values():
            total = total.plus(one)
        whole[name] = total
        figures = [f"{by_kind[kind].f1:.3f}" if kind in by_kind else "" for kind in KINDS]
        figures += [f"{figure:.3f}" for figure in (total.f1, total.precision, total.recall)]
        rows.append((name, *figures, f"{spent[name] / seconds * 1e3:.1f}"))
    columns = ("teller", *KINDS, "F1", "precision", "recall", "CPU ms/s")
    report.table(f"F1 of shot boundaries, seeds {seeds}", columns, rows)
    mine = whole["vigil adaptive"].f1
    rivals = {name: each for name, each in whole.items() if name.startswith("PySceneDetect")}
    if rivals:
        best = max(rivals, key=lambda name: rivals[name].f1)
        report.claim(f"F1, vigil by default; goal: {best}", mine, round(rivals[best].f1, 4))
    return report.write()
