"""A detector with fewer channels: what is left answers as if the others had said nothing."""

import copy
from dataclasses import replace

import pytest
import torch
from tests.train import toys
from torch import nn

from vigil.core import ConfigError, ModelError
from vigil.models.sentry import Sentry
from vigil.train.channels import parameters_of
from vigil.train.networks import Start, learner
from vigil.train.pruning import prune

PICTURES = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(1)) * 255


def learnt(words: int = 2) -> Sentry:
    """Stands for a network that has learnt: its norms differ from channel to channel."""
    torch.manual_seed(0)
    network = Sentry(words, channels=(8, 16, 32, 48, 64), pyramid=32).eval()
    with torch.no_grad():
        for norm in norms(network):
            for values in (norm.weight, norm.running_var):
                assert values is not None
                values.uniform_(0.5, 1.5)
            norm.bias.uniform_(-0.5, 0.5)
    return network


def norms(network: nn.Module) -> list[nn.BatchNorm2d]:
    return [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]


@torch.no_grad()
def said(network: nn.Module) -> torch.Tensor:
    return torch.cat(network.eval()(PICTURES), 2)


def test_channels_that_say_nothing_go_and_nothing_changes() -> None:
    network = learnt()
    with torch.no_grad():
        for norm in norms(network)[1:]:  # the first layer stays as it is
            norm.weight[::2] = 0.0
            norm.bias[::2] = 0.0
    wanted, thin = said(network), copy.deepcopy(network)
    before, after = prune(thin, 0.5)
    assert parameters_of(network) == before > 2 * after
    assert after == parameters_of(thin)
    assert [len(norm.weight) for norm in norms(thin)[1:]] == [
        len(norm.weight) // 2 for norm in norms(network)[1:]
    ]
    torch.testing.assert_close(said(thin), wanted)


def test_a_pruned_network_goes_on_as_wide_as_it_is_and_is_pruned_again() -> None:
    thin = learnt()
    prune(thin, 0.3)
    card = replace(toys.CARD, labels=(*toys.WORDS, "cross"))
    more = learner(Start(weights=thin.state_dict()), card)
    assert more.pruned is None
    assert torch.equal(said(more.network)[..., [0, 1, -4, -3, -2, -1]], said(thin))
    thinner = learner(Start(weights=thin.state_dict(), prune=0.5), toys.CARD)
    assert thinner.pruned == (parameters_of(thin), parameters_of(thinner.network))
    words, sides = thinner.network.train()(PICTURES)
    (words.sum() + sides.sum()).backward()  # and it can learn
    assert all(each.grad is not None for each in thinner.network.parameters())


@pytest.mark.parametrize("share", [1.0, -0.5])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ConfigError, match="allowed: more than 0, less than 1"):
        Start(prune=share)


def test_other_networks_are_refused() -> None:
    with pytest.raises(ModelError, match="prune: dfine-n keeps its channels; allowed: sentry"):
        Start(network="dfine-n", prune=0.3)
