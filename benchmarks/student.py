"""What a student is worth that learnt from an algorithm's head, and how fast it is.

`python -m benchmarks learn [flame kitchen] --only student`

Hold-outs, near-duplicates and draws are those of `twostep`. Of each draw 50 examples make a head
on embedders; the mean of what it says of a picture and of its mirror image is the teacher. From
the same 50 alone a small network learns that begins with nothing, and a line behind the body of a
published one; the student is that, too, and learns besides what the teacher says of pictures
that nobody labelled: the task's other ones, rendered ones, frames of films, and the other task's;
none that is nearly one of the task's. All are judged on the hold-out, the networks by their files,
whose speed is measured, too. Settings were chosen on draws from 100 on.

What embedders and bodies say of pictures, and what came of each run, stay in the cache of all
benchmarks, so that a run that was cut short goes on.
"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from benchmarks.footage import CACHE
from benchmarks.remembering import Remembering
from benchmarks.report import Report
from benchmarks.speeds import speeds_of
from benchmarks.twostep import TASKS, Pool, pictures
from benchmarks.unlabelled_pictures import frames, rendered
from vigil.core import ModelCard
from vigil.core.durable import write_durably
from vigil.data.freezing import HOLDOUT
from vigil.flywheel.making import embedded_views
from vigil.flywheel.verdict import fit_unjudged
from vigil.flywheel.views import NEAR_COSINE
from vigil.infer.calibration import calibration_error
from vigil.infer.cards import card_to_yaml, load_card
from vigil.infer.embedders import MarkedEmbedder
from vigil.infer.head import Head
from vigil.train.beginning import Begin
from vigil.train.distilling import Splits, distil, student_card
from vigil.train.fitting import Fit
from vigil.train.shown import PEOPLE, Shown
from vigil.train.teaching import VIEWS as TEACHER_VIEWS

RECIPE = 2
"""Goes up when runs are made otherwise, so that what came of earlier ones is not used."""
LEARNT = ("flame", "kitchen")
EXAMPLES = 50
CHOOSING = 1 / 5
"""Of the examples, those that choose the best epoch of a network that begins with nothing."""
OTHERS = 0.02
"""Weight of a picture that is none of the task's: of these there are fifty times as many."""
NOTHING = Fit(side=96, epochs=32, patience=0)
"""Of the network that begins with nothing."""
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
        self.unlabelled: list[Shown] = []
        seen = []
        for each in (*drawn, *others):
            both = embedded_views([each.image()], self.embedder, views=TEACHER_VIEWS)
            if not self._near(both[0, 0]):
                self.unlabelled.append(replace(each, weight=OTHERS))
                seen.append(both)
        self.seen = np.concatenate(seen, axis=1)
        """Views of these, as vectors."""

    def _near(self, vector: Float32[np.ndarray, " d"]) -> bool:
        """Whether it shows nearly the same as a picture of the task, which may be held out."""
        return bool((self.pool.vectors[0] @ vector).max() >= NEAR_COSINE)

    def draw(self, seed: int) -> Draw:
        rows, held = self.pool.draw(EXAMPLES, seed)
        # A near-duplicate of the hold-out is in it: groups are never parted.
        rest = np.setdiff1d(np.arange(len(self.shown)), np.concatenate([rows, held]))
        return Draw(seed=seed, rows=rows, held=held, rest=rest)

    def teacher(self, draw: Draw) -> Head:
        rows = draw.rows
        return fit_unjudged(
            self.pool.vectors[:, rows], self.pool.marks[rows], self.pool.groups[rows],
            self.pool.words, embedder=self.embedder.mark, seed=draw.seed,
        )  # fmt: skip

    def small(self, draw: Draw) -> "Made":
        """From the examples and nothing else."""
        learnt, choosing = self._parted(draw.rows, CHOOSING, draw.seed)
        splits = {"train": self._said(learnt), "val": self._said(choosing)}
        return self._made(SMALL, splits, draw, None, NOTHING)

    def alone(self, draw: Draw) -> "Made":
        """The same, but for what it begins as."""
        splits = {"train": self._said(draw.rows), "val": []}
        return self._made(ALONE, splits, draw, self.begin, self.fit)

    def student(self, draw: Draw) -> "Made":
        """From the examples, and from what the teacher says of pictures that nobody labelled."""
        head = self.teacher(draw)
        own = [*self._said(draw.rows), *(self.shown[row] for row in draw.rest)]
        both = np.concatenate([draw.rows, draw.rest])
        learnt = [
            *_taught(own, head, self.pool.vectors[:, both]),
            *_taught(self.unlabelled, head, self.seen),
        ]
        return self._made(STUDENT, {"train": learnt, "val": []}, draw, self.begin, self.fit)

    def _said(self, rows: np.ndarray) -> list[Shown]:
        marks = self.pool.marks
        return [replace(self.shown[row], word=int(marks[row]), weight=PEOPLE) for row in rows]

    def _made(
        self,
        who: str,
        splits: Splits,
        draw: Draw,
        begin: Begin | None,
        fit: Fit,
    ) -> "Made":
        fit = replace(fit, seed=draw.seed)
        card = student_card(
            f"{self.name}-student", self.pool.words, side=fit.side, licence="none", source=who
        )
        body = begin.card.id if begin else ""
        said = f"{RECIPE} {self.name} {who} {fit} {body} {OTHERS} {len(splits['train'])}"
        digest = hashlib.sha256(said.encode()).hexdigest()[:16]
        folder = CACHE / "student" / f"{self.name}-{draw.seed}-{digest}"
        places = folder / "full.yaml", folder / "small.yaml"
        if not places[-1].exists():
            splits = {**splits, HOLDOUT: self._said(draw.held)}
            # What a teacher found likely is with the pictures already, where one was asked.
            trained = distil(splits, card, folder, teacher=None, begin=begin, fit=fit)
            for each in folder.glob("checkpoint-*"):
                shutil.rmtree(each)
            for place, found in zip(places, (trained.full, trained.small), strict=True):
                write_durably(place, card_to_yaml(found or trained.full).encode())
        return Made(who=who, folder=folder, cards=(load_card(places[0]), load_card(places[1])))

    def _parted(self, rows: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to learn from and rows to choose by; near-duplicates stay together."""
        groups = self.pool.groups[rows]
        names = np.random.default_rng(seed).permutation(np.unique(groups))
        choosing = np.isin(groups, names[: round(share * len(names))])
        return rows[~choosing], rows[choosing]


@dataclass(frozen=True, kw_only=True)
class Made:
    """Two files of one network, in full and in eight bits, and what they reach on the hold-out."""

    who: str
    folder: Path
    cards: tuple[ModelCard, ModelCard]

    @property
    def figures(self) -> tuple[Figures, Figures]:
        full, small = ({name: each.metrics[name] for name in NUMBERS} for each in self.cards)
        return full, small


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
            for who, figures in zip((made.who, f"{made.who}, int8"), made.figures, strict=True):
                found.setdefault(who, []).append(figures)
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
        ("draws", "examples", "pictures besides", "side", "body"),
        [(len(seeds), EXAMPLES, len(course.unlabelled), fit.side, begin.card.id)],
    )
    claims(report, name, found, rates)


def heads(course: Course, draw: Draw) -> dict[str, Figures]:
    """The teacher on the hold-out, and the head as it is used: one view."""
    head, marks = course.teacher(draw), course.pool.marks[draw.held]
    views = course.pool.vectors[:, draw.held]
    once, both = head.probabilities(views[0]), _shares(head, views)
    return {HEAD: _figures(once, marks), TEACHER: _figures(both, marks)}


def _taught(
    shown: Sequence[Shown], head: Head, views: Float32[np.ndarray, "v n d"]
) -> Iterator[Shown]:
    for each, shares in zip(shown, _shares(head, views).astype(np.float32), strict=True):
        yield replace(each, taught=shares)


def _shares(head: Head, views: Float32[np.ndarray, "v n d"]) -> Float64[np.ndarray, "n k"]:
    """What a teacher says: the mean of all views."""
    return np.mean([head.probabilities(view) for view in views], axis=0)


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
    """Of the student as it would be kept: in eight bits."""
    means = {who: float(np.mean([each["accuracy"] for each in of])) for who, of in found.items()}
    student, alone = f"{STUDENT}, int8", f"{ALONE}, int8"
    report.claim(
        f"{name}: accuracy that the student loses to its teacher",
        means[TEACHER] - means[student], CLOSE, better="lower",
    )  # fmt: skip
    report.claim(
        f"{name}: accuracy that a teacher adds to the network alone",
        means[student] - means[alone], ADDED,
    )  # fmt: skip
    report.claim(
        f"{name}: accuracy that the student has more than a network that begins with nothing",
        means[student] - means[SMALL], ADDED,
    )  # fmt: skip
    for teacher, called in ((TEACHER, "its teacher"), (HEAD, HEAD), (LARGE, LARGE)):
        report.claim(
            f"{name}: images a second of the student, for each of {called}",
            rates[student] / rates[teacher], FASTER, "times",
        )  # fmt: skip
