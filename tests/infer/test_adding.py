import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from vigil.core import ConfigError, ModelCard, ModelError
from vigil.infer import Registry, add_model, card_to_yaml

TinyModel = Callable[..., tuple[Path, ModelCard]]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def never(address: str, path: Path) -> None:
    raise AssertionError(f"fetched {address}")


def test_a_path_and_a_card_make_a_model(registry: Registry, tiny_model: TinyModel) -> None:
    path, card = tiny_model()
    card_file = path.with_name("mine.yaml")
    card_file.write_text(card_to_yaml(card))

    kept = add_model(registry, str(path), card_file=card_file, name="other", fetch=never)

    assert kept.id == "other@1"


def test_a_file_without_a_card_is_refused_with_what_to_do(
    registry: Registry, tiny_model: TinyModel
) -> None:
    with pytest.raises(ConfigError, match="--card"):
        add_model(registry, str(tiny_model()[0]), fetch=never)
    with pytest.raises(ModelError, match="no such file"):
        add_model(registry, "/nowhere/x.onnx", fetch=never)


@pytest.mark.data
def test_a_file_that_vigil_knows_needs_no_card(
    registry: Registry, data: Callable[[str], Path], tmp_path: Path
) -> None:
    renamed = tmp_path / "renamed.onnx"
    shutil.copyfile(data("models/detect/yolox_nano_416.onnx"), renamed)

    assert add_model(registry, str(renamed), fetch=never).id == "yolox-nano-416@1"


@pytest.mark.data
def test_an_address_of_an_ir_fetches_both_of_its_files(
    registry: Registry, data: Callable[[str], Path]
) -> None:
    asked = []

    def fetch(address: str, path: Path) -> None:
        asked.append(address)
        name = Path(urlsplit(address).path).name
        shutil.copyfile(data(f"models/detect/{name}"), path)

    address = "https://models.example/a/person-detection-retail-0013.xml?key=1"
    kept = add_model(registry, address, fetch=fetch)

    assert kept.id == "person-detection-retail-0013@1"
    assert asked == [address, address.replace(".xml", ".bin")]
    assert registry.verify(kept.name) == kept


def test_an_address_of_something_else_is_refused_before_it_is_fetched(registry: Registry) -> None:
    with pytest.raises(ModelError, match="not a model file"):
        add_model(registry, "https://models.example/model.pt", fetch=never)
