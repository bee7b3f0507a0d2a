"""A detector begins as a published one, and answers as that one does before it learns."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from tests.train import toys

from vigil.core import Image, ModelError, ModelInput
from vigil.infer.adding import add_model
from vigil.infer.registry import Registry
from vigil.infer.session import open_session
from vigil.models.sentry import Exported
from vigil.models.yolox import YoloxNano
from vigil.train.borrowing import begin_as_published
from vigil.train.exporting import export
from vigil.train.fitting import Answered
from vigil.train.judging import boxes_in
from vigil.train.networks import Start, learner, network_of
from vigil.train.stills import rgb_of
from vigil.train.unfolding import unfolded

FILE = "models/detect/yolox_nano_416.onnx"
CARD = replace(toys.CARD, labels=("person", "vehicle", "crane"))
WORDS = ("person", "vehicle=car", "crane")


@pytest.fixture(scope="module")
def begun(data: Callable[[str], Path]) -> YoloxNano:
    network = learner(Start(network="yolox-nano", published=data(FILE), words=WORDS), CARD).network
    assert isinstance(network, YoloxNano)
    network.eval()
    return network


@pytest.fixture(scope="module")
def workers(data: Callable[[str], Path]) -> Image:
    return rgb_of(sorted(data("images/ppe/test/images").iterdir())[0])


def test_it_finds_what_the_published_file_finds(
    begun: YoloxNano, workers: Image, data: Callable[[str], Path], tmp_path: Path
) -> None:
    registry = Registry(tmp_path)
    add_model(registry, str(data(FILE)), fetch=lambda _address, _path: None)
    published, folder = registry.resolve("yolox-nano-416")
    there = boxes_in(workers, open_session(published, folder).run, published, 0.3)
    people = there.classes == published.labels.index("person")
    assert people.any()
    card = replace(CARD, input=ModelInput(width=416, height=416), nms_iou=published.nms_iou)
    here = boxes_in(workers, Answered(Exported(begun)), card, 0.3)
    own = here.classes == 0
    assert np.allclose(here.scores[own], there.scores[people], atol=1e-3)
    assert np.allclose(here.boxes[own], there.boxes[people], atol=0.5)


def test_a_word_that_nobody_knows_begins_as_seldom(begun: YoloxNano) -> None:
    for level in begun.levels:
        assert torch.sigmoid(level.word_logits.bias[2]) < 0.02
        assert level.word_logits.bias[0] > level.word_logits.bias[2]


def test_its_own_file_is_enough_to_learn_on(
    begun: YoloxNano, workers: Image, tmp_path: Path
) -> None:
    card = replace(CARD, input=ModelInput(width=128, height=96), options={"column/vehicle": 1})
    export(Exported(begun), card, tmp_path, [workers])
    told = replace(card, labels=("vehicle",))
    found = learner(
        Start(network="yolox-nano", weights=unfolded(told, tmp_path)),
        replace(told, labels=("vehicle", "x")),
    )
    assert isinstance(found.network, YoloxNano)
    pictures = torch.rand(1, 3, 96, 128) * 255
    with torch.no_grad():
        again, wanted = found.network.eval()(pictures)[0], begun(pictures)[0]
    assert torch.allclose(again[..., 0], wanted[..., 1], atol=1e-4)
    assert network_of(begun.state_dict(), "sentry") == "yolox-nano"
    with pytest.raises(ModelError, match=r"^prune: yolox-nano keeps its channels; allowed: sentry"):
        Start(network="yolox-nano", weights=begun.state_dict(), prune=0.5)


def test_it_goes_back_halfway_but_for_words_that_are_new(data: Callable[[str], Path]) -> None:
    start = Start(network="yolox-nano", published=data(FILE), words=WORDS)
    found = learner(start, CARD)
    network = found.network
    assert isinstance(network, YoloxNano)
    assert found.published is not None
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.no_grad():
        for name, value in network.named_parameters():
            value.add_(1.0 if value.requires_grad else 0.0)
            assert value.requires_grad == name.startswith("levels.")
    found.published.halfway(network)
    now = network.state_dict()
    assert torch.equal(now["trunk.stem.0.weight"], before["trunk.stem.0.weight"])
    for name in ("levels.1.boxes.bias", "levels.2.word_logits.bias"):
        moved = now[name] - before[name]
        wanted = [0.5, 0.5, 1.0] if "word" in name else [0.5] * 4
        assert torch.allclose(moved, torch.tensor(wanted), atol=1e-5)


def test_what_cannot_begin_so_is_told_in_one_line(
    data: Callable[[str], Path], tmp_path: Path
) -> None:
    network = YoloxNano(1)
    with pytest.raises(ModelError, match=r"^nanodet_m_320\.onnx: no YOLOX-nano; \d+ convolutions"):
        begin_as_published(network, data("models/detect/nanodet_m_320.onnx"))
    with pytest.raises(ModelError, match=r"^words: crane=hoist: no word of COCO; allowed: person,"):
        begin_as_published(network, data(FILE), ["crane=hoist"])
    with pytest.raises(ModelError, match=r"^words: vehicle=car: begins as none; allowed with"):
        Start(words=("vehicle=car",))


def test_a_file_that_is_none_is_told_in_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"^broken\.onnx: its content is not ONNX"):
        begin_as_published(YoloxNano(1), broken)
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "y")]
    graph = helper.make_graph([node], "g", shapes[:1], shapes[1:])
    onnx.save(helper.make_model(graph), str(broken))
    with pytest.raises(ModelError, match=r"convolutions without weights or bias$"):
        begin_as_published(YoloxNano(1), broken)
