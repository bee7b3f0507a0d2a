"""Claims about how many there are: who is in the picture neither proves nor refutes them."""

from dataclasses import replace

import pytest

from vigil.core import Ruling

from .test_second_look import looked, visit


@pytest.mark.parametrize("kind", ["absence", "count"])
def test_a_person_in_the_picture_does_not_prove_how_many_there_are(kind: str) -> None:
    assert looked(visit()).ruling is Ruling.CONFIRMED
    assert looked(replace(visit(), kind=kind)).ruling is Ruling.UNSURE
