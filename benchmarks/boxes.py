"""What a teacher's boxes, and old pictures, are worth: `python -m benchmarks learn --only boxes`.

distil: of the pictures to learn from, a person has labelled a few. Sentry learns from those alone;
from those and what a teacher sees on the rest; and from all with the labels of people, as the
teacher did, which bounds what there is to gain: it knows the labels of the rest, as one that learnt
elsewhere would.
update: the PPE teacher goes on to learn potholes; with and without old pictures, and with and
without itself as the teacher of its own words.
rule: `ppe_missing` on the film of which the PPE frames are, with the PPE teacher as its detector.

All begin from nothing and see the same number of pictures; AP50 on a hold-out that nobody learnt
from. PPE frames are of one film, so that its hold-out flatters, all arms alike.
"""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.report import Report
from benchmarks.twostep import DATA
from vigil.core import ModelCard, ModelInput
from vigil.infer import Registry
from vigil.train.continuing import grown
from vigil.train.detecting import FittedDetector, fit_detector
from vigil.train.exporting import export
from vigil.train.fitting import Answered, Fit
from vigil.train.judging import judge
from vigil.train.networks import Start
from vigil.train.stills import Still
from vigil.train.teaching_boxes import BoxTeacher, taught

PPE = {1: "gloves", 3: "shoes", 4: "worker"}
"""By their numbers; of glasses and helmets there are a handful."""
HELD, FEW = 1 / 3, 1 / 6
"""Of the pictures: the hold-out, and of the others those that a person labelled."""
CHOOSING = 8
"""Labelled pictures that choose the best epoch, of the hold-out's kind but not in it."""
AN_EPOCH = 250
REPLAYED = 10
GAIN, FORGOTTEN = 0.05, 0.05
SEEDS = 1
SHOWN = 1000
"""Pictures that a network learns from in all, with repetition."""
SIDE = 128
GEAR = ("gloves", "shoes", "helmet")
FILM = DATA / "videos" / "construction.mp4"
VIGIL = Path(sys.executable).with_name("vigil")


class Task:
    """Labelled pictures of one kind, as small copies, in splits that a seed draws."""

    def __init__(self, name: str, words: Sequence[str], stills: list[Still], side: int) -> None:
        self.name, self.words, self.stills = name, tuple(words), stills
        self.card = card_of(name.lower(), self.words, side)

    def drawn(self, seed: int) -> tuple[list[Still], list[Still], list[Still], list[Still]]:
        """A few with labels, the rest, those that choose, and the hold-out."""
        order = np.random.default_rng(seed).permutation(len(self.stills))
        shuffled = [self.stills[row] for row in order]
        held = round(HELD * len(shuffled))
        free = shuffled[held + CHOOSING :]
        few = max(6, round(FEW * len(free)))
        return free[:few], free[few:], shuffled[held : held + CHOOSING], shuffled[:held]


class Learning:
    """Fits networks that all see the same number of pictures, and judges them."""

    def __init__(self, folder: Path, fit: Fit) -> None:
        self._folder, self._fit, self._runs = folder, fit, 0

    def fit(
        self, learnt: Sequence[Still], choosing: Sequence[Still], card: ModelCard, seed: int,
        start: Start | None = None,
    ) -> FittedDetector:  # fmt: skip
        self._runs += 1
        often = -(-AN_EPOCH // len(learnt))
        return fit_detector(
            list(learnt) * often, choosing, card, self._folder / f"run-{self._runs}",
            fit=dataclasses.replace(self._fit, seed=seed), start=start or Start(),
        )  # fmt: skip

    def taught(
        self, stills: Sequence[Still], teacher: BoxTeacher, words: Sequence[str]
    ) -> list[Still]:
        return taught(stills, teacher, words, self._folder / f"asked-{self._runs}")


def card_of(name: str, words: tuple[str, ...], side: int) -> ModelCard:
    size = ModelInput(width=side, height=side)
    return ModelCard(name=name, file=f"{name}.onnx", head="points", labels=words, input=size)


def ap50(fitted: FittedDetector, stills: Sequence[Still], card: ModelCard) -> float:
    return judge(stills, Answered(fitted.learner.exported), card).average_precision_50


def bare(still: Still) -> Still:
    """As if nobody had labelled it."""
    return dataclasses.replace(
        still, boxes=still.boxes[:0], words=still.words[:0], weights=still.weights[:0],
        said=frozenset(),
    )  # fmt: skip


def ppe(folder: Path, side: int) -> list[Still]:
    numbers = {number: place for place, number in enumerate(PPE)}
    found = []
    # Of some pictures the labels were never delivered.
    for labels in sorted((DATA / "images" / "ppe").glob("*/labels/*.txt")):
        path = labels.parents[1] / "images" / f"{labels.stem}.jpg"
        lines = labels.read_text().splitlines()
        rows = [[float(part) for part in line.split()] for line in lines]
        shares = [
            (numbers[int(word)], x - w / 2, y - h / 2, x + w / 2, y + h / 2)
            for word, x, y, w, h in rows
            if int(word) in numbers
        ]
        found.append(copied(path, shares, folder, side))
    return found


def potholes(folder: Path, side: int) -> list[Still]:
    root = DATA / "images" / "potholes"
    found = []
    for each in json.loads((root / "labels.json").read_text()):
        if each["label"] != "pothole":
            continue
        height, width = cv2.imread(str(root / each["file"])).shape[:2]
        shares = [
            (0, x / width, y / height, (x + w) / width, (y + h) / height)
            for x, y, w, h in each["pothole_boxes_xywh"]
        ]
        found.append(copied(root / each["file"], shares, folder, side))
    return found


def copied(
    path: Path, shares: Sequence[tuple[int, float, float, float, float]], folder: Path, side: int
) -> Still:
    """A copy large enough to be drawn at 1.6 times the input, which is decoded faster."""
    image = cv2.imread(str(path))
    scale = min(1.0, 1.6 * side / max(image.shape[:2]))
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    kept = folder / f"{path.stem}.png"
    cv2.imwrite(str(kept), cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    boxes = np.array([box for _, *box in shares], np.float32).reshape(-1, 4)
    words = np.array([word for word, *_ in shares], np.int64)
    return Still(
        path=kept, boxes=boxes * np.array(size * 2, np.float32), words=words,
        weights=np.ones(len(words), np.float32), group=path.stem, said=frozenset(words.tolist()),
    )  # fmt: skip


Figures = dict[str, list[float]]
Teachers = dict[tuple[str, int], FittedDetector]


def boxes(report: Report) -> None:
    """All parts, one after the other."""
    fit = Fit(side=SIDE, epochs=SHOWN // AN_EPOCH, batch=8, patience=0)
    teachers: Teachers = {}
    with tempfile.TemporaryDirectory(prefix="vigil-boxes-") as name:
        folder = Path(name)
        tasks = [
            Task("PPE", list(PPE.values()), ppe(folder, SIDE), SIDE),
            Task("potholes", ["pothole"], potholes(folder, SIDE), SIDE),
        ]
        learning = Learning(folder, fit)
        distil(report, tasks[0], learning, SEEDS, teachers)
        rule(report, tasks[0], teachers[tasks[0].name, 0], folder)
        update(report, *tasks, learning, SEEDS, teachers)
        distil(report, tasks[1], learning, SEEDS, teachers)


def distil(report: Report, task: Task, learning: Learning, seeds: int, teachers: Teachers) -> None:
    found: Figures = {}
    for seed in range(seeds):
        few, rest, choosing, held = task.drawn(seed)
        every = teachers[task.name, seed] = learning.fit([*few, *rest], choosing, task.card, seed)
        teacher = BoxTeacher(card=task.card, answer=Answered(every.learner.exported))
        seen = learning.taught([*few, *map(bare, rest)], teacher, task.words)
        arms = {
            "all labels (the teacher)": every,
            "few labels": learning.fit(few, choosing, task.card, seed),
            "few labels and a teacher": learning.fit(
                seen, choosing, task.card, seed, Start(soft=True)
            ),
        }
        for arm, fitted in arms.items():
            found.setdefault(arm, []).append(ap50(fitted, held, task.card))
        report.say(
            f"{task.name} {seed}: " + ", ".join(f"{each[-1]:.3f}" for each in found.values())
        )
    report.table(
        f"{task.name}: {len(few)} labelled pictures and {len(rest)} others, {seeds} seeds",
        ("learnt from", "AP50", "seeds"),
        [(arm, f"{np.mean(each):.3f}", spread(each)) for arm, each in found.items()],
    )
    means = {arm: float(np.mean(each)) for arm, each in found.items()}
    report.claim(
        f"{task.name}: AP50 that a teacher adds to few labels",
        means["few labels and a teacher"] - means["few labels"], GAIN,
    )  # fmt: skip


def update(
    report: Report, old: Task, new: Task, learning: Learning, seeds: int, teachers: Teachers
) -> None:
    """`old` goes on to learn `new`."""
    words = grown(old.words, new.words)
    card = card_of("updated", words, old.card.input.width)
    shift = len(old.words)
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(seeds):
        few, rest, choosing, held = old.drawn(seed)
        before = teachers.get((old.name, seed)) or learning.fit(
            [*few, *rest], choosing, old.card, seed
        )
        new_few, new_rest, new_choosing, new_held = (
            [renumbered(still, shift) for still in stills] for stills in new.drawn(seed)
        )
        pictures = [*new_few, *new_rest]
        weights = before.learner.network.state_dict()
        weights = {name: value.clone() for name, value in weights.items()}
        replay = [*few, *rest][:REPLAYED]  # in an order drawn by the seed
        incumbent = BoxTeacher(card=old.card, answer=Answered(before.learner.exported))
        told = learning.taught(pictures, incumbent, words)
        both = [*new_choosing, *choosing]
        arms = {
            "new pictures alone": (pictures, new_choosing, False),
            "and itself as teacher": (told, new_choosing, True),
            f"and {REPLAYED} old pictures": ([*pictures, *replay], both, False),
            f"and {REPLAYED} old pictures, and itself": ([*told, *replay], both, True),
        }
        found.setdefault("before", []).append((ap50(before, held, old.card), 0.0))
        for arm, (learnt, chosen_by, soft) in arms.items():
            fitted = learning.fit(learnt, chosen_by, card, seed, Start(weights=weights, soft=soft))
            found.setdefault(arm, []).append(
                (ap50(fitted, held, card), ap50(fitted, new_held, card))
            )
        report.say(f"update {seed}: " + ", ".join(f"{each[-1]}" for each in found.values()))
    rows = []
    for arm, each in found.items():
        kept, learnt_new = ([pair[which] for pair in each] for which in (0, 1))
        rows.append((arm, f"{np.mean(kept):.3f}", spread(kept), f"{np.mean(learnt_new):.3f}"))
    columns = ("learnt from", f"AP50 {old.name}", "seeds", f"AP50 {new.name}")
    report.table(f"{old.name}, then {new.name}: {seeds} seeds", columns, rows)
    kept_by = {arm: float(np.mean([pair[0] for pair in each])) for arm, each in found.items()}
    arm = f"and {REPLAYED} old pictures"
    report.claim(
        f"update: AP50 of {old.name} lost with {REPLAYED} old pictures",
        kept_by["before"] - kept_by[arm], FORGOTTEN, better="lower",
    )  # fmt: skip
    report.claim(
        f"update: AP50 of {old.name} that {REPLAYED} old pictures keep",
        kept_by[arm] - kept_by["new pictures alone"], GAIN,
    )  # fmt: skip


def rule(report: Report, task: Task, teacher: FittedDetector, folder: Path) -> None:
    """`vigil watch` with `ppe_missing`: the worker of the film wears all of it, all the time."""
    card = dataclasses.replace(task.card, licence_code="Apache-2.0", licence_weights="CC-BY-4.0")
    pictures = [still.image() for still in task.stills[:8]]
    export(teacher.learner.exported, card, folder, pictures)
    held = task.drawn(0)[3]
    score = judge(held, Answered(teacher.learner.exported), card).score
    home = folder / "home"
    Registry(home / "models").add(folder / card.file, dataclasses.replace(card, score=score))
    looked = {"kind": "ppe_missing", "gear": list(GEAR)}
    rows = []
    for told, sure in (("once seen", False), ("from the start", True)):
        asked = subprocess.run(
            [VIGIL, "watch", FILM, "--detector", card.name, "--json",
             "--rules", json.dumps(looked | {"sure": sure})],
            capture_output=True, text=True, check=True,
            env=os.environ | {"VIGIL_HOME": str(home)},
        )  # fmt: skip
        steps = [json.loads(line) for line in asked.stdout.splitlines()]
        new = [step["claim"] for step in steps if step["type"] == "new"]
        counts = [sum(f"no {kind}" in claim for claim in new) for kind in GEAR]
        rows.append((told, *counts))
        if not sure:
            report.claim("PPE rule on its film: false alarms", len(new), 0, better="lower")
    report.table(
        f"PPE rule, {FILM.name}, 21 s: false alarms; of helmets the detector knows nothing",
        ("gear is missed", *GEAR),
        rows,
    )


def renumbered(still: Still, shift: int) -> Still:
    return dataclasses.replace(
        still, words=still.words + shift, said=frozenset(word + shift for word in still.said)
    )


def spread(values: Sequence[float]) -> str:
    return f"{min(values):.3f} to {max(values):.3f}"
