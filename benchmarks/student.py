"""What a student is worth that learnt from an algorithm's head, and how fast it is.

`python -m benchmarks learn [flame kitchen] --only student`

Hold-outs, near-duplicates and draws are those of `twostep`. Of each draw 50 examples make a head
on embedders; the mean of what it says of a picture and of its mirror image is the teacher. From
the same 50 alone a small network learns that begins with nothing, and another that begins as a
published MobileNetV2; the student begins as that, too, and learns besides what the teacher says of
pictures that nobody labelled: the task's other ones, rendered ones, frames of films, and
the other task's; none that is nearly one of the task's. All are judged on the hold-out, the
networks by their exported files. Settings were chosen on draws from 100 on.

What embedders say of pictures, maps of kept blocks, and what came of each run stay in the cache of
all benchmarks, so that a run that was cut short goes on.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.footage import CACHE
from benchmarks.remembering import Remembering
from benchmarks.report import Report
from benchmarks.speeds import speeds_of
from benchmarks.twostep import TASKS, Pool, pictures
from benchmarks.unlabelled_pictures import frames, rendered
from vigil.core import Image, ModelCard
from vigil.data.freezing import HOLDOUT
from vigil.flywheel.verdict import fit_unjudged
from vigil.flywheel.views import NEAR_COSINE
from vigil.infer.calibration import calibration_error
from vigil.infer.embedders import MarkedEmbedder
from vigil.train.beginning import Begin
from vigil.train.distilling import Splits, distil, student_card
from vigil.train.fitting import Fit
from vigil.train.shown import PEOPLE, Shown
from vigil.train.teaching import Teacher

RECIPE = 1
"""Goes up when runs are made otherwise, so that what came of earlier ones is not used."""
LEARNT = ("flame", "kitchen")
EXAMPLES = 50
CHOOSING = 1 / 3
"""Of a task's pictures besides the examples, those that choose the best epoch of a student; of 50
examples a fifth, where a network begins with nothing."""
CHOOSING_OF_FEW = 1 / 5
OFTEN = 6
"""So many times the task's own pictures come in an epoch: of the others there are many."""
NOTHING = Fit(side=96, epochs=32, patience=0)
"""Of the network that begins with nothing."""
OF_FEW = 4
"""So many times the epochs of the student where there are the examples alone."""
FEW = 16
"""Pictures of a batch then."""
CLOSE, ADDED, FASTER = 0.02, 0.05, 5.0
HEAD, TEACHER = "the head asked once", "teacher: the head, two views"
SMALL, ALONE, STUDENT = "network from nothing, 50 alone", "network alone: the 50", "student"
LARGE = "a network of the size of DINOv2-S, random weights"
NUMBERS = ("accuracy", "f1", "calibration_error")
Figures = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Draw:
    """One hold-out and one set of examples."""

    seed: int
    rows: np.ndarray
    held: np.ndarray
    rest: np.ndarray
    """Neither."""


class Course:
    """The pictures of a task as files, and what is learnt from them."""

    def __init__(
        self, name: str, embedder: MarkedEmbedder, begin: Begin, fit: Fit, views: int
    ) -> None:
        """`views`: so many are rendered."""
        self.name, self.fit, self.begin = name, fit, begin
        self.embedder = Remembering(embedder, CACHE / "student" / "vectors")
        self.pool = Pool(TASKS[name], self.embedder)
        self.shown = written(name)
        others = [each for other in LEARNT if other != name for each in written(other)]
        drawn = [Shown(path=path) for path in (*rendered(views), *frames())]
        self.unlabelled = [each for each in (*drawn, *others) if not self._near(each.image())]

    def _near(self, image: Image) -> bool:
        """Whether it shows nearly the same as a picture of the task, which may be held out."""
        alike = self.pool.vectors[0] @ self.embedder.embed([image])[0]
        return bool(alike.max() >= NEAR_COSINE)

    def draw(self, seed: int) -> Draw:
        rows, held = self.pool.draw(EXAMPLES, seed)
        # A near-duplicate of the hold-out is in it: groups are never parted.
        rest = np.setdiff1d(np.arange(len(self.shown)), np.concatenate([rows, held]))
        return Draw(seed=seed, rows=rows, held=held, rest=rest)

    def teacher(self, draw: Draw) -> Teacher:
        rows = draw.rows
        head = fit_unjudged(
            self.pool.vectors[:, rows], self.pool.marks[rows], self.pool.groups[rows],
            self.pool.words, embedder=self.embedder.mark, seed=draw.seed,
        )  # fmt: skip
        return Teacher(head=head, embedder=self.embedder)

    def small(self, draw: Draw) -> "Made":
        """From the examples and nothing else."""
        learnt, choosing = self._parted(draw.rows, CHOOSING_OF_FEW, draw.seed)
        splits = {"train": self._said(learnt), "val": self._said(choosing)}
        return self._made(SMALL, splits, draw, None, None, NOTHING)

    def alone(self, draw: Draw) -> "Made":
        """The same, but for what it begins as."""
        fit = replace(self.fit, epochs=self.fit.epochs * OF_FEW, batch=FEW)
        # All learn, and the last epoch stands: a few that chose would choose by one bad mistake.
        splits = {"train": self._said(draw.rows), "val": self._said(draw.rows)}
        return self._made(ALONE, splits, draw, None, self.begin, fit)

    def student(self, draw: Draw) -> "Made":
        """From the examples, and from what the teacher says of pictures that nobody labelled."""
        learnt, choosing = self._parted(draw.rest, CHOOSING, draw.seed)
        own = [*self._said(draw.rows), *(self.shown[row] for row in learnt)]
        splits = {
            "train": [*(own * OFTEN), *self.unlabelled],
            "val": [self.shown[row] for row in choosing],
        }
        return self._made(STUDENT, splits, draw, self.teacher(draw), self.begin, self.fit)

    def _said(self, rows: np.ndarray) -> list[Shown]:
        marks = self.pool.marks
        return [replace(self.shown[row], word=int(marks[row]), weight=PEOPLE) for row in rows]

    def _made(
        self,
        who: str,
        splits: Splits,
        draw: Draw,
        teacher: Teacher | None,
        begin: Begin | None,
        fit: Fit,
    ) -> "Made":
        fit = replace(fit, seed=draw.seed)
        card = student_card(
            f"{self.name}-student", self.pool.words, side=fit.side, licence="none", source=who
        )
        keep = begin.keep if begin else ""
        said = f"{RECIPE} {self.name} {who} {fit} {keep} {OFTEN} {len(splits['train'])}"
        digest = hashlib.sha256(said.encode()).hexdigest()[:16]
        folder = CACHE / "student" / f"{self.name}-{draw.seed}-{digest}"
        told = folder / "figures.json"
        if not told.exists():
            splits = {**splits, HOLDOUT: self._said(draw.held)}
            trained = distil(splits, card, folder, teacher=teacher, begin=begin, fit=fit, pieces=0)
            figures = [
                {number: each.metrics[number] for number in NUMBERS}
                for each in (trained.full, trained.small)
            ]
            for each in folder.glob("checkpoint-*"):
                shutil.rmtree(each)
            beside = told.with_suffix(".part")
            beside.write_text(json.dumps(figures))
            beside.replace(told)
        full, small = json.loads(told.read_text())
        cards = card, replace(card, file=f"{Path(card.file).stem}-int8.onnx")
        return Made(who=who, folder=folder, cards=cards, full=full, small=small)

    def _parted(self, rows: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to learn from and rows to choose by; near-duplicates stay together."""
        groups = self.pool.groups[rows]
        names = np.random.default_rng(seed).permutation(np.unique(groups))
        choosing = np.isin(groups, names[: round(share * len(names))])
        return rows[~choosing], rows[choosing]


@dataclass(frozen=True, kw_only=True)
class Made:
    """Two files of one network, and what they reach on the hold-out."""

    who: str
    folder: Path
    cards: tuple[ModelCard, ModelCard]
    full: Figures
    small: Figures


def written(name: str) -> list[Shown]:
    """All pictures of a task, as files in the cache."""
    folder = CACHE / "student" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number, example in enumerate(pictures(TASKS[name])):
        path = folder / f"{name}-{number}.png"
        if not path.exists():
            beside = path.with_suffix(".part.png")
            cv2.imwrite(str(beside), cv2.cvtColor(example.image, cv2.COLOR_RGB2BGR))
            beside.replace(path)
        found.append(Shown(path=path))
    return found


def student(
    report: Report,
    name: str,
    embedder: MarkedEmbedder,
    seeds: Sequence[int],
    begin: Begin,
    fit: Fit,
    views: int,
) -> None:
    """Tables and claims of one task; so many `views` are rendered."""
    course = Course(name, embedder, begin, fit, views)
    report.say(f"{name}: {len(course.shown)} pictures, {len(course.unlabelled)} without a label")
    found: dict[str, list[Figures]] = {}
    for seed in seeds:
        draw = course.draw(seed)
        for who, figures in heads(course, draw).items():
            found.setdefault(who, []).append(figures)
        small, alone, taught = course.small(draw), course.alone(draw), course.student(draw)
        for made in (small, alone, taught):
            found.setdefault(made.who, []).append(made.full)
            found.setdefault(f"{made.who}, int8", []).append(made.small)
        said = ", ".join(f"{who} {each[-1]['accuracy']:.3f}" for who, each in found.items())
        report.say(f"{name} {seed}: {said}")
    images = [example.image for example in course.pool.examples]
    rates = speeds_of(
        embedder, images, {SMALL: small, ALONE: alone, STUDENT: taught}, head=HEAD, large=LARGE
    )
    rates[TEACHER] = rates[HEAD] / 2  # one head, asked of two views
    rows = [(who, *_spread(found[who]), f"{rates[who]:.0f}") for who in found]
    rows.append((LARGE, "", "", "", "", f"{rates[LARGE]:.0f}"))
    report.table(
        f"{name}: student",
        ("who", "accuracy", "draws", "F1", "calibration error", "images/s"),
        rows,
    )
    report.table(
        f"{name}: how the student was made",
        ("draws", "examples", "pictures besides", "side", "epochs", "kept", "rate"),
        [
            (
                len(seeds),
                EXAMPLES,
                len(course.unlabelled),
                fit.side,
                fit.epochs,
                begin.keep,
                fit.rate,
            )
        ],
    )
    claims(report, name, found, rates)


def heads(course: Course, draw: Draw) -> dict[str, Figures]:
    """The teacher on the hold-out, and the head as it is used: one view."""
    head, marks = course.teacher(draw).head, course.pool.marks[draw.held]
    shares = [head.probabilities(view[draw.held]) for view in course.pool.vectors]
    return {HEAD: _figures(shares[0], marks), TEACHER: _figures(np.mean(shares, axis=0), marks)}


def _figures(shares: np.ndarray, marks: np.ndarray) -> Figures:
    told = shares.argmax(1)
    f1 = [
        2 * np.sum((told == mark) & (marks == mark)) / np.sum((told == mark) * 1 + (marks == mark))
        for mark in np.unique(marks)
    ]
    return {
        "accuracy": float(np.mean(told == marks)),
        "f1": float(np.mean(f1)),
        "calibration_error": calibration_error(shares, marks),
    }


def _spread(figures: Sequence[Figures]) -> tuple[str, str, str, str]:
    accuracies, f1, errors = ([each[number] for each in figures] for number in NUMBERS)
    return (
        f"{np.mean(accuracies):.3f}",
        f"{min(accuracies):.3f} to {max(accuracies):.3f}",
        f"{np.mean(f1):.3f}",
        f"{np.mean(errors):.3f}",
    )


def claims(
    report: Report, name: str, found: dict[str, list[Figures]], rates: dict[str, float]
) -> None:
    means = {who: float(np.mean([each["accuracy"] for each in of])) for who, of in found.items()}
    report.claim(
        f"{name}: accuracy that the student loses to its teacher",
        means[TEACHER] - means[STUDENT], CLOSE, better="lower",
    )  # fmt: skip
    report.claim(
        f"{name}: accuracy that a teacher adds to the network alone",
        means[STUDENT] - means[ALONE], ADDED,
    )  # fmt: skip
    report.claim(
        f"{name}: accuracy that the student has more than a network that begins with nothing",
        means[STUDENT] - means[SMALL], ADDED,
    )  # fmt: skip
    for teacher, called in ((TEACHER, "its teacher"), (HEAD, HEAD), (LARGE, LARGE)):
        report.claim(
            f"{name}: images a second of the student, for each of {called}",
            rates[STUDENT] / rates[teacher], FASTER, "times",
        )  # fmt: skip
