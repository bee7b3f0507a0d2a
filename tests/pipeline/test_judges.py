"""Seats go to the most urgent, and every arrangement of judges keeps its shape."""

import asyncio
from typing import Any

import pytest

from vigil.pipeline.judges import Seats


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
