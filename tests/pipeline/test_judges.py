"""Seats go to the most urgent, and every arrangement of judges keeps its shape."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from vigil.core import Case, Footage
from vigil.pipeline.judges import Court, Hearing, Seats
from vigil.stages.verify.cascade import Cascade
from vigil.testing.hands import Hands

from .deciding import BrainJudge, Judge, an_event


def order_of(seats: Seats, urgencies: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Everybody comes while the only seat is taken; who is seated when."""
    seated: list[tuple[float, ...]] = []

    async def sit(urgency: tuple[float, ...]) -> None:
        async with seats.taken(urgency):
            seated.append(urgency)
            await asyncio.sleep(0)

    async def everybody() -> None:
        async with seats.taken((0,)):
            tasks = [asyncio.create_task(sit(urgency)) for urgency in urgencies]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    asyncio.run(everybody())
    return seated


def test_the_most_urgent_is_seated_first_and_then_who_came_first() -> None:
    urgencies: list[tuple[float, ...]] = [(1, -3), (0, -1), (0, -2), (0, -1)]
    assert order_of(Seats(1), urgencies) == [(0, -2), (0, -1), (0, -1), (1, -3)]


@pytest.mark.parametrize("most", [1, 2, 5])
def test_no_more_are_seated_than_there_are_seats(most: int) -> None:
    seats, now, peak = Seats(most), 0, 0

    async def sit() -> None:
        nonlocal now, peak
        async with seats.taken((0,)):
            now += 1
            peak = max(peak, now)
            await asyncio.sleep(0.001)
            now -= 1

    async def everybody() -> None:
        await asyncio.gather(*(sit() for _ in range(12)))

    asyncio.run(everybody())
    assert peak == most


def test_a_seat_outlives_those_who_leave() -> None:
    seats = Seats(1)

    async def comings_and_goings() -> list[str]:
        said: list[str] = []

        async def sit(name: str) -> None:
            async with seats.taken((0,)):
                said.append(name)
                await asyncio.sleep(0.01)

        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(sit(name)) for name in "abcd"]
        await asyncio.sleep(0.005)
        tasks[0].cancel()  # has it
        tasks[1].cancel()  # is given it at this very moment
        tasks[2].cancel()  # waits
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(5), seats.taken((0,)):
            said.append("e")
        return said

    assert asyncio.run(comings_and_goings()) == ["a", "d", "e"]


@dataclass
class Grown:
    """A clip that shows so much by now."""

    start_s: float
    end_s: float

    frames: Any = None


@pytest.mark.parametrize(
    ("seen_s", "end_s", "busy", "again"),
    [(0.6, 1.1, False, True), (0.6, 0.7, False, False), (1.0, 9.0, False, False),
     (0.6, 1.1, True, False)],
    ids=["it shows more", "it stayed short", "all was seen", "no seat is free"],
)  # fmt: skip
def test_who_looks_once_more(seen_s: float, end_s: float, busy: bool, again: bool) -> None:
    event = an_event()
    footage: Footage = Grown(event.start_s - 5, event.start_s + end_s)
    case = Case(event=event, clip=None, footage=footage)
    hearing = Hearing(incident=event.id, due_s=10.0, seen_s=event.start_s + seen_s)
    court = Court(
        dispatcher=None, store=None, hearings={event.id: hearing}, seats=Seats(1), threads=1,
        asked_s=1.0, aside=asyncio.to_thread, clock=Hands(0.0),
    )  # fmt: skip
    judges = court.supervised(Cascade(cheap=Judge(), dear=BrainJudge()))

    async def longer() -> Case | None:
        if not busy:
            return await judges.longer(case)
        async with court.seats.taken((0,)):
            return await judges.longer(case)

    assert (asyncio.run(longer()) is case) is again
