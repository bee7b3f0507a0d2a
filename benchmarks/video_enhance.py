"""What enhancement before the detector gains, and what it costs.

Pictures of real films are made dark (light, then photon and read noise, as a sensor has it), noisy
or shaken (with the blur of the movement), each with the four before it; YOLOX-nano looks at them
as they came and enhanced. Truth is what the same detector is sure of (0.5) in the picture before
it was spoiled, so figures tell what is got back, not how good the detector is; of what it tells,
that is wrong which it did not even suspect there (0.15). On the highway of CDnet truth is the
films' own. `gamma`, `CLAHE`, `SCI` (Ma et al. 2022, the model of the data folder) and
`stabilise` (turned back and cropped) are candidates that are not in the watch: the table says why.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool

from benchmarks.footage import DATA, YOLOX
from benchmarks.report import Report
from benchmarks.sightings import truth_of
from vigil.core import Boxes, Detections, Frame, Image, Look, Rung, iou
from vigil.infer.content import sha256_of
from vigil.infer.known import known_card
from vigil.media.films import frames_at, picture_times
from vigil.media.pixels import frame_of_array
from vigil.stages.detect.model import ModelDetector
from vigil.stages.enhance.denoise import Denoise
from vigil.stages.enhance.low_light import MEASURED_AT, LowLight, line_of

FILMS = (
    "pedestrian_survaillance.mp4", "one-by-one-person-detection.mp4", "vehicle_survaillance.mp4",
    "aboda_video4.avi",
)  # fmt: skip
WIDTH, SHOWN = 768, 416
"""Of the pictures that are spoiled, and of what candidates are given: the detector's input."""
BEFORE, RATE = 4, 25.0
SURE, SUSPECTED, MATCHED = 0.5, 0.15, 0.5
VEHICLES = frozenset({"car", "truck", "bus"})
Spoil = Callable[[list[Image], np.random.Generator], tuple[list[Image], tuple[float, float]]]
"""Makes pictures worse; by how much the last one is moved, pixels."""
Way = Callable[[list[Frame]], Frame]
Figures = Mapping[tuple[str, str, str], tuple[float, float, float]]
"""Recall, precision and milliseconds by place, spoil and way."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A picture after those before it, and what is in it."""

    images: list[Image]
    truth: Boxes
    words: tuple[frozenset[str], ...]
    suspected: Boxes | None
    """What counts as right besides; None: the truth alone."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks video --only enhance")
    parser.add_argument("--pictures", type=int, default=10, help="of each film and of the highway")
    wanted = parser.parse_args().pictures
    report = Report("video")
    detector = ModelDetector.of(known_card(sha256_of(YOLOX)), YOLOX.parent, score=SUSPECTED)
    cases = {"films": list(films(detector, wanted)), "highway": list(highway(wanted))}
    for place, found in cases.items():
        report.say(f"{place}: {len(found)} pictures, {sum(len(c.truth) for c in found)} things")
    figures: dict[tuple[str, str, str], tuple[float, float, float]] = {}
    for place, found in cases.items():
        for name, spoil in SPOILS.items():
            spoiled = list(made(found, spoil))
            for way, ease in WAYS.items():
                figures[place, name, way] = scored(detector, spoiled, ease)
            report.say(f"{place}, {name}")
    for place in cases:
        rows = [
            [way, *(f"{100 * recall:.0f} / {100 * precision:.0f}" for name in SPOILS
                    for recall, precision, _ in [figures[place, name, way]]),
             f"{np.mean([figures[place, name, way][2] for name in SPOILS]):.1f}"]
            for way in WAYS
        ]  # fmt: skip
        report.table(
            f"enhancement, {place}: recall / precision, %", ["way", *SPOILS, "CPU ms"], rows
        )
    claim(report, figures)
    return report.write(part=True)


def claim(
    report: Report, figures: Mapping[tuple[str, str, str], tuple[float, float, float]]
) -> None:
    def gain(name: str, way: str) -> float:
        return figures["films", name, way][0] - figures["films", name, "as it came"][0]

    both = "denoise, low_light"
    report.claim(f"{both}: recall gained, dark", gain("dark", both), 0.05)
    for name in ("noisy", "shaken, noisy"):
        report.claim(f"denoise: recall gained, {name}", gain(name, "denoise"), 0.05)
    report.claim(f"{both}: recall gained on good pictures", gain("good", both), -0.02)
    for way in ("SCI where it is dark", "denoise, SCI where it is dark"):
        left = gain("dark", way) - gain("dark", both)
        report.claim(f"{way}: recall beyond {both}, dark", left, 0.0)
    report.claim("stabilise: recall gained, shaken", gain("shaken", "stabilise"), 0.02)
    cost = [figures["films", name, both][2] for name in SPOILS]
    report.claim(f"{both}: a look", float(np.mean(cost)), 10.0, "CPU ms", better="lower")


def films(detector: ModelDetector, count: int) -> Iterator[Case]:
    """Pictures of films in which the detector is sure of something."""
    for film in FILMS:
        path = DATA / "videos" / film
        times = picture_times(path)
        for at in np.linspace(BEFORE + 5, len(times) - 5, count).astype(int):
            stretch = times[at - BEFORE : at + 1]
            images = [frame.rgb(min(WIDTH, frame.width)) for _, frame in frames_at(path, stretch)]
            found = seen(detector, frame_of_array(images[-1]))
            sure = found.where(found.scores >= SURE)
            words = tuple(alike(word) for word in sure.labels)
            yield Case(images=images, truth=sure.boxes, words=words, suspected=found.boxes)


def highway(count: int) -> Iterator[Case]:
    """Pictures of CDnet's highway, with its own truth."""
    folder = DATA / "tracking" / "cdnet_highway"
    files = sorted((folder / "img1").iterdir())
    truth = truth_of(folder / "gt/gt.txt", len(files))
    for at in np.linspace(500, len(files) - 1, count).astype(int):
        images = [_read(file) for file in files[at - BEFORE : at + 1]]
        boxes = np.asarray(truth[at][1], np.float32)
        yield Case(images=images, truth=boxes, words=(VEHICLES,) * len(boxes), suspected=None)


def made(cases: Sequence[Case], spoil: Spoil) -> Iterator[Case]:
    """Each with other chance, the same for every way."""
    for number, case in enumerate(cases):
        images, (x, y) = spoil(case.images, np.random.default_rng(number))
        move = np.array([x, y, x, y], np.float32)
        suspected = None if case.suspected is None else case.suspected + move
        yield replace(case, images=images, truth=case.truth + move, suspected=suspected)


def scored(detector: ModelDetector, cases: Sequence[Case], way: Way) -> tuple[float, float, float]:
    """Recall, precision, and processor milliseconds of a look beyond the plain one."""
    score = known_card(sha256_of(YOLOX)).score
    hits = things = right = told = 0
    spent_s = 0.0
    for case in cases:
        frames = [
            frame_of_array(image, time_s=100 + at / RATE) for at, image in enumerate(case.images)
        ]
        eased = way(frames)
        high = round(SHOWN * eased.height / eased.width)
        began_s = time.process_time()
        frames[-1].pixels.rgb(SHOWN, high)
        plain_s = time.process_time() - began_s
        began_s = time.process_time()
        image = eased.pixels.rgb(SHOWN, high)
        spent_s += time.process_time() - began_s - plain_s
        found = seen(detector, frame_of_array(image))
        found = found.where(found.scores >= score)
        boxes = found.boxes * (eased.width / SHOWN)
        fits = matches(found, boxes, case)
        hits += int(fits.any(0).sum())
        things += len(case.truth)
        good = fits.any(1)
        if case.suspected is not None and len(boxes) and len(case.suspected):
            good = good | (iou(boxes, case.suspected).max(1) >= MATCHED)
        right, told = right + int(good.sum()), told + len(boxes)
    return hits / max(things, 1), right / max(told, 1), 1000 * spent_s / len(cases)


def matches(found: Detections, boxes: Boxes, case: Case) -> Bool[np.ndarray, "n m"]:
    words = np.array(
        [[word in allowed for allowed in case.words] for word in found.labels], bool
    ).reshape(len(boxes), len(case.truth))
    if not words.size:
        return words
    return (iou(boxes, case.truth) >= MATCHED) & words


def alike(word: str) -> frozenset[str]:
    return VEHICLES if word in VEHICLES else frozenset({word})


def seen(detector: ModelDetector, frame: Frame) -> Detections:
    return detector.detect([Look.whole(frame, Rung.FULL)])[0]


def _read(path: Path) -> Image:
    return np.ascontiguousarray(cv2.imread(str(path))[:, :, ::-1])


# How pictures are spoiled


def dark(light: float, well: float = 4000.0, read: float = 4.0) -> Spoil:
    """`light` of the light; a pixel holds `well` electrons, and reading it adds noise."""

    def spoil(
        images: list[Image], chance: np.random.Generator
    ) -> tuple[list[Image], tuple[float, float]]:
        def one(image: Image) -> Image:
            electrons = chance.poisson((image / 255.0) ** 2.2 * light * well)
            seen = np.clip((electrons + chance.normal(0, read, image.shape)) / well, 0, 1)
            return (255 * seen ** (1 / 2.2)).astype(np.uint8)

        return [one(image) for image in images], (0.0, 0.0)

    return spoil


def noisy(sigma: float) -> Spoil:
    def spoil(
        images: list[Image], chance: np.random.Generator
    ) -> tuple[list[Image], tuple[float, float]]:
        rough = [image + chance.normal(0, sigma, image.shape) for image in images]
        return [np.clip(one, 0, 255).astype(np.uint8) for one in rough], (0.0, 0.0)

    return spoil


def shaken(share: float, then: Spoil | None = None) -> Spoil:
    """Each picture elsewhere by `share` of the width, blurred by half of the way there."""

    def spoil(
        images: list[Image], chance: np.random.Generator
    ) -> tuple[list[Image], tuple[float, float]]:
        wide = images[0].shape[1]
        moves = chance.normal(0, share * wide, (len(images) + 1, 2))
        moved = [
            smeared(image, moves[at] + (moves[at + 1] - moves[at]) / 2, moves[at + 1])
            for at, image in enumerate(images)
        ]
        x, y = (float(each) for each in (moves[-1] + (moves[-2] + moves[-1]) / 2) / 2)
        return (then(moved, chance)[0] if then else moved), (x, y)

    return spoil


def smeared(image: Image, start: np.ndarray, end: np.ndarray) -> Image:
    size = (image.shape[1], image.shape[0])
    steps = [start + share * (end - start) for share in np.linspace(0, 1, 5)]
    seen = [
        cv2.warpAffine(
            image, np.array([[1, 0, x], [0, 1, y]], np.float32), size, borderMode=cv2.BORDER_REFLECT
        )
        for x, y in steps
    ]
    return np.mean(seen, 0).astype(np.uint8)


# Candidates


def parts(*enhancers: Denoise | LowLight) -> Way:
    """Those that the watch has, fresh for each picture."""

    def ease(frames: list[Frame]) -> Frame:
        fresh = [replace(each) for each in enhancers]
        for frame in frames:
            for each in fresh:
                each.see(frame)
        eased = frames[-1]
        for each in fresh:
            eased = each.enhance(eased)
        return eased

    return ease


@dataclass(frozen=True)
class Changed:
    """Pixels after a function."""

    frame: Frame
    change: Callable[[Image], Image]

    def luma(self, width: int, height: int) -> np.ndarray:
        return self.frame.pixels.luma(width, height)

    def rgb(self, width: int, height: int, region: object = None) -> Image:
        return self.change(self.frame.pixels.rgb(width, height))


def single(change: Callable[[Image], Image]) -> Way:
    return lambda frames: replace(frames[-1], pixels=Changed(frames[-1], change))


def gamma(image: Image) -> Image:
    """The curve that brings the median to the middle."""
    middle = max(float(np.median(image)) / 255, 0.01)
    power = min(1.0, max(0.3, np.log(0.5) / np.log(middle)))
    return cv2.LUT(image, (255 * (np.arange(256) / 255) ** power).astype(np.uint8))


def clahe(image: Image) -> Image:
    yuv = cv2.cvtColor(image, cv2.COLOR_RGB2YUV)
    yuv[:, :, 0] = cv2.createCLAHE(3.0, (8, 8)).apply(yuv[:, :, 0])
    return cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB)


def where_dark(change: Callable[[Image], Image], *before: Denoise) -> Way:
    """The change where `low_light` would do something, after other parts."""

    def ease(frames: list[Frame]) -> Frame:
        eased = parts(*before)(frames)
        is_dark = line_of(frames[-1].luma(MEASURED_AT), LowLight().below) is not None
        return replace(eased, pixels=Changed(eased, change)) if is_dark else eased

    return ease


def sci() -> Callable[[Image], Image]:
    """The low-light model at its own size, one thread."""
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(DATA / "models/enhance/sci_360x640.onnx"), options, ["CPUExecutionProvider"]
    )

    def change(image: Image) -> Image:
        given = cv2.resize(image, (640, 360)).astype(np.float32) / 255
        said = session.run(None, {"input": given.transpose(2, 0, 1)[None]})[0][0]
        lit = (255 * np.clip(said.transpose(1, 2, 0), 0, 1)).astype(np.uint8)
        return cv2.resize(lit, image.shape[1::-1])

    return change


def stabilised(frames: list[Frame]) -> Frame:
    """The last picture where the first was, what came in at its edges left out.

    Its boxes are turned back with it, by giving the detector's picture the way back as well.
    """
    one, two = (each.luma(160).astype(np.float32) for each in (frames[0], frames[-1]))
    (x, y), _ = cv2.phaseCorrelate(one, two, cv2.createHanningWindow(one.shape[::-1], cv2.CV_32F))
    back = np.array([x, y]) / 160

    def change(image: Image) -> Image:
        high, wide = image.shape[:2]
        shift = back * wide
        there = np.array([[1, 0, -shift[0]], [0, 1, -shift[1]]], np.float32)
        here = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
        steady = cv2.warpAffine(image, there, (wide, high))
        return cv2.warpAffine(steady, here, (wide, high))

    return replace(frames[-1], pixels=Changed(frames[-1], change))


SPOILS: Mapping[str, Spoil] = {
    "good": lambda images, _: (images, (0.0, 0.0)),
    "dark": dark(0.02),
    "noisy": noisy(40),
    "shaken": shaken(0.006),
    "shaken, noisy": shaken(0.006, noisy(40)),
}
WAYS: Mapping[str, Way] = {
    "as it came": lambda frames: frames[-1],
    "denoise": parts(Denoise()),
    "denoise, not steady": parts(Denoise(steady=False)),
    "low_light": parts(LowLight()),
    "denoise, low_light": parts(Denoise(), LowLight()),
    "gamma": single(gamma),
    "CLAHE": single(clahe),
    "SCI": single(sci()),
    "SCI where it is dark": where_dark(sci()),
    "denoise, SCI where it is dark": where_dark(sci(), Denoise()),
    "stabilise": stabilised,
}
