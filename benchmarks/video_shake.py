"""What turning a shaking camera's pictures back would gain: for the gate, the detector, the tracks.

    python -m benchmarks video --only shake [--pictures 500]

Pictures of fixed cameras are shaken as by wind on a pole: a sway of so much of the picture's width
and a jitter on top, with the blur of the movement. `stabilised` turns each picture back by the
median way of its corners from a reference picture (Lucas-Kanade), before anybody sees it; `boxes
alone` leaves pictures as they came and turns back only what the tracker is given. The gate is asked
five times a second how long it is open while nothing moves but the camera, after a minute in which
it learns what trembles. Detector and tracks are judged on the highway of CDnet by its own truth,
shaken alike; boxes of steady pictures are moved to where things are in the shaken ones.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from benchmarks.footage import DATA
from benchmarks.report import Report
from benchmarks.sightings import (
    HIGHWAY_RATE,
    HIGHWAY_SETTINGS,
    VEHICLES,
    Sighting,
    look_at,
    looks_of,
    ours,
    score,
    truth_of,
)
from benchmarks.video_enhance import smeared
from vigil.core import Detections, Image
from vigil.infer import known_cards
from vigil.media.films import film_frames
from vigil.media.flow import corners, track
from vigil.media.pixels import ArrayPixels, frame_of_array
from vigil.stages.detect.model import ModelDetector
from vigil.stages.gate.luma import LumaGate
from vigil.stages.track.two_stage import TwoStageTracker

FILMS = ("pedestrian_survaillance.mp4", "aboda_video4.avi", "vehicle_survaillance.mp4")
SHARES = (0.006, 0.02)
"""Of the width: how far a picture is off, about."""
WIDTH = 480
ASKED_HZ, RESTS_S, LEARNS_S, NOISE = 5.0, 100.0, 60.0, 2.0
SWAY_HZ = 1.1
EDGE = 0.05
EDGES = (
    ((0, 0), (1, 0), (1, EDGE), (0, EDGE)),
    ((0, 1 - EDGE), (1, 1 - EDGE), (1, 1), (0, 1)),
    ((0, 0), (EDGE, 0), (EDGE, 1), (0, 1)),
    ((1 - EDGE, 0), (1, 0), (1, 1), (1 - EDGE, 1)),
)
"""What a shaking picture's edges show comes and goes: the gate is not asked about them."""
OPEN = 0.1
"""The share of the time that the gate may be open for nothing."""
FIRST = 470
"""The highway is judged by its truth from here on."""
ALIGNED_AT, LEAST_CORNERS, RENEWED = 320, 8, 0.6
"""Width of what is compared; corners that tell a movement; share below which others are chosen."""
AS_FILMED, SHAKEN, STABILISED, BOXES = "steady camera", "shaken", "stabilised", "boxes alone"


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """Pictures, by how much each is off where the things truly are, and the cost of each."""

    images: list[Image]
    moves: np.ndarray
    """(n, 2): from the steady film to these pictures, right and down, pixels."""
    ms: float = 0.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks video --only shake")
    parser.add_argument("--pictures", type=int, default=250, help="of the highway")
    wanted = parser.parse_args().pictures
    report = Report("video")
    gates(report)
    tracks(report, wanted)
    return report.write(part=True)


def gates(report: Report) -> None:
    rows = []
    values: dict[float, list[tuple[float, float]]] = {}
    for film in FILMS:
        steady = resting(film)
        row: list[object] = [film, f"{opened(steady):.0%}"]
        for number, share in enumerate(SHARES):
            shown = shaken(steady, share, ASKED_HZ, number)
            turned, _ = stabilised(shown.images)
            told = opened(shown.images), opened(turned.images)
            row += [f"{value:.0%}" for value in told]
            values.setdefault(share, []).append(told)
        rows.append(row)
    for share, found in values.items():
        plain, turned_back = np.mean(found, axis=0).tolist()
        name = f"the gate open while nothing moves, shaken {share:.1%}"
        report.claim(name, plain, OPEN, better="lower")
        report.claim(f"{name}, stabilised before all else", turned_back, OPEN, better="lower")
    columns = ["film", AS_FILMED]
    columns += [f"{way}, {share:.1%}" for share in SHARES for way in (SHAKEN, STABILISED)]
    report.table("shaking: how long the gate is open", columns, rows)


def tracks(report: Report, wanted: int) -> None:
    folder = DATA / "tracking/cdnet_highway"
    files = sorted((folder / "img1").glob("*.jpg"))[FIRST : FIRST + wanted]
    steady = [np.ascontiguousarray(cv2.imread(str(file))[:, :, ::-1]) for file in files]
    truth = truth_of(folder / "gt/gt.txt", FIRST + len(files))[FIRST : FIRST + len(files)]
    still = Shown(images=steady, moves=np.zeros((len(steady), 2)))
    rows = [[AS_FILMED, "", *figures(followed(detections(steady), still), truth, still), ""]]
    for number, share in enumerate(SHARES):
        shown = shaken(steady, share, HIGHWAY_RATE, number)
        turned, back = stabilised(shown.images)
        seen = detections(shown.images)
        ways: Mapping[str, tuple[list[Detections], Shown, float]] = {
            SHAKEN: (seen, still, 0.0),
            STABILISED: (detections(turned.images), back, turned.ms),
            BOXES: (moved(seen, -back.moves), back, turned.ms),
        }
        for way, (found, way_back, ms) in ways.items():
            row = figures(followed(found, way_back), truth, shown)
            rows.append([way, f"{share:.1%}", *row, f"{ms:.1f}"])
            report.say(f"{way}, {share:.1%}")
            if way == STABILISED:
                gain = float(row[1]) - float(rows[-2][3])
                report.claim(
                    f"stabilised before all else: IDF1 gained, shaken {share:.1%}", gain, 0.02
                )
    columns = ["way", "shake", "MOTA", "IDF1", "switches", "CPU ms a picture"]
    report.table("shaking: tracks on the highway", columns, rows)


def resting(film: str) -> list[Image]:
    """The first picture again and again, with other noise: nothing moves but the camera."""
    chance = np.random.default_rng(0)
    frame = next(iter(film_frames(DATA / "videos" / film)))
    image = frame.rgb(min(WIDTH, frame.width)).astype(np.float32)
    noisy = (image + chance.normal(0, NOISE, image.shape) for _ in range(round(RESTS_S * ASKED_HZ)))
    return [np.clip(one, 0, 255).astype(np.uint8) for one in noisy]


def shaken(images: Sequence[Image], share: float, rate: float, seed: int) -> Shown:
    """As by wind: a sway to and fro, slower up and down, and a jitter."""
    chance = np.random.default_rng(seed)
    wide = images[0].shape[1]
    phases = 2 * np.pi * SWAY_HZ * (np.arange(len(images) + 1) - 1) / rate
    sway = np.stack([np.sin(phases), 0.5 * np.sin(0.7 * phases + 1)], 1)
    places = share * wide * (sway + chance.normal(0, 0.3, sway.shape))
    ends = places[1:]
    starts = places[:-1] + (ends - places[:-1]) / 2
    moved_images = [smeared(*each) for each in zip(images, starts, ends, strict=True)]
    return Shown(images=moved_images, moves=(starts + ends) / 2)


def stabilised(images: Sequence[Image]) -> tuple[Shown, Shown]:
    """The pictures turned back, and the way from them to the pictures that came."""
    reference, points, at = None, np.zeros((0, 2), np.float32), np.zeros(2)
    turned, moves = [], []
    began_s = time.process_time()
    for image in images:
        high, wide = image.shape[:2]
        small = (ALIGNED_AT, round(ALIGNED_AT * high / wide))
        sized = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        luma = np.asarray(cv2.cvtColor(sized, cv2.COLOR_RGB2GRAY), np.uint8)
        move = at
        if reference is not None:
            there = track(reference, luma, points)
            if there.found.sum() >= LEAST_CORNERS:
                # The median: what passes by is less than half of what there is to see.
                move = at + np.median(there.points[there.found] - points[there.found], axis=0)
        if reference is None or there.found.mean() < RENEWED:
            reference, points, at = luma, corners(luma), move
        x, y = move * wide / ALIGNED_AT
        turned.append(np.asarray(_shifted(image, -x, -y), np.uint8))
        moves.append((x, y))
    ms = 1000 * (time.process_time() - began_s) / len(images)
    back = Shown(images=list(images), moves=np.array(moves))
    return Shown(images=turned, moves=back.moves, ms=ms), back


def _shifted(image: np.ndarray, x: float, y: float) -> np.ndarray:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def opened(images: Sequence[Image]) -> float:
    """For what share of the time, once it has learnt what trembles."""
    gate = LumaGate(masks=EDGES)
    open_for, learnt = 0, round(LEARNS_S * ASKED_HZ)
    for number, image in enumerate(images):
        gate.see(frame_of_array(image, time_s=100 + number / ASKED_HZ))
        open_for += gate.open and number >= learnt
    return open_for / (len(images) - learnt)


def detections(images: Sequence[Image]) -> list[Detections]:
    card = next(card for card in known_cards() if card.name == "yolox-nano-416")
    detector = ModelDetector.of(card, DATA / "models/detect", labels=VEHICLES, score=0.1)
    size = (images[0].shape[1], images[0].shape[0])
    return [detector.detect([look_at(0.0, size, ArrayPixels(image))])[0] for image in images]


def moved(found: Sequence[Detections], moves: np.ndarray) -> list[Detections]:
    pairs = zip(found, np.tile(moves, 2).astype(np.float32), strict=True)
    return [replace(each, boxes=each.boxes + move) for each, move in pairs]


def followed(found: list[Detections], back: Shown) -> list[Sighting]:
    """What the tracker believes, where the things are in the pictures that came."""
    high, wide = back.images[0].shape[:2]
    looks = looks_of(len(found), HIGHWAY_RATE, (wide, high))
    sightings = ours(TwoStageTracker(**HIGHWAY_SETTINGS), found, looks)
    moves = np.tile(back.moves, 2).astype(np.float32)
    return [(ids, boxes + move) for (ids, boxes), move in zip(sightings, moves, strict=True)]


def figures(believed: list[Sighting], truth: list[Sighting], shown: Shown) -> list[object]:
    moves = np.tile(shown.moves, 2).astype(np.float32)
    there = [(ids, boxes + move) for (ids, boxes), move in zip(truth, moves, strict=True)]
    found = score(there, believed)
    return [round(found["mota"], 3), round(found["idf1"], 3), round(found["num_switches"])]
