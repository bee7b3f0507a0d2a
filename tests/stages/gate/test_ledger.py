"""The ledger's arithmetic, against exact figures and against simulation."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.stages.gate.ledger import RecallLedger, Tally, lower_bound, upper_bound


def test_bounds_are_clopper_and_pearsons() -> None:
    # One-sided 95 %: no miss in 59 audits rules out more than 5 % ("rule of three": 3/59).
    assert upper_bound(0, 59) == pytest.approx(1 - 0.05 ** (1 / 59))
    assert lower_bound(59, 59) == pytest.approx(0.05 ** (1 / 59))
    assert upper_bound(3, 20) == pytest.approx(0.3437, abs=1e-3)


def test_nothing_is_known_without_audits() -> None:
    assert upper_bound(0, 0) == 1.0
    assert lower_bound(0, 0) == 0.0
    assert Tally().at_most == 1.0


@given(st.integers(1, 500), st.data())
def test_bounds_enclose_the_rate(audits: int, data: st.DataObject) -> None:
    misses = data.draw(st.integers(0, audits))
    assert lower_bound(misses, audits) <= misses / audits <= upper_bound(misses, audits)


def spend(ledger: RecallLedger, *, stretches: int, miss_near: float, miss_far: float) -> float:
    """Run stretches, a fifth of them near the threshold; returns the true miss rate."""
    chance = random.Random(7)
    missed = 0
    for index in range(stretches):
        near = index % 5 == 0
        held = chance.random() < (miss_near if near else miss_far)
        missed += held
        ledger.earn(0.02)
        probability = ledger.choose(0.95 if near else 0.05)
        if probability is not None:
            ledger.paid(0.01)
            ledger.enter(probability=probability, missed=held)
    return missed / stretches


def test_weighting_keeps_the_estimate_right_though_near_stretches_are_audited_more() -> None:
    ledger = RecallLedger(seed=3)
    truth = spend(ledger, stretches=40_000, miss_near=0.30, miss_far=0.01)
    assert ledger.tally.audits > 1000
    naive = ledger.tally.misses / ledger.tally.audits
    assert abs(naive - truth) > 0.03, "the draw must favour near stretches for this to say much"
    assert ledger.tally.miss_rate == pytest.approx(truth, abs=0.012)
    assert ledger.tally.at_least <= truth <= ledger.tally.at_most


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_audits_cost_no_more_than_their_share(share: float) -> None:
    ledger = RecallLedger(share=share, seed=1)
    spent_s = 0.0
    for _ in range(20_000):
        ledger.earn(0.02)
        if ledger.choose(0.3) is not None:
            ledger.paid(0.05)
            spent_s += 0.05
            ledger.enter(probability=1.0, missed=False)
    assert spent_s <= share * 20_000 * 0.02 + 0.05
    assert spent_s >= 0.6 * share * 20_000 * 0.02


def test_a_gate_that_misses_much_is_trusted_no_longer() -> None:
    ledger = RecallLedger(seed=2)
    spend(ledger, stretches=4000, miss_near=0.3, miss_far=0.1)
    assert not ledger.trusts


def test_a_good_gate_keeps_its_trust() -> None:
    ledger = RecallLedger(seed=2)
    spend(ledger, stretches=4000, miss_near=0.002, miss_far=0.0)
    assert ledger.trusts


def test_cameras_of_a_site_are_pooled_by_adding() -> None:
    one = Tally(stretches=10, audits=4, misses=1, weight=8, weight_squared=16, missed_weight=2)
    both = one + one
    assert both.audits == 8
    assert both.miss_rate == one.miss_rate
    assert both.at_most < one.at_most
