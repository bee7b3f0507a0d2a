"""A model is due when people have said enough, or cameras drift and there is something to learn."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.train import toys
from tests.train.seeing import seeing

from vigil.core import NOTHING, DataError, Label, Labeler, Labelled, ModelError, Origin, Sample
from vigil.data.formats import Files
from vigil.data.freezing import HOLDOUT, Frozen, freeze, split_of
from vigil.data.library import Library
from vigil.flywheel.due import Triggers, due
from vigil.flywheel.fresh import fresh_in, last_trained
from vigil.infer.registry import Registry
from vigil.store import SampleStore
from vigil.store.database import Database

TRIGGERS = Triggers(reviewed=5, drifted=3)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return toys.library(tmp_path / "yard", 40)


@pytest.fixture
def frozen(library: Library) -> Frozen:
    return freeze(library.things(), library.frozen)


@pytest.fixture
def registry(tmp_path: Path, frozen: Frozen) -> Registry:
    """A model in use that has learnt from the data set."""
    found = Registry(tmp_path / "models")
    card = replace(toys.CARD, score=0.3, dataset=frozen.version)
    found.add(seeing(tmp_path / "good.onnx", 1.0), card)
    return found


@pytest.fixture
def samples(tmp_path: Path) -> Iterator[SampleStore]:
    database = Database(tmp_path / "events.db")
    yield SampleStore(database, tmp_path / "samples")
    database.close()


def more(library: Library, folder: Path, count: int, *, labeler: Labeler, seed: int) -> None:
    """Take in so many pictures that train."""
    origin = Origin(labeler=labeler, by="ana", score=0.9 if labeler is Labeler.MODEL else None)
    things = (
        replace(thing, labels=tuple(replace(each, origin=origin) for each in thing.labels))
        for thing in toys.toys(folder, 2 * count + 20, seed=seed)
        if split_of(thing) != HOLDOUT
    )
    chosen = [thing for thing, _ in zip(things, range(count), strict=False)]
    library.add(chosen, Files(root=folder, carry="copy"))


def ready(registry: Registry, library: Library, samples: SampleStore) -> tuple[str, ...]:
    return due(registry, "toys", library, samples, triggers=TRIGGERS).reasons


def test_nothing_new_is_no_reason(
    registry: Registry, library: Library, samples: SampleStore
) -> None:
    assert ready(registry, library, samples) == ()


def test_enough_words_of_people_are_a_reason(
    registry: Registry, library: Library, samples: SampleStore, tmp_path: Path
) -> None:
    more(library, tmp_path / "a", 4, labeler=Labeler.HUMAN, seed=7)
    assert ready(registry, library, samples) == ()
    more(library, tmp_path / "b", 1, labeler=Labeler.HUMAN, seed=8)
    assert ready(registry, library, samples) == ("people labelled 5 pictures (from 5 on)",)


def test_what_machines_say_is_none(
    registry: Registry, library: Library, samples: SampleStore, frozen: Frozen, tmp_path: Path
) -> None:
    more(library, tmp_path / "a", 9, labeler=Labeler.MODEL, seed=7)
    assert ready(registry, library, samples) == ()
    fresh = fresh_in(library, frozen)
    assert (fresh.reviewed, fresh.labelled) == (0, 9)


def test_corrections_count_and_what_only_judges_does_not(library: Library, frozen: Frozen) -> None:
    def corrected(thing: Labelled, at: int) -> Labelled:
        nothing = Label(word=NOTHING, origin=Origin(labeler=Labeler.HUMAN, by="bob", time_s=1.0))
        elsewhere = Label(word="disc", origin=nothing.origin)
        return replace(thing, labels=(nothing, elsewhere) if at % 2 else (elsewhere,))

    for split, counted in ((HOLDOUT, 0), ("train", 3)):
        things = list(frozen.things(split))[:3]
        assert len(things) == 3
        lines = [corrected(thing, at) for at, thing in enumerate(things)]
        library.add(lines, Files(root=library.folder, carry="leave"))
        assert fresh_in(library, frozen).reviewed == counted


def test_what_the_gate_refused_is_not_tried_again(
    registry: Registry, library: Library, samples: SampleStore, tmp_path: Path
) -> None:
    more(library, tmp_path / "a", 5, labeler=Labeler.HUMAN, seed=7)
    assert ready(registry, library, samples)
    again = freeze(library.things(), library.frozen)
    card = replace(toys.CARD, dataset=again.version)
    registry.add(seeing(tmp_path / "blind.onnx", 0.0), card, activate=False)
    assert last_trained(registry, "toys", library).version == again.version
    assert ready(registry, library, samples) == ()


def look(store: SampleStore, folder: Path, number: int, *, dark: bool) -> None:
    chance = np.random.default_rng(number)
    image = np.full((96, 96, 3), 120, np.uint8)
    toys.draw(image, "square", int(chance.integers(60)), int(chance.integers(60)), 32)
    path = folder / f"2026-01-01/{number}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image // 5 if dark else image)
    store.write(
        [
            Sample(
                id=f"{number:03}", source="gate", time_s=1e9 + number,
                path=f"2026-01-01/{number}.jpg", width=96, height=96, size_bytes=1, score=0.1,
                reasons={"random": 0.1},
            )
        ]
    )  # fmt: skip


def test_cameras_that_drift_are_a_reason_once_there_is_something_to_learn(
    registry: Registry, library: Library, samples: SampleStore, tmp_path: Path
) -> None:
    for number in range(40):
        look(samples, tmp_path / "samples", number, dark=True)
    found = due(registry, "toys", library, samples, triggers=TRIGGERS)
    assert "luma" in {drift.figure for drift in found.drifts}
    assert found.reasons == ()
    assert found.waits_for.endswith("label what it shows: 0 new pictures, needed 3")

    more(library, tmp_path / "a", 3, labeler=Labeler.MODEL, seed=7)
    found = due(registry, "toys", library, samples, triggers=TRIGGERS)
    assert any(reason.startswith("gate: luma is off by") for reason in found.reasons)
    assert due(
        registry, "toys", library, samples, triggers=TRIGGERS, cameras=["another"]
    ).reasons == ()  # fmt: skip


def test_a_model_of_another_data_set_is_told(
    registry: Registry, samples: SampleStore, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="no model 'toys' has learnt from barn"):
        due(registry, "toys", Library(tmp_path / "barn"), samples, triggers=TRIGGERS)
    with pytest.raises(DataError, match="allowed: 1 picture or more"):
        Triggers(reviewed=0)


def test_a_classifier_is_taught_elsewhere(
    registry: Registry, library: Library, samples: SampleStore, frozen: Frozen, tmp_path: Path
) -> None:
    card = replace(toys.CARD, name="words", head="softmax", dataset=frozen.version)
    registry.add(seeing(tmp_path / "words.onnx", 1.0), card)
    with pytest.raises(ModelError, match=r"words@1: head 'softmax'.*vigil model distil"):
        due(registry, "words", library, samples, triggers=TRIGGERS)
