"""The scorecard: what judging did to the alerts, measured on events whose truth is known."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vigil.core import Decision, Event, Outcome, Review, Ruling, Verdict
from vigil.data.happened import SLACK_S, Happened, happening_of

DAY_S = 86_400.0
PERCENTILES = (50, 95, 99)
STAGES = ("queue", "clip", "frames", "model", "total")
NOBODY = "nobody"
"""The judge of events that were never judged."""


@dataclass(frozen=True, kw_only=True)
class JudgedEvent:
    """An event with all that was said of it."""

    event: Event
    decision: Decision | None = None
    verdicts: tuple[Verdict, ...] = ()
    review: Review | None = None
    """The last word of a person."""

    @property
    def kept(self) -> bool:
        """Whether people were, or would be, told: only a rejection keeps an event from them."""
        return self.decision is None or self.decision.outcome is not Outcome.REJECTED

    @property
    def shared(self) -> bool:
        """Whether a large model's answer about another event decided it, and nobody was asked."""
        verdict = self.decision.verdict if self.decision else None
        if verdict is None:
            return False
        carried = bool(verdict.prompt) and not verdict.calls
        return carried or verdict.event_id != self.event.id

    @property
    def judge(self) -> str:
        """Whose word counted."""
        verdict = self.decision.verdict if self.decision else None
        return verdict.judge if verdict else NOBODY


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What a large model costs, in any currency, for a million tokens."""

    per_million_in: float = 0.0
    per_million_out: float = 0.0


@dataclass(kw_only=True)
class Score:
    """Counts of one group of events. "Before" is the watch alone, which tells of every event."""

    events: int = 0
    unlabelled: int = 0
    """Events of which nobody knows the truth; they enter no share but those of time and cost."""
    true: int = 0
    """Events that tell of something that happened."""
    false: int = 0
    false_removed: int = 0
    true_rejected: int = 0
    """The worst mistake: true events that people were not told of."""
    kept: int = 0
    """Events, labelled or not, that were not rejected."""
    unverified: int = 0
    pending: int = 0
    happened: int = 0
    """Things that ought to be reported; 0 where only reviews are known."""
    happened_found: int = 0
    """Of these, with an event at all."""
    happened_kept: int = 0
    """Of these, with an event that was not rejected."""
    calls: int = 0
    """Of a large model."""
    shared: int = 0
    """Events that needed none: the answer about another one of their incident or thing holds."""
    tokens_in: int = 0
    tokens_out: int = 0
    camera_days: float = 0.0
    cost: float = 0.0
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def precision_before(self) -> float | None:
        """Share of true ones among labelled events."""
        return _share(self.true, self.true + self.false)

    @property
    def precision_after(self) -> float | None:
        """The same among those that were kept."""
        kept = self.true - self.true_rejected
        return _share(kept, kept + self.false - self.false_removed)

    @property
    def recall_before(self) -> float | None:
        """Share of what happened that has an event; of true events where only these are known."""
        return _share(self.happened_found, self.happened) if self.happened else _share_of_all(self)

    @property
    def recall_after(self) -> float | None:
        """The same for events that were kept."""
        if self.happened:
            return _share(self.happened_kept, self.happened)
        return _share(self.true - self.true_rejected, self.true)

    @property
    def accuracy_before(self) -> float | None:
        """Share of labelled events that are right when all are believed."""
        return self.precision_before

    @property
    def accuracy_after(self) -> float | None:
        """Share of labelled events of which true ones were kept and false ones removed."""
        return _share(self.true - self.true_rejected + self.false_removed, self.true + self.false)

    @property
    def calls_per_camera_day(self) -> float:
        return self.calls / self.camera_days if self.camera_days else 0.0

    def percentiles_s(self, stage: str) -> tuple[float, ...] | None:
        """Median, 95th and 99th percentile of a stage's seconds; None when nobody measured it."""
        found = self.seconds.get(stage)
        return tuple(float(q) for q in np.percentile(found, PERCENTILES)) if found else None

    def as_json(self) -> dict[str, object]:
        """Every count, every share, and the percentiles of each stage."""
        counts = {name: value for name, value in vars(self).items() if name != "seconds"}
        names = ("precision", "recall", "accuracy")
        shares = {
            f"{name}_{when}": getattr(self, f"{name}_{when}")
            for name in names
            for when in ("before", "after")
        }
        seconds = {
            stage: dict(zip(("p50", "p95", "p99"), found, strict=True))
            for stage in STAGES
            if (found := self.percentiles_s(stage)) is not None
        }
        per_day = {"calls_per_camera_day": self.calls_per_camera_day}
        return counts | shares | per_day | {"seconds": seconds}


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """The whole, and its parts by rule, camera and judge."""

    whole: Score
    by_rule: Mapping[str, Score]
    by_source: Mapping[str, Score]
    by_judge: Mapping[str, Score]

    def as_json(self) -> dict[str, object]:
        parts = {"rule": self.by_rule, "source": self.by_source, "judge": self.by_judge}
        found: dict[str, object] = {"whole": self.whole.as_json()}
        for name, scores in parts.items():
            found[f"by_{name}"] = {key: score.as_json() for key, score in scores.items()}
        return found


def scorecard(
    judged: Sequence[JudgedEvent],
    happened: Sequence[Happened] = (),
    *,
    days: float = 1.0,
    prices: Prices | None = None,
    slack_s: float = SLACK_S,
) -> Scorecard:
    """Score events against what happened and against reviews; of both, a review wins.

    `happened` is taken as complete for the cameras that it names: an event of such a camera that
    tells of nothing in it is false. Events of other cameras need a review. `days`: how long was
    watched, for figures per camera and day.
    """
    book = _Book(happened=happened, slack_s=slack_s, prices=prices or Prices())
    truths = [book.truth(each) for each in judged]
    pairs = list(zip(judged, truths, strict=True))

    def by(key: Callable[[JudgedEvent], str], known: Iterable[str] = ()) -> dict[str, Score]:
        names = dict.fromkeys([*(key(each) for each in judged), *known])
        return {
            name: book.score([pair for pair in pairs if key(pair[0]) == name], days)
            for name in sorted(names)
        }

    rules = by(lambda each: each.event.rule, (each.rule for each in happened))
    sources = by(lambda each: each.event.source, (each.source for each in happened))
    for name, score in rules.items():
        book.recall(score, pairs, [each for each in happened if each.rule == name])
    for name, score in sources.items():
        book.recall(score, pairs, [each for each in happened if each.source == name])
    whole = book.score(pairs, days)
    book.recall(whole, pairs, happened)
    judges = by(lambda each: each.judge)
    return Scorecard(whole=whole, by_rule=rules, by_source=sources, by_judge=judges)


Truth = tuple[bool | None, Happened | None]
"""Whether an event is true, None when nobody knows; and what it tells of."""


@dataclass(frozen=True, kw_only=True)
class _Book:
    """What is known, and how to count by it."""

    happened: Sequence[Happened]
    slack_s: float
    prices: Prices

    def truth(self, judged: JudgedEvent) -> Truth:
        telling = happening_of(judged.event, self.happened, slack_s=self.slack_s)
        if judged.review is not None and judged.review.ruling is not Ruling.UNSURE:
            return judged.review.ruling is Ruling.CONFIRMED, telling
        if any(each.source == judged.event.source for each in self.happened):
            return telling is not None, telling
        return None, None

    def score(self, pairs: Sequence[tuple[JudgedEvent, Truth]], days: float) -> Score:
        score = Score(camera_days=days * len({each.event.source for each, _ in pairs}))
        for judged, (is_true, _) in pairs:
            _count(score, judged, is_true)
            for verdict in judged.verdicts:
                self._spent(score, verdict)
        return score

    def _spent(self, score: Score, verdict: Verdict) -> None:
        score.calls += verdict.calls
        score.tokens_in += verdict.tokens_in
        score.tokens_out += verdict.tokens_out
        score.cost += verdict.tokens_in * self.prices.per_million_in / 1e6
        score.cost += verdict.tokens_out * self.prices.per_million_out / 1e6
        for stage, seconds in verdict.seconds.items():
            score.seconds[stage].append(seconds)

    def recall(
        self,
        score: Score,
        pairs: Sequence[tuple[JudgedEvent, Truth]],
        happened: Sequence[Happened],
    ) -> None:
        found = {telling for _, (is_true, telling) in pairs if telling and is_true}
        kept = {telling for each, (is_true, telling) in pairs if telling and is_true and each.kept}
        score.happened = len(happened)
        score.happened_found = sum(each in found for each in happened)
        score.happened_kept = sum(each in kept for each in happened)


def _count(score: Score, judged: JudgedEvent, is_true: bool | None) -> None:
    outcome = judged.decision.outcome if judged.decision else None
    score.events += 1
    score.kept += judged.kept
    score.shared += judged.shared
    score.unverified += outcome is Outcome.UNVERIFIED
    score.pending += outcome is Outcome.PENDING
    score.unlabelled += is_true is None
    score.true += is_true is True
    score.false += is_true is False
    score.true_rejected += is_true is True and not judged.kept
    score.false_removed += is_true is False and not judged.kept


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _share_of_all(score: Score) -> float | None:
    return 1.0 if score.true else None
