"""A whole site under load: store, judges, a fake large model, alerts to a real receiver."""

import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.replay import Cameras, Happening, Take
from vigil.config import open_home, parse
from vigil.config.app import App
from vigil.core import Decision, Outcome, Unverified
from vigil.pipeline.call import Call
from vigil.store import EventStore
from vigil.testing.fake_answers import Asked, TruthOracle
from vigil.testing.fake_brain import FakeBrain
from vigil.testing.http_receiver import HttpReceiver

DEADLINE_S = 10.0
IDLE_S = 1.0
"""Stretches in which nothing waits for anybody are cut to this."""
SAMPLE_S = 1.0
CALM_S = 120.0
"""For so long the last events may take to be judged."""
ALL = ("person", "car", "truck", "bus", "motorcycle", "object")
RULES = (
    {"kind": "presence", "labels": ALL, "per": "track"},
    {"kind": "line_crossing", "labels": ALL, "line": ((0.5, 0.2), (0.5, 1.0))},
    {"kind": "loitering", "longer_than_s": 6.0},
    {"kind": "stopped_vehicle", "longer_than_s": 5.0},
    {"kind": "abandoned_object"},
)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast the large model is."""

    least_s: float = 1.0
    most_s: float = 2.0
    """An answer takes as long as drawn evenly between."""
    slots: int = 4
    """Answers that it works on at a time."""

    @property
    def capacity(self) -> float:
        """Answers a second."""
        return self.slots / ((self.least_s + self.most_s) / 2)


class Slow:
    """Answers after a while, yes or no by lot; the slot is taken meanwhile."""

    def __init__(self, pace: Pace, seed: int) -> None:
        self._pace = pace
        self._knows = TruthOracle(lambda _asked: True, error_rate=0.5, seed=seed)
        self._chance = random.Random(seed)

    def __call__(self, asked: Asked) -> Mapping[str, Any] | str:
        time.sleep(self._chance.uniform(0.0, self._pace.most_s - self._pace.least_s))
        return self._knows(asked)


Sample = tuple[float, int, int]
"""Monotonic seconds, events before their judges, and of these questions not asked yet."""


@dataclass(frozen=True, kw_only=True)
class FirstAlert:
    """A message that reached somebody."""

    outcome: str
    time_s: float
    """When it arrived, UTC seconds."""


@dataclass(kw_only=True)
class Site:
    """What is running, and what was seen of it."""

    cameras: Cameras
    call: Call
    brain: FakeBrain
    receiver: HttpReceiver
    names: Sequence[str]
    backlog: list[Sample] = field(default_factory=list)
    _next_sample_s: float = 0.0

    @property
    def judging(self) -> int:
        """Events before their judges now."""
        return int(self.call.status()["judging"])

    def tend(self) -> None:
        """Do what is due, and look at the backlog now and then."""
        self.cameras.tend()
        self.call.tend()
        now_s = time.monotonic()
        if now_s >= self._next_sample_s:
            self._next_sample_s = now_s + SAMPLE_S
            status = self.call.status()
            self.backlog.append((now_s, status["judging"], status["brain"]["waiting"]))
        time.sleep(max(0.0, min(0.05, self.cameras.next_s - time.time())))

    def play(
        self,
        takes: Sequence[Take],
        *,
        rate: float,
        seconds: float,
        seed: int,
        cuts_idle: bool = False,
        evenly: bool = False,
    ) -> None:
        """Let takes happen `rate` times a second, at random moments, on cameras drawn by lot."""
        chance = random.Random(seed)
        began_s = time.time()

        def gap_s() -> float:
            return 1 / rate if evenly else chance.expovariate(rate)

        due_s = began_s + (0.0 if cuts_idle else gap_s())
        quiet_s = last_s = began_s
        while (now_s := time.time()) < began_s + seconds:
            self.tend()
            if self.judging or now_s - last_s < IDLE_S:
                quiet_s = now_s
            if cuts_idle and now_s - quiet_s >= IDLE_S:
                due_s = min(due_s, now_s)
            if now_s >= due_s:
                self.cameras.begin(chance.choice(takes), chance.choice(self.names), due_s)
                last_s = now_s
                due_s += gap_s()

    def calm_down(self, *, within_s: float = CALM_S) -> float:
        """Until every clip is finished and every event judged; how long that took."""
        began_s = time.monotonic()
        while time.monotonic() < began_s + within_s:
            self.tend()
            # Told by the clips: nothing begins any more, and jobs are taken at once.
            if self.cameras.next_s == float("inf") and not self.judging:
                break
        return time.monotonic() - began_s

    def decisions(self) -> list[tuple[Happening, Decision]]:
        """What became of each event."""
        known = self.call.decider.decisions.decisions(
            [one.event_id for one in self.cameras.happened]
        )
        return [(one, known[one.event_id]) for one in self.cameras.happened]

    def first_alerts(self) -> dict[str, FirstAlert]:
        """What people heard first of each event."""
        ahead_s = time.time() - time.monotonic()
        found: dict[str, FirstAlert] = {}
        for each in self.receiver.received:
            body = each.json()
            alert = FirstAlert(outcome=body["outcome"], time_s=each.time_s + ahead_s)
            found.setdefault(body["event"]["id"], alert)
        return found


@contextmanager
def site(cameras: int, *, pace: Pace = Pace(), seed: int = 0) -> Iterator[Site]:
    """So many cameras in a folder of their own, with everything started."""
    with (
        tempfile.TemporaryDirectory() as folder,
        FakeBrain(Slow(pace, seed), latency_s=pace.least_s, slots=pace.slots) as brain,
        HttpReceiver() as receiver,
    ):
        names = [f"camera-{number}" for number in range(cameras)]
        home = open_home(Path(folder) / "home")
        store = EventStore(home.database, home.clips)
        call = Call(store, app_with(names, brain, receiver))
        call.start()
        try:
            yield Site(
                cameras=Cameras(store=store, home=home),
                call=call,
                brain=brain,
                receiver=receiver,
                names=names,
            )
        finally:
            call.close()
            store.close()


def app_with(names: Sequence[str], brain: FakeBrain, receiver: HttpReceiver) -> App:
    """As somebody would write it into the file, but without a budget."""
    camera = {"source": "rtsp://192.0.2.1/live", "rules": RULES}
    webhook = {"kind": "webhook", "url": f"{receiver.url}/", "allow_private": True}
    return parse(
        {
            "metrics": "off",
            "cameras": dict.fromkeys(names, camera),
            "brain": {"kind": "openai", "base_url": brain.url, "model": "fake-brain"},
            "budget": {"calls_per_day": None},
            "decide": {"deadline_s": DEADLINE_S},
            "alerts": {"sinks": {"desk": {"to": webhook}}},
        }
    )


def judged_s(decision: Decision) -> float | None:
    """When a judge had the last word on it, UTC seconds; None when no judge ruled."""
    ruled = decision.outcome in (Outcome.CONFIRMED, Outcome.REJECTED)
    if decision.verdict is None or not (ruled or decision.reason is Unverified.UNSURE):
        return None
    return decision.verdict.time_s


def growth(backlog: Sequence[Sample]) -> float:
    """Events a minute by which it grows: the median slope of all pairs (Theil and Sen)."""
    times = np.array([time_s for time_s, _, _ in backlog])
    events = np.array([judging for _, judging, _ in backlog], float)
    first, second = np.triu_indices(len(times), k=10)
    if not len(first):
        return 0.0
    slopes = (events[second] - events[first]) / (times[second] - times[first])
    return float(60 * np.median(slopes))
