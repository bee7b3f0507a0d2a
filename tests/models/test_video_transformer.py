"""Video transformers behind one pair of methods."""

from pathlib import Path

import pytest
import torch

from vigil.models.video_transformer import SMALL, VideoTransformer, normalised

TINY = {"image_size": 32, "num_hidden_layers": 2, "hidden_size": 48, "intermediate_size": 96}


def tiny(name: str, classes: int = 3) -> VideoTransformer:
    torch.manual_seed(0)
    return VideoTransformer.small(name, classes, **TINY).eval()


def clips(network: VideoTransformer, count: int = 2) -> torch.Tensor:
    made = torch.Generator().manual_seed(1)
    return torch.randn(count, network.frames, 3, network.side, network.side, generator=made)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_clips_become_logits_and_vectors(name: str) -> None:
    network = tiny(name)
    given = clips(network)
    with torch.no_grad():
        logits, vectors = network(given), network.embed(given)
        assert logits.shape == (2, 3)
        assert vectors.shape == (2, network.width)
        assert not torch.allclose(logits[0], logits[1], atol=1e-4)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_it_learns_a_clip_from_itself_played_backwards(name: str) -> None:
    """Only who sees time can tell them apart."""
    network = tiny(name, classes=2).train()
    clip = clips(network, 1)
    given, truth = torch.cat([clip, clip.flip(1)]), torch.tensor([0, 1])
    walk = torch.optim.AdamW(network.parameters(), lr=1e-3)
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(network(given), truth)
        walk.zero_grad()
        loss.backward()
        walk.step()
    assert loss.item() < 0.1


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_small_one_is_small(name: str) -> None:
    parameters = sum(each.numel() for each in VideoTransformer.small(name, 5).parameters())
    assert 2e6 < parameters < 6e6


def test_another_length_is_told_of() -> None:
    network = tiny("timesformer")
    with pytest.raises(ValueError, match=r"clips of \(7, 3, 32, 32\); allowed: \(8, 3, 32, 32\)"):
        network(clips(network)[:, 1:])
    with pytest.raises(ValueError, match="there are: timesformer, videomae, vivit"):
        VideoTransformer.small("slowfast", 2)


def test_a_checkpoint_comes_back_with_as_many_classes_as_wanted(tmp_path: Path) -> None:
    network = tiny("videomae")
    network.network.save_pretrained(tmp_path)
    given = clips(network)
    with torch.no_grad():
        torch.testing.assert_close(VideoTransformer.opened(tmp_path).eval()(given), network(given))
        other = VideoTransformer.opened(tmp_path, classes=7).eval()
        assert other(given).shape == (2, 7)
        torch.testing.assert_close(other.embed(given), network.embed(given))


def test_pictures_are_normalised_channel_by_channel() -> None:
    grey = torch.full((1, 2, 3, 4, 4), 127.5)
    found = normalised(grey, (0.5, 0.4, 0.3), (0.5, 0.2, 0.1))
    assert found[0, 0, :, 0, 0].tolist() == pytest.approx([0.0, 0.5, 2.0])
