"""What is counted in a picture, and how a card asks for it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vigil.core import ConfigError, Detections, ModelCard
from vigil.infer import Registry, check_card
from vigil.infer.embed import ModelEmbedder
from vigil.infer.embedders import mark_of
from vigil.infer.statistics import BESIDE, statistics
from vigil.media.pixels import frame_of_array

NAME = "vigil-gist"


def stripes(axis: int) -> np.ndarray:
    bright = np.indices((128, 128))[axis] // 8 % 2 * 200
    return np.repeat(bright[..., None], 3, axis=2).astype(np.uint8)


def test_colours_patterns_and_edges_are_of_one_length_at_any_size() -> None:
    for shape in ((1, 1, 3), (40, 300, 3), (720, 1280, 3)):
        found = statistics(np.full(shape, (255, 0, 0), np.uint8))
        assert [len(each) for each in found] == [128, 256, 144]
        colours, patterns, edges = found
        assert np.count_nonzero(colours) == 1
        assert colours.max() == 128  # the root of all pixels
        assert np.flatnonzero(patterns).tolist() == [255]
        assert not edges.any()


def test_lines_of_other_directions_are_other_edges() -> None:
    lying, standing = (statistics(stripes(axis))[2].reshape(16, 9).sum(0) for axis in (0, 1))
    assert lying.argmax() == 4  # brightness changes downwards
    assert standing.argmax() == 0


def test_a_card_that_asks_for_them_has_another_mark_and_their_vectors(
    tmp_path: Path,
) -> None:
    card, folder = Registry(tmp_path).resolve(NAME)
    bare = replace(card, options={})
    image = stripes(0)
    both, alone = (ModelEmbedder(each, folder).embed([image])[0] for each in (card, bare))
    assert (len(both), len(alone)) == (912, 384)
    np.testing.assert_allclose(both[:384] * np.sqrt(2), alone, atol=1e-6)
    assert mark_of(NAME, Registry(tmp_path)).endswith(":statistics1")


def test_a_thing_in_a_frame_is_counted_where_its_box_is(tmp_path: Path) -> None:
    card, folder = Registry(tmp_path).resolve(NAME)
    embedder = ModelEmbedder(card, folder)
    picture = np.full((256, 256, 3), 90, np.uint8)
    picture[64:192, 64:192] = stripes(1)
    found = Detections(
        boxes=np.array([[64, 64, 192, 192]], np.float32),
        scores=np.ones(1, np.float32),
        labels=("thing",),
    )
    seen = embedder.embed_detections(frame_of_array(picture), found).embeddings
    assert seen is not None
    assert seen[0] @ embedder.embed([stripes(1)])[0] > 0.99 > seen[0] @ embedder.embed([picture])[0]


@pytest.mark.parametrize(("head", "file"), [("softmax", "a.onnx"), ("embedding", "a.tflite")])
def test_a_card_whose_vectors_come_from_maps_cannot_ask(
    head: str, file: str, tiny_model: Callable[..., tuple[Path, ModelCard]]
) -> None:
    _, card = tiny_model()
    with pytest.raises(ConfigError, match=r"options\.beside/statistics: found 1"):
        check_card(replace(card, head=head, file=file, sha256={}, options={BESIDE: 1}))
