"""A sick server is left alone, and is noticed when it is well again."""

import asyncio
from collections.abc import Callable

import pytest

from vigil.brain.breaker import Breaker, LeftAlone, State

from .helpers import HandClock


class Sick(Exception):
    pass


def call(
    breaker: Breaker,
    error: BaseException | None = None,
    *,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    with breaker.attempt(failures=(Sick,), patience_s=5.0):
        meanwhile()
        if error is not None:
            raise error


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Sick):
            call(breaker, Sick())


def test_it_opens_after_failures_in_a_row() -> None:
    clock = HandClock()
    breaker = Breaker(clock, name="there", failures=3, open_s=5)
    fail(breaker, 2)
    call(breaker)
    fail(breaker, 2)
    assert breaker.state is State.CLOSED
    fail(breaker)
    assert breaker.state is State.OPEN
    with pytest.raises(LeftAlone, match=r"there: left alone for 5\.0 s") as caught:
        call(breaker)
    assert caught.value.retry_after_s == pytest.approx(5.0)


def test_one_trial_finds_out_and_closes_it() -> None:
    clock = HandClock()
    breaker = Breaker(clock, failures=1, open_s=5)
    fail(breaker)
    clock.sleep(5)
    assert breaker.state is State.HALF_OPEN
    with breaker.attempt(failures=(Sick,), patience_s=5.0), pytest.raises(LeftAlone):
        call(breaker)
    assert breaker.state is State.CLOSED
    call(breaker)


def test_failed_trials_open_it_for_longer_up_to_a_limit() -> None:
    clock = HandClock()
    breaker = Breaker(clock, failures=1, open_s=5, longest_s=15)
    fail(breaker)
    waits = []
    for _ in range(4):
        waits.append(breaker.wait_s)
        clock.sleep(breaker.wait_s)
        fail(breaker)
    assert waits == pytest.approx([5, 10, 15, 15])
    clock.sleep(15)
    call(breaker)
    fail(breaker)
    assert breaker.wait_s == pytest.approx(5)


def test_calls_that_were_under_way_do_not_lengthen_it() -> None:
    clock = HandClock()
    breaker = Breaker(clock, failures=1, open_s=5)

    def meanwhile() -> None:
        fail(breaker)
        clock.sleep(4)

    with pytest.raises(Sick):
        call(breaker, Sick(), meanwhile=meanwhile)
    assert breaker.wait_s == pytest.approx(1)


def test_a_late_call_that_succeeds_closes_it() -> None:
    breaker = Breaker(HandClock(), failures=1)
    call(breaker, meanwhile=lambda: fail(breaker))
    assert breaker.state is State.CLOSED


@pytest.mark.parametrize(("waited_s", "state"), [(1.0, State.CLOSED), (6.0, State.OPEN)])
def test_a_call_that_was_cancelled_counts_when_it_had_waited_long(
    waited_s: float, state: State
) -> None:
    clock = HandClock()
    breaker = Breaker(clock, failures=1)
    with pytest.raises(asyncio.CancelledError):
        call(breaker, asyncio.CancelledError(), meanwhile=lambda: clock.sleep(waited_s))
    assert breaker.state is state


def test_a_cancelled_trial_lets_another_one_through() -> None:
    clock = HandClock()
    breaker = Breaker(clock, failures=1, open_s=5)
    fail(breaker)
    clock.sleep(5)
    with pytest.raises(asyncio.CancelledError):
        call(breaker, asyncio.CancelledError())
    assert breaker.state is State.HALF_OPEN
    call(breaker)
    assert breaker.state is State.CLOSED


def test_other_errors_say_nothing_of_the_server() -> None:
    breaker = Breaker(HandClock(), failures=1)
    with pytest.raises(KeyError):
        call(breaker, KeyError("ours"))
    assert breaker.state is State.CLOSED


def test_a_rest_that_was_asked_for_is_kept_and_is_no_failure() -> None:
    clock = HandClock()
    breaker = Breaker(clock, failures=1)
    breaker.rest(20)
    breaker.rest(3)
    assert (breaker.state, breaker.wait_s) == (State.CLOSED, pytest.approx(20))
    with pytest.raises(LeftAlone):
        call(breaker)
    clock.sleep(20)
    call(breaker)
