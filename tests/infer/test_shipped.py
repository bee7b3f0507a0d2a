"""Models that come with Vigil are in every registry, and newer versions stand before them."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vigil.core import ModelCard, ModelError
from vigil.infer import Registry
from vigil.infer import shipped as package

TinyModel = Callable[..., tuple[Path, ModelCard]]


@pytest.fixture
def registry(
    tmp_path: Path, tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Registry]:
    """Nothing was added; the package brings `tiny`."""
    made = Registry(tmp_path / "made")
    made.add(*tiny_model())
    shutil.copytree(made.folder / "tiny" / "1", tmp_path / "package" / "tiny")
    monkeypatch.setattr(package, "FOLDER", tmp_path / "package")
    package.shipped.cache_clear()
    yield Registry(tmp_path / "models")
    package.shipped.cache_clear()


def test_it_is_there_without_having_been_added(registry: Registry, tmp_path: Path) -> None:
    assert registry.verify("tiny").id == "tiny@1"
    assert registry.resolve("tiny@1")[1] == tmp_path / "package" / "tiny"
    assert [(e.name, e.current, e.versions) for e in registry.entries()] == [("tiny", 1, (1,))]
    assert not registry.folder.exists()


def test_a_newer_version_is_used_and_can_be_taken_back(
    registry: Registry, tiny_model: TinyModel
) -> None:
    newer = registry.add(*tiny_model(weight=2.0))
    assert newer.version == 2
    assert registry.resolve("tiny")[0].version == 2
    assert registry.roll_back("tiny") == 1
    assert registry.resolve("tiny")[0].version == 1
    registry.activate("tiny", 2)
    assert registry.entries()[0].versions == (1, 2)
    with pytest.raises(ModelError, match="tiny@3"):
        registry.resolve("tiny@3")


def test_a_newer_version_may_wait(registry: Registry, tiny_model: TinyModel) -> None:
    registry.add(*tiny_model(weight=2.0), activate=False)
    assert registry.resolve("tiny")[0].version == 1
    registry.activate("tiny", 2)
    assert registry.stamp("tiny") is not None


def test_the_same_file_added_again_is_no_new_version(
    registry: Registry, tiny_model: TinyModel
) -> None:
    weights, card = tiny_model()
    assert registry.add(weights, replace(card)).version == 1
    assert registry.entries()[0].versions == (1,)
