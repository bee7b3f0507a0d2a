"""A model goes into use through the gate, and only so: real files, a real registry."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.train import toys
from tests.train.seeing import seeing

from vigil.core import (
    Box,
    Case,
    Clip,
    DataError,
    Event,
    Labeler,
    ModelCard,
    ModelError,
    Origin,
)
from vigil.data.freezing import Frozen, freeze
from vigil.data.library import Library
from vigil.flywheel.gate import Bounds
from vigil.flywheel.promote import Sight, promote, sights
from vigil.infer.registry import Registry
from vigil.media.pixels import frame_of_array

BOUNDS = Bounds(least_things=10, slice_things=1)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of a good, a half-blind and a blind model."""
    folder = tmp_path_factory.mktemp("weights")
    shares = {"good": 1.0, "half": 0.5, "blind": 0.0}
    return {name: seeing(folder / f"{name}.onnx", share) for name, share in shares.items()}


@pytest.fixture
def registry(tmp_path: Path, weights: dict[str, Path]) -> Registry:
    """Version 1 is half blind and in use, version 2 sees all, version 3 nothing."""
    found = Registry(tmp_path / "models")
    card = replace(toys.CARD, score=0.3)
    found.add(weights["half"], card)
    for name in ("good", "blind"):
        found.add(weights[name], card, activate=False)
    return found


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return toys.library(tmp_path_factory.mktemp("yard"), 60, seed=3)


@pytest.fixture(scope="module")
def frozen(library: Library) -> Frozen:
    return freeze(library.things(), library.frozen, shares={"train": 0.5, "holdout": 0.5})


def in_use(registry: Registry) -> int:
    return registry.resolve("toys")[0].version


def test_a_better_model_is_put_to_use_and_can_be_taken_back(
    registry: Registry, library: Library, frozen: Frozen
) -> None:
    found = promote(
        registry, "toys@2", against="toys", frozen=frozen, root=library.folder,
        bounds=replace(BOUNDS, slice_things=100),
    )  # fmt: skip
    assert found.reasons == ()
    assert found.new.recall > found.old.recall + 0.2
    assert in_use(registry) == 2
    assert registry.roll_back("toys") == 1


def test_a_worse_model_stays_out(registry: Registry, library: Library, frozen: Frozen) -> None:
    found = promote(
        registry, "toys@3", against="toys", frozen=frozen, root=library.folder, bounds=BOUNDS
    )
    assert not found.passed
    assert any("AP50 0.000 is not above" in reason for reason in found.reasons)
    assert any(reason.startswith("camera/") for reason in found.reasons)
    assert in_use(registry) == 1


def event_at(x: int, word: str = "square") -> list[Sight]:
    image = np.full((toys.SIDE, toys.SIDE, 3), 120, np.uint8)
    toys.draw(image, word, x, 30, 32)
    return [Sight(frame=frame_of_array(image), box=Box(x, 30, x + 32, 62), label=word)]


def test_events_that_were_confirmed_must_still_be_seen(
    registry: Registry, library: Library, frozen: Frozen
) -> None:
    """Better on the hold-out is not enough."""
    registry.activate("toys", 2)
    events = [event_at(60), event_at(4), [], event_at(60, "disc")]
    found = promote(
        registry, "toys@1", against="toys", frozen=frozen, root=library.folder, events=events,
        bounds=BOUNDS,
    )  # fmt: skip
    assert found.shadow is not None
    assert (found.shadow.events, found.shadow.old, found.shadow.new) == (3, 3, 1)
    assert "sees 1 of 3 confirmed events; the model in use 3" in found.reasons
    assert in_use(registry) == 2


def test_who_has_learnt_from_the_hold_out_is_not_judged_by_it(
    registry: Registry, library: Library, frozen: Frozen, weights: dict[str, Path]
) -> None:
    other = freeze(library.things(), library.frozen, salt="another")
    registry.add(weights["good"], replace(toys.CARD, dataset=other.version), activate=False)
    with pytest.raises(DataError, match=r"toys@4 has learnt from \d+ cameras or videos"):
        promote(registry, "toys@4", against="toys", frozen=frozen, root=library.folder)
    assert in_use(registry) == 1


def test_models_without_a_word_in_common_are_not_compared(
    registry: Registry, library: Library, frozen: Frozen, weights: dict[str, Path]
) -> None:
    card: ModelCard = replace(toys.CARD, name="others", labels=("cow", "hen"))
    registry.add(weights["good"], card)
    with pytest.raises(ModelError, match="know no word in common: cow, hen; disc, square"):
        promote(registry, "others@1", against="toys", frozen=frozen, root=library.folder)


def test_a_hold_out_of_machines_does_not_judge(
    registry: Registry, library: Library, tmp_path: Path
) -> None:
    machine = Origin(labeler=Labeler.MODEL, score=0.9)
    things = [
        replace(
            thing,
            labels=tuple(replace(label, origin=machine) for label in thing.labels),
        )
        for thing in library.things()
    ]
    frozen = freeze(things, tmp_path / "frozen")
    with pytest.raises(DataError, match="its hold-out has no box of disc, square"):
        promote(registry, "toys@2", against="toys", frozen=frozen, root=library.folder)


class Film:
    """A clip with a thing that moves a pixel each tenth of a second."""

    start_s, end_s = 100.0, 104.0

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> list[object]:
        assert every_s == 0
        count = range(41)
        picture = np.zeros((48, 64, 3), np.uint8)
        return [
            frame_of_array(picture, index=at, time_s=100 + at / 10)
            for at in count
            if start_s <= 100 + at / 10 <= end_s
        ]


def test_an_event_is_looked_at_along_its_path(make_case: Callable[..., Case]) -> None:
    path = tuple((100 + at / 2, Box(at, 0, at + 20, 40)) for at in range(9))
    found = sights(make_case(Film(), path=path))
    assert [look.frame.time_s for look in found] == pytest.approx([100, 101, 102, 103, 104])
    assert [look.box.x1 for look in found] == [0, 2, 4, 6, 8]
    assert {look.label for look in found} == {"person"}
    assert sights(make_case(Film(), path=())) == []


@pytest.fixture
def make_case() -> Callable[..., Case]:
    def made(footage: object, *, path: tuple[tuple[float, Box], ...]) -> Case:
        event = Event(
            id="e", source="gate", rule="r", claim="Somebody is there.", label="person",
            start_s=100.0, end_s=104.0, path=path,
        )  # fmt: skip
        clip: Clip | None = None
        return Case(event=event, clip=clip, footage=footage)  # type: ignore[arg-type]

    return made
