"""What judges make of suspicions whose truth is known: `decide --only accuracy`."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.special import betaincinv

from benchmarks import second_look
from benchmarks.calls import (
    Verdicts,
    answers_to,
    largest_error_rate,
    shown_more,
    tell_calls,
    unsure_of,
)
from benchmarks.candidates import EXACT_SLACK_S, Age
from benchmarks.footage import YOLOX
from benchmarks.parades import settings, yolox
from benchmarks.report import Report
from benchmarks.suspicions import Material, Suspicion, of_parades, of_real_clips
from vigil.core import (
    Decision,
    Outcome,
    Review,
    Ruling,
    SourceError,
    Unverified,
    Verdict,
    Verifier,
)
from vigil.data.happened import SLACK_S, Happened, happening_of
from vigil.pipeline.score import JudgedEvent, Score, scorecard
from vigil.stages.verify.scoring import fitted_scores
from vigil.stages.verify.second_look import SecondLook

HELD_OUT = settings(900, 2)
"""Films that were rendered for this benchmark alone."""
WORKERS = 3
WANTED = 0.94
ERRORS_STEP = 0.01
OUTCOMES = {
    Ruling.CONFIRMED: Outcome.CONFIRMED,
    Ruling.REJECTED: Outcome.REJECTED,
    Ruling.UNSURE: Outcome.UNVERIFIED,
}


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A watch and the judge of what it says."""

    name: str
    watcher: str
    looks_again: bool
    """Whether the second look has a detector, too."""
    age: Age = "young"
    """Of the events that it is shown."""
    asks: bool = False
    """Whether a large model is asked about what it is unsure of, after it has looked once more."""

    def judge(self) -> SecondLook:
        return SecondLook(detector=yolox() if self.looks_again else None, workers=WORKERS)


NO_MODEL = Setup(name="no model at all", watcher="motion", looks_again=False)
MODEL = Setup(name="YOLOX in both", watcher="model", looks_again=True)
ASKING = Setup(
    name="YOLOX in both, before a large model",
    watcher="model",
    looks_again=True,
    age="glance",
    asks=True,
)


def measure(report: Report, films: int = len(HELD_OUT)) -> None:
    """Tables and claims of all setups; films that are not there yet are rendered.

    It takes long: what was measured is written after each setup.
    """
    report.details["held out"] = _seeds(films)
    setups = [MODEL, ASKING, NO_MODEL] if YOLOX.exists() else [NO_MODEL]
    rows = []
    for setup in setups:
        material = of_parades(HELD_OUT[:films], setup.watcher, setup.age)
        verdicts = asyncio.run(heard(setup.judge(), material.suspicions))
        if setup.asks:
            material, verdicts = _looked_again(report, setup, films, material, verdicts)
        score = scored(material, verdicts, slack_s=EXACT_SLACK_S)
        rows.append(_row(setup.name, score))
        report.details[f"suspicions, {setup.name}"] = {
            "seconds of film": round(material.seconds, 1),
            "acts": material.acts,
            "suspicions": len(material.suspicions),
            "suspicions an act": round(len(material.suspicions) / material.acts, 2),
        }
        report.say(f"{setup.name}: {score.events} events, {score.true_rejected} true ones rejected")
        _claim(report, setup, score)
        _rulings(report, setup, material, verdicts)
        _drifting(report, setup, material, verdicts)
        if setup.asks:
            _cascade(report, setup, material, verdicts)
        _tell(report, "held-out rendered films", rows)
        report.write(part=True)
    if YOLOX.exists():
        real = [_real(setup) for setup in (MODEL, NO_MODEL)]
        _tell(report, "labelled real clips", real)


def _real(setup: Setup) -> Mapping[str, object]:
    material = of_real_clips(setup.watcher)
    verdicts = asyncio.run(heard(setup.judge(), material.suspicions))
    return _row(setup.name, scored(material, verdicts, slack_s=SLACK_S))


def _tell(report: Report, title: str, setups: Sequence[Mapping[str, object]]) -> None:
    if setups:
        first, *measures = setups[0]
        columns = (title, *(setup[first] for setup in setups))
        rows = [(name, *(setup[name] for setup in setups)) for name in measures]
        report.table(f"{title}, exact bounds at 95 %", list(map(str, columns)), rows)


async def heard(judge: Verifier, suspicions: Sequence[Suspicion]) -> Verdicts:
    """What a judge says of each, a few at a time."""
    places = asyncio.Semaphore(WORKERS)

    async def said(suspicion: Suspicion) -> Verdict | None:
        async with places:
            try:
                return await judge.verify(suspicion.case())
            except SourceError:
                return None

    verdicts = await asyncio.gather(*map(said, suspicions))
    await judge.close()
    return {one.event.id: verdict for one, verdict in zip(suspicions, verdicts, strict=True)}


def scored(material: Material, verdicts: Verdicts, *, slack_s: float) -> Score:
    """The scorecard's count: what is not rejected reaches people."""
    judged = [_judged(one, verdicts[one.event.id]) for one in material.suspicions]
    return scorecard(judged, material.happened, slack_s=slack_s).whole


def _judged(suspicion: Suspicion, verdict: Verdict | None) -> JudgedEvent:
    outcome = Outcome.UNVERIFIED if verdict is None else OUTCOMES[verdict.ruling]
    reason = Unverified.NO_CLIP if verdict is None else Unverified.UNSURE
    decision = Decision(
        event_id=suspicion.event.id,
        outcome=outcome,
        reason=reason if outcome is Outcome.UNVERIFIED else None,
        verdict=verdict,
        incident=suspicion.event.id,
        due_s=suspicion.told_s,
    )
    # What it was when it was told is what was judged: its track may become another's later.
    review = None
    if suspicion.beside:
        review = Review(
            event_id=suspicion.event.id,
            ruling=Ruling.REJECTED,
            reviewer="the truth of the film",
            time_s=suspicion.told_s,
        )
    return JudgedEvent(event=suspicion.newborn, decision=decision, review=review)


def _seeds(films: int) -> dict[str, Any]:
    """Which films were held out, and which were looked at while the second look was made."""
    ours = {each.seed for each in HELD_OUT[:films]}
    fitted, tried = (
        {each.seed for each in films} for films in (second_look.FIT, second_look.HELD_OUT)
    )
    return {
        "films": [each.name for each in HELD_OUT[:films]],
        "seeds": sorted(ours),
        "seeds of the fit": sorted(fitted),
        "seeds of its own held-out films": sorted(tried),
        "seeds of both": sorted(ours & (fitted | tried)),
        "scores": {name: score.version for name, score in fitted_scores().items()},
        "real clips": "only a bag's place is labelled: what is told while somebody is there, "
        "were it of his shadow, counts as true",
    }


def _row(name: str, score: Score) -> dict[str, object]:
    labelled = score.true + score.false
    right = score.true - score.true_rejected + score.false_removed
    return {
        "watch and second look": name,
        "events": labelled,
        "true": score.true,
        "accuracy, watch alone": share(score.true, labelled),
        "accuracy": share(right, labelled),
        "precision, watch alone": share(score.true, labelled),
        "precision": share(score.true - score.true_rejected, score.kept),
        "happened": score.happened,
        "recall, watch alone": share(score.happened_found, score.happened),
        "recall": share(score.happened_kept, score.happened),
        "false alarms removed": share(score.false_removed, score.false),
        "true events rejected": share(score.true_rejected, score.true),
        "left unsure": share(score.unverified, labelled),
    }


def share(part: int, whole: int) -> str:
    """A share with its exact bounds at 95 % (Clopper and Pearson, 1934)."""
    if not whole:
        return "none of 0"
    low = betaincinv(part, whole - part + 1, 0.025) if part else 0.0
    high = betaincinv(part + 1, whole - part, 0.975) if part < whole else 1.0
    return f"{part / whole:.1%} ({low:.1%}-{high:.1%})"


def _claim(report: Report, setup: Setup, score: Score) -> None:
    name = setup.name
    report.claim(f"held-out events, {name}", score.true + score.false, 100)
    report.claim(f"accuracy of the watch alone, {name}", score.accuracy_before or 0.0, 0.72)
    report.claim(
        f"accuracy with the second look alone, {name}", score.accuracy_after or 0.0, WANTED
    )
    removed = score.false_removed / max(1, score.false)
    report.claim(f"false alarms removed by the second look alone, {name}", removed, 0.6)
    lost = score.true_rejected / max(1, score.true)
    report.claim(
        f"true events wrongly rejected by the second look, {name}", lost, 0.015, better="lower"
    )


def _looked_again(
    report: Report, setup: Setup, films: int, material: Material, verdicts: Verdicts
) -> tuple[Material, Verdicts]:
    """As a cascade does before it asks; the events as they are then, and the last words on them."""
    later = of_parades(HELD_OUT[:films], setup.watcher, "asked")
    unsure = {one.event.id for one in unsure_of(material, verdicts)}
    again = shown_more(
        [one for one in later.suspicions if one.event.id in unsure], setup.age, "asked"
    )
    found = asyncio.run(heard(setup.judge(), again))
    ruled = Counter(verdict.ruling.value for verdict in found.values() if verdict is not None)
    report.details[f"looked at once more, {setup.name}"] = {
        "unsure at first": len(unsure),
        "clips that show more": len(again),
        **ruled,
    }
    return later, {**verdicts, **found}


def _cascade(report: Report, setup: Setup, material: Material, verdicts: Verdicts) -> None:
    """How often a large model is asked, and may err. Only a fake one is, so nothing else is told.

    Calculated from what the second look leaves unsure, and then tried.
    """
    unsure = unsure_of(material, verdicts)
    truths = {one.event.id: _telling(one, material) is not None for one in material.suspicions}
    found = answers_to(unsure, truths)
    tell_calls(report, setup.name, material, found, truths)
    score = scored(material, verdicts, slack_s=EXACT_SLACK_S)
    events = score.true + score.false
    true = sum(truths[one.event.id] for one in unsure)
    # What is unsure is kept, and so is right already where it is true.
    right = score.true - score.true_rejected + score.false_removed - true
    rate = largest_error_rate(WANTED, events, right, len(unsure), ERRORS_STEP)
    reached = None
    while rate >= 0:
        said = answers_to(unsure, truths, rate).said
        told = scored(material, {**verdicts, **said}, slack_s=EXACT_SLACK_S)
        reached = told.accuracy_after or 0.0
        if reached >= WANTED:
            break
        rate -= ERRORS_STEP
    never_wrong = scored(material, {**verdicts, **found.said}, slack_s=EXACT_SLACK_S)
    report.details[f"cascade with a FAKE large model, {setup.name}"] = {
        "asked of it": len(found.asked),
        "accuracy if it never erred": round(never_wrong.accuracy_after or 0.0, 4),
        "true events rejected then": never_wrong.true_rejected,
        "largest error rate that still gives 94 %": round(rate, 2) if rate >= 0 else None,
        "accuracy at that rate": reached,
    }
    if rate >= 0:
        name = "FAKE large model: error rate at which the cascade still has 94 % accuracy"
        report.claim(f"{name}, {setup.name}", rate, 0.1)


def _telling(one: Suspicion, material: Material) -> Happened | None:
    """What it told of when it was told."""
    if one.beside:
        return None
    return happening_of(one.newborn, material.happened, slack_s=EXACT_SLACK_S)


def _rulings(report: Report, setup: Setup, material: Material, verdicts: Verdicts) -> None:
    """What becomes of true and of false events, by rule; what is unsure drives the calls."""
    counts = Counter(
        (one.event.rule, _telling(one, material) is not None, verdict.ruling)
        for one in material.suspicions
        if (verdict := verdicts[one.event.id]) is not None
    )
    kinds = sorted({(rule, true) for rule, true, _ in counts})
    rows = [
        (rule, "true" if true else "false", *(counts[rule, true, ruling] for ruling in Ruling))
        for rule, true in kinds
    ]
    columns = ("rule", "events", *(ruling.value for ruling in Ruling))
    report.table(f"rulings, {setup.name}", columns, rows)


def _drifting(report: Report, setup: Setup, material: Material, verdicts: Verdicts) -> None:
    """Events that were false when they were told, and whose tracks became a visitor's later."""
    drifted = [
        one
        for one in material.suspicions
        if _telling(one, material) is None
        and happening_of(one.event, material.happened, slack_s=EXACT_SLACK_S) is not None
    ]
    rulings = Counter(
        verdict.ruling.value for one in drifted if (verdict := verdicts[one.event.id]) is not None
    )
    report.details[f"false when told, a visitor touched or took their track, {setup.name}"] = {
        "events": len(drifted),
        **rulings,
    }
