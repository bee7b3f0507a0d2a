"""When to try again."""

import random
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vigil.brain.retries import LONGEST_WAIT_S, RetryBudget, backoff_s, retry_after_s

NOW_S = 1_800_000_000.0


@given(some.lists(some.booleans(), max_size=400), some.sampled_from([0.0, 0.1, 0.15, 0.2]))
def test_retries_are_a_share_of_calls(wishes: list[bool], share: float) -> None:
    budget = RetryBudget(share=share, burst=3)
    retries = 0
    for wants_retry in wishes:
        budget.earn()
        retries += wants_retry and budget.spend()
    assert retries <= 3 + share * len(wishes) + 1e-6


def test_ten_calls_buy_a_retry() -> None:
    budget = RetryBudget(share=0.1, burst=1)
    assert budget.spend()
    assert not budget.spend()
    for _ in range(10):
        budget.earn()
    assert budget.spend()
    assert not budget.spend()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("0", 0.0),
        ("-3", 0.0),
        ("86400", 60.0),
        (formatdate(NOW_S + 20, usegmt=True), 20.0),
        (formatdate(NOW_S + 20), 20.0),
        (formatdate(NOW_S - 20, usegmt=True), 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 99 Foo 2020", None),
    ],
)
def test_what_retry_after_asks_for(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, now_s=NOW_S, most_s=60.0) == seconds


@given(some.text())
def test_no_header_breaks_it(header: str) -> None:
    found = retry_after_s(header, now_s=NOW_S, most_s=60.0)
    assert found is None or 0.0 <= found <= 60.0


@given(some.integers(0, 30), some.integers())
def test_a_wait_is_never_long(retry: int, seed: int) -> None:
    assert 0.0 <= backoff_s(retry, random.Random(seed)) <= LONGEST_WAIT_S
