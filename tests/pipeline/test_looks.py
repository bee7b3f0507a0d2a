"""One person in two pictures is one, and two people are two, by a real model and real pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from vigil.config import parse
from vigil.core import Box, Case
from vigil.infer import known_cards
from vigil.infer.registry import Registry
from vigil.media.footage import ClipFootage
from vigil.pipeline.appearance import Looks

from .deciding import CAMERA, an_event

pytestmark = pytest.mark.data
RATE = 10.0
WOMAN, OTHER = Box(382, 17, 517, 405), Box(387, 4, 550, 374)
MODEL = "osnet-x025-msmt17"


@pytest.fixture
def looks(data: Callable[[str], Path], tmp_path: Path) -> Looks:
    """As a file that names the model has it."""
    card = next(card for card in known_cards() if card.name == MODEL)
    registry = tmp_path / "models"
    Registry(registry).add(data(f"models/reid/{card.file}"), card)
    embedder = {"kind": "model", "name": MODEL, "registry": str(registry)}
    found = parse({"cameras": {"gate": CAMERA}, "incidents": {"embedder": embedder}}).incidents
    found.embedder.check()
    return Looks(found.embedder, labels=found.labels, alike=found.alike)


@dataclass
class Film:
    """Its frames by number."""

    footage: ClipFootage

    def case(self, frame: int, box: Box) -> Case:
        time_s = frame / RATE
        event = an_event(start_s=time_s, end_s=time_s, box=box, path=((time_s, box),))
        return Case(event=event, clip=None, footage=self.footage)


@pytest.fixture
def film(data: Callable[[str], Path]) -> Film:
    return Film(ClipFootage(data("videos/one-by-one-person-detection.mp4"), 0.0))


def test_a_real_model_tells_people_apart(looks: Looks, film: Film) -> None:
    first, later = film.case(96, WOMAN), film.case(108, WOMAN)
    other = film.case(250, OTHER)
    assert looks.same(first, later, one_camera=False)
    assert not looks.same(first, other, one_camera=False)
    assert not looks.same(later, other, one_camera=False)
