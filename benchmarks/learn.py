"""What a student is worth that learnt from an algorithm's head, and how fast it is.

    python -m benchmarks learn [flame kitchen] [--only student] [--seeds N] [--epochs N] [--side PX]
    python -m benchmarks learn --only turn|above|boxes

Hold-outs, near-duplicates and draws are those of `twostep`. Of each draw 50 examples make a head
on embedders, the teacher. A small network learns from the same 50 alone; the same network, the
student, also from what the teacher says of the rest of the pool, a third of which only chooses
its best epoch. All are judged on the hold-out, the networks by their exported files.
"""

import argparse
import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.above import above
from benchmarks.boxes import boxes
from benchmarks.report import Report, cpu_s
from benchmarks.turn import turn
from benchmarks.twostep import BOTH, DATA, TASKS, Pool
from vigil.data.freezing import HOLDOUT
from vigil.flywheel.verdict import fit_unjudged
from vigil.infer import Registry, add_model, open_session
from vigil.infer.calibration import calibration_error
from vigil.infer.embedders import MarkedEmbedder, embedder_for
from vigil.infer.fitting import fitted_image
from vigil.train.distilling import Splits, distil, student_card
from vigil.train.fitting import Fit
from vigil.train.recipe import Trained
from vigil.train.shown import PEOPLE, Shown
from vigil.train.teaching import Teacher

LEARNT = ("flame", "kitchen")
EXAMPLES = 50
CHOOSING = 1 / 3
"""Of the pictures that a network could learn from, those that choose its best epoch instead; of 50
examples a fifth."""
CHOOSING_OF_FEW = 1 / 5
ALONE = 4
"""So many times the epochs without a teacher: its pictures are that many times fewer, or more."""
CLOSE, ADDED, FASTER = 0.02, 0.05, 5.0
ROUNDS, TIMED = 5, 40
FIGURES = ("accuracy", "f1", "calibration_error")
Figures = tuple[float, float, float]
WHO = {
    "head on embedders": "head",
    "network alone": "full", "network alone, int8": "int8",
    "student": "full", "student, int8": "int8",
}  # fmt: skip
"""Of whom there are figures, and what runs then."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Draw:
    """One hold-out and one set of examples."""

    rows: np.ndarray
    held: np.ndarray
    rest: np.ndarray
    """Neither."""


class Course:
    """The pictures of a task as files, and what is learnt from them."""

    def __init__(self, name: str, embedder: MarkedEmbedder, folder: Path, fit: Fit) -> None:
        self.name, self.folder, self.fit = name, folder, fit
        self.embedder = embedder
        self.pool = Pool(TASKS[name], embedder)
        self.shown = []
        for number, example in enumerate(self.pool.examples):
            path = folder / f"{name}-{number}.png"
            cv2.imwrite(str(path), cv2.cvtColor(example.image, cv2.COLOR_RGB2BGR))
            self.shown.append(Shown(path=path))
        self.card = student_card(
            f"{name}-student", self.pool.words, side=fit.side, licence="none", source="benchmarks"
        )

    def draw(self, seed: int) -> Draw:
        rows, held = self.pool.draw(EXAMPLES, seed)
        # A near-duplicate of the hold-out is in it: groups are never parted.
        rest = np.setdiff1d(np.arange(len(self.shown)), np.concatenate([rows, held]))
        return Draw(rows=rows, held=held, rest=rest)

    def teacher(self, draw: Draw, seed: int) -> Teacher:
        rows = draw.rows
        head = fit_unjudged(
            self.pool.vectors[:, rows], self.pool.marks[rows], self.pool.groups[rows],
            self.pool.words, embedder=self.embedder.mark, seed=seed,
        )  # fmt: skip
        return Teacher(head=head, embedder=self.embedder)

    def said(self, rows: np.ndarray) -> list[Shown]:
        marks = self.pool.marks
        return [
            dataclasses.replace(self.shown[row], word=int(marks[row]), weight=PEOPLE)
            for row in rows
        ]

    def alone(self, draw: Draw, seed: int) -> Trained:
        """From the examples and nothing else."""
        learnt, choosing = self._parted(draw.rows, CHOOSING_OF_FEW, seed)
        splits = {"train": self.said(learnt), "val": self.said(choosing)}
        fit = dataclasses.replace(self.fit, epochs=self.fit.epochs * ALONE, seed=seed)
        return self._made(splits, draw, None, fit, f"alone-{seed}")

    def student(self, draw: Draw, seed: int, teacher: Teacher) -> Trained:
        """From the examples, and from what the teacher says of the rest of the pool."""
        learnt, choosing = self._parted(draw.rest, CHOOSING, seed)
        splits = {
            "train": [*self.said(draw.rows), *(self.shown[row] for row in learnt)],
            "val": [self.shown[row] for row in choosing],
        }
        fit = dataclasses.replace(self.fit, seed=seed)
        return self._made(splits, draw, teacher, fit, f"student-{seed}")

    def _made(
        self, splits: Splits, draw: Draw, teacher: Teacher | None, fit: Fit, name: str
    ) -> Trained:
        splits = {**splits, HOLDOUT: self.said(draw.held)}
        folder = self.folder / f"{self.name}-{name}"
        return distil(splits, self.card, folder, teacher=teacher, fit=fit)

    def _parted(self, rows: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to learn from and rows to choose by; near-duplicates stay together."""
        groups = self.pool.groups[rows]
        names = np.random.default_rng(seed).permutation(np.unique(groups))
        choosing = np.isin(groups, names[: round(share * len(names))])
        return rows[~choosing], rows[choosing]


def student(report: Report, name: str, embedder: MarkedEmbedder, seeds: int, fit: Fit) -> None:
    found: dict[str, list[Figures]] = {who: [] for who in WHO}
    with tempfile.TemporaryDirectory(prefix="vigil-learn-") as folder:
        course = Course(name, embedder, Path(folder), fit)
        for seed in range(seeds):
            draw = course.draw(seed)
            teacher = course.teacher(draw, seed)
            found["head on embedders"].append(judged(course, draw, teacher))
            for who, made in (
                ("network alone", course.alone(draw, seed)),
                ("student", course.student(draw, seed, teacher)),
            ):
                for bits, card in (("", made.full), (", int8", made.small)):
                    accuracy, f1, error = (card.metrics[key] for key in FIGURES)
                    found[f"{who}{bits}"].append((accuracy, f1, error))
                report.say(
                    f"{name} {seed}: {who} learnt {made.learnt} pictures in {made.steps} steps"
                )
        rates = speeds(course, made)  # of one shape all networks are as fast
    rows = [
        (
            who,
            *(f"{np.mean(column):.3f}" for column in zip(*figures, strict=True)),
            f"{min(each[0] for each in figures):.3f} to {max(each[0] for each in figures):.3f}",
            f"{rates[WHO[who]]:.0f}",
        )
        for who, figures in found.items()
    ]
    columns = ("who", "accuracy", "F1", "calibration error", "draws", "images/s")
    report.table(
        f"{name}: {EXAMPLES} examples, {seeds} draws, {fit.side} px, {fit.epochs} epochs",
        columns,
        rows,
    )
    means = {who: float(np.mean([figure[0] for figure in each])) for who, each in found.items()}
    claims(report, name, means, rates)


def judged(course: Course, draw: Draw, teacher: Teacher) -> Figures:
    """The head on the hold-out."""
    shown, marks = course.pool.vectors[0, draw.held], course.pool.marks[draw.held]
    shares, told = teacher.head.probabilities(shown), teacher.head.decide(shown)
    f1 = [_f1(told == mark, marks == mark) for mark in range(len(course.pool.words))]
    return float(np.mean(told == marks)), float(np.mean(f1)), calibration_error(shares, marks)


def _f1(told: np.ndarray, true: np.ndarray) -> float:
    return float(2 * np.sum(told & true) / max(int(told.sum() + true.sum()), 1))


def claims(report: Report, name: str, means: dict[str, float], rates: dict[str, float]) -> None:
    report.claim(
        f"{name}: accuracy that the student loses to its teacher",
        means["head on embedders"] - means["student"], CLOSE, better="lower",
    )  # fmt: skip
    report.claim(
        f"{name}: accuracy that a teacher adds to the network alone",
        means["student"] - means["network alone"], ADDED,
    )  # fmt: skip
    report.claim(
        f"{name}: images a second of the student, for each of its teacher",
        rates["full"] / rates["head"], FASTER, "times",
    )  # fmt: skip


def speeds(course: Course, made: Trained) -> dict[str, float]:
    """Images a second of one core's time, in turn: the head with its embedders, and the files."""
    images = [example.image for example in course.pool.examples[:TIMED]]
    sessions = {
        name: open_session(card, made.folder)
        for name, card in (("full", made.full), ("int8", made.small))
    }
    rates: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        began = cpu_s()
        course.embedder.embed(images)
        rates.setdefault("head", []).append(TIMED / (cpu_s() - began))
        for name, session in sessions.items():
            began = cpu_s()
            for image in images:
                session.run(fitted_image(image, made.full.input))
            rates.setdefault(name, []).append(TIMED / (cpu_s() - began))
    return {name: float(np.median(each)) for name, each in rates.items()}


OTHERS: dict[str, Callable[[Report], None]] = {"turn": turn, "above": above, "boxes": boxes}
"""Parts besides `student` that need no settings."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks learn", description=__doc__)
    parser.add_argument("tasks", nargs="*", choices=[*LEARNT, []])
    parser.add_argument("--only", choices=["student", *OTHERS], help="the part to run")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--side", type=int, default=96)
    options = parser.parse_args()
    chosen = options.tasks or LEARNT
    fit = Fit(side=options.side, epochs=options.epochs, patience=0)
    report = Report("learn")
    if options.only in OTHERS:
        OTHERS[options.only](report)
        return report.write(part=True)
    with tempfile.TemporaryDirectory(prefix="vigil-learn-") as folder:
        registry = Registry(Path(folder))
        for file in sorted((DATA / "models" / "embed").glob("*.tflite")):
            add_model(registry, str(file), fetch=lambda address, path: None)
        embedder = embedder_for(BOTH, registry)
        for name in chosen:
            student(report, name, embedder, options.seeds, fit)
    return report.write(part=len(chosen) < len(LEARNT))
