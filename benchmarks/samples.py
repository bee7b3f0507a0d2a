"""What the second look sees of the watch's events, film by film, kept so that a fit can go on."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.candidates import Age, Candidate, suspected
from benchmarks.footage import CACHE
from benchmarks.parades import Setting, yolox
from benchmarks.report import Report
from benchmarks.suspicions import happened_in
from vigil.core import SourceLost, SystemClock
from vigil.stages.verify import evidence as package
from vigil.stages.verify.evidence import evidence
from vigil.stages.verify.features import Features
from vigil.stages.verify.looking import Looker
from vigil.stages.verify.pool import Stop

WATCHERS = ("model", "motion")
OF_A_KIND = {"model": (18, 12), "motion": (3, 2)}
"""True events, and false ones, of one rule in one kind of act that count, of each film: a single
rain burst raises dozens where no model watches."""
AGES: Sequence[Age] = ("young", "glance")
MEASURED_BY = ("evidence", "features", "looking", "meaning", "paths", "reel", "trace")
"""Modules of the package: when one of them changes, what was kept is not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One event as it was seen at one age."""

    film: str
    seed: int
    watcher: str
    kind: str
    act: str
    """What was going on."""
    number: int
    """Which of the events that the watch told of."""
    age: Age
    true: bool
    plain: bool
    """Whether that is beyond doubt."""
    family: str
    features: Features
    """Of pixels and of the detector."""
    tells: bool
    proven: bool
    persists: bool
    blind: bool
    """As `Evidence` has them."""


def samples(report: Report, films: Iterable[Setting], *, at_hand: bool = False) -> list[Sample]:
    """Of all films; those that are kept are read. `at_hand`: of these alone."""
    found = []
    for setting in films:
        for watcher in WATCHERS:
            if at_hand and not file_of(setting, watcher).exists():
                continue
            mine = _kept(setting, watcher)
            report.say(f"{setting.name}, {watcher}: {len(mine)} samples")
            found += mine
    return found


def _kept(setting: Setting, watcher: str) -> list[Sample]:
    path = file_of(setting, watcher)
    if not path.exists():
        lines = [json.dumps(asdict(one)) for one in seen_of(setting, watcher)]
        unfinished = path.with_suffix(".part")
        unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        unfinished.replace(path)
    return [Sample(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def file_of(setting: Setting, watcher: str) -> Path:
    """Where the samples of a film and a watch are kept."""
    return CACHE / f"{setting.name}-{watcher}-look-{_measure()}.jsonl"


@cache
def _measure() -> str:
    """Changes when the same clip might be measured otherwise."""
    folder = Path(package.__file__).parent
    text = "".join((folder / f"{name}.py").read_text("utf-8") for name in MEASURED_BY)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def seen_of(setting: Setting, watcher: str) -> Iterator[Sample]:
    """What the second look sees of each chosen event of a film."""
    found = suspected(setting, watcher, list(happened_in(setting)))
    for number, one in chosen(found, setting, watcher):
        for age in AGES:
            sample = _seen(number, one, age)
            if sample is not None:
                yield sample


def chosen(
    found: Sequence[Candidate], setting: Setting, watcher: str
) -> Iterator[tuple[int, Candidate]]:
    """Some of each rule in each kind of act, drawn from the film's seed.

    Of films about things left little else counts.
    """
    counts: Counter[tuple[str, str, bool]] = Counter()
    for index in np.random.default_rng(setting.seed).permutation(len(found)):
        one = found[index]
        counts[kind := (one.act, one.kind, one.true)] += 1
        most_true, most_false = OF_A_KIND[watcher]
        if counts[kind] > (most_true if one.true else most_false):
            continue
        if setting.left and one.kind != "abandoned_object" and counts[kind] > one.true:
            continue
        yield int(index), one


def _seen(number: int, one: Candidate, age: Age) -> Sample | None:
    """None where the clip shows nothing of the event."""
    case = one.case(age, decoded=True)
    try:
        seen = evidence(case, Stop(), _looker(), looks=8, picture_px=832, clock=SystemClock())
    except SourceLost:
        return None
    return Sample(
        film=one.setting.name,
        seed=one.setting.seed,
        watcher=one.watcher,
        kind=one.kind,
        act=one.act,
        number=number,
        age=age,
        true=one.true,
        plain=one.plain,
        family=seen.family,
        features=seen.features,
        tells=seen.tells,
        proven=seen.proven,
        persists=seen.persists,
        blind=seen.blind,
    )


@cache
def _looker() -> Looker:
    return Looker(yolox())
