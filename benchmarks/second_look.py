"""What the second look makes of the watch's events, on films that it was not fitted to.

`--fit` fits its scores anew, on other films, and writes them into the package. Films are rendered
with exact truth; the watch that raises the events is the real one, with the detector that needs no
model and with YOLOX-nano. Of one kind of false alarm no more than a few of each film count: a
single rain burst raises dozens. Each event is judged twice: right after its birth, and when it is
over.
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.candidates import Candidate, Setting, candidates, settings, yolox
from benchmarks.report import Report
from vigil.core import Ruling, SystemClock
from vigil.pipeline.settle import settle
from vigil.stages.verify.evidence import evidence
from vigil.stages.verify.features import Features
from vigil.stages.verify.looking import Looker
from vigil.stages.verify.pool import Stop
from vigil.stages.verify.scoring import (
    FILE,
    Score,
    calibration_error,
    fit,
    fitted_scores,
    score_json,
)
from vigil.stages.verify.second_look import SecondLook

FIT = (*settings(100, 2), *settings(300, 1, left=True))
HELD_OUT = (*settings(500, 1), *settings(700, 1, left=True))
OF_A_KIND = 2
"""False alarms of one rule in one kind of act that count, of each film and watch."""
COMMAND = "python -m benchmarks second_look --fit"
PACKAGE = Path(__file__).parents[1] / "src" / "vigil" / "stages" / "verify"

LOOK = (
    "seen", "elsewhere", "crowd", "exposure", "travel", "straight", "haste", "swelling", "fill",
    "structure", "dimmed", "lit", "alike", "edge", "stirring", "tall", "size",
)  # fmt: skip
REST = (
    "elsewhere", "crowd", "exposure", "fill", "structure", "dimmed", "lit", "alike", "edge",
    "stirring", "tall", "size", "shifting",
)  # fmt: skip
NAMES = {
    "moving/pixels": LOOK,
    "moving/model": (*LOOK, "hits", "best", "rival", "animal", "person"),
    "left/pixels": REST,
    "left/model": (*REST, "hits", "best", "animal", "person"),
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One event as it was seen at one time."""

    candidate: Candidate
    young: bool
    family: str
    features: Features
    """Of pixels and of the detector."""
    tells: bool


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks second_look")
    parser.add_argument("--fit", action="store_true", help="fit anew, before it is measured")
    options = parser.parse_args()
    settle()
    report = Report("second_look")
    if options.fit:
        fit_all(gathered(report, FIT, without=lambda one: one.setting.left))
    held_out = gathered(report, HELD_OUT, without=lambda _one: False)
    for what in ("pixels", "model"):
        measure(report, held_out, what)
    measure_time(report, [sample.candidate for sample in held_out if not sample.young])
    return report.write()


def gathered(
    report: Report, films: Iterable[Setting], *, without: Callable[[Candidate], bool]
) -> list[Sample]:
    """What the second look sees of each event of the films."""
    looker, clock = Looker(yolox()), SystemClock()
    samples = []
    for setting in films:
        chosen = [one for watch in ("motion", "model") for one in some(candidates(setting, watch))]
        report.say(f"{setting.name}: {len(chosen)} events")
        for one in chosen:
            for young in (True, False):
                seen = evidence(
                    one.case(young=young), Stop(), looker, looks=8, picture_px=832, clock=clock
                )
                samples.append(
                    Sample(
                        candidate=one,
                        young=young,
                        family=seen.family,
                        features=seen.features,
                        tells=seen.tells,
                    )
                )
    return samples


def some(found: Sequence[Candidate]) -> list[Candidate]:
    """All that is true, and a few of each kind of what is not."""
    counts: Counter[tuple[str, str]] = Counter()
    kept = []
    for one in found:
        counts[one.act, one.kind] += not one.true
        if one.true or counts[one.act, one.kind] <= OF_A_KIND:
            kept.append(one)
    return kept


def fit_all(samples: Sequence[Sample]) -> None:
    """Write the scores into the package."""
    told = {"on": "rendered parades, `benchmarks.candidates`", "command": COMMAND}
    scores = {}
    for name, features in NAMES.items():
        mine = [one for one in samples if one.family == name.split("/")[0] and one.tells]
        scores[name] = fit(
            features,
            [one.features for one in mine],
            [one.candidate.true for one in mine],
            [one.candidate.setting.seed for one in mine],
            told=told,
        )
    text = json.dumps({name: score_json(score) for name, score in scores.items()}, indent=1)
    (PACKAGE / FILE).write_text(f"{text}\n", encoding="utf-8")
    fitted_scores.cache_clear()


def ruling_of(sample: Sample, what: str) -> tuple[Ruling, float]:
    """As `SecondLook` rules with these features."""
    score: Score = fitted_scores()[f"{sample.family}/{what}"]
    likelihood = score.likelihood(sample.features)
    return (score.band.ruling(likelihood) if sample.tells else Ruling.UNSURE), likelihood


def measure(report: Report, samples: Sequence[Sample], what: str) -> None:
    """Tables by age, watch and rule; claims over all."""
    named = {"pixels": "no model", "model": "YOLOX-nano"}[what]
    groups: dict[str, Callable[[Sample], bool]] = {
        "all": lambda one: True,
        "just born": lambda one: one.young,
        "over": lambda one: not one.young,
        "watch without a model": lambda one: one.candidate.watcher == "motion",
        "watch with YOLOX-nano": lambda one: one.candidate.watcher == "model",
    }
    for kind in sorted({one.candidate.kind for one in samples}):
        groups[kind] = lambda one, kind=kind: one.candidate.kind == kind  # type: ignore[misc]
    columns = (
        "events", "n", "true", "accuracy before", "after", "wrongly rejected", "true confirmed",
        "false alarms removed", "false confirmed", "unsure", "ECE",
    )  # fmt: skip
    rows = []
    for group, belongs in groups.items():
        rows.append((group, *_row([one for one in samples if belongs(one)], what)))
    report.table(f"second look with {named}, held-out films", columns, rows)
    _tell_acts(report, samples, what, named)
    _claim(report, samples, what, named)


def _row(samples: Sequence[Sample], what: str) -> tuple[object, ...]:
    ruled = [(one.candidate.true, *ruling_of(one, what)) for one in samples]
    true = [ruling for is_true, ruling, _ in ruled if is_true]
    false = [ruling for is_true, ruling, _ in ruled if not is_true]
    right = sum(r is not Ruling.REJECTED for r in true) + false.count(Ruling.REJECTED)
    return (
        len(ruled),
        len(true),
        _share(len(true), len(ruled)),
        _share(right, len(ruled)),
        _share(true.count(Ruling.REJECTED), len(true)),
        _share(true.count(Ruling.CONFIRMED), len(true)),
        _share(false.count(Ruling.REJECTED), len(false)),
        _share(false.count(Ruling.CONFIRMED), len(false)),
        _share([r for _, r, _ in ruled].count(Ruling.UNSURE), len(ruled)),
        f"{calibration_error([p for _, _, p in ruled], [t for t, _, _ in ruled]):.3f}",
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _tell_acts(report: Report, samples: Sequence[Sample], what: str, named: str) -> None:
    """Which false alarms go, and which stay."""
    rows = []
    false = [one for one in samples if not one.candidate.true]
    for act in sorted({one.candidate.act for one in false}):
        rulings = [ruling_of(one, what)[0] for one in false if one.candidate.act == act]
        counts = [rulings.count(ruling) for ruling in Ruling]
        rows.append((act, len(rulings), *counts))
    columns = ("false alarm by", "n", *(ruling.value for ruling in Ruling))
    report.table(f"false alarms, second look with {named}", columns, rows)


def _claim(report: Report, samples: Sequence[Sample], what: str, named: str) -> None:
    ruled = [(one.candidate.true, *ruling_of(one, what)) for one in samples]
    true = [ruling for is_true, ruling, _ in ruled if is_true]
    false = [ruling for is_true, ruling, _ in ruled if not is_true]
    rejected = 100 * true.count(Ruling.REJECTED) / len(true)
    removed = 100 * false.count(Ruling.REJECTED) / len(false)
    error = calibration_error([p for _, _, p in ruled], [t for t, _, _ in ruled])
    report.claim(f"true events wrongly rejected, {named}", rejected, 2, "%", better="lower")
    report.claim(f"false alarms removed, {named}", removed, 60, "%")
    report.claim(f"expected calibration error, {named}", error, 0.1, better="lower")


def measure_time(report: Report, found: Sequence[Candidate]) -> None:
    """Milliseconds of one verdict at a time, reading the clip included."""
    chosen = [found[index] for index in np.linspace(0, len(found) - 1, 40).astype(int)]
    rows = []
    for named, judge in (
        ("no model", SecondLook()),
        ("YOLOX-nano", SecondLook(detector=yolox())),
    ):
        took = asyncio.run(_timed(judge, chosen))
        totals = sorted(1000 * seconds["total"] for seconds in took)
        frames = median(1000 * seconds["frames"] for seconds in took)
        middle, worst = median(totals), totals[int(0.95 * len(totals))]
        rows.append((named, f"{middle:.0f}", f"{worst:.0f}", f"{frames:.0f}"))
        report.claim(f"median milliseconds of a verdict, {named}", middle, 500, "ms",
                     better="lower")  # fmt: skip
    columns = ("second look with", "median ms", "p95 ms", "of it reading the clip, median ms")
    report.table("time of a verdict, 640x360", columns, rows)


async def _timed(judge: SecondLook, found: Sequence[Candidate]) -> list[dict[str, float]]:
    verdicts = [await judge.verify(one.case()) for one in found]
    await judge.close()
    return [dict(verdict.seconds) for verdict in verdicts]
