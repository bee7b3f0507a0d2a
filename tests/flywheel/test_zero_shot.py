"""Heads from words alone, with encoders whose truth is known."""

from pathlib import Path

import numpy as np
import pytest
from tests.brain.clip_models import colour_pair
from tests.infer.published_models import chinese_clip_folder, clip_folder, dinov2_folder

from vigil.core import ConfigError, ModelError
from vigil.flywheel.zero_shot import head_of_words, knows_text
from vigil.infer.embedders import embedder_for
from vigil.infer.registry import Registry

RED, GREEN, BLUE = (220, 20, 20), (20, 220, 20), (20, 20, 220)
WORDS = ("red", "other")


def shown(*colours: tuple[int, int, int]) -> list[np.ndarray]:
    return [np.full((40, 40, 3), colour, np.uint8) for colour in colours]


@pytest.mark.parametrize("make", [clip_folder, colour_pair])
def test_words_alone_tell_what_they_say_and_the_watch_reads_the_same_vectors(
    make: object, tmp_path: Path
) -> None:
    folder = str(make(tmp_path / "it"))  # type: ignore[operator]
    registry = Registry(tmp_path)
    head = head_of_words(
        folder, registry, words=WORDS, claims=["red"], negatives=["green", "blue"]
    )  # fmt: skip
    embedder = embedder_for(folder, registry)
    assert head.embedder == embedder.mark
    red, green, blue = head.probabilities(embedder.embed(shown(RED, GREEN, BLUE)))[:, 0]
    assert red > 0.9
    assert max(green, blue) < 0.1


def test_claims_in_a_language_that_the_model_does_not_know_are_told(tmp_path: Path) -> None:
    folder = str(chinese_clip_folder(tmp_path / "zh"))
    with pytest.raises(ConfigError, match="knows zh, and no wording of the claim is"):
        head_of_words(folder, Registry(tmp_path), words=WORDS, claims=["red"])


def test_an_embedder_without_texts_needs_pictures(tmp_path: Path) -> None:
    folder = str(dinov2_folder(tmp_path / "dinov2"))
    assert not knows_text(folder)
    assert not knows_text("mobilenet-v2-imagenet")
    with pytest.raises(ModelError, match="knows no text, so that it needs pictures"):
        head_of_words(folder, Registry(tmp_path), words=WORDS, claims=["red"])
