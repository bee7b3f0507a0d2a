"""How good are pseudo-labels on real pictures whose truth is known?

A small detector of COCO teaches. Thresholds are fitted on one part of the footage; all figures are
of another. Truth of the highway is derived from masks, in which cars that touch are one: a perfect
teacher would be wrong about them. Needs the folder of real footage (VIGIL_TEST_DATA).
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.footage import DATA, YOLOX
from benchmarks.report import Report, cpu_s
from vigil.core import (
    Box,
    Boxes,
    DataError,
    Detections,
    Image,
    Label,
    Labelled,
    Medium,
    TrackPath,
    iou,
)
from vigil.data.formats import Files, format_called
from vigil.data.library import Library
from vigil.flywheel.label import Labelling
from vigil.flywheel.label_errors import box_doubts
from vigil.flywheel.label_journal import Journal, frame_key, from_row
from vigil.flywheel.label_plan import Settings
from vigil.flywheel.label_thresholds import hits_of
from vigil.flywheel.label_truth import truth_at
from vigil.flywheel.teachers.detector import detector_teacher
from vigil.flywheel.teachers.several import Tiled
from vigil.flywheel.teachers.teacher import Teacher, Words
from vigil.flywheel.verdict import Share
from vigil.infer.adding import add_model
from vigil.infer.registry import Registry

HIGHWAY, PPE = DATA / "tracking/cdnet_highway", DATA / "images/ppe"
TAUGHT = 400
"""Frames of the highway from which thresholds are learnt; the other 831 are labelled."""
EVERY = 10
"""Frames between two looks, at 25 a second."""
VEHICLES: Words = {"vehicle": ("car", "truck", "bus")}
WORKERS = 0.6
"""Wanted of workers: of what this teacher calls a person on a rig, more is never true."""
ROWS, COLUMNS = 3, 4
"""Of the mosaic."""


@dataclass
class Score:
    """Proposals or labels against truth."""

    right: int = 0
    told: int = 0
    true: int = 0

    def add(self, found: Detections, truth: Detections) -> None:
        self.right += int(hits_of(found, truth).sum())
        self.told += len(found)
        self.true += len(truth)

    @property
    def precision(self) -> Share:
        return Share(hits=self.right, total=self.told)

    @property
    def recall(self) -> Share:
        return Share(hits=self.right, total=self.true)

    def row(self, name: str) -> tuple[str, str, str, int]:
        return name, str(self.precision), str(self.recall), self.true


def main() -> int:
    report = Report("labelling")
    if not YOLOX.exists():
        print(f"no real footage in {DATA}; VIGIL_TEST_DATA names its folder")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        registry = Registry(folder / "models")
        add_model(registry, str(YOLOX), fetch=lambda _address, _path: None)
        highway(report, registry, folder)
        workers(report, registry, folder)
        mosaic(report, registry)
        mistakes(report, registry)
    return report.write()


# Vehicles on a highway: thresholds and tracks


def highway(report: Report, registry: Registry, folder: Path) -> None:
    labels = truth_of_highway()
    taught = part(folder / "taught", labels, 0, TAUGHT)
    fresh = part(folder / "fresh", None, TAUGHT, 1231)
    teacher = detector_teacher("yolox-nano-416", VEHICLES, registry)
    settings = Settings(precision=0.85, tracks=True, every_s=EVERY / 25, most_gap_s=1.2)
    began_s = cpu_s()
    labelling = Labelling(fresh, teacher, settings=settings, examples=taught)
    outcome = labelling.run()
    spent_s = cpu_s() - began_s
    limits = outcome.limits["vehicle"]
    (thing,) = fresh.things()
    paths = [label for label in thing.labels if isinstance(label.shape, TrackPath)]
    scores = {name: Score() for name in ("usual", "fitted", "tracks", "between")}
    with Journal(labelling.folder / "proposals.jsonl") as journal:
        for frame in range(thing.medium.frames):
            truth = truth_at(labels, frame + TAUGHT)
            key = frame_key(thing.medium.sha256, frame)
            scores["tracks" if key in journal else "between"].add(truth_at(paths, frame), truth)
            if key in journal:
                found = from_row(journal[key])
                scores["usual"].add(found.where(found.scores >= teacher.usual), truth)
                scores["fitted"].add(found.where(found.scores >= limits.accept), truth)
    judged, questions = checked_highway(folder, labels, taught, teacher, settings)
    scores["judge"] = judged
    names = {
        "usual": f"the card's threshold, {teacher.usual:.2f}",
        "fitted": f"fitted for 0.85, {limits.accept:.2f}",
        "tracks": "and tracks, frames that were looked at",
        "between": "and tracks, frames that nobody looked at",
        "judge": f"and {questions} questions to a judge who is always right",
    }
    report.table(
        "Vehicles on a highway, 831 frames", ("labels", "precision", "recall", "true boxes"),
        [scores[key].row(name) for key, name in names.items()],
    )  # fmt: skip
    report.say(str(limits))
    report.claim("highway, fitted for 0.85: precision on fresh frames",
                 scores["fitted"].precision.value, 0.85)  # fmt: skip
    report.claim("highway, tracks: recall won over fitted thresholds alone",
                 scores["tracks"].recall.value - scores["fitted"].recall.value, 0.1)  # fmt: skip
    report.claim("highway, tracks: precision on fresh frames",
                 scores["tracks"].precision.value, 0.85)  # fmt: skip
    report.claim("highway, frames nobody looked at: recall lost against those looked at",
                 scores["tracks"].recall.value - scores["between"].recall.value, 0.05,
                 better="lower")  # fmt: skip
    claim = "highway: processor time for a frame that is looked at"
    report.claim(claim, spent_s / max(outcome.pictures, 1) * 1e3, 150, "ms", better="lower")
    again = Labelling(fresh, teacher, settings=settings, examples=taught).run()
    report.claim("highway: pictures looked at again by a second run", again.asked, 0, "pictures",
                 better="lower")  # fmt: skip


class KnowsAll:
    """What a large model could win at most: it is told the truth, and looks at nothing."""

    name = "truth"

    def __init__(self, labels: Sequence[Label]) -> None:
        self._truth = {
            highway_frame(frame).tobytes(): truth_at(labels, frame)
            for frame in range(TAUGHT, 1231, EVERY)
        }
        self.questions = 0

    def check(self, image: Image, asked: Sequence[tuple[Box | None, str]]) -> list[bool | None]:
        self.questions += len(asked)
        truth = self._truth[image.tobytes()].boxes
        return [
            bool(len(truth)) and bool(iou(np.array([box], np.float32), truth).max() >= 0.5)
            for box, _ in asked
        ]


def checked_highway(
    folder: Path, labels: Sequence[Label], taught: Library, teacher: Teacher, settings: Settings
) -> tuple[Score, int]:
    """The same labelling with a judge for things that are unsure; one question a thing."""
    library, judge, score = part(folder / "judged", None, TAUGHT, 1231), KnowsAll(labels), Score()
    settings = replace(settings, checker=judge.name)
    Labelling(library, teacher, settings=settings, checker=judge, examples=taught).run()
    (thing,) = library.things()
    for frame in range(0, thing.medium.frames, EVERY):
        score.add(truth_at(thing.labels, frame), truth_at(labels, frame + TAUGHT))
    return score, judge.questions


def truth_of_highway() -> list[Label]:
    (thing,) = format_called("mot").read(HIGHWAY)
    return [replace(label, word="vehicle") for label in thing.labels]


def part(folder: Path, labels: Sequence[Label] | None, first: int, last: int) -> Library:
    """A stretch of the highway as a video of its own; one that begins at 0 may have labels."""
    video = folder.with_name(f"{folder.name}-frames") / "video"
    video.mkdir(parents=True)
    for frame in range(first, last):
        name = f"{frame + 1:06d}.jpg"
        shutil.copyfile(HIGHWAY / "img1" / name, video / name)
    medium = Medium(path="video", width=320, height=240, frames=last - first, rate=25.0)
    library = Library(folder)
    things = [Labelled(medium=medium, labels=tuple(labels or ()))]
    library.add(things, Files(root=video.parent))
    return library


# Workers on a rig: few examples


def workers(report: Report, registry: Registry, folder: Path) -> None:
    """Each half of a film teaches the threshold for the other."""
    things = [thing for thing in format_called("yolo").read(PPE) if thing.labels]
    things.sort(key=lambda thing: Path(thing.medium.path).name)
    middle = len(things) // 2
    teacher = detector_teacher("yolox-nano-416", {"worker": ("person",)}, registry)
    usual, fitted = Score(), Score()
    for name, taught, fresh in (
        ("late", things[:middle], things[middle:]),
        ("early", things[middle:], things[:middle]),
    ):
        examples, library = Library(folder / f"rig-{name}-taught"), Library(folder / f"rig-{name}")
        examples.add(taught, Files(root=PPE))
        library.add([replace(thing, labels=()) for thing in fresh], Files(root=PPE))
        settings = Settings(precision=WORKERS)
        labelling = Labelling(library, teacher, settings=settings, examples=examples)
        try:
            report.say(str(labelling.run().limits["worker"]))
        except DataError as refused:
            # No threshold is good enough, and so there is no label: that is an answer, too.
            report.say(" ".join(str(refused).split()))
        with Journal(labelling.folder / "proposals.jsonl") as journal:
            for thing, kept in zip(fresh, library.things(), strict=True):
                words = [label for label in thing.labels if label.word == "worker"]
                found, truth = from_row(journal[kept.medium.sha256]), truth_at(words, None)
                usual.add(found.where(found.scores >= teacher.usual), truth)
                fitted.add(truth_at(kept.labels, None), truth)
    rows = [usual.row(f"the card's threshold, {teacher.usual:.2f}")]
    rows += [fitted.row(f"fitted for {WORKERS:.2f} on the other half")]
    columns = ("labels", "precision", "recall", "true boxes")
    report.table(f"Workers on a rig, {len(things)} pictures of one film", columns, rows)
    report.claim(f"rig, fitted for {WORKERS:.2f}: precision on the other half",
                 fitted.precision.value, WORKERS)  # fmt: skip


# Small things: slices


def mosaic(report: Report, registry: Registry) -> None:
    """Twelve frames of the highway side by side, as in a wide view: vehicles of a few pixels."""
    labels = truth_of_highway()
    plain = detector_teacher("yolox-nano-416", VEHICLES, registry)
    teachers: dict[str, Teacher] = {
        "whole": plain,
        "slices, nms": Tiled(plain, side_px=416, merge="nms"),
        "slices, nmm": Tiled(plain, side_px=416, merge="nmm"),
    }
    rows, scores = [], {}
    for name, teacher in teachers.items():
        score, began_s, count = Score(), cpu_s(), 0
        for image, truth in mosaics(labels):
            (found,) = teacher.propose([image])
            assert found is not None
            score.add(found.where(found.scores >= plain.usual), truth)
            count += 1
        scores[name] = score
        rows.append((*score.row(name), f"{(cpu_s() - began_s) / count * 1e3:.0f}"))
    columns = ("seen", "precision", "recall", "true boxes", "ms a picture")
    report.table("Vehicles in mosaics of 1280x720", columns, rows)
    report.claim("mosaics, slices: recall won over whole pictures",
                 scores["slices, nmm"].recall.value - scores["whole"].recall.value,
                 0.2)  # fmt: skip


def mosaics(labels: Sequence[Label]) -> Iterator[tuple[Image, Detections]]:
    for first in range(410, 1200, 132):
        image, boxes = np.zeros((ROWS * 240, COLUMNS * 320, 3), np.uint8), []
        for place in range(ROWS * COLUMNS):
            y, x = 240 * (place // COLUMNS), 320 * (place % COLUMNS)
            frame = first + 11 * place
            image[y : y + 240, x : x + 320] = highway_frame(frame)
            boxes.append(truth_at(labels, frame).boxes + np.array([x, y, x, y], np.float32))
        every = np.concatenate(boxes)
        ones = np.ones(len(every), np.float32)
        yield image, Detections(boxes=every, scores=ones, labels=("vehicle",) * len(every))


def highway_frame(frame: int) -> Image:
    found = cv2.imread(str(HIGHWAY / f"img1/{frame + 1:06d}.jpg"))
    assert found is not None
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)


# Mistakes in labels


def mistakes(report: Report, registry: Registry) -> None:
    """Of the truth of every tenth frame some boxes are dropped and some are made up."""
    chance, labels = np.random.default_rng(0), truth_of_highway()
    teacher = detector_teacher("yolox-nano-416", VEHICLES, registry)
    told: list[tuple[float, bool]] = []
    planted = 0
    for frame in range(400, 1231, EVERY):
        (found,) = teacher.propose([highway_frame(frame)])
        assert found is not None
        truth = truth_at(labels, frame)
        wrong, dropped, made_up = spoilt(truth, chance)
        planted += len(dropped) + len(made_up)
        for doubt in box_doubts(wrong, [found]):
            assert doubt.box is not None
            sought = dropped if doubt.kind == "missing" else made_up
            box = np.array([doubt.box], np.float32)
            told.append((doubt.score, bool(len(sought) and iou(box, sought).max() >= 0.5)))
    told.sort(key=lambda each: -each[0])
    first = [hit for _, hit in told[:planted]]
    share = planted / (len(told) or 1)
    caught = sum(hit for _, hit in told) / planted
    rows = [(planted, len(told), f"{np.mean(first):.2f}", f"{share:.2f}", f"{caught:.2f}")]
    columns = ("planted", "doubts", "planted among the first so many", "by luck", "told at all")
    report.table("Mistakes planted in labels", columns, rows)
    report.claim("planted mistakes among as many first doubts", float(np.mean(first)), 0.5)
    report.claim("planted mistakes that are told at all", caught, 0.8)


def spoilt(truth: Detections, chance: np.random.Generator) -> tuple[Detections, Boxes, Boxes]:
    """Labels with mistakes, what was dropped, and what was made up."""
    drop = chance.random(len(truth)) < 0.1
    made_up = np.zeros((0, 4), np.float32)
    if chance.random() < 0.2:
        x, y = chance.uniform(0, 270), chance.uniform(0, 190)
        box = np.array([[x, y, x + 45, y + 45]], np.float32)
        made_up = box if not len(truth) or iou(box, truth.boxes).max() < 0.1 else made_up
    boxes = np.concatenate([truth.boxes[~drop], made_up])
    ones = np.ones(len(boxes), np.float32)
    wrong = Detections(boxes=boxes, scores=ones, labels=("vehicle",) * len(boxes))
    return wrong, truth.boxes[drop], made_up
