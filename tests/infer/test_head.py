"""A line between words: decide, keep, recognise what was changed."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vigil.core import DataError
from vigil.infer.head import Head, load_head

WORDS = ("fire", "other")


def head_of(*words: str, width: int = 20) -> Head:
    """Each word along one axis; of two, the first."""
    rows = 1 if len(words) == 2 else len(words)
    return Head(
        words=words,
        embedder="e:1",
        weights=np.eye(rows, width, dtype=np.float32),
        bias=np.linspace(-0.2, 0.2, rows, dtype=np.float32),
        slope=np.full(rows, 4, np.float32),
        offset=np.zeros(rows, np.float32),
    )


def vectors_of(count: int, width: int = 20) -> np.ndarray:
    return np.random.default_rng(9).normal(size=(count, width)).astype(np.float32)


def test_of_two_words_the_threshold_decides_and_of_several_the_likeliest() -> None:
    vectors = vectors_of(40)
    first = head_of(*WORDS).probabilities(vectors)[:, 0]
    strict = replace(head_of(*WORDS), threshold=0.9)
    np.testing.assert_array_equal(strict.decide(vectors) == 0, first >= 0.9)
    three = head_of("glass", "metal", "paper")
    shares = three.probabilities(vectors)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(three.decide(vectors), shares.argmax(axis=1))


def test_kept_and_read_again_it_decides_the_same(tmp_path: Path) -> None:
    words = ("火", "glass", "metal")
    head = head_of(*words)
    head.save(tmp_path / "head.npz")
    again = load_head(tmp_path / "head.npz")
    vectors = vectors_of(30)
    np.testing.assert_array_equal(again.probabilities(vectors), head.probabilities(vectors))
    assert again.version == head.version
    with zipfile.ZipFile(tmp_path / "head.npz") as archive:
        assert json.loads(archive.read("about.json"))["words"] == list(words)


def test_the_version_changes_with_whatever_decides() -> None:
    head = head_of(*WORDS)
    others = [
        replace(head, words=("smoke", "other")),
        replace(head, embedder="f"),
        replace(head, weights=head.weights * 2),
        replace(head, slope=head.slope + 1),
        replace(head, threshold=0.6),
    ]
    assert len({head.version, *(other.version for other in others)}) == 6


def changed(path: Path, name: str, content: bytes | None) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    entries.pop(name)
    if content is not None:
        entries[name] = content
    with zipfile.ZipFile(path, "w") as archive:
        for entry, each in entries.items():
            archive.writestr(entry, each)


@pytest.mark.parametrize("damage", ["cut", "missing", "about", "moved"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "head.npz"
    head = head_of(*WORDS)
    head.save(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "missing":
        changed(path, "bias.npy", None)
    elif damage == "about":
        changed(path, "about.json", b'{"format": 1}')
    else:
        said = {"format": 1, "words": WORDS, "embedder": "e:1", "threshold": 0.9}
        changed(path, "about.json", json.dumps(said | {"version": head.version}).encode())
    with pytest.raises(DataError):
        load_head(path)


def test_what_fits_no_head_is_told() -> None:
    head = head_of(*WORDS)
    with pytest.raises(ValueError, match="wanted"):
        head.margins(vectors_of(3, width=5))
    with pytest.raises(ValueError, match="rows"):
        replace(head, words=("a", "b", "c"))
    with pytest.raises(ValueError, match="between 0 and 1"):
        replace(head, threshold=1.0)


def test_whatever_bit_changes_it_is_the_same_head_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "head.npz"
    head = head_of(*WORDS)
    head.save(path)
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x81]) + whole[place + 1 :])
        try:
            assert load_head(path).version == head.version
        except DataError:
            refused += 1
    assert refused > len(whole) / 2
