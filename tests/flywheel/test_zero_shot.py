"""Heads from words alone, with encoders whose truth is known."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.brain.clip_models import colour_pair
from tests.brain.test_clip_vectors import LVIS_VEHICLES, OTHERS, PARTS, VEHICLES
from tests.infer.published_models import chinese_clip_folder, clip_folder, dinov2_folder

from vigil.core import ConfigError, ModelError
from vigil.flywheel.heads import fit_linear
from vigil.flywheel.zero_shot import head_of_words, knows_text
from vigil.infer.cards import known_labels
from vigil.infer.embedders import embedder_for
from vigil.infer.registry import Registry

Data = Callable[[str], Path]
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
    head, verdict = head_of_words(
        folder, registry, words=WORDS, said=(["red"], ["green", "blue"])
    )  # fmt: skip
    assert str(verdict).startswith("made of words alone, so that nothing is measured")
    assert not verdict.refused
    embedder = embedder_for(folder, registry)
    assert head.embedder == embedder.mark
    red, green, blue = head.probabilities(embedder.embed(shown(RED, GREEN, BLUE)))[:, 0]
    assert red > 0.9
    assert max(green, blue) < 0.1


def test_claims_in_a_language_that_the_model_does_not_know_are_told(tmp_path: Path) -> None:
    folder = str(chinese_clip_folder(tmp_path / "zh"))
    with pytest.raises(ConfigError, match="knows zh, and no wording of the claim is"):
        head_of_words(folder, Registry(tmp_path), words=WORDS, said=(["red"], []))


def test_an_embedder_without_texts_needs_pictures(tmp_path: Path) -> None:
    folder = str(dinov2_folder(tmp_path / "dinov2"))
    assert not knows_text(folder)
    assert not knows_text("mobilenet-v2-imagenet")
    with pytest.raises(ModelError, match="knows no text, so that it needs pictures"):
        head_of_words(folder, Registry(tmp_path), words=WORDS, said=(["red"], []))


@pytest.fixture(scope="module")
def names(data: Data) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Real CLIP vectors of vehicles and of other things, in place of pictures; and of prompts."""
    folder = data("models/clip_text/lvis_v1_train_cat_info.json").parent
    about = json.loads((folder / "lvis_v1_train_cat_info.json").read_text())
    found = unit_rows(np.load(folder / "lvis_v1_clip_a+cname.npy"))
    yes = [row for row, one in enumerate(about) if one["name"] in LVIS_VEHICLES]
    no = [row for row, one in enumerate(about) if one["name"] not in LVIS_VEHICLES | PARTS]
    coco = dict(
        zip(known_labels("coco-80"), np.load(folder / "coco_clip_a+cname.npy"), strict=True)
    )
    texts = [unit_rows(np.mean(unit_rows(np.stack([coco[name] for name in side])), axis=0))
             for side in (VEHICLES, OTHERS)]  # fmt: skip
    return found[yes], found[no], np.stack(texts)


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


@pytest.mark.data
def test_words_tell_real_vectors_apart_and_a_few_examples_go_on_from_there(
    names: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    yes, no, texts = names
    line = texts[0] - texts[1]
    assert np.mean([np.mean(yes @ line > 0), np.mean(no @ line <= 0)]) > 0.95
    bare, begun = [], []
    for seed in range(8):
        chance = np.random.default_rng(seed)
        mine, others = chance.permutation(yes), chance.permutation(no)
        few, marks = np.concatenate([mine[:3], others[:3]]), np.repeat([0, 1], 3)
        for right, given in ((bare, None), (begun, texts)):
            head = fit_linear(few, marks, WORDS, embedder="names", texts=given)
            told = head.margins(mine[3:])[:, 0] > 0, head.margins(others[3:])[:, 0] <= 0
            right.append(np.mean([told[0].mean(), told[1].mean()]))
    assert np.mean(begun) > 0.95 > np.mean(bare) + 0.03
