"""What blocks that stay make of a picture is made once, and is the same as without that."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.train import sights

from vigil.core import ModelInput
from vigil.models.namer import Namer
from vigil.train import keeping
from vigil.train.keeping import VARIATIONS, KeptMaps

SIZE = ModelInput(width=64, height=64, fit="stretch")


@pytest.fixture(scope="module")
def network() -> Namer:
    torch.manual_seed(3)
    network = Namer(2, body="likeness").eval()
    network.keep(14)
    return network


def kept(network: Namer, folder: Path, weights: str = "a") -> KeptMaps:
    return KeptMaps(network, weights=weights, size=SIZE, folder=folder)


def test_the_first_is_the_picture_itself_and_the_others_vary(
    network: Namer, tmp_path: Path
) -> None:
    (shown,) = sights.sights(tmp_path, 1)
    maps = kept(network, tmp_path).of(shown)
    assert maps.shape == (VARIATIONS, 96, 4, 4)
    picture = torch.from_numpy(shown.image().transpose(2, 0, 1).copy()).float()[None]
    with torch.no_grad():
        whole = network.embed(picture)
        behind = network.late(torch.from_numpy(maps[:1]).float())
    assert float(torch.cosine_similarity(whole, behind)) > 0.999
    assert not np.array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[1], maps[2])


def test_they_are_made_once_for_the_same_content_and_weights(
    network: Namer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = sights.sights(tmp_path / "one", 2)
    first = [kept(network, tmp_path).of(each) for each in shown]
    made: list[Any] = []
    usual = KeptMaps._made

    def counted(self: KeptMaps, *given: Any) -> Any:
        made.append(given)
        return usual(self, *given)

    monkeypatch.setattr(keeping.KeptMaps, "_made", counted)
    again = [kept(network, tmp_path).of(each) for each in sights.sights(tmp_path / "two", 2)]
    assert not made
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    kept(network, tmp_path, weights="b").of(shown[0])
    assert len(made) == 1
    for file in tmp_path.glob("*/*.npy"):
        file.write_bytes(file.read_bytes()[:40])  # a power cut
    assert np.array_equal(kept(network, tmp_path).of(shown[0]), first[0])
    assert len(made) == 2
