"""Whether rain is told where it rains, and nowhere else.

    python -m benchmarks rain [--only PART]

No film of real rain was at hand. What no drawing can flatter is the other half: every real film
here is dry, and none may be told to be in rain. (Counts on all of them were seen when the settings
were chosen: none is unseen.) Recall is of drawn rain, in two drawings that know nothing of each
other: the renderer's (`vigil.sim`), and streaks laid over real films, as long as a drop of 5 to 9
m/s falls while the shutter is open at its distance, their number a Poisson draw. Both are
encoded as a camera would before they are judged.
"""

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np

from benchmarks.footage import DATA
from benchmarks.report import Report
from vigil.core import Image, Luma
from vigil.media.encode import H264Options, VideoWriter
from vigil.sim.camera import Camera
from vigil.sim.film import pictures
from vigil.sim.sites import car_park, street, yard
from vigil.sim.world import Rain, Wind, World
from vigil.stages.sense.rain import WIDTH, Burst, RainSense, burst_of

EVERY_S = 0.5
"""Denser than the watch looks: most films are short."""
LONGEST_S = 60.0
PICTURES = 9
"""Three bursts of each drawn film."""
BEHIND = (
    "videos/vehicle_survaillance.mp4", "videos/aboda_video4.avi", "tracking/cdnet_highway/img1",
    "action/fight_surv/noFight/nofi029.mp4",
)  # fmt: skip
"""Films that it is made to rain on: a road, a pavement, a motorway, a car park by night."""
VIEW_DEG = 70.0
NEAR_M, FAR_M = 1.0, 10.0
SITES = {"street": street, "car park": car_park, "yard by night": yard}


@dataclass(frozen=True, kw_only=True)
class Fall:
    """Rain as it is drawn over a film."""

    streaks: float = 150.0
    """In 640 x 360 pixels, on average."""
    levels: float = 30.0
    """By which a streak five metres away is brighter over black, on average."""
    shutter_s: float = 1 / 60
    slant_deg: float = 5.0
    gain: float = 1.0
    """Of the light."""
    crf: int = 23


FALLS = {
    "plain": Fall(),
    "near drops, 60 levels": Fall(levels=60),
    "light": Fall(streaks=60),
    "heavy": Fall(streaks=400),
    "slanting 30°": Fall(slant_deg=30),
    "shutter 1/250": Fall(shutter_s=1 / 250),
    "by night, 1/30": Fall(gain=0.3, shutter_s=1 / 30),
    "coded hard, crf 30": Fall(crf=30),
    "hardly visible, 15 levels": Fall(levels=15),
}
CLEAR = ("plain", "heavy", "slanting 30°", "by night, 1/30")
"""What people see to be rain at a glance, after coding."""


def films() -> list[Path]:
    """Every real film at hand, by name."""
    kinds = (".mp4", ".avi", ".mkv", ".webm", ".gif")
    found = sorted(path for path in DATA.rglob("*") if path.suffix in kinds)
    return [*found, DATA / "tracking/cdnet_highway/img1"]


def lumas(film: Path, until_s: float = LONGEST_S) -> Iterator[tuple[float, Luma]]:
    """Time and brightness of every picture, as wide as the watch compares them."""
    if film.is_dir():
        for number, path in enumerate(sorted(film.glob("*.jpg"))):
            if number / 25 > until_s:
                return
            yield number / 25, _narrow(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
        return
    with av.open(str(film)) as container:
        for picture in container.decode(video=0):
            if picture.time is None:
                continue
            if picture.time > until_s:
                return
            yield picture.time, _narrow(picture.to_ndarray(format="gray"))


def _narrow(luma: Luma) -> Luma:
    high, wide = luma.shape
    if wide <= WIDTH:
        return luma
    size = (WIDTH, round(high * WIDTH / wide))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


def bursts(found: Iterable[tuple[float, Luma]], every_s: float = EVERY_S) -> Iterator[Burst | None]:
    """What three pictures in a row show, every so many seconds."""
    three: list[Luma] = []
    next_s = 0.0
    for time_s, luma in found:
        if time_s < next_s:
            continue
        if three and three[0].shape != luma.shape:
            three.clear()
        three.append(luma)
        if len(three) == 3:
            yield burst_of(*three)
            three.clear()
            next_s = time_s + every_s


def told(seen: Iterable[Burst | None]) -> bool:
    """Whether the watch says at any time that it rains."""
    sense, said = RainSense(), False
    for burst in seen:
        sense.learn(burst)
        said |= sense.rains
    return said


def rained_on(luma: Luma, fall: Fall, chance: np.random.Generator) -> Image:
    """A grey picture with streaks before it."""
    high, wide = luma.shape
    focal = wide / 2 / np.tan(np.radians(VIEW_DEG / 2))
    layer = np.zeros((high, wide), np.float32)
    for _ in range(chance.poisson(fall.streaks * luma.size / (640 * 360))):
        depth = chance.uniform(NEAR_M**3, FAR_M**3) ** (1 / 3)
        length = focal * chance.uniform(5, 9) * fall.shutter_s / depth
        slant = np.radians(chance.normal(fall.slant_deg, 3))
        start = np.array([chance.uniform(0, wide), chance.uniform(-length, high)])
        end = start + length * np.array([np.sin(slant), np.cos(slant)])
        width = int(np.clip(round(focal * 0.008 / depth), 1, 3))
        level = fall.levels * chance.gamma(3, 1 / 3) * 2 / (1 + depth / 5)
        _lay(layer, start, end, level, width)
    layer = cv2.GaussianBlur(layer, (0, 0), 0.6)
    shown = luma * np.float32(fall.gain)
    # A drop gathers light of the sky: what is as bright already is not brightened.
    shown += layer * (1 - shown / 255)
    return cv2.merge([np.clip(shown, 0, 255).astype(np.uint8)] * 3)


def _lay(layer: np.ndarray, start: np.ndarray, end: np.ndarray, level: float, width: int) -> None:
    left, top = np.maximum(np.minimum(start, end) - 3, 0).astype(int)
    right, bottom = np.maximum(start, end).astype(int) + 4
    part = layer[top : max(top, bottom), left : max(left, right)]
    if not part.size:
        return
    line = np.zeros(part.shape, np.uint8)
    ends = [tuple(((point - (left, top)) * 16).astype(int).tolist()) for point in (start, end)]
    cv2.line(line, *ends, 255, width, cv2.LINE_AA, 4)
    part += line * np.float32(level / 255)


def encoded(images: Sequence[Image], rate: float, crf: int) -> list[Burst | None]:
    """What is seen of them once they were coded."""
    high, wide = (side - side % 2 for side in images[0].shape[:2])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with VideoWriter(path, wide, high, rate, options=H264Options(crf=crf)) as writer:
            for image in images:
                writer.write(np.ascontiguousarray(image[:high, :wide]))
        return list(bursts(lumas(path), 0.0))


def dry(report: Report) -> None:
    """False alarms, and the milliseconds of a burst."""
    wrong, count, alarms, number, seconds, spent = [], 0, 0, 0, 0.0, []
    for film in films():
        try:
            found = list(_taken(lumas(film)))
        except (av.FFmpegError, IndexError):
            continue  # media that are broken on purpose
        began_s = time.thread_time()
        seen = list(bursts(found, 0.0))
        if not seen:
            continue
        spent.append((time.thread_time() - began_s) / len(seen))
        number += 1
        seconds += found[-1][0]
        count += len(seen)
        alarms += sum(burst is not None and burst.rains for burst in seen)
        if told(seen):
            wrong.append(film.name)
    cost_ms = 1e3 * median(spent)
    columns = ("films", "minutes", "bursts", "like rain", "told to be in rain")
    row = (number, f"{seconds / 60:.1f}", count, alarms, ", ".join(wrong) or "none")
    report.table("dry films", columns, [row])
    report.claim("dry real films told to be in rain", len(wrong), 0, better="lower")
    report.claim("of their bursts, taken for rain", alarms / count, 0.005, better="lower")
    report.claim("cost of a burst, every 10 s", cost_ms, 10, "ms", better="lower")


def _taken(found: Iterable[tuple[float, Luma]]) -> Iterator[tuple[float, Luma]]:
    """Three pictures in a row of every half second."""
    kept, next_s = 0, 0.0
    for time_s, luma in found:
        if time_s >= next_s:
            yield time_s, luma.copy()
            kept += 1
            if kept == 3:
                kept, next_s = 0, time_s + EVERY_S


def laid_over(report: Report) -> None:
    """Recall on real films that it is made to rain on."""
    rows, clear = [], []
    backgrounds = [_beginning(DATA / name) for name in BEHIND]
    for number, (name, fall) in enumerate(FALLS.items()):
        shares = []
        for film, (behind, rate) in enumerate(backgrounds):
            chance = np.random.default_rng([number, film])
            wet = [rained_on(luma, fall, chance) for luma in behind]
            shares.append(_share(encoded(wet, rate, fall.crf)))
        rows.append((name, *(f"{share:.0%}" for share in shares)))
        clear += shares if name in CLEAR else []
        report.say(f"{name}: {rows[-1][1:]}")
    report.table("laid over real films: bursts told", ("rain", *map(_title, BEHIND)), rows)
    report.claim("bursts told, plain rain laid over real films", float(np.mean(clear)), 0.8)


def _beginning(film: Path) -> tuple[list[Luma], float]:
    found = [one for _, one in zip(range(PICTURES), lumas(film), strict=False)]
    gaps = [after - before for (before, _), (after, _) in pairwise(found)]
    return [luma for _, luma in found], float(min(60, round(1 / median(gaps))))


def _title(name: str) -> str:
    return Path(name).parent.name if name.endswith("img1") else Path(name).stem


def _share(seen: Sequence[Burst | None]) -> float:
    return sum(burst is not None and burst.rains for burst in seen) / max(1, len(seen))


def rendered(report: Report) -> None:
    """Recall in the renderer's rain, and false alarms in its dry wind."""
    rows, clear, windy = [], [], []
    for name, site in SITES.items():
        shares = []
        for strength in (0.0, 0.3, 0.6, 1.0):
            spell = PICTURES / 12
            wind = Wind(start_s=0, end_s=spell, strength=1.0)
            rain = (Rain(start_s=0, end_s=spell, strength=strength),) if strength else ()
            world = World(site=site(), seconds=spell, actors=(), disturbances=(wind, *rain))
            camera = Camera(name="rain")
            images = [image for image, _ in pictures(world, camera)]
            shares.append(_share(encoded(images, camera.rate, 23)))
        windy.append(shares[0])
        clear += shares[2:]
        rows.append((name, *(f"{share:.0%}" for share in shares)))
        report.say(f"{name}: {rows[-1][1:]}")
    report.table("rendered: bursts told", ("site", "wind only", "0.3", "0.6", "1.0"), rows)
    report.claim("bursts told, rendered rain of 0.6 and 1", float(np.mean(clear)), 0.8)
    report.claim("bursts told, rendered wind in leaves", float(np.mean(windy)), 0, better="lower")


PARTS = {"dry": dry, "laid_over": laid_over, "rendered": rendered}


def main() -> int:
    options = argparse.ArgumentParser(prog="rain", description=__doc__)
    options.add_argument("--only", choices=PARTS)
    only = options.parse_args().only
    cv2.setNumThreads(1)
    report = Report("rain")
    for name, measure in PARTS.items():
        if only in (None, name):
            measure(report)
    return report.write(part=only is not None)
