"""Claims about how many there are or what they do: who is there neither proves nor refutes them."""

from dataclasses import replace

import pytest

from vigil.core import Ruling

from .test_second_look import looked, visit


@pytest.mark.parametrize("kind", ["absence", "action", "count"])
def test_a_person_in_the_picture_does_not_prove_how_many_there_are_or_what_they_do(
    kind: str,
) -> None:
    assert looked(visit()).ruling is Ruling.CONFIRMED
    assert looked(replace(visit(), kind=kind)).ruling is Ruling.UNSURE
