"""A pair of encoders as the judge of whole cases: from footage to a verdict."""

import asyncio
import json
import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter
from tests.brain.clip_models import image_graph, text_graph, tokenizer, write_pair

from vigil.brain.clip import ClipBrain
from vigil.config.parts import AnyBrain
from vigil.core import Case, Image, Ruling, Verdict
from vigil.stages.verify.ask_brain import AskBrain

from .conftest import Film, block, case_of, event, path_of


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """Takes red for a person, and grey for whatever else is said."""
    table = np.array([[0, 0], [0, 0.2], [0, 0], [0, 0], [5, 0]])
    redness = np.array([[1, 0], [-1, 0.1], [0, 0]])
    return write_pair(
        tmp_path / "clip",
        pictures=image_graph(redness),
        texts=text_graph(table),
        words=tokenizer(("person",)),
        logit_scale=10.0,
        templates=None,
        negatives=None,
    )


def red_walker() -> Case:
    """Somebody in red walks across."""
    paint, at = block(size=(40, 60))

    def in_red(picture: Image, time_s: float) -> None:
        before = picture.copy()
        paint(picture, time_s)
        picture[(picture != before).any(axis=2)] = (250, 10, 10)

    path = path_of(at)
    return case_of(Film(in_red), event(path=path, box=path[-1][1]))


def judged(pair: Path, *cases: Case) -> list[Verdict]:
    """One after the other, by one judge, named as in a file."""
    brain: ClipBrain = TypeAdapter(AnyBrain).validate_python({"kind": "clip", "folder": str(pair)})

    async def run() -> list[Verdict]:
        judge = AskBrain(brain=brain)
        try:
            return [await judge.verify(case) for case in cases]
        finally:
            await judge.close()

    return asyncio.run(run())


def test_a_case_is_judged_without_a_large_model(pair: Path, nobody: Case) -> None:
    there, absent = judged(pair, red_walker(), nobody)
    assert there.ruling is Ruling.CONFIRMED
    assert absent.ruling is not Ruling.CONFIRMED
    assert there.judge == "ask_brain:tiny-clip"
    assert "fits the claim by +" in there.reason
    assert there.likelihood > 0.8 > absent.likelihood


def test_what_came_before_the_event_teaches_the_camera(
    pair: Path, nobody: Case, home: Path
) -> None:
    later = judged(pair, nobody, nobody)[1]
    (file,) = (home / "quiet").iterdir()
    assert b"frontdoor" not in file.read_bytes()
    assert "frontdoor" not in file.name
    taught = json.loads(file.read_bytes())
    assert {sketch["count"] for sketch in taught.values()} == {first_lesson(later)}


def first_lesson(verdict: Verdict) -> int:
    """How many quiet pictures were known when this was said."""
    found = re.search(r"by the card: (\d+) quiet pictures", verdict.reason)
    assert found is not None
    assert int(found[1]) > 0
    return int(found[1])
