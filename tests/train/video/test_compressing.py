"""Eight bits and fewer channels: files and networks that run."""

from pathlib import Path
from shutil import copy

import numpy as np
import onnx
import pytest
import torch
from tests.stages.sense.clip_models import CARD, FRAMES, SIDE, Exported, drawn

from vigil.core import ConfigError, ModelCard
from vigil.infer.clip_session import StreamSession, clip_session
from vigil.models.i3d_r50 import I3DR50
from vigil.models.mobilenet_v2 import MobileNetV2
from vigil.models.resnet import Bottleneck
from vigil.models.tsm import TSM
from vigil.models.video_transformer import VideoTransformer
from vigil.train.video.compressing import in_eight_bits
from vigil.train.video.pruning import prune
from vigil.train.video.shipping import export_clips, laid_out, said_by_file

CLIPS = [drawn(FRAMES, seed) for seed in range(3)]


@pytest.fixture(scope="module")
def stream(acts: Exported, tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelCard, Path]:
    folder = tmp_path_factory.mktemp("stream")
    copy(acts.folder / acts.stream.file, folder)
    return acts.stream, folder


def kinds(path: Path) -> set[str]:
    return {node.op_type for node in onnx.load(str(path)).graph.node}


def test_a_stream_in_eight_bits_still_holds_what_it_saw(stream: tuple[ModelCard, Path]) -> None:
    card, folder = stream
    small = in_eight_bits(card, folder, CLIPS)
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds(folder / small.file)
    assert isinstance(clip_session(small, folder / small.file), StreamSession)
    full, byte = (said_by_file(each, folder, CLIPS) for each in (card, small))
    np.testing.assert_allclose(byte, full, atol=0.15)
    assert (folder / small.file).stat().st_size < 0.5 * (folder / card.file).stat().st_size


def test_lines_of_transformers_are_bytes_and_their_convolution_is_not(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = VideoTransformer.small(
        "timesformer", 3, image_size=SIDE, num_frames=FRAMES, hidden_size=48,
        num_hidden_layers=2, num_attention_heads=2, intermediate_size=96,
    ).eval()  # fmt: skip
    export_clips(network, CARD, tmp_path, CLIPS)
    small = in_eight_bits(CARD, tmp_path, CLIPS)
    assert {"MatMulInteger", "Conv"} <= kinds(tmp_path / small.file)
    full, byte = (said_by_file(each, tmp_path, CLIPS) for each in (CARD, small))
    np.testing.assert_allclose(byte, full, atol=0.1)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_thinned_stream_holds_as_much_and_has_fewer_parameters(share: float) -> None:
    network = TSM(MobileNetV2(3), causal=True)
    with torch.no_grad():
        network.train()(torch.randn(2, FRAMES, 3, SIDE, SIDE))
    frame = torch.zeros(1, 3, SIDE, SIDE)
    before_held = [each.shape for each in network.nothing_held(frame)]
    before, after = prune(network, share)
    assert [each.shape for each in network.nothing_held(frame)] == before_held
    assert after < (1 - share / 3) * before
    assert after == sum(each.numel() for each in network.parameters())
    logits = network.eval()(laid_out(CARD, CLIPS[0]))
    assert logits.shape == (1, 3)
    logits.sum().backward()  # and it can be fitted again


def test_what_carries_nothing_goes_first_and_nothing_changes() -> None:
    torch.manual_seed(0)
    block, given = Bottleneck(64, 64, 1).eval(), torch.randn(1, 64, 8, 8)
    with torch.no_grad():
        for norm in (block.bn1, block.bn2):
            norm.weight[::2] = 0.0  # half of the channels say nothing
        wanted = block(given)
        prune(block, 0.5)
        assert block.conv2.weight.shape == (32, 32, 3, 3)
        torch.testing.assert_close(block(given), wanted)


def test_networks_of_clips_in_three_dimensions_are_thinned_too() -> None:
    network = I3DR50(3)
    before, after = prune(network, 0.5)
    assert after < 0.5 * before
    assert network.eval()(torch.randn(1, 3, 8, 64, 64)).shape == (1, 3)


@pytest.mark.parametrize(
    ("share", "problem"),
    [(0.0, "more than 0, less than 1"), (1.0, "found 1;"), (0.5, "no blocks that can be thinned")],
)
def test_what_cannot_be_thinned_is_refused(share: float, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        prune(torch.nn.Linear(4, 4), share)
