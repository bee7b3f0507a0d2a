"""Judges put together: the dear one only where it is needed, several by their votes."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import (
    BrainError,
    BrainUnavailable,
    BudgetSpent,
    Case,
    Ruling,
    SourceLost,
    Verdict,
)
from vigil.stages.verify.cascade import Cascade
from vigil.stages.verify.vote import Vote

from .conftest import EVENT_ID, Film, case_of, event

CASE = case_of(Film(), event())
RULINGS = {0: Ruling.REJECTED, 1: Ruling.UNSURE, 2: Ruling.CONFIRMED}


def verdict(likelihood: float, **known: Any) -> Verdict:
    said = {
        "event_id": EVENT_ID,
        "ruling": RULINGS[(likelihood > 0.2) + (likelihood > 0.8)],
        "likelihood": likelihood,
        "reason": f"says {likelihood}",
        "judge": "one",
        "time_s": 1.0,
    }
    return Verdict(**(said | known))


@dataclass
class Judge:
    """Says what it is told to say."""

    says: Verdict | Exception
    asked: int = 0
    closed: int = 0
    seen: list[Case] = field(default_factory=list)

    async def verify(self, case: Case) -> Verdict:
        self.asked += 1
        self.seen.append(case)
        await asyncio.sleep(0)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    async def close(self) -> None:
        self.closed += 1


def cascade(likelihood: float, dear: Judge | None, **settings: Any) -> Verdict:
    return asyncio.run(
        Cascade(cheap=Judge(verdict(likelihood)), dear=dear, **settings).verify(CASE)
    )


@pytest.mark.parametrize("likelihood", [0.1, 0.95])
def test_a_sure_cheap_verdict_is_the_last_word(likelihood: float) -> None:
    dear = Judge(verdict(0.5))
    assert cascade(likelihood, dear) == verdict(likelihood)
    assert dear.asked == 0


def test_an_unsure_one_goes_to_the_dear_judge_whose_verdict_stands_as_it_is() -> None:
    dear = Judge(verdict(0.99, judge="dear", calls=1, tokens_in=900))
    assert cascade(0.5, dear) is dear.says
    assert dear.seen == [CASE]


def test_the_band_decides_what_is_unsure() -> None:
    dear = Judge(verdict(0.99))
    assert cascade(0.95, dear, band=(0.1, 0.97)) is dear.says
    assert cascade(0.5, dear, band=(0.1, 0.4)).ruling is Ruling.CONFIRMED
    assert cascade(0.05, dear, band=(0.1, 0.4)).ruling is Ruling.REJECTED
    assert cascade(0.3, None, band=(0.1, 0.4)).ruling is Ruling.UNSURE
    assert dear.asked == 1


@pytest.mark.parametrize(("then", "asked"), [(0.1, 0), (0.95, 0), (0.6, 1)])
def test_the_cheap_judge_looks_once_more_before_the_dear_one_is_asked(
    then: float, asked: int
) -> None:
    more = replace(CASE)
    cheap, dear = Judge(verdict(0.5)), Judge(verdict(0.99))
    judges = Cascade(cheap=cheap, dear=dear)

    async def longer(case: Case) -> Case:
        assert case is CASE
        cheap.says = verdict(then)
        return more

    judges.longer = longer
    found = asyncio.run(judges.verify(CASE))
    assert found == (dear.says if asked else verdict(then))
    assert [case is more for case in cheap.seen] == [False, True]
    assert [case is more for case in dear.seen] == [True] * asked


def test_nobody_waits_for_more_where_nobody_is_asked_then() -> None:
    async def longer(_case: Case) -> Case:
        raise AssertionError

    for likelihood, dear in ((0.5, None), (0.95, Judge(verdict(0.99)))):
        judges = Cascade(cheap=Judge(verdict(likelihood)), dear=dear)
        judges.longer = longer
        assert asyncio.run(judges.verify(CASE)) == verdict(likelihood)


def test_without_a_dear_judge_the_cheap_verdict_stands() -> None:
    assert cascade(0.5, None) == verdict(0.5)


@pytest.mark.parametrize("error", [BrainUnavailable("down", retry_after_s=3), BudgetSpent("spent")])
def test_a_brain_that_fails_leaves_the_cheap_verdict_in_its_error(error: BrainError) -> None:
    with pytest.raises(type(error)) as raised:
        cascade(0.9, Judge(error), band=(0.1, 0.97))
    assert raised.value is error
    assert raised.value.verdict == replace(verdict(0.9), ruling=Ruling.UNSURE)


def test_the_word_nearest_to_the_failure_is_kept() -> None:
    inner = Cascade(cheap=Judge(verdict(0.6)), dear=Judge(BrainUnavailable("down")))
    with pytest.raises(BrainUnavailable) as raised:
        asyncio.run(Cascade(cheap=Judge(verdict(0.4)), dear=inner).verify(CASE))
    assert raised.value.verdict == verdict(0.6)


def test_other_failures_leave_as_they_are() -> None:
    with pytest.raises(SourceLost):
        cascade(0.5, Judge(SourceLost("gone")))


def test_closing_closes_both() -> None:
    cheap, dear = Judge(verdict(0.5)), Judge(verdict(0.5))
    asyncio.run(Cascade(cheap=cheap, dear=dear).close())
    asyncio.run(Cascade(cheap=cheap).close())
    assert (cheap.closed, dear.closed) == (2, 1)


def test_a_band_that_goes_down_is_refused() -> None:
    with pytest.raises(ValueError, match="goes up"):
        Cascade(cheap=Judge(verdict(0.5)), band=(0.7, 0.3))


def vote(*says: Verdict | Exception, **settings: Any) -> Verdict:
    return asyncio.run(Vote(judges=tuple(map(Judge, says)), **settings).verify(CASE))


@pytest.mark.parametrize(
    ("likelihoods", "ruling"),
    [
        ((0.9, 0.9, 0.1), Ruling.CONFIRMED),
        ((0.1, 0.1, 0.9), Ruling.REJECTED),
        ((0.9, 0.1), Ruling.UNSURE),
        ((0.5, 0.5, 0.5), Ruling.UNSURE),
        ((0.9, 0.5, 0.5), Ruling.CONFIRMED),
    ],
)
def test_the_majority_of_those_who_rule_decides(
    likelihoods: tuple[float, ...], ruling: Ruling
) -> None:
    found = vote(*map(verdict, likelihoods))
    assert found.ruling is ruling
    assert found.likelihood == pytest.approx(sum(likelihoods) / len(likelihoods))


def test_weights_decide_a_tie() -> None:
    two = (verdict(0.9), verdict(0.1))
    assert vote(*two, weights=(1, 2)).ruling is Ruling.REJECTED
    assert vote(*two, weights=(2, 2)).ruling is Ruling.UNSURE


def test_odds_add_up() -> None:
    found = vote(verdict(0.75), verdict(0.75), by="odds")
    assert found.likelihood == pytest.approx(0.9)
    assert found.ruling is Ruling.CONFIRMED
    assert vote(verdict(0.75), verdict(0.25), by="odds").ruling is Ruling.UNSURE
    assert vote(verdict(0.25), verdict(0.1), by="odds").ruling is Ruling.REJECTED
    assert vote(verdict(0.75), verdict(0.75), by="odds", band=(0.05, 0.95)).ruling is Ruling.UNSURE


def test_nobody_outvotes_all_others_by_certainty() -> None:
    found = vote(verdict(1.0), *[verdict(0.05)] * 2, by="odds")
    assert found.ruling is not Ruling.CONFIRMED


def test_costs_and_answers_are_put_together() -> None:
    found = vote(
        verdict(0.9, calls=1, tokens_in=800, answers={"there": "yes"}, prompt="abc"),
        verdict(0.9, calls=2, tokens_in=700, answers={"there": "no"}, prompt="abc"),
    )
    assert (found.calls, found.tokens_in) == (3, 1500)
    assert found.answers == {"1.there": "yes", "2.there": "no"}
    assert found.prompt == "abc"
    assert found.reason == "2 confirmed of 2 judges: says 0.9"
    assert found.reason_zh.startswith("2 个评判中2 个确认")


def test_a_judge_without_its_brain_is_left_out() -> None:
    found = vote(BrainUnavailable("down"), verdict(0.9))
    assert (found.ruling, found.likelihood) == (Ruling.CONFIRMED, 0.9)


def test_when_all_fail_the_first_error_leaves() -> None:
    with pytest.raises(BrainUnavailable, match="first"):
        vote(BrainUnavailable("first"), BudgetSpent("second"))


def test_what_is_no_failure_of_a_brain_is_not_swallowed() -> None:
    with pytest.raises(SourceLost):
        vote(SourceLost("gone"), verdict(0.9))


def test_each_judge_needs_its_weight() -> None:
    with pytest.raises(ValueError, match="weights: found 1; allowed: one for each of 2"):
        Vote(judges=(Judge(verdict(0.5)), Judge(verdict(0.5))), weights=(1,))


def test_closing_closes_all() -> None:
    judges = tuple(Judge(verdict(0.5)) for _ in range(3))
    asyncio.run(Vote(judges=judges).close())
    assert [judge.closed for judge in judges] == [1, 1, 1]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=6),
    st.sampled_from(["majority", "odds"]),
)
def test_any_votes_give_a_likelihood_that_agrees_with_the_ruling(
    likelihoods: list[float], by: str
) -> None:
    found = vote(*map(verdict, likelihoods), by=by)
    assert 0 <= found.likelihood <= 1
    turned = vote(*(verdict(x) for x in reversed(likelihoods)), by=by)
    assert turned.ruling is found.ruling
    if by == "odds" and found.ruling is Ruling.CONFIRMED:
        assert found.likelihood > 0.8
