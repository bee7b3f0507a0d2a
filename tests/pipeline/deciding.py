"""Events with real clips, judges that say what they are told to, and who hears of it."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vigil.config import clip_place, parse
from vigil.config.app import App
from vigil.core import (
    Box,
    Case,
    Clip,
    Decision,
    Event,
    Outcome,
    Ruling,
    Severity,
    Step,
    StepKind,
    Verdict,
    uuid7,
)
from vigil.media.clip import write_clip
from vigil.pipeline.decide import Decider
from vigil.store import Connection, DecisionStore, EventStore
from vigil.testing.films import tiny_stream

CAMERA = {"source": "rtsp://192.0.2.1/live", "rules": [{"kind": "presence", "name": "yard"}]}


def verdict_on(event_id: str, ruling: str = "confirmed", **more: Any) -> Verdict:
    likelihood = {"confirmed": 0.9, "rejected": 0.1, "unsure": 0.5}[ruling]
    usual = {
        "likelihood": likelihood,
        "reason": "So it is.",
        "judge": "told",
        "time_s": time.time(),
    }
    return Verdict(event_id=event_id, ruling=Ruling(ruling), **{**usual, **more})


@dataclass(kw_only=True, eq=False)
class Judge:
    """Says what `says` says; counts how often it was asked, and about what."""

    says: Callable[[Case], Any] = lambda case: verdict_on(case.event.id)
    asked: list[str] = field(default_factory=list)
    shown: list[Case] = field(default_factory=list)
    seconds: float = 0.0
    gate: asyncio.Event | None = None

    async def verify(self, case: Case) -> Verdict:
        self.asked.append(case.event.id)
        self.shown.append(case)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        found = self.says(case)
        if isinstance(found, BaseException):
            raise found
        if isinstance(found, str):
            found = verdict_on(case.event.id, found)
        return found

    async def close(self) -> None:
        pass


@dataclass(kw_only=True, eq=False)
class BrainJudge(Judge):
    """One that asks a large model, as far as anybody can see."""

    brain: str = "large"


@dataclass(kw_only=True, eq=False)
class Both:
    """Asks `dear` when `cheap` is unsure, and lets its failure tell what the cheap one said."""

    cheap: Any
    dear: Any

    async def verify(self, case: Case) -> Verdict:
        first = await self.cheap.verify(case)
        if first.ruling is not Ruling.UNSURE:
            return first
        try:
            return await self.dear.verify(case)
        except Exception as error:
            error.verdict = first  # type: ignore[attr-defined]
            raise

    async def close(self) -> None:
        await self.cheap.close()
        await self.dear.close()


@dataclass(kw_only=True)
class News:
    """What was announced, in order."""

    said: list[tuple[str, str, str | None, bool]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)

    def __call__(
        self, _connection: Connection, event: Event, decision: Decision, *, over: bool
    ) -> None:
        reason = None if decision.reason is None else decision.reason.value
        self.said.append((event.id, decision.outcome.value, reason, over))
        self.times_s.append(time.monotonic())

    def outcomes(self, event_id: str) -> list[str]:
        return [outcome for said, outcome, _, over in self.said if said == event_id and not over]


def an_event(**changes: Any) -> Event:
    now_s = time.time()
    usual: dict[str, Any] = {
        "id": uuid7(now_s),
        "source": "gate",
        "rule": "yard",
        "claim": "A person is in the yard.",
        "label": "person",
        "start_s": now_s,
        "end_s": now_s,
        "severity": Severity.MEDIUM,
        "track_ids": (1,),
        "box": Box(60, 60, 90, 120),
    }
    return Event(**{**usual, **changes})


def app_with(verifier: Any, cameras: Mapping[str, Any] | None = None, **top: Any) -> App:
    """A file with one camera called gate; `verifier` may be any object."""
    found = parse({"cameras": cameras or {"gate": CAMERA}, "metrics": "off", **top})
    return found.model_copy(update={"verify": verifier})


def put_film(clips: Path, event: Event, *, seconds: float = 6.0, seed: int = 0) -> Clip:
    """Cut a clip of so many seconds, from a second before the event on."""
    start_s = event.start_s - 1.0
    uri = f"clip:local/{event.id}"
    path = clips / clip_place(uri, start_s)
    path.parent.mkdir(parents=True, exist_ok=True)
    packets = tiny_stream(seconds, [(0.5, 5.0)], seed=seed)
    made = write_clip(path, [replace(p, time_s=p.time_s + start_s) for p in packets])
    return Clip(
        uri=uri,
        source=event.source,
        start_s=made.start_s,
        end_s=made.end_s,
        size_bytes=made.size_bytes,
        audio=made.audio,
    )


@dataclass(kw_only=True)
class Bench:
    """A store with somebody who decides its events."""

    store: EventStore
    decider: Decider
    news: News

    def happens(self, event: Event | None = None, *, film: bool = True) -> Event:
        """An event begins, with its first clip."""
        event = event or an_event()
        clip = put_film(self.store.folder.path, event) if film else None
        self.store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), clip)
        return event

    def ends(self, event: Event) -> None:
        self.store.record(Step(kind=StepKind.END, event=event, time_s=event.end_s + 1), None)

    def decision(self, event: Event) -> Decision:
        found = self.decider.decisions.decision(event.id)
        assert found is not None
        return found

    def decided(self, event: Event, *outcomes: Outcome, within_s: float = 20.0) -> Decision:
        """Wait until it stands so; any outcome but pending when none is named."""
        until_s = time.monotonic() + within_s
        wanted = outcomes or tuple(set(Outcome) - {Outcome.PENDING})
        while (found := self.decision(event)).outcome not in wanted:
            assert time.monotonic() < until_s, f"{found.outcome} {found.reason}"
            time.sleep(0.02)
        return found


class Follows:
    """Keeps a decision for each event, which nobody ever takes."""

    def __init__(self, store: EventStore) -> None:
        self.decisions = DecisionStore(store.database)
        store.follower = self

    def prepare(self) -> None:
        pass

    def began(self, connection: Connection, event: Event) -> None:
        pending = Decision(
            event_id=event.id, outcome=Outcome.PENDING, incident=event.id, due_s=time.time() + 10
        )
        self.decisions.begin(connection, event, pending)

    def ended(self, connection: Connection, event: Event) -> None:
        self.decisions.end(connection, event)

    def committed(self) -> None:
        pass


@contextmanager
def deciding(
    place: str | Path, clips: Path, app: App, *, news: News | None = None
) -> Iterator[Bench]:
    """Decide what is recorded until the block is left."""
    store = EventStore(place, clips)
    news = news or News()
    decider = Decider(store, app, announce=news, poll_s=0.05)
    try:
        assert decider.start()
        yield Bench(store=store, decider=decider, news=news)
    finally:
        decider.close()
        store.close()
