"""From pictures to a head, with an embedder that needs no model: mean colours of a grid."""

from collections.abc import Sequence

import cv2
import numpy as np

from vigil.core import Image
from vigil.flywheel.making import embedded_views, make_head
from vigil.flywheel.pictures import Example


class Colours:
    """A coarse thumbnail as a vector."""

    mark = "colours"

    def embed(self, images: Sequence[Image]) -> np.ndarray:
        small = [cv2.resize(image, (4, 4), interpolation=cv2.INTER_AREA) for image in images]
        rows = np.stack([each.reshape(-1) for each in small]).astype(np.float32) - 128
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def examples(count: int, *, seed: int = 0) -> list[Example]:
    """Noise; that of one word is redder."""
    chance = np.random.default_rng(seed)
    found = []
    for number in range(count):
        word = "red" if number % 2 == 0 else "other"
        image = chance.integers(0, 256, (5, 5, 3)).astype(np.float32)
        image[..., 0] += 90 if word == "red" else 0
        shown = cv2.resize(np.clip(image, 0, 255).astype(np.uint8), (64, 64))
        found.append(
            Example(file=f"{number}.png", word=word, image=np.asarray(shown, np.uint8), sha256="")
        )
    return found


def test_a_head_from_pictures_tells_new_ones_and_the_same_pictures_give_the_same_head() -> None:
    heads = []
    for _ in range(2):
        head, verdict = make_head(examples(40), ("red", "other"), Colours(), views=4)
        assert head is not None
        assert head.embedder == "colours"
        assert verdict.examples == 40
        heads.append(head.version)
    assert heads[0] == heads[1]
    new = examples(100, seed=1)
    told = head.decide(Colours().embed([example.image for example in new]))
    truth = np.array([example.word != "red" for example in new], int)
    assert np.mean(told == truth) > 0.85


def test_progress_is_told_and_the_first_view_is_the_picture() -> None:
    steps: list[tuple[int, int]] = []
    some = [example.image for example in examples(3)]
    vectors = embedded_views(
        some, Colours(), views=3, told=lambda done, total: steps.append((done, total))
    )
    assert vectors.shape == (3, 3, 48)
    np.testing.assert_array_equal(vectors[0], Colours().embed(some))
    assert steps == [(1, 3), (2, 3), (3, 3)]
