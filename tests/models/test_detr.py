"""D-FINE and RT-DETRv2 have the sizes that were published, and learn."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.train.small_detr import SETTINGS

from vigil.core import ModelError
from vigil.models.detr import Exported, TrainedDetr, config_of, made, published, queries_at

SIDE = 64


@pytest.mark.parametrize(
    ("size", "millions"), [("dfine-n", 3.78), ("dfine-s", 10.32), ("rtdetr-v2-r18", 20.18)]
)
def test_it_has_as_many_parameters_as_were_published(size: str, millions: float) -> None:
    with torch.device("meta"):
        network = made(config_of(size, 80, 640))
    count = sum(weight.numel() for weight in network.parameters()) / 1e6
    assert count == pytest.approx(millions, abs=0.01)


def test_a_small_picture_is_asked_fewer_questions() -> None:
    assert queries_at(640, (8, 16, 32)) == 300
    assert queries_at(96, (16, 32)) == 45


def batch() -> dict[str, torch.Tensor]:
    return {
        "pictures": torch.randint(0, 255, (2, 3, SIDE, SIDE), dtype=torch.uint8),
        "boxes": torch.tensor([[[8.0, 8.0, 40.0, 40.0], [0, 0, 9, 9]], [[0.0] * 4] * 2]),
        "words": torch.tensor([[0, 1], [-1, -1]]),
        "weights": torch.tensor([[1.0, 0.2], [0.0, 0.0]]),
    }


def test_what_is_hardly_believed_is_not_learnt() -> None:
    torch.manual_seed(0)
    model = TrainedDetr(made(config_of("dfine-n", 2, SIDE, **SETTINGS))).eval()
    given = batch()
    with torch.no_grad():
        unsure = float(model(**given)["loss"])
        without = float(model(**(given | {"words": torch.tensor([[0, -1], [-1, -1]])}))["loss"])
        sure = float(model(**(given | {"weights": torch.ones(2, 2)}))["loss"])
    assert unsure == without != sure


def test_weights_that_layers_share_are_kept_and_come_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = config_of("dfine-n", 2, SIDE, **SETTINGS)
    model, other = TrainedDetr(made(config)), TrainedDetr(made(config))
    save_file(model.state_dict(), tmp_path / "weights.safetensors")
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    pictures = batch()["pictures"].float()
    with torch.no_grad():
        for own, theirs in zip(
            Exported(model.network).eval()(pictures),
            Exported(other.network).eval()(pictures),
            strict=True,
        ):
            assert torch.equal(own, theirs)


def test_published_weights_are_taken_over_but_for_the_words(tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs = made(config_of("dfine-n", 80, SIDE, **SETTINGS))
    theirs.save_pretrained(tmp_path)
    own = published("dfine-n", tmp_path, 2, SIDE)
    assert own.config.num_labels == 2
    assert own.class_embed[0].weight.shape[0] == 2
    before, after = theirs.model.backbone.state_dict(), own.model.backbone.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in after)


def test_folders_of_other_networks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json: no settings of a network"):
        published("dfine-n", tmp_path, 2, SIDE)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "yolos"}))
    with pytest.raises(ModelError, match="found 'yolos'; allowed for dfine-n: 'd_fine'"):
        published("dfine-n", tmp_path, 2, SIDE)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "d_fine"}))
    with pytest.raises(ModelError, match="its weights do not fit"):
        published("dfine-n", tmp_path, 2, SIDE)
