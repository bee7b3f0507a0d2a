"""A promoted model that sees something else than the one before, once it is at work, goes back."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.train import toys
from tests.train.seeing import seeing

from vigil.core import Look, ModelCard, Rung
from vigil.infer.heads import Candidates
from vigil.infer.registry import Registry
from vigil.media.pixels import frame_of_array
from vigil.stages.detect import probation
from vigil.stages.detect.model import ModelDetector
from vigil.stages.detect.probation import Terms, agreed

CARD = replace(toys.CARD, score=0.3)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Version 1 sees all, version 2 the left half, version 3 all, with other weights."""
    found = Registry(tmp_path / "models")
    for name, share in (("all", 1.0), ("half", 0.5), ("again", 0.99)):
        card = replace(CARD, source=name)
        found.add(seeing(tmp_path / f"{name}.onnx", share), card, activate=name == "all")
    return found


@pytest.fixture
def look() -> Look:
    """A square on the left, a disc on the right."""
    image = np.full((toys.SIDE, toys.SIDE, 3), 120, np.uint8)
    toys.draw(image, "square", 8, 24, 32)
    toys.draw(image, "disc", 56, 40, 32)
    return Look.whole(frame_of_array(image), Rung.DETECT)


@pytest.fixture
def watch(
    registry: Registry, look: Look, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], list[int]]:
    """Promote a version, then look on; which version gave each answer."""
    monkeypatch.setattr(probation, "EVERY", 2)
    monkeypatch.setattr(probation, "ENOUGH", 30)
    monkeypatch.setattr("vigil.infer.live.CHECK_EVERY_S", 0.0)

    def promote(version: int) -> list[int]:
        detector = ModelDetector(name="toys", registry=registry.folder)
        detector.detect([look])
        Terms(version=version, before=1, least=0.7).write(registry, "toys")
        registry.activate("toys", version)
        assert detector._live is not None
        detector._live.settled()
        versions = []
        for _ in range(60):
            (found,) = detector.detect([look])
            versions.append(int(found.card.partition("@")[2]))
            detector._live.settled()
        return versions

    return promote


def test_who_sees_less_goes_back_by_itself(
    watch: Callable[[int], list[int]], registry: Registry
) -> None:
    versions = watch(2)
    assert versions[0] == 2
    assert versions[-1] == 1
    assert registry.resolve("toys")[0].version == 1
    assert versions == sorted(versions, reverse=True)  # once, and for good


def test_who_sees_the_same_stays(watch: Callable[[int], list[int]], registry: Registry) -> None:
    assert set(watch(3)) == {3}
    assert registry.resolve("toys")[0].version == 3


def test_without_terms_nobody_is_on_probation(
    registry: Registry, watch: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Terms, "write", lambda *_: None)
    assert set(watch(2)) == {2}


@pytest.mark.parametrize("text", ["", "{", '{"version": 2}', '{"version": 9, "before": 1}'])
def test_terms_that_are_none(registry: Registry, text: str) -> None:
    (registry.folder / "toys" / probation.FILE).write_text(text)
    assert Terms.read(registry, "toys") is None


def boxes(*rows: tuple[float, int]) -> Candidates:
    """Of 20 pixels, beside one another; score and class."""
    places = [[40 * at, 0, 40 * at + 20, 20] for at in range(len(rows))]
    return Candidates.of(
        np.array(places), np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    )


def test_boxes_count_where_both_are_sure_and_know_the_word() -> None:
    other: ModelCard = replace(CARD, labels=("disc", "square", "cow"))
    ours, theirs = boxes((0.9, 0), (0.9, 1), (0.1, 0)), boxes((0.5, 0), (0.6, 0), (0.9, 2))
    assert agreed(ours, CARD, theirs, other) == (4, 2)
    assert agreed(ours, CARD, boxes(), other) == (2, 0)
