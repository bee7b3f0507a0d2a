"""`vigil sample`."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.config.home import open_home
from vigil.core import Box, Label, Labeler, Origin, Sample, uuid7
from vigil.data.library import Library
from vigil.store import SampleStore
from vigil.store.database import Database

NOON_S = 1_700_049_600.0


@pytest.fixture
def store() -> Iterator[SampleStore]:
    home = open_home()
    made = SampleStore(Database(home.database), home.samples)
    yield made
    made.database.close()


def put(store: SampleStore, source: str, **reasons: float) -> Sample:
    """A sample with a real picture, each another."""
    sample_id = uuid7(NOON_S)
    place = f"2023-11-15/{sample_id}.jpg"
    file = store.folder.path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = np.random.default_rng(len(store.queue())).integers(0, 255, (36, 64, 3))
    cv2.imwrite(str(file), picture.astype(np.uint8))
    origin = Origin(labeler=Labeler.MODEL, by="nano@1", score=0.41, time_s=NOON_S)
    sample = Sample(
        id=sample_id,
        source=source,
        time_s=NOON_S,
        path=place,
        width=64,
        height=36,
        size_bytes=file.stat().st_size,
        score=max(reasons.values()),
        reasons=reasons,
        condition="dark",
        proposals=(
            Label(word="person", shape=Box(1, 2, 3, 4), origin=origin, id=f"{sample_id}/0"),
        ),
    )
    store.write([sample])
    return sample


def test_the_most_instructive_comes_first_and_others_can_be_left_out(vigil, store) -> None:
    put(store, "gate", close_to_threshold=0.3)
    put(store, "yard", rejected=0.9)
    listed = vigil("sample", "list").lines
    assert listed[0].split() == [
        "score", "time", "camera", "reasons", "condition", "proposed", "state", "id"
    ]  # fmt: skip
    assert [line.split()[0] for line in listed[1:3]] == ["0.90", "0.30"]
    assert "person 0.41" in listed[1]
    assert listed[-1] == "2 waiting, 0 labelled, 0 skipped"
    (one,) = vigil("sample", "list", "--json", "--camera", "gate").lines
    assert json.loads(one)["reasons"] == {"close_to_threshold": 0.3}
    (one,) = vigil("sample", "list", "--json", "--reason", "rejected").lines
    assert json.loads(one)["source"] == "yard"
    assert vigil("sample", "list", "--reason", "novelty").lines == [
        "2 waiting, 0 labelled, 0 skipped"
    ]


def test_waiting_samples_go_over_with_what_the_model_proposed(vigil, store) -> None:
    sample = put(store, "gate", close_to_threshold=0.3)
    said = vigil("sample", "export", "yard", "--state", "waiting")
    assert said.lines == ["yard: 1 new of 1 waiting samples"]
    (thing,) = Library(open_home().path / "data" / "yard").things()
    assert thing.labels == sample.proposals
    assert (thing.medium.group, thing.medium.width) == ("gate", 64)
    again = vigil("sample", "export", "yard", "--state", "waiting")
    assert again.lines == ["yard: 0 new of 1 waiting samples"]


def test_labelled_samples_go_over_with_what_people_said(vigil, store) -> None:
    sample, empty = put(store, "gate", event=0.5), put(store, "gate", event=0.4)
    put(store, "gate", event=0.3)
    human = Origin(labeler=Labeler.HUMAN, by="ana", time_s=NOON_S + 1)
    said = Label(word="child", shape=Box(1, 2, 3, 4), origin=human, id=sample.proposals[0].id)
    store.label(sample.id, [said], reviewer="ana")
    store.label(empty.id, [], reviewer="ana")
    vigil("sample", "export", "yard", "--state", "waiting")
    assert vigil("sample", "export", "yard").lines == ["yard: 2 new of 2 labelled samples"]
    things = list(Library(open_home().path / "data" / "yard").things())
    assert len(things) == 3
    assert (said,) in [thing.labels for thing in things]
    assert () in [thing.labels for thing in things]


def test_what_cannot_be_handed_over_is_told_in_one_line(vigil, store: SampleStore) -> None:
    assert vigil("sample", "export", "yard").failure == (
        "no labelled samples to hand over; see: vigil sample list"
    )
    found = vigil("sample", "export", "yard", "--state", "skipped").failure
    assert found == "--state: found skipped; allowed: waiting, labelled"
    assert "is no name of a data set" in vigil("sample", "export", "../yard").failure
    sample = put(store, "gate", event=0.5)
    Path(store.picture(sample)).unlink()
    assert vigil("sample", "export", "yard", "--state", "waiting").lines == [
        "yard: 0 new of 1 waiting samples", "1 are not on the disk any more"
    ]  # fmt: skip
