"""A body that was taken over, with words."""

import torch
from torch import nn

from vigil.models.namer import Namer

PICTURES = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1)) * 255


def test_it_takes_any_side_and_is_a_small_network() -> None:
    network = Namer(3).eval()
    assert network(PICTURES).shape == (2, 3)
    assert 2_000_000 < sum(each.numel() for each in network.parameters()) < 2_300_000


def test_kept_blocks_and_the_rest_are_the_whole() -> None:
    network = Namer(3, body="likeness").eval()
    with torch.no_grad():
        whole = network.embed(PICTURES)
        for blocks in (0, 7, 14):
            network.keep(blocks)
            assert torch.allclose(network.late(network.early(PICTURES)), whole, atol=1e-5)
    assert not any(each.requires_grad for each in network.trunk[:14].parameters())
    assert all(each.requires_grad for each in network.trunk[14:].parameters())
    assert network.word_logits.weight.requires_grad


def test_its_norms_know_what_they_knew() -> None:
    network = Namer(2, body="likeness").train()
    norms = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    before = [each.running_mean.clone() for each in norms if each.running_mean is not None]
    network(PICTURES)
    after = [each.running_mean for each in norms if each.running_mean is not None]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert network.dropout.training
