"""Embedders by one word, on the models that people have."""

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.core import ModelError
from vigil.infer import Registry, add_model, card_to_yaml
from vigil.infer.embedders import A_BETTER_ONE, advice, embedder_for, usual_embedder
from vigil.infer.registry import Entry
from vigil.infer.vectors import joined

V1, V2 = "mobilenet-v1-embedding", "mobilenet-v2-imagenet"
FILES = {
    V1: "models/embed/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite",
    V2: "models/embed/mobilenet_v2_1.0_224_quant.tflite",
}

Data = Callable[[str], Path]


@pytest.fixture(scope="module")
def registry(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    found = Registry(tmp_path_factory.mktemp("models"))
    for file in FILES.values():
        add_model(found, str(data(file)), fetch=lambda address, path: None)
    return found


def pictures(data: Data) -> list[np.ndarray]:
    names = ("cat_720p.jpg", "parrot.jpg", "hot_dog.jpg")
    found = [cv2.imread(str(data(f"models/sample_images/{name}"))) for name in names]
    return [np.ascontiguousarray(image[:, :, ::-1]) for image in found]


@pytest.mark.data
def test_a_classifier_gives_its_last_maps_and_two_models_stand_side_by_side(
    data: Data, registry: Registry
) -> None:
    shown = pictures(data)
    sizes = {V1: 2 * 1024, V2: 2 * 1280 + 320}
    sizes[f"{V1}+{V2}"] = sum(sizes.values())
    marks = set()
    for word, size in sizes.items():
        embedder = embedder_for(word, registry)
        vectors = embedder.embed(shown)
        assert vectors.shape == (3, size)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        again = embedder.embed([np.ascontiguousarray(shown[0][:, ::-1])])[0]
        assert again @ vectors[0] > max(vectors[0] @ vectors[1], vectors[0] @ vectors[2])
        marks.add(embedder.mark)
    assert len(marks) == 3


@pytest.mark.data
def test_a_folder_with_a_card_is_the_same_embedder(
    data: Data, registry: Registry, tmp_path: Path
) -> None:
    card, folder = registry.resolve(V1)
    shutil.copyfile(folder / card.file, tmp_path / card.file)
    (tmp_path / "card.yaml").write_text(card_to_yaml(card))
    here, there = embedder_for(str(tmp_path), registry), embedder_for(V1, registry)
    assert here.mark == there.mark
    np.testing.assert_array_equal(here.embed(pictures(data)), there.embed(pictures(data)))


@pytest.mark.parametrize("word", ["", "a+", "no-such-model", "../x"])
def test_a_word_that_opens_nothing_is_told(word: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        embedder_for(word, Registry(tmp_path))


def test_parts_of_any_length_weigh_the_same_when_joined() -> None:
    found = joined([np.array([3.0, 4.0], np.float32), np.array([0.0, 0.1, 0.0], np.float32)])
    np.testing.assert_allclose(np.linalg.norm(found), 1, atol=1e-6)
    np.testing.assert_allclose(found[:2] @ found[:2], 0.5, atol=1e-6)


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ((V1, V2), V2),
        (("efficientnet-lite0", V1), "efficientnet-lite0"),
        (("efficientnet-lite0", V1, V2), f"{V2}+efficientnet-lite0"),
    ],
)
def test_the_best_embedder_that_is_there_is_taken_where_none_is_named(
    there: tuple[str, ...], taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(tmp_path)
    entries = [Entry(name=name, current=1, versions=(1,)) for name in there]
    monkeypatch.setattr(registry, "entries", lambda: entries)
    assert usual_embedder(registry) == taken


def test_a_model_that_is_not_in_use_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(tmp_path)
    added = [
        Entry(name="efficientnet-lite0", current=None, versions=(1,)),
        Entry(name=V2, current=1, versions=(1,)),
    ]
    monkeypatch.setattr(registry, "entries", lambda: added)
    assert usual_embedder(registry) == V2


def test_a_machine_without_models_takes_what_comes_with_vigil_and_hears_of_a_better_one(
    tmp_path: Path,
) -> None:
    registry = Registry(tmp_path / "models")
    word = usual_embedder(registry)
    assert registry.resolve(word)[0].head == "embedding"
    assert not registry.folder.exists()
    assert A_BETTER_ONE in (advice(word) or "")
    assert advice(V2) is None
