"""I3D as it was published: parameters, names, padding, and answers that stay what they are."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.models.i3d import I3D, SMALLEST, same, two_stream
from vigil.models.i3d_r50 import I3DR50
from vigil.models.inflate import inflated
from vigil.models.resnet import ResNet

# Said by the weights of seed 0 of the clip of seed 1, when shapes and names were those published.
GOLDEN = [10.9657, -4.0325, -1.5698, -3.8434, 5.3698, 10.4785, 4.0331]


def seeded(network: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Weights, and means and variances that are not those of a new network."""
    made = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.dtype is torch.float32:
                drawn = torch.randn(value.shape, generator=made)
                spread = 0.05 if value.dim() > 1 else 0.1
                positive = name.endswith("running_var") or name.endswith("bn.weight")
                value.copy_(1 + 0.1 * drawn.abs() if positive else spread * drawn)
    return network.eval()


def test_as_many_parameters_as_published() -> None:
    assert sum(each.numel() for each in I3D(400).parameters()) == 12_697_264
    assert round(sum(each.numel() for each in I3DR50(400).parameters()) / 1e6, 1) == 28.0


def test_names_under_which_the_published_weights_are_kept() -> None:
    names = set(I3D(400).state_dict())
    assert {
        "Conv3d_1a_7x7.conv3d.weight",
        "Conv3d_2c_3x3.bn.running_mean",
        "Mixed_3b.b0.conv3d.weight",
        "Mixed_4f.b2b.bn.bias",
        "Mixed_5c.b3b.conv3d.weight",
        "logits.conv3d.bias",
    } <= names


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 7)),
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
)
@settings(max_examples=60)
def test_padding_gives_a_window_at_each_stride(
    have: tuple[int, int, int], size: tuple[int, int, int], stride: tuple[int, int, int]
) -> None:
    """TensorFlow's rule: out = ceil(in / stride), and what is odd comes after."""
    x = torch.ones(1, 1, *have)
    padded = same(x, size, stride)
    for axis in range(3):
        out = -(-have[axis] // stride[axis])
        total = max((out - 1) * stride[axis] + size[axis] - have[axis], 0)
        assert padded.shape[2 + axis] == have[axis] + total
        if padded.shape[2 + axis] >= size[axis]:
            assert (padded.shape[2 + axis] - size[axis]) // stride[axis] + 1 == out
        kept = padded.narrow(2 + axis, total // 2, have[axis])
        assert float(kept.sum()) == float(x.sum())


def test_answers_stay_what_they_are() -> None:
    network = seeded(I3D(7))
    clip = torch.randn(1, 3, 16, 224, 224, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        logits = network(clip)
        seen = network.embed(clip)
    assert seen.shape == (1, 1024, 1)
    assert logits[0].tolist() == pytest.approx(GOLDEN, abs=2e-3)


def test_clips_of_odd_sizes_and_flow_are_taken() -> None:
    with torch.no_grad():
        assert seeded(I3D(3, channels=2))(torch.zeros(2, 2, 17, 200, 210)).shape == (2, 3)


def test_a_clip_that_is_too_small_is_told_of() -> None:
    with pytest.raises(ValueError, match=r"a clip of \(8, 112, 112\); allowed: \(9, 32, 32\)"):
        I3D(3)(torch.zeros(1, 3, 8, 112, 112))
    with torch.no_grad():
        assert I3D(3).eval()(torch.zeros(1, 3, *SMALLEST)).shape == (1, 3)


def test_two_streams_are_added() -> None:
    rgb, flow = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.5, -2.0]])
    assert two_stream(rgb, flow).tolist() == [[1.5, 0.0]]


def test_a_still_clip_is_seen_as_its_picture_was() -> None:
    """But at its ends, where the zeros beyond are seen."""
    pictures, clips = seeded(ResNet(5)), I3DR50(5)
    clips.load_state_dict(inflated(pictures.state_dict(), clips.state_dict()))
    clips.eval()
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        wanted = torch.relu(pictures.bn1(pictures.conv1(picture)))
        still = picture[:, :, None].expand(-1, -1, 12, -1, -1)
        found = torch.relu(clips.bn1(clips.conv1(still)))
    torch.testing.assert_close(found[:, :, 2], wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found[:, :, 9], wanted, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(found[:, :, 0], wanted, atol=1e-3)


def test_weights_that_do_not_fit_are_told_of() -> None:
    weights = ResNet(5).state_dict()
    with pytest.raises(ValueError, match=r"fc\.weight: \(5, 2048\) does not fit \(9, 2048\)"):
        inflated(weights, I3DR50(9).state_dict())
    del weights["bn1.bias"]
    with pytest.raises(ValueError, match=r"no weights of a picture network for: bn1\.bias"):
        inflated(weights, I3DR50(5).state_dict())


PUBLISHED = Path(os.environ.get("VIGIL_I3D_WEIGHTS", "i3d-weights-are-not-here"))


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="VIGIL_I3D_WEIGHTS names no folder")
def test_published_weights_give_the_published_answer() -> None:
    """DeepMind's sample: rgb_imagenet.pt and flow_imagenet.pt, with v_CricketShot as .npy."""
    import numpy as np  # noqa: PLC0415  only here

    said = {}
    for stream, channels in (("rgb", 3), ("flow", 2)):
        network = I3D(400, channels=channels)
        network.load_state_dict(torch.load(PUBLISHED / f"{stream}_imagenet.pt", weights_only=True))
        clip = np.load(PUBLISHED / f"v_CricketShot_g04_c01_{stream}.npy", allow_pickle=False)
        with torch.no_grad():
            said[stream] = network.eval()(torch.from_numpy(clip).permute(0, 4, 1, 2, 3).float())
    assert float(said["rgb"].norm()) == pytest.approx(87.108871, rel=1e-4)
    assert float(two_stream(said["rgb"], said["flow"]).norm()) == pytest.approx(
        138.468643, rel=1e-4
    )
