import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vigil.core import ConfigError, ModelCard, ModelError
from vigil.infer import Registry, models_folder
from vigil.infer.registry import Entry
from vigil.infer.shipped import shipped_names

TinyModel = Callable[..., tuple[Path, ModelCard]]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def added(registry: Registry) -> dict[str, Entry]:
    """What did not come with Vigil, by name."""
    brought = shipped_names()
    return {entry.name: entry for entry in registry.entries() if entry.name not in brought}


def test_a_model_is_kept_with_its_hash_and_found_by_name(
    registry: Registry, tiny_model: TinyModel
) -> None:
    kept = registry.add(*tiny_model())

    card, folder = registry.resolve("tiny")
    assert card == kept
    assert card.id == "tiny@1"
    assert len(card.sha256["tiny.onnx"]) == 64
    assert (folder / "tiny.onnx").is_file()
    assert registry.verify("tiny") == card
    assert added(registry) == {"tiny": Entry(name="tiny", current=1, versions=(1,))}


def test_versions_are_kept_and_the_name_can_go_back(
    registry: Registry, tiny_model: TinyModel
) -> None:
    for weight in (1.0, 2.0, 3.0):
        registry.add(*tiny_model(weight=weight))

    assert registry.resolve("tiny")[0].version == 3
    assert registry.resolve("tiny@1")[0].version == 1
    assert registry.roll_back("tiny") == 2
    registry.activate("tiny", 1)
    assert registry.resolve("tiny")[0].version == 1
    assert registry.roll_back("tiny") == 2
    assert registry.roll_back("tiny") == 1
    with pytest.raises(ModelError, match="no version to go back to"):
        registry.roll_back("tiny")
    with pytest.raises(ModelError, match="no model 'tiny@9'"):
        registry.activate("tiny", 9)


def test_the_same_model_twice_is_one_version(registry: Registry, tiny_model: TinyModel) -> None:
    first = registry.add(*tiny_model())
    second = registry.add(*tiny_model())

    assert first == second


def test_a_model_can_wait_without_being_put_to_use(
    registry: Registry, tiny_model: TinyModel
) -> None:
    registry.add(*tiny_model())
    registry.add(*tiny_model(weight=2.0), activate=False)

    assert registry.resolve("tiny")[0].version == 1
    assert added(registry)["tiny"].versions == (1, 2)


def test_the_stamp_changes_with_the_pointer_only(registry: Registry, tiny_model: TinyModel) -> None:
    registry.add(*tiny_model())
    before = registry.stamp("tiny")

    registry.add(*tiny_model(weight=2.0), activate=False)
    assert registry.stamp("tiny") == before
    registry.activate("tiny", 2)
    assert registry.stamp("tiny") != before
    assert registry.stamp("nobody") is None


@pytest.mark.parametrize("field", ["licence_code", "licence_weights"])
def test_both_licences_are_asked_for(registry: Registry, tiny_model: TinyModel, field: str) -> None:
    with pytest.raises(ConfigError, match=field):
        registry.add(*tiny_model(**{field: " "}))


def test_weights_with_another_hash_than_on_the_card_are_refused(
    registry: Registry, tiny_model: TinyModel
) -> None:
    path, card = tiny_model()

    with pytest.raises(ModelError, match="SHA-256"):
        registry.add(path, replace(card, sha256={"tiny.onnx": "0" * 64}))
    assert added(registry) == {}


def test_a_pickle_named_onnx_is_refused_and_leaves_nothing(
    registry: Registry, tiny_model: TinyModel
) -> None:
    path, card = tiny_model()
    path.write_bytes(pickle.dumps({"weights": 1}))

    with pytest.raises(ModelError, match="not ONNX"):
        registry.add(path, card)
    assert added(registry) == {}
    assert list(registry.folder.iterdir()) == []


def test_a_truncated_file_is_refused(registry: Registry, tiny_model: TinyModel) -> None:
    path, card = tiny_model()
    path.write_bytes(path.read_bytes()[:-5])

    with pytest.raises(ModelError):
        registry.add(path, card)


@pytest.mark.parametrize("name", ["../tiny", "/etc", "tiny/1", "tiny@", "tiny@0", "Tiny", "..", ""])
def test_a_name_never_leaves_the_folder(
    registry: Registry, tiny_model: TinyModel, name: str
) -> None:
    path, card = tiny_model()
    registry.add(path, card)

    with pytest.raises(ModelError, match="not a model's name"):
        registry.resolve(name)
    with pytest.raises(ConfigError, match="name"):
        registry.add(path, replace(card, name=name))


def test_a_name_that_nobody_has_lists_those_there_are(
    registry: Registry, tiny_model: TinyModel
) -> None:
    registry.add(*tiny_model())

    with pytest.raises(ModelError, match="there are: tiny"):
        registry.resolve("yolox")


def test_weights_that_rot_on_the_disk_are_found_by_their_hash(
    registry: Registry, tiny_model: TinyModel
) -> None:
    registry.add(*tiny_model())
    weights = registry.resolve("tiny")[1] / "tiny.onnx"
    content = bytearray(weights.read_bytes())
    content[-8] ^= 1
    weights.write_bytes(bytes(content))

    with pytest.raises(ModelError, match="SHA-256"):
        registry.verify("tiny")


def test_a_model_that_answers_differently_is_found_by_its_golden_picture(
    registry: Registry, tiny_model: TinyModel
) -> None:
    registry.add(*tiny_model())
    registry.add(*tiny_model(weight=1.5))
    first, second = registry.resolve("tiny@1")[1], registry.resolve("tiny@2")[1]
    (second / "golden.npz").write_bytes((first / "golden.npz").read_bytes())

    with pytest.raises(ModelError, match="golden picture differently"):
        registry.verify("tiny@2")


def test_a_damaged_golden_answer_is_a_model_error(
    registry: Registry, tiny_model: TinyModel
) -> None:
    registry.add(*tiny_model())
    (registry.resolve("tiny")[1] / "golden.npz").write_bytes(pickle.dumps([1]))

    with pytest.raises(ModelError, match="cannot be read"):
        registry.verify("tiny")


def test_the_users_own_golden_picture_is_kept(registry: Registry, tiny_model: TinyModel) -> None:
    picture = np.full((4, 8, 3), 200, np.uint8)

    registry.add(*tiny_model(), picture=picture)

    assert registry.verify("tiny").id == "tiny@1"


def test_a_half_added_model_is_not_listed(registry: Registry, tiny_model: TinyModel) -> None:
    registry.add(*tiny_model())
    (registry.folder / ".adding-left-by-a-crash").mkdir()
    (registry.folder / "empty").mkdir()

    assert list(added(registry)) == ["tiny"]


def test_models_lie_below_the_home_folder(home: Path) -> None:
    assert models_folder() == home / "models"
