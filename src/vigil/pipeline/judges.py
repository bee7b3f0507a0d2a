"""Puts every judge of a configured verifier under supervision, whatever their arrangement."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from vigil.core import Case, Verdict, Verifier
from vigil.pipeline.dispatcher import Dispatcher
from vigil.store import DecisionStore, Said

LOOK_S = 120.0
"""A judge without a large model that takes longer hangs."""


@dataclasses.dataclass(kw_only=True, eq=False)
class Hearing:
    """One event before its judges."""

    incident: str
    due_s: float
    """When the decision is due, seconds of the clock that never goes back."""
    said: list[Said] = dataclasses.field(default_factory=list)
    """What its judges said, in order; of an incident perhaps of another of its events."""
    asks: str | None = None
    """The judge that waits for a large model."""

    def words(self, verdict: Verdict) -> Said:
        """Whose words these are; of nobody in particular when several were put together."""
        own = (each for each in reversed(self.said) if each.verdict == verdict)
        return next(own, Said(verdict=verdict, judge=""))


Hearings = dict[str, Hearing]
"""The hearings of now, by event."""
Aside = Callable[..., Awaitable[Any]]


class Noted:
    """A judge whose word is kept, so that it is not asked again after a crash."""

    def __init__(
        self, judge: Verifier, name: str, store: DecisionStore, hearings: Hearings, aside: Aside
    ) -> None:
        """`aside` runs what blocks, such as the database."""
        self._judge = judge
        self._name = name
        self._store = store
        self._hearings = hearings
        self._aside = aside

    async def verify(self, case: Case) -> Verdict:
        """Raises TimeoutError for a judge that hangs, and whatever it raises itself."""
        verdict: Verdict | None = await self._aside(self._store.noted, case.event.id, self._name)
        said = None
        if verdict is None:
            async with asyncio.timeout(LOOK_S):
                verdict = await self._judge.verify(case)
            said = Said(verdict=verdict, judge=self._name)
            await self._aside(self._store.note, said)
        said = said or Said(verdict=verdict, judge=self._name)
        self._hearings[case.event.id].said.append(said)
        return verdict

    async def close(self) -> None:
        await self._judge.close()


class Dispatched:
    """A judge that asks a large model, and therefore waits until it is its turn."""

    def __init__(
        self, judge: Verifier, name: str, dispatcher: Dispatcher, hearings: Hearings
    ) -> None:
        self._judge = judge
        self._name = name
        self._dispatcher = dispatcher
        self._hearings = hearings

    async def verify(self, case: Case) -> Verdict:
        """The answer to this case, or to another one of its incident. Raises `BrainError`."""
        hearing = self._hearings[case.event.id]
        hearing.asks = self._name
        try:
            verdict = await self._dispatcher.answer(
                case,
                self._judge.verify,
                incident=hearing.incident,
                judge=self._name,
                due_s=hearing.due_s,
            )
        finally:
            hearing.asks = None
        hearing.said.append(Said(verdict=verdict, judge=self._name))
        return verdict

    async def close(self) -> None:
        await self._judge.close()


def supervised(
    verifier: Verifier,
    dispatcher: Dispatcher,
    store: DecisionStore,
    hearings: Hearings,
    aside: Aside,
    *,
    name: str = "",
) -> Verifier:
    """The same arrangement, in which those with a `brain` are dispatched and the others noted.

    `name`: the place in the configuration, such as `judges.0.cheap`.
    """
    changes: dict[str, Any] = {}

    def under(inner: Verifier, field: str) -> Verifier:
        place = f"{name}.{field}" if name else field
        return supervised(inner, dispatcher, store, hearings, aside, name=place)

    for field, value in _settings(verifier).items():
        if _judges(value):
            changes[field] = under(value, field)
        elif isinstance(value, list | tuple) and value and all(map(_judges, value)):
            changes[field] = tuple(under(one, f"{field}.{at}") for at, one in enumerate(value))
    if changes:
        return dataclasses.replace(verifier, **changes)  # type: ignore[type-var]
    if getattr(verifier, "brain", None) is not None:
        return Dispatched(verifier, name, dispatcher, hearings)
    return Noted(verifier, name, store, hearings, aside)


def _settings(verifier: Verifier) -> dict[str, Any]:
    if not dataclasses.is_dataclass(verifier):
        return {}
    names = [field.name for field in dataclasses.fields(verifier) if field.init]
    return {name: getattr(verifier, name) for name in names}


def _judges(value: object) -> bool:
    return callable(getattr(value, "verify", None))
