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

import cv2
import numpy as np

from benchmarks.candidates import Candidate, Setting, settings, suspected, yolox
from benchmarks.report import Report
from benchmarks.suspicions import happened_in
from vigil.core import Image, Ruling, SystemClock
from vigil.pipeline.settle import settle
from vigil.sim.acts import PLACES
from vigil.sim.overlays import ASSERTING, DENYING, Overlay
from vigil.sim.render import Renderer
from vigil.sim.world import World
from vigil.stages.verify.evidence import evidence, heeding
from vigil.stages.verify.features import Features
from vigil.stages.verify.lettering import word_boxes
from vigil.stages.verify.looking import Find, Looker, features
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

FIT = (*settings(100, 3), *settings(300, 3, left=True))
HELD_OUT = (*settings(500, 1), *settings(700, 2, left=True))
OF_A_KIND = 2
"""False alarms of one rule in one kind of act that count, of each film and watch; of what is true
one more, and all that was left behind."""
BLIND = Find(wanted=0.0, label="", other=0.0, other_label="")
BLIND_EVERY = 8
"""Of so many true samples, one is fitted a second time as if the detector were blind to it."""
COMMAND = "python -m benchmarks second_look --fit"
PACKAGE = Path(__file__).parents[1] / "src" / "vigil" / "stages" / "verify"

MOVING = (
    "seen", "agree", "elsewhere", "crowd", "travel", "straight", "structure", "dimmed", "lit",
    "alike",
)  # fmt: skip
LEFT = ("seen", "crowd", "structure", "stirring", "shifting")
FINDS = ("hits", "best", "missed", "furniture", "animal", "person")
NAMES = {
    "moving/pixels": MOVING,
    "moving/model": (*MOVING, *FINDS),
    "named/pixels": MOVING,
    "named/model": (*MOVING, *FINDS),
    "left/pixels": LEFT,
    "left/model": (*LEFT, *FINDS, "vehicle"),
}
"""Few: how much something stirs, how fast it is or how the whole picture's light changes tells
true from false in rendered films, and speaks against people and cars in real ones."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One event as it was seen at one time."""

    candidate: Candidate
    young: bool
    family: str
    features: Features
    """Of pixels and of the detector."""
    tells: bool
    proven: bool
    persists: bool
    """As `Evidence` has them."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks second_look")
    parser.add_argument("--fit", action="store_true", help="fit anew, before it is measured")
    options = parser.parse_args()
    settle()
    report = Report("second_look")
    if options.fit:
        fit_all(gathered(report, FIT))
    held_out = gathered(report, HELD_OUT)
    for what in ("pixels", "model"):
        measure(report, held_out, what)
    measure_time(report, [sample.candidate for sample in held_out if not sample.young])
    measure_words(report)
    return report.write()


def gathered(report: Report, films: Iterable[Setting]) -> list[Sample]:
    """What the second look sees of each event of the films."""
    looker, clock = Looker(yolox()), SystemClock()
    samples = []
    for setting in films:
        happened = list(happened_in(setting))
        chosen = [
            one
            for watcher in ("motion", "model")
            for one in some(suspected(setting, watcher, happened), setting)
        ]
        report.say(f"{setting.name}: {len(chosen)} events")
        for one, ages in chosen:
            for young in ages:
                case = one.case(young=young, decoded=True)
                seen = evidence(case, Stop(), looker, looks=8, picture_px=832, clock=clock)
                samples.append(
                    Sample(
                        candidate=one,
                        young=young,
                        family=seen.family,
                        features=seen.features,
                        tells=seen.tells,
                        proven=seen.proven,
                        persists=seen.persists,
                    )
                )
    return samples


def some(found: Sequence[Candidate], setting: Setting) -> list[tuple[Candidate, Sequence[bool]]]:
    """A few of each rule in each kind of act, drawn from the film's seed, with their ages to judge.

    The first of a kind is judged both right after its birth and when it is over, the others only
    at birth, as most events are. Of some films only what was left behind counts.
    """
    counts: Counter[tuple[str, str, bool]] = Counter()
    kept = []
    for index in np.random.default_rng(setting.seed).permutation(len(found)):
        one, left = found[index], found[index].kind == "abandoned_object"
        counts[kind := (one.act, one.kind, one.true)] += 1
        if (setting.left and not left) or (not left and counts[kind] > OF_A_KIND + one.true):
            continue
        both = counts[kind] == 1 or left
        kept.append((one, (True, False) if both else (True,)))
    return kept


def fit_all(samples: Sequence[Sample]) -> None:
    """Write the scores into the package."""
    told = {"on": "rendered parades, `benchmarks.candidates`", "command": COMMAND}
    scores = {}
    for name, names in NAMES.items():
        mine = [one for one in samples if one.family == name.split("/")[0] and one.tells]
        scores[name] = fit(
            names,
            [one.features for one in mine],
            [one.candidate.true for one in mine],
            [one.candidate.setting.seed for one in mine],
            doubts=_blinded(mine) if name.endswith("model") else (),
            told=told,
        )
    text = json.dumps({name: score_json(score) for name, score in scores.items()}, indent=1)
    (PACKAGE / FILE).write_text(f"{text}\n", encoding="utf-8")
    fitted_scores.cache_clear()


def _blinded(samples: Sequence[Sample]) -> list[Features]:
    """Some true events as a detector sees them that does not know such a view: not at all."""
    true = [one for one in samples if one.candidate.true]
    return [
        one.features | features([BLIND], one.features["visible"]) for one in true[::BLIND_EVERY]
    ]


def ruling_of(sample: Sample, what: str) -> tuple[Ruling, float]:
    """As `SecondLook` rules with these features."""
    score: Score = fitted_scores()[f"{sample.family}/{what}"]
    likelihood = score.likelihood(sample.features)
    ruling = score.band.ruling(likelihood) if sample.tells else Ruling.UNSURE
    if what == "model" and sample.tells:
        ruling = heeding(ruling, proven=sample.proven, persists=sample.persists)
    return ruling, likelihood


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


STILLS = {"whole picture": (448, 252), "small picture": (308, 172)}
"""Of the usual budget of 800 tokens, and of a third of it."""


def measure_words(report: Report) -> None:
    """How many overlays the finder of words sees, and how often it sees words in empty views."""
    views = [_view(place, night) for place in PLACES for night in (False, True)]
    rows = []
    for named, size in STILLS.items():
        by_manner: dict[str, list[bool]] = {}
        for overlay in (*DENYING, *ASSERTING):
            if overlay.drawable:
                found = [_covered(overlay, view, size) > 0.3 for view in views]
                by_manner.setdefault(f"{overlay.manner}, {overlay.language}", []).extend(found)
        for manner, found in sorted(by_manner.items()):
            rows.append((f"{named}: {manner}", len(found), _share(sum(found), len(found))))
        empty = [bool(word_boxes(_small(view, size))) for view in views]
        rows.append((f"{named}: no words there", len(empty), _share(sum(empty), len(empty))))
        seen = [one for found in by_manner.values() for one in found]
        recall = 100 * sum(seen) / len(seen)
        report.claim(f"overlays whose words are found, {named}", recall, 90, "%")
    report.table("words in pictures", ("overlay", "pictures", "found"), rows)


def _view(place: str, night: bool) -> Image:
    where = PLACES[place]
    world = World(site=where.site(night), seconds=1.0)
    return Renderer(world=world, camera=where.camera).picture(0.0)[0]


def _small(picture: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _covered(overlay: Overlay, picture: Image, size: tuple[int, int]) -> float:
    """The share of the letters' pixels that lies in boxes."""
    with_words = overlay.drawn(picture)
    changed = np.abs(with_words.astype(int) - picture).max(axis=2) > 60
    letters = _small(np.repeat(changed[..., None] * np.uint8(255), 3, axis=2), size)[..., 0] > 100
    mask = np.zeros(letters.shape, bool)
    for box in word_boxes(_small(with_words, size)):
        mask[int(box.y1) : int(box.y2) + 1, int(box.x1) : int(box.x2) + 1] = True
    return float((mask & letters).sum() / max(1, letters.sum()))
