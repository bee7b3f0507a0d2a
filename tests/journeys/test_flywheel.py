"""A turn of the wheel: watched, sampled, labelled by machines, corrected by a person, handed on.

The watch's detector and the teacher are real models on real footage. The large model is a fake that
says so, and is asked about what the teacher is unsure of.
"""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vigil.cli import app
from vigil.core import Box, Label, Labeler, Labelled
from vigil.data.formats import format_called
from vigil.data.freezing import opened
from vigil.data.library import Library
from vigil.testing.fake_brain import FakeBrain

from .running import Running, wait_for

Vigil = Callable[..., str]
CLIP = "videos/pedestrian_survaillance.mp4"


@pytest.fixture
def vigil() -> Vigil:
    """Run `vigil …`; what it says."""

    def call(*words: object) -> str:
        said = CliRunner().invoke(app, [str(word) for word in words])
        assert said.exit_code == 0, (words, said.output, said.exception)
        return said.stdout

    return call


def samples(vigil: Vigil, state: str = "waiting") -> list[dict[str, Any]]:
    lines = vigil("sample", "list", "--json", "--state", state).splitlines()
    return [json.loads(line) for line in lines]


def said_of(things: list[Labelled]) -> set[tuple[str, tuple[int, ...]]]:
    """Words and boxes of all pictures, whatever their files are called."""
    return {
        (label.word, tuple(round(side) for side in label.shape))
        for thing in things
        for label in thing.labels
        if isinstance(label.shape, Box)
    }


def by_people(labels: tuple[Label, ...]) -> bool:
    return all(label.origin.labeler is Labeler.HUMAN for label in labels)


@pytest.mark.slow
@pytest.mark.data
def test_a_turn_of_the_wheel(
    data: Callable[[str], Path],
    vigil: Vigil,
    begin: Callable[..., Running],
    home: Path,
    tmp_path: Path,
) -> None:
    for model in ("yolox_nano_416.onnx", "person-detection-retail-0013.xml"):
        vigil("model", "add", data(f"models/detect/{model}"))
    often = {"minutely": None, "hourly": None, "daily": 8}
    gate = {
        "source": str(data(CLIP)),
        "detector": "yolox-nano-416",
        "rules": [{"kind": "presence", "labels": ["person"]}],
        "sample": {
            "strategies": [
                "event",
                {"kind": "close_to_threshold", "limits": often},
                {"kind": "random", "probability": 0.5, "limits": often},
            ],
            "limits": {"minutely": None, "hourly": None, "daily": 12},
        },
    }
    running = begin({"gate": gate})

    # Events, and samples: what was nearly seen, and what a person says of an event.
    wait_for(lambda: running.camera("gate").get("state") == "ended", within_s=120)
    (event, *_) = wait_for(lambda: running.events("presence"))
    vigil("review", event.event.id, "rejected", "--config", running.config)
    wait_for(lambda: "rejected" in {why for one in samples(vigil) for why in one["reasons"]})
    running.end(signal.SIGTERM, within_s=20)
    waiting = samples(vigil)
    assert {"event", "rejected", "close_to_threshold", "random"} == {
        why for one in waiting for why in one["reasons"]
    }
    assert 4 <= len(waiting) <= 12
    assert set(waiting[0]["reasons"]) >= {"rejected"}  # somebody has found a mistake
    scores = [one["score"] for one in waiting]
    assert scores == sorted(scores, reverse=True)

    # Machines label them: a teacher, and a large model where the teacher is unsure.
    vigil("sample", "export", "reviewed", "--state", "waiting")
    with FakeBrain() as brain:
        told = vigil(
            "data", "label", "reviewed", "--teacher", "detector:person-detection-retail-0013",
            "--words", "person", "--check", f"{brain.url}#fake-brain",
        )  # fmt: skip
        assert "things with new labels" in told
        counts = brain.counts
    library = Library(home / "data" / "reviewed")
    labelers = {label.origin.labeler for thing in library.things() for label in thing.labels}
    assert Labeler.MODEL in labelers
    assert (Labeler.BRAIN in labelers) <= (counts.calls > 0)

    # A person corrects some: one is right, one is elsewhere, in one there is nothing.
    told = vigil("sample", "next", "--count", 3, "--json", "--by", "ana")
    right, moved, empty = (json.loads(line)["id"] for line in told.splitlines())
    box = Box(40, 30, 90, 160)
    vigil("sample", "label", right, "--box", "person=5,6,70,80", "--by", "ana")
    vigil("sample", "label", moved, "--nothing", "--by", "ana")
    vigil("sample", "label", moved, "--box", f"person={','.join(map(str, box))}", "--by", "ana")
    vigil("sample", "label", empty, "--nothing", "--by", "ana")
    labelled = {sample["id"]: sample for sample in samples(vigil, "labelled")}
    assert set(labelled) == {right, moved, empty}

    # Frozen: people are believed over machines.
    version = vigil("data", "freeze", "reviewed").partition("@")[2].partition(":")[0]
    frozen = list(opened(library.frozen, version).things())
    spoken_for = [
        thing for thing in frozen if any(label.origin.by == "ana" for label in thing.labels)
    ]
    assert len(spoken_for) == 2
    assert all(by_people(thing.labels) for thing in spoken_for)
    assert ("person", (40, 30, 90, 160)) in said_of(frozen)

    # Handed on, and read back.
    for kind in ("coco", "label_studio", "cvat"):
        there = tmp_path / kind
        vigil("data", "export", "reviewed", there, "--as", kind, "--version", version)
        again = list(format_called(kind).read(there))
        assert said_of(again) == said_of(frozen), kind
        assert len(again) == len(frozen), kind
