"""Algorithms on disk."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.flywheel.clouds import WORDS, clouds

from vigil.core import DataError
from vigil.flywheel.algorithms import Algorithm, Shelf
from vigil.flywheel.verdict import Verdict, fit_judged
from vigil.infer.head import Head


def made(seed: int = 0) -> tuple[Algorithm, Head]:
    vectors, marks = clouds(30, seed=seed)
    head, verdict = fit_judged(vectors[None], marks, np.arange(30), WORDS, embedder="e")
    assert head is not None
    about = Algorithm(
        name="flame", claim="There is a flame. · 有明火。", words=WORDS, embedder="e",
        verdict=verdict, made_s=1.5, examples=(("ab" * 32, "fire"),),
    )  # fmt: skip
    return about, head


REFUSED = Verdict(refused="there are too few", examples=2, different=2)


def test_what_is_kept_comes_back_with_its_history(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    about, head = made()
    first = shelf.keep(about, head)
    used = shelf.in_use("flame")
    assert used is not None
    assert used[0] == first
    assert used[0].verdict == about.verdict
    assert used[1].version == first.head_version == head.version
    _, other = made(seed=1)
    second = shelf.keep(about, other)
    assert [each.version for each in shelf.history("flame")] == [1, 2]
    assert shelf.in_use("flame")[0] == second  # type: ignore[index]
    assert shelf.names() == ["flame"]


def test_a_refused_version_leaves_the_one_before_in_use(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    about, head = made()
    shelf.keep(replace(about, verdict=REFUSED), None)
    assert shelf.in_use("flame") is None
    good = shelf.keep(about, head)
    shelf.keep(replace(about, verdict=REFUSED), None)
    assert shelf.in_use("flame")[0] == good  # type: ignore[index]
    assert [bool(each.head_version) for each in shelf.history("flame")] == [False, True, False]


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path)
    about, head = made()
    first = shelf.keep(about, head)

    def full(self: Head, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Head, "save", full)
    with pytest.raises(DataError, match="No space left"):
        shelf.keep(about, head)
    monkeypatch.undo()
    assert sorted(path.name for path in (tmp_path / "flame").iterdir()) == ["1", "current"]
    assert shelf.in_use("flame")[0] == first  # type: ignore[index]


def test_what_was_kept_before_bands_and_wordings_is_always_unsure(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.keep(*made())
    file = tmp_path / "flame/1/about.json"
    plain = json.loads(file.read_text())
    del plain["wording"], plain["verdict"]["band"]
    file.write_text(json.dumps(plain))
    (old,) = shelf.history("flame")
    assert old.verdict.band == (0.0, 1.0)
    assert old.wording.questions == ()


def test_damage_and_wrong_names_are_told(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with pytest.raises(DataError, match="there are: none"):
        shelf.history("flame")
    about, head = made()
    shelf.keep(about, head)
    with pytest.raises(DataError, match="there are: flame"):
        shelf.history("smoke")
    for name in ("../flame", "A b", ""):
        with pytest.raises(DataError, match="no algorithm's name"):
            shelf.keep(replace(about, name=name), head)
    (tmp_path / "flame" / "1" / "about.json").write_text('{"format": 1}')
    with pytest.raises(DataError, match="damaged"):
        shelf.history("flame")
