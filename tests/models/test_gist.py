"""A small network that begins as nothing: what it takes, gives, and weighs."""

import torch

from vigil.models.gist import Gist


def test_it_gives_a_vector_a_picture_and_stays_small() -> None:
    network = Gist().eval()
    assert 450_000 < sum(each.numel() for each in network.parameters()) < 550_000
    with torch.no_grad():
        found = network(torch.rand(2, 3, 64, 96) * 255)
    assert found.shape == (2, network.numbers) == (2, 384)


def test_no_stage_is_louder_than_another() -> None:
    torch.manual_seed(0)
    network = Gist().train()
    with torch.no_grad():
        found = network(torch.rand(32, 3, 64, 64) * torch.rand(32, 1, 1, 1) * 255)
    assert torch.allclose(found.std(0), torch.ones(384), atol=0.1)


def test_a_picture_that_is_alone_in_its_batch_teaches_too() -> None:
    network = Gist().train()
    found = network(torch.rand(1, 3, 64, 64) * 255)
    found.sum().backward()
    assert network.stem[0][0].weight.grad.abs().sum() > 0
