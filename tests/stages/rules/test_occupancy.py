import pytest

from vigil.core import Scene
from vigil.stages.rules.moment import Lifetime
from vigil.stages.rules.occupancy import Occupancy

from .films import NOON_S


def noted(looks: str, *, close_s: float = 0.5) -> tuple[Occupancy, str]:
    """Looks of a tenth of a second, `x` for a hit; and when it was open, `#`."""
    occupancy = Occupancy(needed=3, within=5, close_s=close_s)
    lifetime, states = Lifetime(), ""
    for index, look in enumerate(looks):
        scene = Scene(source="gate", time_s=NOON_S + index / 10, width=1, height=1, looked=True)
        occupancy.note(lifetime.at(scene), hit=look == "x")
        states += "#" if occupancy.open else "."
    return occupancy, states


@pytest.mark.parametrize(
    ("looks", "states"),
    [
        ("xxx", "..#"),
        ("x.x.x", "....#"),
        ("x..x..x..x", ".........."),
        ("xxx.......", "..######.."),
        ("xxx...x...x", "..#########"),
    ],
)
def test_it_opens_at_three_of_five_and_closes_after_half_a_second(looks, states):
    assert noted(looks)[1] == states


def test_it_began_with_its_first_hit_and_lasted_until_its_last():
    occupancy, _ = noted("..x.xx...x..")
    assert occupancy.since_s == NOON_S + 0.2
    assert occupancy.last_s == pytest.approx(NOON_S + 0.9)


def test_hits_before_it_closed_do_not_help_to_open_it_again():
    assert noted("xxx......xx")[1][-2:] == ".."
    assert noted("xxx......xxx")[1][-1] == "#"


def test_hits_of_the_past_count_from_when_they_were():
    occupancy = Occupancy(needed=3, within=5, close_s=1.0)
    occupancy.credit(NOON_S - 0.4, 2)
    scene = Scene(source="gate", time_s=NOON_S, width=1, height=1, looked=True)
    occupancy.note(Lifetime().at(scene), hit=True)
    assert occupancy.open
    assert occupancy.since_s == NOON_S - 0.4
