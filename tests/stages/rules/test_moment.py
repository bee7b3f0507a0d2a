from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Scene
from vigil.stages.rules.moment import LONGEST_STEP_S, Lifetime

from .films import NOON_S


def scene(t: float) -> Scene:
    return Scene(source="gate", time_s=NOON_S + t, width=100, height=100)


def test_a_silence_or_a_jump_is_not_lived_through():
    lifetime = Lifetime()
    lifetime.at(scene(0))
    assert lifetime.at(scene(1)).lived_s == 1.0
    assert lifetime.at(scene(3601)).lived_s == 1.0 + LONGEST_STEP_S
    assert lifetime.at(scene(-7200)).lived_s == 1.0 + LONGEST_STEP_S
    assert lifetime.at(scene(-7199)).lived_s == 2.0 + LONGEST_STEP_S


def test_a_sum_of_tenths_reaches_its_second():
    lifetime = Lifetime()
    moments = [lifetime.at(scene(index / 10)) for index in range(601)]
    assert moments[600].passed(0.0, 60.0)
    assert not moments[599].passed(0.0, 60.0)


@given(st.lists(st.floats(-1e6, 1e6), max_size=30))
def test_lived_time_never_goes_back(times):
    lifetime = Lifetime()
    lived = [lifetime.at(scene(t)).lived_s for t in times]
    assert lived == sorted(lived)
