"""Where an algorithm is used."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.flywheel.clouds import clouds

from vigil.config.algorithms import Phrase, Wording
from vigil.config.load import load
from vigil.core import ConfigError, DataError
from vigil.flywheel.algorithms import Algorithm, Shelf
from vigil.flywheel.attach import attach, detach, remove, reword
from vigil.flywheel.verdict import Verdict, fit_judged

WORDING = Wording(claim_zh="画面中有明火。", negative_prompts=(Phrase(en="a lamp"),))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "algorithms")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vigil.yaml"
    path.write_text("cameras: {gate: {source: 1.mp4}, yard: {source: 2.mp4}}\n")
    return path


def keep(shelf: Shelf, *words: str, refused: str = "") -> Algorithm:
    words = words or ("flame", "other")
    vectors, marks = clouds(48, words=len(words))
    head, verdict = fit_judged(vectors[None], marks, marks.argsort(), words, embedder="e:1")
    algorithm = Algorithm(
        name="flame",
        claim="There is an open flame.",
        words=words,
        embedder="e",
        verdict=Verdict(refused=refused) if refused else verdict,
        made_s=0.0,
        examples=(("00", words[0]),),
        wording=WORDING,
    )
    return shelf.keep(algorithm, None if refused else head)


def test_what_is_attached_loads_with_its_words_and_a_new_version_keeps_its_cameras(
    shelf: Shelf, file: Path
) -> None:
    keep(shelf)
    attach(file, shelf, "flame", ["gate"])
    attach(file, shelf, "flame", ["yard", "gate"])
    found = load(file).algorithms["flame"]
    assert (found.cameras, found.version, found.stage) == (("gate", "yard"), 1, "trial")
    assert found.claim_zh == WORDING.claim_zh
    assert found.negative_prompts == WORDING.negative_prompts
    second = keep(shelf)
    reword(file, replace(second, claim="Something burns."))
    found = load(file).algorithms["flame"]
    assert (found.cameras, found.version, found.claim) == (("gate", "yard"), 2, "Something burns.")


def test_detached_it_is_looked_for_no_more(shelf: Shelf, file: Path) -> None:
    keep(shelf)
    attach(file, shelf, "flame", ["gate", "yard"])
    assert detach(file, "flame", ["gate"])["cameras"] == ["yard"]
    with pytest.raises(DataError, match="is not on gate; it is on: yard"):
        detach(file, "flame", ["gate"])
    assert detach(file, "flame", [])["cameras"] == []
    assert load(file).algorithms["flame"].cameras == ()


def test_what_was_refused_is_not_attached(shelf: Shelf, file: Path) -> None:
    keep(shelf, refused="the labels may be mixed up")
    with pytest.raises(DataError, match="because the labels may be mixed up"):
        attach(file, shelf, "flame", ["gate"])
    keep(shelf)
    with pytest.raises(ConfigError, match="no such camera"):
        attach(file, shelf, "flame", ["gat"])
    assert not (file.parent / "vigil.d").exists()


def test_of_several_words_those_worth_an_event_must_be_named(shelf: Shelf, file: Path) -> None:
    keep(shelf, "glass", "metal", "paper")
    with pytest.raises(DataError, match="--tell WORD"):
        attach(file, shelf, "flame", ["gate"])
    with pytest.raises(DataError, match="allowed: glass, metal, paper"):
        attach(file, shelf, "flame", ["gate"], labels=["wood"])
    assert attach(file, shelf, "flame", ["gate"], labels=["glass"])["labels"] == ["glass"]


def test_removed_it_is_gone_from_the_cameras_and_from_the_shelf(shelf: Shelf, file: Path) -> None:
    keep(shelf)
    attach(file, shelf, "flame", ["gate"])
    remove(file, shelf, "flame")
    assert load(file).algorithms == {}
    assert shelf.names() == []
    assert list(shelf.folder.iterdir()) == []
    with pytest.raises(DataError, match="there are: none"):
        remove(file, shelf, "flame")


def test_what_belongs_to_the_hand_stays_with_its_head(shelf: Shelf, file: Path) -> None:
    keep(shelf)
    file.write_text("algorithms: {flame: {claim: Fire., version: 1}}\n")
    with pytest.raises(ConfigError, match="belongs to your hand"):
        remove(file, shelf, "flame")
    assert shelf.names() == ["flame"]
