"""The call: what judging makes of the watch's events, how soon, and while the large model is dead.

`accuracy`: only judges that look at pictures count; a fake large model gives one figure, how often
it may err. `latency` and `outage`: the real store, judges, alerts and receiver, with events of
films whose clips grow as they do in life, and a fake large model of a known capacity.
"""

import argparse
import logging
import os
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import inf
from pathlib import Path

import numpy as np
import structlog

from benchmarks import judging
from benchmarks.load import DEADLINE_S, FirstAlert, Pace, Sample, Site, growth, judged_s, site
from benchmarks.replay import Happening, Take, takes_of
from benchmarks.report import Report
from vigil.core import Decision, Outcome
from vigil.pipeline.settle import settle

AN_HOUR = 12.0
"""Suspicions of one camera of a busy site; a quiet one has as many a day."""
CAMERAS = (1, 20, 50, 200)
TAKEN_FROM = 7
"""Films: one of each place and light."""
MOST_TAKES = 80
TOLERANCE_S = 1.0
"""So late an alert still is on time: it has been delivered over a network by then."""
OUTAGE_CAMERAS, OUTAGE_S = 10, 180.0
OUTAGE_EVENTS = OUTAGE_CAMERAS * AN_HOUR
"""Of an hour, sent in three minutes."""
BUSY, OVERLOADED = 0.8, 3.0
"""Shares of the large model's capacity; the second shows that growth would be seen."""
RAMP_S = 30
"""So long it takes until events are judged as fast as they come."""
Decided = Sequence[tuple[Happening, Decision]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks decide")
    parser.add_argument("--only", choices=["accuracy", "latency", "backlog", "outage"])
    parser.add_argument("--seconds", type=float, default=180.0, help="of each level of load")
    parser.add_argument(
        "--films", type=int, default=len(judging.HELD_OUT), help="of the accuracy, at most so many"
    )
    parser.add_argument("--log", type=Path, help="where the pipeline's warnings go")
    options = parser.parse_args()
    settle()
    _quiet(options.log)
    report = Report("decide")
    if options.only in (None, "accuracy"):
        judging.measure(report, options.films)
    if options.only in (None, "latency"):
        measure_latency(report, options.seconds)
    if options.only in (None, "backlog"):
        measure_backlog(report, options.seconds)
    if options.only in (None, "outage"):
        measure_outage(report)
    return report.write(part=options.only is not None)


def _quiet(log: Path | None) -> None:
    if log is not None:
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=log.open("w")))
    level = logging.WARNING if log is not None else logging.CRITICAL
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))


def _takes() -> list[Take]:
    return takes_of(judging.HELD_OUT[:TAKEN_FROM], "motion", most=MOST_TAKES)


def measure_latency(report: Report, seconds: float) -> None:
    """Levels of load one after the other."""
    takes, pace = _takes(), Pace()
    rows = []
    for cameras in CAMERAS:
        rate = cameras * AN_HOUR / 3600
        with site(cameras, pace=pace) as busy:
            busy.play(takes, rate=rate, seconds=seconds, seed=cameras, cuts_idle=True)
            busy.calm_down()
            rows.append(_level(report, busy, cameras, rate) | _load())
            events = len(busy.cameras.happened)
            report.say(f"{cameras} cameras: {events} events")
    report.table(
        "seconds under load, p50 / p95 / p99", tuple(rows[0]), [list(r.values()) for r in rows]
    )
    report.details["load"] = {
        "suspicions a camera and hour": AN_HOUR,
        "arrivals": "random (Poisson); stretches in which nothing waits are cut to a second",
        "deadline, s": DEADLINE_S,
        "FAKE large model": asdict(pace) | {"answers a second": round(pace.capacity, 3)},
        "onset to candidate": "on the film's clock, with the time to write clip and row; without "
        "camera, network and decoding; only rules that do not wait",
    }


def _level(report: Report, busy: Site, cameras: int, rate: float) -> dict[str, object]:
    decided = busy.decisions()
    candidates = [s for one, _ in decided if (s := one.onset_to_candidate_s) is not None]
    verdicts = [(one, at_s) for one, found in decided if (at_s := judged_s(found)) is not None]
    since_candidate = [at_s - one.due_s for one, at_s in verdicts]
    since_onset = [
        at_s - one.due_s + one.take.told_s - one.take.onset_s
        for one, at_s in verdicts
        if one.take.onset_s is not None
    ]
    on_time = sum(_is_on_time(found) for _, found in decided)
    if cameras == CAMERAS[-1]:
        found = np.percentile(since_onset, (95, 99))
        report.claim(
            "onset to candidate, p95, 200 cameras", _p(candidates, 95), 2.3, "s", better="lower"
        )
        report.claim(
            "onset to verdict, p95, 200 cameras", float(found[0]), 4.0, "s", better="lower"
        )
        report.claim(
            "onset to verdict, p99, 200 cameras", float(found[1]), DEADLINE_S, "s", better="lower"
        )
    share = on_time / max(1, len(decided))
    report.claim(f"events decided by their deadline, at the rate of {cameras}", share, 1.0)
    return {
        "cameras": cameras,
        "events": len(decided),
        "a second": f"{rate:.3f}",
        "on time": on_time,
        "with a verdict": len(verdicts),
        "asked the large model": busy.brain.counts.calls,
        "onset to candidate": _percentiles(candidates),
        "onset to verdict": _percentiles(since_onset),
        "candidate to verdict": _percentiles(since_candidate),
    }


def measure_backlog(report: Report, seconds: float) -> None:
    """The large model near its capacity, and beyond it to show that growth would be seen.

    How often it is asked is measured first; then it answers one question at a time, so slowly that
    this is the share wanted of its capacity. Events come evenly: no growth is one by chance.
    """
    takes = _takes()
    asked, _, _ = _steady(takes, Pace(), seconds)
    for share in (BUSY, OVERLOADED):
        answer_s = share * seconds / asked
        _, backlog, decided = _steady(
            takes, Pace(least_s=answer_s, most_s=answer_s, slots=1), seconds
        )
        grew = growth(backlog[RAMP_S:])
        waiting = [judging for _, judging, _ in backlog]
        report.say(f"{share:.0%} of the capacity: {grew:+.1f} events a minute")
        report.details[f"backlog at {share:.0%} of the capacity"] = {
            "seconds of one answer, one at a time": round(answer_s, 2),
            **_load(),
            "events": len(decided),
            "on time or not yet due": sum(_is_on_time(found) for _, found in decided),
            "growth, events a minute": round(grew, 2),
            "each second": waiting,
        }
        if share < 1:
            name = (
                f"growth of the backlog at {share:.0%} of the large model's capacity, 200 cameras"
            )
            report.claim(name, grew, 1.0, "events a minute", better="lower")


def _steady(
    takes: Sequence[Take], pace: Pace, seconds: float
) -> tuple[int, Sequence[Sample], Decided]:
    """Questions asked, the backlog, and what became of the events of 200 cameras."""
    with site(CAMERAS[-1], pace=pace) as busy:
        rate = CAMERAS[-1] * AN_HOUR / 3600
        busy.play(takes, rate=rate, seconds=seconds, seed=1, evenly=True)
        return max(1, busy.brain.counts.calls), busy.backlog, busy.decisions()


def _is_on_time(decision: Decision) -> bool:
    """Decided in time, or not due yet."""
    decided_s = time.time() if decision.outcome is Outcome.PENDING else decision.decided_s
    return decided_s is not None and decided_s <= decision.due_s + TOLERANCE_S


def measure_outage(report: Report) -> None:
    """A dead large model while an hour's worth of events comes in three minutes."""
    rate = OUTAGE_EVENTS / OUTAGE_S
    with site(OUTAGE_CAMERAS) as hit:
        hit.brain.stop()
        hit.play(_takes(), rate=rate, seconds=OUTAGE_S, seed=1)
        waiting = hit.judging
        hit.brain.start()
        began_s, back_s = time.time(), hit.calm_down(within_s=OUTAGE_S)
        decided, first = hit.decisions(), hit.first_alerts()
        tallies = hit.call.status()["brain"]
    fates = Counter(_fate(found, first.get(one.event_id), began_s) for one, found in decided)
    report.say(f"{fates}; {waiting} events waited, gone after {back_s:.1f} s")
    asked = sum(fates.values()) - fates["ruled by the second look"] - fates["ruled on its return"]
    report.details["outage of a FAKE large model"] = {
        "cameras": OUTAGE_CAMERAS,
        "suspicions a camera and hour": AN_HOUR,
        "sent in, s": OUTAGE_S,
        "deadline, s": DEADLINE_S,
        "tolerance, s": TOLERANCE_S,
        "capacity, answers a second": round(Pace().capacity, 3),
        **_load(),
        "events": len(decided),
        "waiting when it came back": waiting,
        "fates": dict(fates),
        "of the dispatcher": tallies,
        "backlog each second": [judging for _, judging, _ in hit.backlog],
        "restarts": 0,
    }
    _claim_outage(report, fates, asked, decided, back_s)


def _fate(found: Decision, alert: FirstAlert | None, back_s: float) -> str:
    """What people heard of an event of an outage that ended at `back_s`, and when."""
    if alert is None:
        quiet = found.outcome is Outcome.REJECTED and (judged_s(found) or inf) <= found.due_s
        return "ruled by the second look" if quiet else "LOST: no alert"
    if alert.outcome != Outcome.UNVERIFIED.value:
        return "ruled by the second look" if alert.time_s < back_s else "ruled on its return"
    return (
        "unverified, on time" if alert.time_s <= found.due_s + TOLERANCE_S else "unverified, LATE"
    )


def _claim_outage(
    report: Report, fates: Counter[str], asked: int, decided: Decided, back_s: float
) -> None:
    share = fates["unverified, on time"] / max(1, asked)
    report.claim(
        "outage: alerts on time and marked unverified, of those without a verdict", share, 1.0
    )
    report.claim("outage: alerts lost", fates["LOST: no alert"], 0, better="lower")
    pending = sum(found.outcome is Outcome.PENDING for _, found in decided)
    report.claim("outage: events without an end", pending, 0, better="lower")
    report.claim(
        "outage: backlog gone after the large model is back",
        back_s,
        OUTAGE_S / 4,
        "s",
        better="lower",
    )


def _load() -> dict[str, object]:
    """How busy the machine was, with other programs, and how urgent this one was among them."""
    group = Path("/proc/self/autogroup")  # Linux: with it, niceness counts within a session only
    urgency = group.read_text().split("nice")[-1] if group.exists() else os.nice(0)
    return {"load of the machine": round(os.getloadavg()[0], 1), "niceness": int(urgency)}


def _p(values: Iterable[float], percent: float) -> float:
    return float(np.percentile(list(values), percent))


def _percentiles(values: Sequence[float]) -> str:
    if not values:
        return "-"
    return " / ".join(f"{_p(values, percent):.1f}" for percent in (50, 95, 99))
