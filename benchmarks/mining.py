"""How many labels are saved by choosing what a person labels, on two sets of real pictures.

    python -m benchmarks mining [trash rooms scale]

Each draw sets a hold-out aside, near-duplicates on one side, and begins with no label at all. Each
chooser then asks for labels up to each point of the curve; the head of `vigil algorithm` is fitted
to them and judged on the hold-out. `rare`: most words are scarce in the pool, as what one looks for
is before a camera, and as frequent as ever in the hold-out. What there is to choose (the width of
the bell, the measure of doubt) was chosen on `fire` and `potholes` and on draws from 100 on.
"""

import argparse
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.report import Report, cpu_s
from benchmarks.twostep import DATA, TASKS, Pool, Task
from vigil.flywheel.heads import fit_linear
from vigil.flywheel.mine import Candidates, Ranked, Share, choose, picked
from vigil.flywheel.mining import Herding, KCentre, margin_doubt
from vigil.infer import Registry, add_model
from vigil.infer.embedders import embedder_for
from vigil.infer.head import Head

EMBEDDER = "mobilenet-v2-imagenet"
SEEDS = range(20)
PICTURE = Path(__file__).parents[1] / "docs/images/mining.svg"
ROOMS = ("bathroom", "bedroom", "frontal", "kitchen")
GOAL_PERCENT = 50
"""Of the labels that chance needs; the best that the field reports for small sets."""
SCALE, SCALE_WIDTH, SCALE_BUDGET = 100_000, 1600, 500
OURS = "default"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Which pool, and at how many labels the head is judged."""

    task: Task
    points: tuple[int, ...]
    rare: Mapping[str, int] | None = None
    """So many pictures of these words are in the pool."""


TRASH = replace(TASKS["trash"], hold_out=35)
FOUR_ROOMS = Task(words={word: (f"rooms/{word}",) for word in ROOMS}, hold_out=20, goals={})
CURVES = {
    "trash": Curve(
        task=TRASH, points=(6, 12, 18, 24, 36, 48, 60, 80, 100, 120, 160, 200),
    ),
    "trash, rare": Curve(
        task=TRASH, points=(6, 12, 18, 24, 36, 48, 60, 80, 100),
        rare={"cardboard": 10, "glass": 10, "metal": 10},
    ),
    "rooms": Curve(
        task=FOUR_ROOMS, points=(4, 8, 12, 16, 24, 32, 40, 60, 80, 100, 120),
    ),
    "rooms, rare": Curve(
        task=FOUR_ROOMS, points=(4, 8, 12, 16, 24, 32, 40, 60, 80),
        rare={"bathroom": 10, "bedroom": 10, "frontal": 10},
    ),
}  # fmt: skip
Choose = Callable[[Candidates, int, int], list[int]]
"""Rows of so many of the candidates, by a seed."""


def by_chance(candidates: Candidates, count: int, seed: int) -> list[int]:
    return [int(row) for row in _order(candidates, seed)[:count]]


def by_doubt(candidates: Candidates, count: int, seed: int) -> list[int]:
    order = _order(candidates, seed)
    if candidates.uncertainty is not None:
        order = np.argsort(-candidates.uncertainty, kind="stable")
    return _alone(candidates, Ranked(order), count)


def by_distance(candidates: Candidates, count: int, seed: int) -> list[int]:
    assert candidates.vectors is not None
    chance = np.random.default_rng(seed)
    chooser = KCentre(candidates.vectors, labelled=candidates.labelled, chance=chance)
    return _alone(candidates, chooser, count)


def by_coverage(candidates: Candidates, count: int, seed: int) -> list[int]:
    return by_herding(replace(candidates, uncertainty=None), count, seed)


def by_herding(candidates: Candidates, count: int, seed: int) -> list[int]:
    chooser = Herding(
        candidates.vectors, candidates.uncertainty, len(candidates.ids),
        labelled=candidates.labelled, chance=np.random.default_rng(seed),
    )  # fmt: skip
    return _alone(candidates, chooser, count)


def by_default(candidates: Candidates, count: int, seed: int) -> list[int]:
    return [pick.row for pick in choose(candidates, count, seed=seed)]


CHOOSERS: dict[str, Choose] = {
    "random": by_chance,
    "margin": by_doubt,
    "k-centre": by_distance,
    "coverage": by_coverage,
    "herding": by_herding,
    OURS: by_default,
}


def _order(candidates: Candidates, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(len(candidates.ids))


def _alone(candidates: Candidates, chooser: Ranked | KCentre | Herding, count: int) -> list[int]:
    share = Share(why="alone", chooser=chooser, part=1.0)
    return [pick.row for pick in picked(candidates, [share], count)]


class Learner:
    """The words seen so far, and the line between them."""

    def __init__(self, pool: Pool, rows: np.ndarray) -> None:
        self._seen = np.unique(pool.marks[rows])
        self._head: Head | None = None
        if len(self._seen) > 1:
            views = pool.vectors[:, rows]
            self._head = fit_linear(
                views.reshape(-1, views.shape[-1]),
                np.tile(np.searchsorted(self._seen, pool.marks[rows]), len(views)),
                [pool.words[mark] for mark in self._seen],
                embedder="",
            )

    def accuracy(self, pool: Pool, held: np.ndarray) -> float:
        """Mean over the words of the share that is told right."""
        told, marks = np.full(len(held), self._seen[0]), pool.marks[held]
        if self._head is not None:
            told = self._seen[self._head.decide(pool.vectors[0, held])]
        return float(np.mean([np.mean(told[marks == mark] == mark) for mark in np.unique(marks)]))

    def doubt(self, vectors: np.ndarray) -> np.ndarray | None:
        return None if self._head is None else margin_doubt(self._head.probabilities(vectors))


def learnt(pool: Pool, curve: Curve, chooser: Choose, seed: int) -> list[float]:
    """Accuracy at each point of the curve."""
    chance = np.random.default_rng(seed)
    held = pool.held_out(chance)
    rest = _scarce(pool, chance.permutation(np.flatnonzero(~held)), curve.rare or {})
    labelled = np.zeros(0, np.int64)
    learner: Learner | None = None
    found = []
    for step, point in enumerate(curve.points):
        left = rest[~np.isin(rest, labelled)]
        candidates = Candidates(
            ids=[str(row) for row in left],
            vectors=pool.vectors[0, left],
            uncertainty=None if learner is None else learner.doubt(pool.vectors[0, left]),
            labelled=pool.vectors[0, labelled],
        )
        rows = chooser(candidates, point - len(labelled), seed * 1000 + step)
        labelled = np.concatenate([labelled, left[rows]])
        learner = Learner(pool, labelled)
        found.append(learner.accuracy(pool, np.flatnonzero(held)))
    return found


def _scarce(pool: Pool, rows: np.ndarray, rare: Mapping[str, int]) -> np.ndarray:
    kept = [
        rows[pool.marks[rows] == mark][: rare.get(word)] for mark, word in enumerate(pool.words)
    ]
    return np.sort(np.concatenate(kept))


def labels_for(accuracy: float, means: np.ndarray, points: Sequence[int]) -> float:
    """Labels at which a curve first reaches it, on straight lines; infinite where it never does."""
    above = np.flatnonzero(means >= accuracy)
    if not len(above):
        return float("inf")
    at = int(above[0])
    if at == 0:
        return float(points[0])
    return float(np.interp(accuracy, means[at - 1 : at + 1], points[at - 1 : at + 1]))


def saved_percent(
    accuracy: float, ours: np.ndarray, chance: np.ndarray, points: Sequence[int]
) -> float:
    """Labels that choosing saves at this accuracy, per cent of what chance needs; below 0: lost."""
    needed = labels_for(accuracy, chance, points)
    return 100 * (1 - min(labels_for(accuracy, ours, points), 2 * needed) / needed)


def leads(ours: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """How far the mean is above that of chance at each point, in standard errors of the difference.

    Both chose from the same pools, so the difference of each draw is one measurement.
    """
    lead = ours - chance
    error = lead.std(axis=0, ddof=1) / np.sqrt(len(lead))
    return np.asarray(lead.mean(axis=0) / np.maximum(error, 1e-6))


def curves_of(report: Report, name: str, pool: Pool) -> dict[str, np.ndarray]:
    """Accuracies of each chooser, a row a draw; shown and claimed."""
    curve = CURVES[name]
    found = {}
    for called, chooser in CHOOSERS.items():
        found[called] = np.array([learnt(pool, curve, chooser, seed) for seed in SEEDS])
        report.say(f"{name}: {called}")
    columns = ("labels", *CHOOSERS, "lead in standard errors", "labels saved, %")
    chance, ours = found["random"], found[OURS]
    lead = leads(ours, chance)
    means = {called: each.mean(axis=0) for called, each in found.items()}
    saved = [
        saved_percent(accuracy, means[OURS], means["random"], curve.points)
        for accuracy in means["random"]
    ]
    rows = [
        (
            point, *(f"{each[at]:.3f}" for each in means.values()),
            f"{lead[at]:+.1f}", f"{saved[at]:.0f}",
        )
        for at, point in enumerate(curve.points)
    ]  # fmt: skip
    report.table(f"{name}: accuracy by labels, mean of {len(SEEDS)} draws", columns, rows)
    report.claim(
        f"{name}: least lead over random at {len(rows)} points of the curve, in standard errors",
        float(lead.min()), -1,
    )  # fmt: skip
    half = len(saved) // 2
    for at in (half, len(saved) - 1):
        report.claim(
            f"{name}: labels saved at the accuracy that random has from {curve.points[at]}",
            saved[at], GOAL_PERCENT, "%",
        )  # fmt: skip
    return found


def scale(report: Report) -> None:
    """Time and memory of choosing from a hundred thousand, vectors as long as the embedder's."""
    chance = np.random.default_rng(0)
    kinds = chance.normal(size=(200, SCALE_WIDTH)).astype(np.float32)
    vectors = chance.standard_normal((SCALE, SCALE_WIDTH), np.float32)
    vectors += kinds[chance.integers(200, size=SCALE)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    candidates = Candidates(
        ids=[str(row) for row in range(SCALE)], vectors=vectors, uncertainty=chance.random(SCALE),
        cameras=[f"camera {row % 16}" for row in range(SCALE)],
    )  # fmt: skip
    tracemalloc.start()
    began_s, began_cpu_s = time.monotonic(), cpu_s()
    found = choose(candidates, SCALE_BUDGET, per_camera=SCALE_BUDGET // 10)
    took_s, used_s = time.monotonic() - began_s, cpu_s() - began_cpu_s
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    report.say(f"{len(found)} of {SCALE}: {took_s:.0f} s")
    named = f"{SCALE_BUDGET} of {SCALE:,} candidates"
    report.claim(f"{named}: processor seconds", used_s, 120, "s", better="lower")
    report.claim(f"{named}: memory beside the vectors", peak / 2**20, 200, "MB", better="lower")


def svg(found: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    """The curves, a panel each: chance, what it is made of, and the default with its errors."""
    panels = [_panel(name, each, at) for at, (name, each) in enumerate(found.items())]
    height = 250 * ((len(panels) + 1) // 2)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height + 30}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="800" height="{height + 30}" fill="#fff"/>', *panels,
        *_legend(height + 12), "</svg>", "",
    ])  # fmt: skip


COLOURS = {
    "random": "#888", "margin": "#e0a458", "k-centre": "#9bc1bc", "coverage": "#b58db6",
    "herding": "#7aa6e0", OURS: "#d1343f",
}  # fmt: skip


def _legend(y: float) -> list[str]:
    return [
        f'<path d="M{60 + 120 * at} {y}h18" stroke="{colour}" stroke-width="2"/>'
        f'<text x="{83 + 120 * at}" y="{y + 4}">{name}</text>'
        for at, (name, colour) in enumerate(COLOURS.items())
    ]


def _panel(name: str, found: Mapping[str, np.ndarray], at: int) -> str:
    left, top = 45 + 400 * (at % 2), 30 + 250 * (at // 2)
    points = np.array(CURVES[name].points)
    means = np.array([each.mean(axis=0) for each in found.values()])
    low, high = np.floor(10 * means.min() - 0.2) / 10, np.ceil(10 * means.max()) / 10
    across = 330 * points / points[-1]

    def down(accuracy: np.ndarray) -> np.ndarray:
        return np.asarray(180 * (high - accuracy) / (high - low))

    def path(xs: np.ndarray, ys: np.ndarray) -> str:
        return "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))

    parts = [f'<g transform="translate({left} {top})"><text x="0" y="-10">{name}: accuracy '
             f'by labels, mean of {len(SEEDS)} draws</text>']  # fmt: skip
    for tick in np.arange(low, high + 0.01, 0.1):
        y = float(down(np.array(tick)))
        parts.append(f'<path d="M0 {y:.1f}h335" stroke="#ddd"/>')
        parts.append(f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{tick:.1f}</text>')
    parts += [
        f'<text x="{x:.1f}" y="196" text-anchor="middle">{point}</text>'
        for x, point in zip(across, points, strict=True)
        if point >= points[-1] / 8
    ]
    for called, each in found.items():
        mean, error = each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(len(each))
        width = 2 if called in {OURS, "random"} else 1
        if width == 2:
            ends = (down(mean + error), down(mean - error)[::-1])
            ring = path(np.append(across, across[::-1]), np.concatenate(ends))
            parts.append(f'<path d="M{ring}Z" fill="{COLOURS[called]}" opacity="0.2"/>')
        line = path(across, down(mean))
        parts.append(
            f'<path d="M{line}" fill="none" stroke="{COLOURS[called]}" stroke-width="{width}"/>'
        )
    return "\n".join([*parts, "</g>"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks mining", description=__doc__)
    parts = ["trash", "rooms", "scale"]
    parser.add_argument("parts", nargs="*", choices=[*parts, []])
    chosen = parser.parse_args().parts or parts
    report = Report("mining")
    found: dict[str, dict[str, np.ndarray]] = {}
    with tempfile.TemporaryDirectory(prefix="vigil-mining-") as folder:
        registry = Registry(Path(folder))
        for file in sorted((DATA / "models" / "embed").glob("*.tflite")):
            add_model(registry, str(file), fetch=lambda address, path: None)
        embedder = embedder_for(EMBEDDER, registry)
        pools: dict[str, Pool] = {}
        for name, curve in CURVES.items():
            about = name.split(",", maxsplit=1)[0]
            if about in chosen:
                if about not in pools:
                    pools[about] = Pool(curve.task, embedder)
                found[name] = curves_of(report, name, pools[about])
    if "scale" in chosen:
        scale(report)
    if len(found) == len(CURVES):
        PICTURE.write_text(svg(found), "utf-8")
    return report.write(part=len(chosen) < len(parts))
