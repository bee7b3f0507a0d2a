"""`vigil algorithm`, on real pictures and a real model."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.flywheel.colours import BLUE, RED, write_embedder, write_examples, write_film
from tests.infer.published_models import chinese_clip_folder, clip_folder, dinov2_folder

from vigil.config.home import open_home
from vigil.config.load import load
from vigil.core import Clip, Step, StepKind
from vigil.infer.head_folder import open_head
from vigil.store import EventStore
from vigil.testing.alerts import an_event

Data = Callable[[str], Path]


@pytest.fixture
def folders(data: Data, tmp_path: Path, vigil: Any) -> Path:
    """Twelve pictures of fire and twelve without, and a model that knows neither."""
    for word in ("fire", "normal"):
        (tmp_path / "pictures" / word).mkdir(parents=True)
        for file in sorted(data(f"images/fire/{word}").glob("*.jpg"))[:12]:
            shutil.copy(file, tmp_path / "pictures" / word)
    vigil("model", "add", data("models/embed/mobilenet_v2_1.0_224_quant.tflite"))
    return tmp_path / "pictures"


@pytest.mark.data
def test_new_says_how_well_it_is_told_and_show_keeps_its_history(
    vigil: Any, folders: Path, home: Path
) -> None:
    words = ("--claim", "There is a flame.", "--images", folders / "fire")
    made = vigil("algorithm", "new", "flame", *words, "--negatives", folders / "normal")
    assert made.code == 0
    assert made.lines[0].startswith("flame@1: flame: precision ")
    assert made.lines[1].startswith("usable after ")
    vigil("algorithm", "new", "flame", "--claim", "Flames or not.", "--images", folders)
    shown = vigil("algorithm", "show", "flame").out
    assert "Flames or not." in shown
    assert "in use" in shown
    about = json.loads((home / "algorithms" / "flame" / "2" / "about.json").read_text())
    assert about["words"] == ["fire", "normal"]
    assert len(about["examples"]) == 24


@pytest.mark.data
def test_too_few_examples_are_refused_with_a_reason(vigil: Any, folders: Path) -> None:
    for folder in folders.iterdir():
        for file in sorted(folder.iterdir())[2:]:
            file.unlink()
    said = vigil("algorithm", "new", "flame", "--claim", "x", "--images", folders)
    assert said.code == 3
    assert "can't yet, because there are too few different examples" in said.out
    assert "refused" in vigil("algorithm", "show", "flame").out


def test_mistakes_are_told_in_one_line(vigil: Any, tmp_path: Path) -> None:
    new = ("algorithm", "new", "flame", "--claim", "x", "--images")
    assert "give --negatives" in vigil(*new, tmp_path).failure
    assert "no pictures" in vigil(*new, tmp_path, "--negatives", tmp_path).failure
    none = tmp_path / "none"
    assert "no such folder" in vigil(*new, none, "--negatives", none).failure
    assert "there are: none" in vigil("algorithm", "show", "flame").failure
    assert "no algorithm's name" in vigil("algorithm", "show", "A b").failure


@pytest.fixture
def red(tmp_path: Path, vigil: Any) -> Path:
    """A configuration with two cameras, and the algorithm `red` on a made-up embedder."""
    shown = write_examples(tmp_path / "red", RED, 12, seed=1)
    others = write_examples(tmp_path / "blue", BLUE, 12, seed=2)
    file = tmp_path / "vigil.yaml"
    file.write_text("cameras: {gate: {source: 1.mp4}, yard: {source: 2.mp4}}\n")
    made = vigil(
        "algorithm", "new", "red", "--claim", "It is red.", "--claim-zh", "红色。",
        "--images", shown, "--negatives", others, "--embedder", write_embedder(tmp_path / "net"),
        "--question", "Is it red?|是红色吗？", "--counter-question", "Is it a lamp?",
        "--config", file,
    )  # fmt: skip
    assert made.code == 0, made.err
    return file


def test_it_is_attached_listed_detached_and_removed(vigil: Any, red: Path) -> None:
    here = ("--config", red)
    assert "not attached" in vigil("algorithm", "list", *here).lines[1]
    attached = vigil("algorithm", "attach", "red", "yard", "gate", *here)
    assert attached.lines[0] == "red@1: trial on yard, gate"
    assert "of a core a camera" in attached.lines[1]
    assert "yard, gate" in vigil("algorithm", "list", *here).lines[1]
    found = load(red).algorithms["red"]
    assert [(one.en, one.expects) for one in found.questions] == [
        ("Is it red?", True), ("Is it a lamp?", False),
    ]  # fmt: skip
    assert vigil("algorithm", "show", "red", *here).lines[1] == "trial: version 1 on yard, gate"
    assert vigil("algorithm", "detach", "red", "gate", *here).lines == ["red: on yard"]
    grown = vigil("algorithm", "grow", "red", *here).out
    assert "missing · 缺少: red: 1" in grown
    assert "vigil model distil red --name red-student" in grown
    assert vigil("algorithm", "remove", "red", "--yes", *here).code == 0
    assert load(red).algorithms == {}
    assert vigil("algorithm", "list", *here).out.startswith("no algorithm yet")


def test_what_people_say_of_its_events_is_gathered_and_learnt(
    vigil: Any, red: Path, home: Path, tmp_path: Path
) -> None:
    here = ("--config", red)
    assert "nothing new since version 1" in vigil("algorithm", "learn", "red", *here).failure
    store = EventStore(home / "events.db", home / "clips")
    ids = []
    for number in range(6):
        start_s = time.time() - 600 + 60 * number
        event = replace(an_event(start_s, rule="red", label="red"), algorithm="red", box=None)
        uri = f"clip:home/{event.id}"
        file = open_home().clip_file(uri, start_s).with_suffix(".mp4")
        file.parent.mkdir(parents=True, exist_ok=True)
        shown = (RED[0] - 3 * number, *RED[1:])
        write_film(file, 5, lambda _, colour=shown: colour)
        size = file.stat().st_size
        clip = Clip(uri=uri, source="gate", start_s=start_s, end_s=start_s + 5, size_bytes=size)
        store.record(Step(kind=StepKind.END, event=event, time_s=start_s + 5), clip)
        ids.append(event.id)
    store.close()
    for event_id in ids:
        assert vigil("review", event_id, "confirmed", *here).code == 0
    grown = vigil("algorithm", "grow", "red", *here).out
    (row,) = [line for line in grown.splitlines() if line.startswith("red ")]
    assert row.split()[1:3] == ["18", "18"]
    learnt = vigil("algorithm", "learn", "red", *here)
    assert learnt.code == 0, learnt.out
    assert learnt.lines[0].startswith("6 new of 30 examples; told right, unseen: ")
    assert learnt.lines[1].startswith("red@1, as it was made: red: precision ")
    assert learnt.lines[2].startswith("red@2: red: precision ")
    assert load(red).algorithms["red"].version == 2


def test_mistakes_of_attaching_are_told_in_one_line(vigil: Any, red: Path, tmp_path: Path) -> None:
    here = ("--config", red)
    assert "there are: gate, yard" in vigil("algorithm", "attach", "red", "gat", *here).failure
    assert "there are: red" in vigil("algorithm", "attach", "blue", "gate", *here).failure
    assert "it is on: no camera" in vigil("algorithm", "detach", "red", *here).failure
    drawn = ("--picture", tmp_path / "h.png")
    assert "allowed: .svg" in vigil("algorithm", "show", "red", *drawn, *here).err
    (tmp_path / "vigil.d/algorithms/red.yaml").unlink()
    red.write_text("algorithms: {red: {claim: Red., version: 1}}\n")
    new = ("algorithm", "new", "red", "--claim", "x", "--images", tmp_path, *here)
    assert "belongs to your hand" in vigil(*new).failure
    red.write_text("algorithms: {red: {claim: Red., version: 1, stage: graduated}}\n")
    assert "only through promote" in vigil("algorithm", "list", *here).failure


def test_words_alone_make_an_algorithm_that_says_that_nothing_is_measured(
    vigil: Any, home: Path, tmp_path: Path
) -> None:
    folder = clip_folder(tmp_path / "clip")
    new = ("algorithm", "new", "red", "--claim", "red", "--embedder", folder)
    made = vigil(*new, "--negative-prompt", "green", "--negative-prompt", "blue")
    assert made.code == 0, made
    assert made.lines[0].startswith("red@1: made of words alone, so that nothing is measured")
    head = open_head(home / "algorithms", "red")
    assert head.head.words == ("red", "other")
    assert "words alone" in vigil("algorithm", "show", "red").out
    assert "--precision: needs pictures" in vigil(*new, "--precision", "0.9").failure
    assert "need --images" in vigil(*new, "--negatives", tmp_path).failure
    chinese = chinese_clip_folder(tmp_path / "zh")
    assert "knows zh" in vigil(*new[:-1], chinese).failure
    assert vigil(*new[:-1], chinese, "--claim-zh", "红").code == 0
    assert "knows no text" in vigil(*new[:-1], dinov2_folder(tmp_path / "dinov2")).failure


def test_pictures_go_on_from_words_where_the_embedder_knows_them(
    vigil: Any, home: Path, tmp_path: Path
) -> None:
    chance = np.random.default_rng(0)
    for word, colour in (("yes", (40, 40, 220)), ("no", (40, 220, 40))):
        (tmp_path / word).mkdir()
        for number in range(8):
            noise = chance.integers(0, 35, (40, 40, 3)) + chance.integers(-20, 20, 3)
            picture = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
            cv2.imwrite(str(tmp_path / word / f"{number}.png"), picture)
    pictures = ("--images", tmp_path / "yes", "--negatives", tmp_path / "no")
    new = ("algorithm", "new", "red", "--claim", "red", *pictures, "--embedder")
    # All pictures of one colour are one to an embedder that sees nothing else, and that is told.
    said = vigil(*new, clip_folder(tmp_path / "clip"))
    assert said.code == 3
    assert "too few different examples" in said.out
    told = vigil(*new, chinese_clip_folder(tmp_path / "zh"))
    assert "learnt from pictures alone: chinese_clip: knows zh" in told.err
