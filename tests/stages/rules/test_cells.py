from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box, Scene
from vigil.stages.rules.cells import COLUMNS, ROWS, Cells

SCENE = Scene(source="gate", time_s=0.0, width=COLUMNS * 10, height=ROWS * 10)
TRIANGLE = ((0.1, 0.1), (0.9, 0.4), (0.3, 0.8))
edge = st.floats(-50, 700)


@given(st.tuples(edge, edge, edge, edge))
def test_a_box_touches_what_it_covers_some_of(corners):
    cells, box = Cells(TRIANGLE), Box(*corners)
    assert cells.touch(box, SCENE) == (cells.covered([box], SCENE) > 0)


def test_a_box_over_all_covers_all():
    assert Cells(TRIANGLE).covered([Box(-5, -5, 900, 900)], SCENE) == 1.0
    assert Cells(None).covered([Box(0, 0, 320, 480)], SCENE) == 0.5
