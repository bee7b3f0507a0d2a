"""How often rules are right: random stories in true boxes, told by each rule's own module.

A story's `wanted` events are found, missed, or told falsely (`benchmarks.scenarios.judged`).
"""

import importlib
import json
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from types import ModuleType

import numpy as np

import benchmarks.scenarios
from benchmarks.report import RESULTS, Report
from benchmarks.scenarios import Outcome, judged, told_by

GOAL = 0.98


@dataclass(kw_only=True)
class Tally:
    """Outcomes added up."""

    stories: int = 0
    found: int = 0
    missed: int = 0
    false: int = 0
    delays_s: list[float] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.stories += 1
        self.found += outcome.found
        self.missed += outcome.missed
        self.false += outcome.false
        self.delays_s += outcome.delays_s

    @property
    def precision(self) -> float:
        """Share of true ones among told events; 1 when nothing was told."""
        return _share(self.found, self.found + self.false)

    @property
    def recall(self) -> float:
        """Share of told ones among wanted events; 1 when nothing was wanted."""
        return _share(self.found, self.found + self.missed)

    def delay_s(self, percentile: float) -> str:
        """A percentile of the seconds from beginnings to tellings, for a table."""
        return f"{np.percentile(self.delays_s, percentile):.1f}" if self.delays_s else ""


@dataclass(kw_only=True)
class Card:
    """One rule on all its stories."""

    whole: Tally = field(default_factory=Tally)
    by_story: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    def add(self, story: str, outcome: Outcome) -> None:
        self.whole.add(outcome)
        self.by_story[story].add(outcome)


def modules(needed: str, wanted: Sequence[str] = ()) -> dict[str, ModuleType]:
    """The modules of stories that have a function called `needed`; `wanted`: only these rules."""
    found = {}
    for info in pkgutil.iter_modules(benchmarks.scenarios.__path__):
        if (wanted and info.name not in wanted) or info.name.startswith("_"):
            continue
        module = importlib.import_module(f"benchmarks.scenarios.{info.name}")
        if hasattr(module, needed):
            found[info.name] = module
    return found


def play(module: ModuleType, seeds: Iterable[int]) -> Card:
    """All stories of one rule."""
    card = Card()
    for seed in seeds:
        scenario = module.scenario(Random(seed))
        outcome = judged(scenario.wanted, told_by(scenario.rule, scenario.scenes))
        card.add(scenario.story, outcome)
    return card


def tell_accuracy(report: Report, wanted: Sequence[str], seeds: int) -> None:
    """Every rule with stories, and its claims."""
    tell(report, "stories", lambda module: play(module, range(seeds)), modules("scenario", wanted))


def tell(
    report: Report,
    what: str,
    run: Callable[[ModuleType], Card],
    found: dict[str, ModuleType],
) -> None:
    """One table by rule and one by kind of story; `run` makes a rule's card."""
    rows, stories = [], []
    for name, module in found.items():
        card = run(module)
        whole = card.whole
        report.say(f"{name}: {whole.found} found, {whole.missed} missed, {whole.false} false")
        rows.append(row_of(name, whole))
        for story, tally in sorted(card.by_story.items()):
            stories.append((f"{name}: {story}", *row_of("", tally)[1:5]))
        claims(report, what, name, whole)
    tables(report, what, rows, stories)


def row_of(name: str, tally: Tally) -> tuple[str, ...]:
    """A rule's row of the table."""
    return (
        name,
        str(tally.stories),
        str(tally.found + tally.missed),
        str(tally.missed),
        str(tally.false),
        f"{tally.precision:.3f}",
        f"{tally.recall:.3f}",
        tally.delay_s(50),
        tally.delay_s(95),
    )


def tables(
    report: Report, what: str, rows: Sequence[Sequence[str]], stories: Sequence[Sequence[str]]
) -> None:
    """Show both, and keep those of other rules as they were measured before."""
    columns = ("rule", what, "wanted", "missed", "false", "precision", "recall", "p50 s", "p95 s")
    told = {row[0] for row in rows}
    for title, names, table in (
        (f"accuracy on {what}", columns, rows),
        (f"{what} by kind", ("story", "told", "wanted", "missed", "false"), stories),
    ):
        report.table(title, names, table)
        kept = [each for each in _before(report, title) if _rule_of(each) not in told]
        report.details[title] = sorted(kept + _rows(report, title), key=_rule_of)


def _rows(report: Report, title: str) -> list[dict[str, str]]:
    return list(report.details[title])  # type: ignore[call-overload]


def _before(report: Report, title: str) -> list[dict[str, str]]:
    path = RESULTS / f"{report.name}.json"
    if not path.exists():
        return []
    return list(json.loads(path.read_text("utf-8"))["details"].get(title, ()))


def _rule_of(row: dict[str, str]) -> str:
    return next(iter(row.values())).partition(":")[0]


def claims(report: Report, what: str, name: str, tally: Tally) -> None:
    """What is claimed of one rule."""
    report.claim(f"{name}: precision on {tally.stories} {what}", tally.precision, GOAL)
    report.claim(f"{name}: recall on {tally.stories} {what}", tally.recall, GOAL)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
