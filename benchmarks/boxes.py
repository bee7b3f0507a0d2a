"""What a teacher's boxes, and old pictures, are worth: `python -m benchmarks learn --only boxes`.

distil: people labelled a few pictures. Sentry learns from those alone; from those and what a
teacher sees on many that nobody labelled; and from all that people labelled in this place. The last
one is the teacher: it knows labels that the student is not given, as one does that learnt before.
update: the PPE teacher goes on to learn potholes; with and without old pictures, and with and
without itself as the teacher of its own words.
prune: a plain `sentry` learns the PPE labels from nothing; 30 % of its channels go, and it learns
again what it knew, on labelled and unlabelled pictures, as `model train --after --prune` has it.
rule: `ppe_missing` on the film of which the PPE frames are, with the PPE teacher as its detector.

All else but the updates begins as `vigil-sentry`, as a user would, and all see about 900 pictures.
AP50 on a hold-out of other stretches of the same film and of the same roads: nothing of it, nor a
frame or photograph beside it, was learnt, labelled or not. Runs are kept in the cache: a benchmark
that was cut short goes on, and its figures so far are written after each draw.
"""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.boxes_data import FILM, Task, potholes, ppe
from benchmarks.footage import CACHE
from benchmarks.report import Report
from vigil.core import ModelCard
from vigil.infer import Registry
from vigil.infer.session import open_session
from vigil.train.channels import parameters_of
from vigil.train.continuing import grown
from vigil.train.detecting import FittedDetector, fit_detector
from vigil.train.exporting import export, latency_ms
from vigil.train.fitting import Answered, Fit
from vigil.train.judging import judge
from vigil.train.networks import FROM_NOTHING, YOLOX, Start
from vigil.train.stills import Still
from vigil.train.teaching_boxes import BoxTeacher, taught
from vigil.train.unfolding import unfolded

SIDE = 192
AN_EPOCH, EPOCHS = 300, 3
"""Pictures that a network sees between two looks at those that choose, and how often."""
REPLAYED = 10
PRUNED = 0.3
GAIN, FORGOTTEN = 0.05, 0.05
SEEDS = 3
UPDATED = 1
"""Seeds of the update: it costs most."""
GEAR = ("gloves", "shoes", "helmet")
VIGIL = Path(sys.executable).with_name("vigil")
ALL, ALONE, TAUGHT = "all labels (the teacher)", "few labels", "few labels and a teacher"


class Learning:
    """Fits networks that all see the same number of pictures; each run has a name of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        card, shipped = Registry(folder / "models").resolve("vigil-sentry")
        weights = unfolded(card, shipped)
        # Its words are none of these.
        kept = {name: value for name, value in weights.items() if "word_logits" not in name}
        self.begin = Start(network=YOLOX, weights=kept)

    def fit(
        self, name: str, learnt: Sequence[Still], choosing: Sequence[Still], card: ModelCard,
        start: Start, seed: int,
    ) -> FittedDetector:  # fmt: skip
        count = max(AN_EPOCH, len(learnt))
        rows = [learnt[number % len(learnt)] for number in range(count)]
        fit = Fit(
            side=SIDE, epochs=round(EPOCHS * AN_EPOCH / count), batch=8, patience=0, seed=seed
        )
        return fit_detector(rows, choosing, card, self._folder / name, fit=fit, start=start)

    def taught(
        self, name: str, stills: Sequence[Still], teacher: BoxTeacher, words: Sequence[str]
    ) -> list[Still]:
        return taught(stills, teacher, words, self._folder / name)


def boxes(report: Report) -> None:
    """All parts, a draw of each at a time."""
    folder = CACHE / "boxes" / f"{YOLOX}-{SIDE}-{AN_EPOCH}-{EPOCHS}"
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    tasks = [ppe(pictures, SIDE), potholes(pictures, SIDE)]
    learning = Learning(folder)
    gains: list[Figures] = [{}, {}]
    updates: dict[str, list[tuple[float, float]]] = {}
    for seed in range(SEEDS):
        teachers = [
            distil(report, task, learning, seed, found)
            for task, found in zip(tasks, gains, strict=True)
        ]
        if seed == 0:
            rule(report, tasks[0], teachers[0], folder)
        if seed < UPDATED:
            update(*tasks, teachers[0], learning, seed, updates)
            tell_update(report, *tasks, updates)
        if seed == 0:
            pruned(report, tasks[0], learning, folder)
        report.write(part=True)


Figures = dict[str, list[float]]


def distil(
    report: Report, task: Task, learning: Learning, seed: int, found: Figures
) -> FittedDetector:
    """One draw; the teacher."""
    drawn = task.drawn(seed)
    begin = learning.begin
    name = f"{task.name}-{seed}"

    every = learning.fit(
        f"{name}-all", [*drawn.few, *drawn.rest], drawn.choosing, task.card, begin, seed
    )
    alone = learning.fit(f"{name}-few", drawn.few, drawn.choosing, task.card, begin, seed)
    teacher = BoxTeacher(card=task.card, answer=Answered(every.learner.exported))
    seen = learning.taught(f"{name}-taught", [*drawn.few, *drawn.pool], teacher, task.words)
    student = learning.fit(
        f"{name}-taught", seen, drawn.choosing, task.card,
        dataclasses.replace(begin, soft=True), seed,
    )  # fmt: skip
    for arm, fitted in ((ALL, every), (ALONE, alone), (TAUGHT, student)):
        found.setdefault(arm, []).append(ap50(fitted, drawn.held, task.card))
    tell_gain(report, task, seed, found)
    return every


def tell_gain(report: Report, task: Task, seed: int, found: Figures) -> None:
    drawn = task.drawn(seed)
    report.say(f"{task.name} {seed}: " + ", ".join(f"{each[-1]:.3f}" for each in found.values()))
    seeds = len(found[ALL])
    claim = f"{task.name}: AP50 that a teacher adds to few labels"
    # Of the draws before.
    report.claims = [each for each in report.claims if each.claim != claim]
    report.table(
        f"{task.name}: AP50 on the hold-out",
        ("learnt from", "AP50", "seeds", "of"),
        [(arm, f"{np.mean(each):.3f}", spread(each), seeds) for arm, each in found.items()],
    )
    report.table(
        f"{task.name}: pictures of the last draw",
        ("few labels", "all labels", "unlabelled", "hold-out"),
        [(len(drawn.few), len(drawn.few) + len(drawn.rest), len(drawn.pool), len(drawn.held))],
    )
    report.claim(claim, float(np.mean(found[TAUGHT]) - np.mean(found[ALONE])), GAIN)
    report.write(part=True)


def update(
    old: Task, new: Task, before: FittedDetector, learning: Learning, seed: int,
    found: dict[str, list[tuple[float, float]]],
) -> None:  # fmt: skip
    """`old` goes on to learn `new`: one draw."""
    words = grown(old.words, new.words)
    card = dataclasses.replace(old.card, name="updated", file="updated.onnx", labels=words)
    known, drawn = old.drawn(seed), new.drawn(seed)
    shift = len(old.words)
    pictures, choosing, held = (
        [renumbered(still, shift) for still in stills]
        for stills in ([*drawn.few, *drawn.rest], drawn.choosing, drawn.held)
    )
    weights = before.learner.network.state_dict()
    weights = {name: value.clone() for name, value in weights.items()}
    replay = [*known.few, *known.rest][:REPLAYED]  # in an order drawn by the seed
    incumbent = BoxTeacher(card=old.card, answer=Answered(before.learner.exported))
    told = learning.taught(f"update-{seed}-told", pictures, incumbent, words)
    both = [*choosing, *known.choosing]
    arms = {
        "new pictures alone": (pictures, choosing, False),
        "and itself as teacher": (told, choosing, True),
        f"and {REPLAYED} old pictures": ([*pictures, *replay], both, False),
        f"and {REPLAYED} old pictures, and itself": ([*told, *replay], both, True),
    }
    found.setdefault("before", []).append((ap50(before, known.held, old.card), 0.0))
    for number, (arm, (learnt, chosen_by, soft)) in enumerate(arms.items()):
        start = Start(network=YOLOX, weights=weights, soft=soft)
        fitted = learning.fit(f"update-{seed}-{number}", learnt, chosen_by, card, start, seed)
        found.setdefault(arm, []).append((ap50(fitted, known.held, card), ap50(fitted, held, card)))


def tell_update(
    report: Report, old: Task, new: Task, found: dict[str, list[tuple[float, float]]]
) -> None:
    rows = []
    for arm, each in found.items():
        kept, learnt_new = ([pair[which] for pair in each] for which in (0, 1))
        rows.append((arm, f"{np.mean(kept):.3f}", f"{np.mean(learnt_new):.3f}", len(each)))
    columns = ("learnt from", f"AP50 {old.name}", f"AP50 {new.name}", "seeds")
    report.table(f"{old.name}, then {new.name}", columns, rows)
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


def pruned(report: Report, task: Task, learning: Learning, folder: Path) -> None:
    """Figures of both files, on one hold-out and machine, in one run."""
    drawn = task.drawn(0)
    every = [*drawn.few, *drawn.rest]
    before = learning.fit("plain", every, drawn.choosing, task.card, FROM_NOTHING, 0)
    teacher = BoxTeacher(card=task.card, answer=Answered(before.learner.exported))
    pictures = [*drawn.few, *drawn.rest, *drawn.pool[len(drawn.rest) :]]
    seen = learning.taught("pruned", pictures, teacher, task.words)
    weights = before.learner.network.state_dict()
    start = Start(weights=weights, soft=True, prune=PRUNED)
    after = learning.fit("pruned", seen, drawn.choosing, task.card, start, 0)
    shown = [still.image() for still in drawn.choosing]
    rows, values = [], []
    for name, fitted in (("as it was", before), (f"{PRUNED:.0%} pruned", after)):
        card = dataclasses.replace(task.card, file=f"{name.replace(' ', '-')}.onnx")
        path = export(fitted.learner.exported, card, folder, shown)
        found = judge(drawn.held, open_session(card, folder).run, card)
        values.append(found.average_precision_50)
        thousands = parameters_of(fitted.learner.network) / 1000
        size, ms = path.stat().st_size / 1e6, latency_ms(card, folder, shown[0])
        rows.append((name, f"{thousands:.0f}", f"{size:.2f}", f"{ms:.2f}", f"{values[-1]:.3f}"))
    columns = ("network", "thousand parameters", "MB", f"ms at {SIDE} px", "AP50")
    report.table(f"{task.name}: pruned, and tuned again", columns, rows)
    report.claim(
        f"{task.name}: AP50 that pruning costs", values[0] - values[1], GAIN, better="lower"
    )


def ap50(fitted: FittedDetector, stills: Sequence[Still], card: ModelCard) -> float:
    return judge(stills, Answered(fitted.learner.exported), card).average_precision_50


def rule(report: Report, task: Task, teacher: FittedDetector, folder: Path) -> None:
    """`vigil watch` with `ppe_missing`: the worker of the film wears all of it, all the time."""
    card = dataclasses.replace(task.card, licence_code="Apache-2.0", licence_weights="CC-BY-4.0")
    pictures = [each.still.image() for each in task.labelled[:8]]
    export(teacher.learner.exported, card, folder, pictures)
    choosing = task.drawn(0).choosing
    score = judge(choosing, Answered(teacher.learner.exported), card).score
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
        f"PPE rule, {FILM.name}, 21 s: false alarms",
        ("gear is missed", *GEAR),
        rows,
    )


def renumbered(still: Still, shift: int) -> Still:
    return dataclasses.replace(
        still, words=still.words + shift, said=frozenset(word + shift for word in still.said)
    )


def spread(values: Sequence[float]) -> str:
    return f"{min(values):.3f} to {max(values):.3f}"
