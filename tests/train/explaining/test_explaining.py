"""Explanations point to what a network was taught to look at, and not to what it never read."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vigil.core import Box
from vigil.models.i3d_r50 import I3DR50
from vigil.models.mobilenet_v2 import MobileNetV2
from vigil.models.tsm import TSM
from vigil.models.video_transformer import VideoTransformer
from vigil.train.explaining.explained import Explanation, explain
from vigil.train.explaining.grad_cam import grad_cam
from vigil.train.explaining.moments import missed, pull
from vigil.train.explaining.rollout import rollout

FRAMES, SIDE = 8, 32
WORDS = ("still", "moves")
CORNER = slice(0, SIDE // 2)
"""Where the square is that counts; another always moves in the corner opposite."""


class Tiny(nn.Module):
    """Clips (b, t, 3, h, w), as those of pictures over time take them."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv3d(3, 8, 3, stride=(1, 2, 2), padding=1), nn.ReLU(),
            nn.Conv3d(8, 16, 3, stride=(1, 2, 2), padding=1), nn.ReLU(),
        )  # fmt: skip
        self.line = nn.Linear(16, len(WORDS))

    def forward(self, clips: Tensor) -> Tensor:
        return self.line(self.look(clips.movedim(1, 2)).mean((2, 3, 4)))


def clip(*, bright_s: range, chance: torch.Generator) -> Tensor:
    """(1, t, 3, h, w): a bright square wanders at the upper left in `bright_s`.

    A dark one wanders at the lower right in every frame.
    """
    made = 0.1 * torch.randn(1, FRAMES, 3, SIDE, SIDE, generator=chance)
    for at in range(FRAMES):
        x = int(torch.randint(1, 8, (1,), generator=chance))
        if at in bright_s:
            made[0, at, :, x : x + 6, at + 1 : at + 7] += 2
        made[0, at, :, 16 + x : 22 + x, 17 + at : 23 + at] -= 2
    return made


@cache
def taught() -> Tiny:
    """It tells clips with the bright square from those without."""
    torch.manual_seed(0)
    network, chance = Tiny(), torch.Generator().manual_seed(1)
    walk = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(60):
        there = [clip(bright_s=range(FRAMES), chance=chance) for _ in range(4)]
        gone = [clip(bright_s=range(0), chance=chance) for _ in range(4)]
        loss = nn.functional.cross_entropy(
            network(torch.cat(there + gone)), torch.tensor([1] * 4 + [0] * 4)
        )
        walk.zero_grad()
        loss.backward()
        walk.step()
    assert loss.item() < 0.1
    return network.eval()


def shown(bright_s: range = range(FRAMES)) -> Tensor:
    return clip(bright_s=bright_s, chance=torch.Generator().manual_seed(9))


def asked(network: nn.Module, given: Tensor, word: str | None = None) -> Explanation:
    return explain(
        network, given, words=WORDS, times_s=np.arange(FRAMES) / 10, seen=Box(0, 0, 320, 320),
        word=word,
    )  # fmt: skip


def alike(one: Tensor, other: Tensor) -> float:
    """Rank correlation of two maps."""
    ranks = [each.flatten().argsort().argsort().float() for each in (one, other)]
    return float(torch.corrcoef(torch.stack(ranks))[0, 1])


def test_heat_lies_on_the_square_that_counts() -> None:
    heat = grad_cam(taught(), shown(), 1, frames=FRAMES)
    inside = heat[:, : heat.shape[1] // 2, : heat.shape[2] // 2].sum() / heat.sum()
    assert inside > 0.8


def test_a_word_is_explained_by_what_speaks_for_it() -> None:
    heat = grad_cam(taught(), shown(), 0, frames=FRAMES)
    inside = heat[:, : heat.shape[1] // 2, : heat.shape[2] // 2].sum() / heat.sum()
    assert inside < 0.4


def test_other_weights_give_another_map() -> None:
    """Adebayo et al. 2018, arXiv 1810.03292: a map that ignores the weights explains nothing."""
    torch.manual_seed(5)
    fresh = Tiny().eval()
    given = shown()
    one, two = (grad_cam(each, given, 1, frames=FRAMES) for each in (taught(), fresh))
    assert abs(alike(one, two)) < 0.5
    assert alike(one, grad_cam(taught(), given, 1, frames=FRAMES)) == pytest.approx(1)


def test_the_moments_that_count_are_found() -> None:
    given = shown(range(4, 8))
    falls = missed(taught(), given, 1, axis=1, stretches=2)
    assert falls[1] > 0.2 > falls[0]
    pulls = pull(taught(), given, 1, axis=1)
    assert pulls[4:].mean() > pulls[:4].mean() + pulls.std() / 2


def test_stretches_have_their_bounds() -> None:
    with pytest.raises(ValueError, match="9 stretches; allowed: 2 to 8"):
        missed(taught(), shown(), 1, axis=1, stretches=9)


@pytest.mark.parametrize("causal", [True, False])
def test_a_network_that_shifts_time_tells_each_frame(causal: bool) -> None:
    torch.manual_seed(0)
    network = TSM(MobileNetV2(2), causal=causal).eval()
    heat = grad_cam(network, torch.randn(1, 4, 3, 64, 64), 1, frames=4)
    assert heat.shape == (4, 2, 2)
    assert heat.max() > 0


def test_a_network_over_time_tells_its_moments() -> None:
    torch.manual_seed(0)
    network = I3DR50(2).eval()
    heat = grad_cam(network, torch.randn(1, 3, 8, 64, 64), 0, frames=8)
    assert heat.shape == (4, 2, 2)


def tiny(name: str, **settings: object) -> VideoTransformer:
    torch.manual_seed(0)
    small = {"image_size": 32, "num_hidden_layers": 3, "hidden_size": 48, "intermediate_size": 96}
    return VideoTransformer.small(name, 2, **(small | settings)).eval()


@pytest.mark.parametrize(("name", "moments"), [("timesformer", 8), ("vivit", 8), ("videomae", 8)])
def test_what_is_looked_at_adds_up(name: str, moments: int) -> None:
    network = tiny(name)
    given = torch.randn(1, network.frames, 3, 32, 32)
    before = network(given)
    shares = rollout(network, lambda: network(given))
    assert shares.shape == (moments, 2, 2)
    assert (shares > 0).all()
    # The rest of ViViT's and TimeSformer's is what the token of the class kept of itself.
    kept = 1 - float(shares.sum())
    assert kept == pytest.approx(0, abs=1e-5) if name == "videomae" else 0 < kept < 0.6
    assert torch.allclose(network(given), before, atol=1e-6)


@pytest.mark.parametrize("name", ["timesformer", "vivit", "videomae"])
def test_a_network_that_attends_to_one_place_is_seen_to(name: str) -> None:
    """With attention to bright patches alone, what is looked at is where it is bright."""
    network = tiny(name)
    given = torch.zeros(1, network.frames, 3, 32, 32)
    given[:, 5, :, :16, 16:] = 3.0
    attend_to_bright(network)
    shares = rollout(network, lambda: network(given))
    moment = 5 * shares.shape[0] // network.frames
    assert np.unravel_index(int(shares.argmax()), shares.shape) == (moment, 0, 1)


def attend_to_bright(network: VideoTransformer) -> None:
    """The first number of a token is how bright its patch is, and the first head asks for it."""
    width = network.width
    with torch.no_grad():
        for name, each in network.named_parameters():
            if each.dim() >= 4:
                each.zero_()
                each[0] = 0.05  # the patch
            elif each.dim() == 3:
                each.zero_()  # the class, and the places
            elif "qkv" in name:
                each[: 2 * width] = 0
                each[(width, 0) if each.dim() == 2 else 0] = 1 if each.dim() == 2 else 30
            elif "query" in name or "q_proj" in name:
                each.zero_()
                if each.dim() == 1:
                    each[0] = 30
            elif "key" in name or "k_proj" in name:
                each.zero_()
                if each.dim() == 2:
                    each[0, 0] = 1


def test_an_explanation_as_figures() -> None:
    told = asked(taught(), shown())
    plain = told.as_json()
    assert told.word == plain["word"] == "moves"
    assert told.probability > 0.9
    assert [each["time_s"] for each in plain["frames"]] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert plain["without"][0] == plain["without"][0] | {"from_s": 0.0, "to_s": 0.0}
    strongest = max(plain["moments"], key=lambda each: each["heat"])["strongest"]
    assert max(strongest) < 160
    assert asked(taught(), shown(), "still").word == "still"
    with pytest.raises(ValueError, match="no word 'run'; allowed: still, moves"):
        asked(taught(), shown(), "run")
