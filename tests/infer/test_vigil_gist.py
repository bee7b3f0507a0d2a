"""The embedder that comes with Vigil: its file is the one on the card, and heads learn on it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vigil.core import Image
from vigil.flywheel.verdict import fit_unjudged
from vigil.infer import Registry
from vigil.infer.embedders import embedder_for
from vigil.infer.known import known_cards

NAME = "vigil-gist"
MOST_BYTES = 1_500_000
NUMBERS = 384 + 128 + 256 + 144
"""Of the network, and counted beside it: colours, patterns, edges."""

WITHOUT_OTHERS = """
import sys
sys.modules["torch"] = sys.modules["openvino"] = None
from pathlib import Path
import numpy as np
from vigil.infer import Registry
from vigil.infer.embedders import embedder_for, usual_embedder
registry = Registry(Path(sys.argv[1]))
embedder = embedder_for(usual_embedder(registry), registry)
print(embedder.embed([np.full((180, 320, 3), 90, np.uint8)]).shape)
"""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Of a machine on which nothing was ever added."""
    return Registry(tmp_path / "models")


def test_the_file_is_the_one_on_the_card_and_answers_as_it_did(registry: Registry) -> None:
    card = registry.verify(NAME)
    assert (card.head, card.labels) == ("embedding", ())
    assert (card.licence_code, card.licence_weights) == ("Apache-2.0", "CC-BY-4.0")
    assert set(card.sha256) == {card.file}
    _, folder = registry.resolve(NAME)
    assert sum(file.stat().st_size for file in folder.iterdir()) < MOST_BYTES
    assert NAME not in {known.name for known in known_cards()}


def test_the_same_picture_has_the_same_vector_alone_and_among_others(registry: Registry) -> None:
    chance = np.random.default_rng(4)
    shown = [chance.integers(0, 255, (90, 160, 3), np.uint8) for _ in range(3)]
    together = embedder_for(NAME, registry).embed(shown)
    alone = embedder_for(NAME, registry).embed(shown[2:])
    assert together.shape == (3, NUMBERS)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(together[2:], alone)


def test_a_head_of_eight_drawn_pictures_tells_red_things_from_blue_ones(registry: Registry) -> None:
    """A wrong order of colours in one half would leave the other; swapped words would fail."""
    embedder = embedder_for(NAME, registry)
    chance = np.random.default_rng(7)
    marks = np.arange(24) % 2
    vectors = embedder.embed([_thing(chance, blue=bool(mark)) for mark in marks])
    learnt, unseen = slice(0, 8), slice(8, None)
    head = fit_unjudged(
        vectors[None, learnt], marks[learnt], np.arange(8), ("red", "blue"),
        embedder=embedder.mark, seed=0,
    )  # fmt: skip
    np.testing.assert_array_equal(head.decide(vectors[unseen]), marks[unseen])


def _thing(chance: np.random.Generator, *, blue: bool) -> Image:
    """A box somewhere on a grey ground with grain."""
    picture = chance.integers(80, 140, (120, 160, 3), np.uint8)
    y, x = chance.integers(0, 60), chance.integers(0, 90)
    picture[y : y + 50, x : x + 60] = (30, 40, 200) if blue else (200, 40, 30)
    return picture


def test_heads_need_neither_torch_nor_openvino(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_OTHERS, str(tmp_path / "models")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"(1, {NUMBERS})"
