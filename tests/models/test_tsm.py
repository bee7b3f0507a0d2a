"""TSM: what is shifted, where, and that a stream says what a clip says."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification

from vigil.models.mobilenet_v2 import MobileNetV2
from vigil.models.resnet import DEPTHS, ResNet
from vigil.models.tsm import TSM, Streaming, of_the_last, shifted
from vigil.train.exporting import quiet

FRAMES = 4


def clips(seed: int = 0, *, side: int = 64) -> torch.Tensor:
    return torch.randn(2, FRAMES, 3, side, side, generator=torch.Generator().manual_seed(seed))


def ready(network: nn.Module, given: torch.Tensor) -> nn.Module:
    """With the means and variances of what is given: else nothing that comes in would matter."""
    norms = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        network.train()(given)
    return network.eval()


def test_an_eighth_comes_from_each_side() -> None:
    x = torch.arange(2 * FRAMES * 16, dtype=torch.float32).reshape(2 * FRAMES, 16, 1, 1)
    found = shifted(x, FRAMES, causal=False).reshape(2, FRAMES, 16)
    given = x.reshape(2, FRAMES, 16)
    assert (found[:, :-1, :2] == given[:, 1:, :2]).all()
    assert (found[:, -1, :2] == 0).all()
    assert (found[:, 1:, 2:4] == given[:, :-1, 2:4]).all()
    assert (found[:, 0, 2:4] == 0).all()
    assert (found[..., 4:] == given[..., 4:]).all()


def test_a_causal_shift_knows_nothing_of_the_next_frame() -> None:
    x = torch.randn(FRAMES, 16, 2, 2)
    other = x.clone()
    other[-1] += 1
    one, two = (shifted(each, FRAMES, causal=True) for each in (x, other))
    assert (one[:-1] == two[:-1]).all()
    assert (one[1:, :2] == x[:-1, :2]).all()


def test_a_shift_back_restores_what_is_inside_a_clip() -> None:
    x = torch.randn(FRAMES, 24, 3, 3)
    there = shifted(x, FRAMES, causal=False)
    swapped = torch.cat([there[:, 3:6], there[:, :3], there[:, 6:]], 1)
    back = shifted(swapped, FRAMES, causal=False)
    again = torch.cat([back[:, 3:6], back[:, :3], back[:, 6:]], 1)
    assert torch.equal(again[1:-1], x[1:-1])


@pytest.mark.parametrize(
    ("make", "places"),
    [
        (lambda: ResNet(3), 16),
        (lambda: ResNet(3, depths=DEPTHS["resnet101"]), 2 + 2 + 12 + 2),
        (lambda: MobileNetV2(3), 10),
    ],
)
def test_it_shifts_where_published_and_adds_no_parameter(
    make: Callable[[], ResNet | MobileNetV2], places: int
) -> None:
    base = make()
    before = sum(each.numel() for each in base.parameters())
    network = TSM(base)
    assert network.places == places
    assert sum(each.numel() for each in network.parameters()) == before


def test_names_under_which_published_weights_are_kept() -> None:
    names = set(TSM(ResNet(3)).base.state_dict())
    assert "layer1.0.conv1.net.weight" in names
    assert "layer4.2.conv1.net.weight" in names
    assert "layer1.0.conv2.weight" in names
    assert "features.3.conv.0.net.0.weight" in set(TSM(MobileNetV2(3)).base.state_dict())


@pytest.mark.parametrize("base", [ResNet, MobileNetV2])
def test_a_stream_says_what_a_causal_clip_says(base: type[ResNet] | type[MobileNetV2]) -> None:
    torch.manual_seed(0)
    given = clips()
    network = ready(TSM(base(5), causal=True), given)
    with torch.no_grad():
        wanted = network(given)
        held, said = network.nothing_held(given[:, 0]), []
        for frame in given.unbind(1):
            logits, held = network.step(frame, held)
            said.append(logits)
    torch.testing.assert_close(of_the_last(said), wanted, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(wanted[0], wanted[1], atol=1e-2)  # what comes in does matter


def test_time_matters() -> None:
    torch.manual_seed(0)
    given = clips()
    network = ready(TSM(MobileNetV2(5)), given)
    with torch.no_grad():
        assert not torch.allclose(network(given), network(given.flip(1)), atol=1e-3)


def test_who_looks_ahead_cannot_stream() -> None:
    network = TSM(MobileNetV2(3))
    with pytest.raises(ValueError, match="looks at the next frame"):
        network.step(torch.zeros(1, 3, 32, 32), [])


def test_partial_batch_norm_leaves_the_first_alone() -> None:
    network = TSM(MobileNetV2(3)).train()
    network.freeze_norms()
    norms = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    assert norms[0].training
    assert norms[0].weight.requires_grad
    assert not any(each.training or each.weight.requires_grad for each in norms[1:])


def test_the_exported_stream_is_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ready(TSM(MobileNetV2(4), causal=True), clips(side=32))
    given = clips(side=32)[:1]
    held = network.nothing_held(given[:, 0])
    path = tmp_path / "stream.onnx"
    names = [f"held{at}" for at in range(len(held))]
    with quiet():
        torch.onnx.export(
            Streaming(network).eval(), (given[:, 0], *held), str(path),
            input_names=["frame", *names], output_names=["logits", *(f"next_{n}" for n in names)],
            opset_version=18, dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    state = [each.numpy() for each in held]
    said = []
    for frame in given[0]:
        feed = dict(zip(["frame", *names], [frame[None].numpy(), *state], strict=True))
        logits, *state = session.run(None, feed)
        said.append(logits)
    with torch.no_grad():
        np.testing.assert_allclose(np.mean(said, 0), network(given).numpy(), atol=1e-4)


def test_resnet_is_that_of_transformers() -> None:
    given = clips()[:, 0]
    theirs = ready(ResNetForImageClassification(ResNetConfig(num_labels=5)), given)
    ours = ResNet(5)
    renamed = dict(zip(_order(ours), theirs.state_dict().values(), strict=True))
    ours.load_state_dict(renamed)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(given), theirs(given).logits, atol=1e-5, rtol=1e-5)


def _order(network: ResNet) -> list[str]:
    """Their order of weights: the shortcut of a block comes before its layers."""
    names = list(network.state_dict())
    ordered: list[str] = []
    blocks: dict[str, list[str]] = {}
    for name in names:
        block = ".".join(name.split(".")[:2]) if name.startswith("layer") else name
        blocks.setdefault(block, []).append(name)
    for group in blocks.values():
        short = [name for name in group if ".downsample." in name]
        ordered += short + [name for name in group if name not in short]
    return ordered
