"""Networks that say what every pixel shows: their shapes and sizes, and weights of others."""

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import SegformerConfig, SegformerForSemanticSegmentation

from vigil.core import ModelError
from vigil.models import segformer
from vigil.models.bilateral import Bilateral
from vigil.train.segmenting import Exported

SMALL = {
    "hidden_sizes": [8, 8, 8, 8], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 1, 1],
    "decoder_hidden_size": 8,
}  # fmt: skip


def millions(network: nn.Module) -> float:
    return sum(each.numel() for each in network.parameters()) / 1e6


@pytest.mark.parametrize(("width", "height"), [(96, 64), (32, 96)])
def test_every_place_is_told(width: int, height: int) -> None:
    network = Bilateral(3).eval()
    pictures = torch.zeros(2, 3, height, width)
    assert network(pictures).shape == (2, 3, height // 8, width // 8)
    shares = Exported(network)(pictures)
    assert shares.shape == (2, height, width, 3)
    torch.testing.assert_close(shares.sum(3), torch.ones(2, height, width))


def test_it_is_small() -> None:
    assert 0.8 < millions(Bilateral(3)) < 1.0


def test_what_changes_far_away_is_known_here() -> None:
    """The deep path looks at the whole picture, which the shallow one cannot."""
    torch.manual_seed(0)
    network = Bilateral(2).eval()
    picture = torch.full((1, 3, 320, 320), 127.5)
    other = picture.clone()
    other[..., 192:, 192:] = 250.0
    corner = (slice(None), slice(None), slice(0, 4), slice(0, 4))
    with torch.no_grad():
        assert torch.equal(network.detail(picture)[corner], network.detail(other)[corner])
        assert not torch.equal(network(picture)[corner], network(other)[corner])


def test_segformer_is_as_large_as_was_published() -> None:
    """B0 with 150 words: 3.8 million (Xie et al. 2021, table 1)."""
    assert millions(segformer.begun(150)) == pytest.approx(3.75, abs=0.05)


def test_published_weights_are_taken_over_but_for_the_words(tmp_path: Path) -> None:
    config = SegformerConfig(num_labels=19, **SMALL)
    theirs = SegformerForSemanticSegmentation(config)
    theirs.save_pretrained(tmp_path)
    own = segformer.published(tmp_path, 2)
    assert own(torch.zeros(1, 3, 64, 96)).shape == (1, 2, 16, 24)
    before, after = theirs.segformer.state_dict(), own.network.segformer.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in after)
    (tmp_path / "config.json").write_text('{"model_type": "d_fine"}')
    with pytest.raises(ModelError, match="found 'd_fine'; allowed for segformer-b0: 'segformer'"):
        segformer.published(tmp_path, 2)
