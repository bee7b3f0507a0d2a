"""`vigil model distil`, as a person uses it."""

from pathlib import Path
from typing import Any

import pytest
from tests.flywheel.colours import BLUE, RED, write_embedder, write_examples
from tests.train.bodies import write_body

from vigil.infer import Registry
from vigil.train.embedding import embedder_card


@pytest.fixture
def red(tmp_path: Path, vigil: Any) -> str:
    """An algorithm on a made-up embedder, with what it gathered."""
    shown = write_examples(tmp_path / "red", RED, 16, seed=1)
    others = write_examples(tmp_path / "blue", BLUE, 16, seed=2)
    folders = ("--images", shown, "--negatives", others)
    embedder = ("--embedder", write_embedder(tmp_path / "net"))
    vigil("algorithm", "new", "red", "--claim", "It is red.", *folders, *embedder)
    return "red"


def add_body(home: Path, folder: Path) -> None:
    """`mine` in the registry, a small embedder."""
    write_body(folder / "mine.onnx")
    card = embedder_card("mine", side=64, licence="CC0-1.0", source="a test")
    Registry(home / "models").add(folder / "mine.onnx", card)


def test_a_student_is_made_and_waits_to_be_used(vigil: Any, red: str) -> None:
    options = ("--name", "red-student", "--licence", "CC0-1.0", "--side", 64, "--epochs", 2)
    told = vigil("model", "distil", red, *options).lines
    assert "pictures learnt in" in told[0]
    assert told[1].split()[:4] == ["numbers", "accuracy", "F1", "ECE"]
    assert sum("kept" in line for line in told) == 1
    assert told[-1].endswith("vigil model use red-student 1")
    page = Path(told[-2].partition(": ")[2])
    assert "red-student@1: what it gets wrong" in page.read_text(encoding="utf-8")
    shown = vigil("model", "show", "red-student@1").out
    assert "head: softmax" in shown
    assert "source: vigil model distil red@1" in shown
    vigil("model", "use", "red-student", 1)
    vigil("model", "verify", "red-student")


@pytest.mark.usefixtures("red")
def test_mistakes_are_told_in_one_line(vigil: Any) -> None:
    options = ("--name", "s", "--licence", "CC0-1.0")
    assert "no algorithm 'blue'" in vigil("model", "distil", "blue", *options).failure
    gone = vigil("model", "distil", "red", *options, "--dataset", "barn").failure
    assert "no data set 'barn'; there are: red" in gone
    odd = vigil("model", "distil", "red", *options, "--side", 100).failure
    assert "side: 100; allowed: a multiple of 32" in odd
    none = vigil("model", "distil", "red", *options, "--begin", "gone").failure
    assert "'gone'" in none


def test_a_student_begins_as_a_model_and_vectors_teach_it_besides(
    vigil: Any, red: str, home: Path, tmp_path: Path
) -> None:
    add_body(home, tmp_path)
    options = ("--name", "begun", "--licence", "CC0-1.0", "--side", 64, "--epochs", 1)
    taught = ("--features", tmp_path / "net", "--begin", "mine", "--keep", "early")
    told = vigil("model", "distil", red, *options, *taught).lines
    assert told[1].split()[:4] == ["numbers", "accuracy", "F1", "ECE"]
    shown = vigil("model", "show", "begun@1").out
    assert "parent: mine@1" in shown
    assert "head: softmax" in shown


def test_the_whole_body_stays_where_nothing_else_is_said(
    vigil: Any, red: str, home: Path, tmp_path: Path
) -> None:
    add_body(home, tmp_path)
    options = ("--name", "behind", "--licence", "CC0-1.0", "--side", 64)
    told = vigil("model", "distil", red, *options, "--begin", "mine").lines
    assert sum("int8" in line for line in told) == 0  # the body holds no bytes
    shown = vigil("model", "show", "behind@1").out
    assert "file: behind.xml" in shown
    assert "parent: mine@1" in shown
    vigil("model", "use", "behind", 1)
    vigil("model", "verify", "behind")


def test_vectors_alone_make_an_embedder(vigil: Any, red: str, tmp_path: Path) -> None:
    taught = ("--features", tmp_path / "net", "--dataset", red)
    small = ("--name", "small", "--network", "gist", "--collages", 8, "--side", 64, "--epochs", 1)
    told = vigil("model", "distil", *taught, *small, "--licence", "CC0-1.0").lines
    assert told[1].split()[:2] == ["numbers", "neighbours"]
    shown = vigil("model", "show", "small@1").out
    assert "--network gist --collages 8" in shown
    assert "head: embedding" in shown
    vigil("model", "use", "small", 1)
    vigil("model", "verify", "small")


def test_what_is_to_be_made_must_be_clear(vigil: Any) -> None:
    options = ("--name", "s", "--licence", "CC0-1.0")
    bare = vigil("model", "distil", *options).failure
    assert "name an algorithm; or, for an embedder, give --features and --dataset" in bare
    anew = vigil("model", "distil", "red", *options, "--keep", "body").failure
    assert "--keep: is of what a student of an algorithm begins as; give --begin" in anew
    student = vigil("model", "distil", "red", *options, "--collages", 5).failure
    assert "--network and --collages: of an embedder; allowed without an algorithm" in student
    gist = ("--features", "net", "--dataset", "red", "--network", "gist", "--begin", "net")
    begun = vigil("model", "distil", *options, *gist).failure
    assert "--begin: found --network gist; allowed: likeness" in begun
    taught = ("--begin", "gone", "--keep", "body", "--features", "net")
    kept = vigil("model", "distil", "red", *options, *taught).failure
    assert "--features: teach a body, and --keep body lets none of it learn" in kept
