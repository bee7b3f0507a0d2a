"""What the second look sees of the watch's events, film by film, kept so that a fit can go on.

What is kept depends on the event itself, as the rules of today tell it, and on the code that
measures it: when rules change, only the events that they tell otherwise are measured again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.candidates import WANTS, Age, Candidate, clip_end_s, suspected, was_watched
from benchmarks.footage import CACHE
from benchmarks.parades import Setting, yolox
from benchmarks.report import Report
from benchmarks.suspicions import happened_in
from vigil.core import SourceLost, SystemClock
from vigil.core.json import event_json
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
MEASURED_BY = (
    "../background", "../blobs", "evidence", "features", "looking", "meaning", "owner", "paths",
    "reel", "trace",
)  # fmt: skip
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


Seen = Mapping[str, object]
"""What is kept of an event: those fields of its sample that its clip was decoded for."""
MEASURED = ("family", "features", "tells", "proven", "persists", "blind")


def samples(report: Report, films: Iterable[Setting], *, at_hand: bool = False) -> list[Sample]:
    """Of all films. `at_hand`: of those that were watched before."""
    found = []
    for setting in films:
        for watcher in WATCHERS:
            if at_hand and not was_watched(setting, watcher):
                continue
            mine = list(samples_of(setting, watcher))
            report.say(f"{setting.name}, {watcher}: {len(mine)} samples")
            found += mine
    return found


def samples_of(setting: Setting, watcher: str) -> Iterator[Sample]:
    """Each chosen event of a film at each age, where its clip shows anything of it."""
    kept = _Kept(file_of(setting, watcher))
    found = suspected(setting, watcher, list(happened_in(setting)))
    for number, one in chosen(found, setting, watcher):
        for age in AGES:
            seen = kept.seen(one, age)
            if seen:
                yield Sample(
                    film=setting.name,
                    seed=setting.seed,
                    watcher=watcher,
                    kind=one.kind,
                    act=one.act,
                    number=number,
                    age=age,
                    true=one.true,
                    plain=one.plain,
                    **seen,  # type: ignore[arg-type]
                )


class _Kept:
    """What was seen of the events of one film; a line a look."""

    def __init__(self, file: Path) -> None:
        self._file = file
        rows = file.read_text("utf-8").splitlines() if file.exists() else []
        self._seen: dict[str, Seen] = dict(map(json.loads, rows))

    def seen(self, one: Candidate, age: Age) -> Seen:
        """Empty where the clip shows nothing of the event."""
        key = _key(one, age)
        if key not in self._seen:
            self._seen[key] = _see(one, age)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, self._seen[key]]) + "\n")
        return self._seen[key]


def _key(one: Candidate, age: Age) -> str:
    """Of all that the second look is given; an event's id is another one each time."""
    event = event_json(replace(one.newborn, id=""))
    given = [event, one.kind, sorted(WANTS[one.kind]), clip_end_s(one.newborn, one.told_s, age)]
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]


def file_of(setting: Setting, watcher: str) -> Path:
    """Where the samples of a film and a watch are kept."""
    return CACHE / f"{setting.name}-{watcher}-look-{_measure()}.jsonl"


@cache
def _measure() -> str:
    """Changes when the same clip might be measured otherwise."""
    folder = Path(package.__file__).parent
    text = "".join((folder / f"{name}.py").read_text("utf-8") for name in MEASURED_BY)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


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


def _see(one: Candidate, age: Age) -> Seen:
    case = one.case(age, decoded=True)
    try:
        seen = evidence(case, Stop(), _looker(), looks=8, picture_px=832, clock=SystemClock())
    except SourceLost:
        return {}
    return {name: getattr(seen, name) for name in MEASURED}


@cache
def _looker() -> Looker:
    return Looker(yolox())
