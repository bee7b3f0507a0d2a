"""Streams that are joined, some of them missing, and what is said of them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from vigil.core import ConfigError
from vigil.train.video.asking import Asked
from vigil.train.video.batches import Way
from vigil.train.video.bodies import preset_of
from vigil.train.video.keeping import keep, opened
from vigil.train.video.mixing import attacked, mixed
from vigil.train.video.network import ClipNetwork
from vigil.train.video.settings import VideoSettings
from vigil.train.video.truths import Truths

WORDS = ("left", "right", "rest")
B, T, SIDE = 3, 4, 32


def way(task: str = "one", **more: object) -> Way:
    given = {"data": "d", "name": "n", "task": task, "frames": T, "side": SIDE, "dropout": 0.0}
    settings = VideoSettings(**given | more)  # type: ignore[arg-type]
    return Way(settings=settings, preset=preset_of(settings))


def network(task: str = "one", **more: object) -> ClipNetwork:
    torch.manual_seed(0)
    settings = way(task, **more).settings
    spans = {"middle": (10.0,), "spread": (2.0,)} if task == "number" else {}
    labels = ("number",) if task == "number" else WORDS
    return ClipNetwork(settings, Truths(task=task, labels=labels, **spans), balance=None)  # type: ignore[arg-type]


def streams() -> dict[str, torch.Tensor]:
    chance = torch.Generator().manual_seed(2)
    audio = torch.randn(B, 64, 80, generator=chance)
    audio[1] = torch.nan
    return {
        "rgb": torch.randint(0, 256, (B, T, 3, SIDE, SIDE), dtype=torch.uint8, generator=chance),
        "flow": torch.rand(B, T, 2, SIDE, SIDE, generator=chance) * 2 - 1,
        "audio": audio,
    }


@pytest.mark.parametrize("fusion", ["weighted", "concatenation", "attention", "late"])
def test_a_clip_without_sound_is_no_accident(fusion: str) -> None:
    clips = network(streams=("rgb", "flow", "audio"), fusion=fusion)
    given = streams()
    loss = clips.loss(given, torch.eye(3))
    loss.backward()
    assert torch.isfinite(loss)
    for stream in ("rgb", "flow", "audio"):
        slopes = [p.grad for p in clips.bodies[stream].parameters() if p.grad is not None]
        assert sum(float(each.abs().sum()) for each in slopes) > 0, stream
        assert all(torch.isfinite(each).all() for each in slopes)
    clips.eval()
    shares = clips.answer(given)
    assert torch.allclose(shares.sum(1), torch.ones(B))
    del given["audio"]
    silent = clips.answer(given)
    # What was silent anyway is said as before; what could be heard is not.
    torch.testing.assert_close(silent[1], shares[1])
    assert not torch.allclose(silent[0], shares[0])


def test_what_moves_may_have_a_network_of_its_own(tmp_path: Path) -> None:
    more = {"streams": ("rgb", "flow", "audio"), "flow_network": "videomae", "fusion": "late"}
    clips = network(**more).eval()
    kinds = [type(body).__name__ for body in clips.bodies.values()]
    assert kinds == ["Shifted", "Attending", "Hearing"]
    asked = Asked(network=clips, truths=Truths(task="one", labels=WORDS), way=way(**more))
    keep(asked, tmp_path, {})
    with torch.no_grad():
        again = opened(tmp_path).network(streams())
        torch.testing.assert_close(again, clips(streams()))
    with pytest.raises(ConfigError, match="vivit: 5 frames; allowed: an even number"):
        network(streams=("rgb", "flow"), flow_network="vivit", frames=5)
    with pytest.raises(ConfigError, match=r"flow_network: .*allowed: with flow among the streams"):
        network(flow_network="i3d")


@pytest.mark.parametrize("head", ["linear", "probe"])
def test_the_order_of_pictures_counts(head: str) -> None:
    clips = network(network="videomae", head=head).eval()
    given = streams()["rgb"]
    with torch.no_grad():
        forth, back = clips({"rgb": given}), clips({"rgb": given.flip(1)})
    assert forth.shape == (B, 3)
    assert not torch.allclose(forth, back)


def test_numbers_and_moments_are_learnt_too() -> None:
    number = network("number", distance="squared")
    assert number.loss({"rgb": streams()["rgb"]}, torch.zeros(B, 1)) >= 0
    when = network("when", network="videomae").eval()
    said = when.answer({"rgb": streams()["rgb"]})
    assert said.shape == (B, T // 2, 3)
    truth = torch.zeros(B, T, 3)
    truth[:, 2:, 1] = 1
    step = torch.optim.Adam(when.moments.parameters(), lr=1e-3)
    losses = []
    for _ in range(4):
        loss = when.loss({"rgb": streams()["rgb"]}, truth)
        step.zero_grad()
        loss.backward()
        step.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("way", ["mixup", "cutmix"])
def test_mixed_clips_have_mixed_truths(way: str) -> None:
    settings = VideoSettings(data="d", name="n", **{way: 1.0})  # type: ignore[arg-type]
    given, truth = streams(), torch.eye(3)
    given["rgb"] = torch.arange(B)[:, None, None, None, None].expand_as(given["rgb"]).float() * 100
    both, shares = mixed(given, truth, settings, np.random.default_rng(0))
    assert torch.allclose(shares.sum(1), torch.ones(B), atol=1e-6)
    assert ((shares > 0).sum(1) == 2).any()
    # The share of pixels is the share of truth, alike in all pictures of a clip.
    values = torch.tensor([0.0, 100.0, 200.0])
    assert torch.allclose(both["rgb"].mean((1, 2, 3, 4)), shares @ values, atol=8.0)
    assert torch.equal(both["rgb"][:, 0], both["rgb"][:, -1])
    assert torch.equal(streams()["flow"], given["flow"])


@pytest.mark.parametrize("adversary", ["fgsm", "pgd"])
def test_an_adversary_makes_it_worse_and_stays_near(adversary: str) -> None:
    clips = network(network="videomae").eval()
    settings = VideoSettings(data="d", name="n", adversary=adversary, adversary_reach=2.0)  # type: ignore[arg-type]
    given, truth = {"rgb": streams()["rgb"]}, torch.eye(3)
    harder = attacked(clips, given, truth, settings)
    assert float((harder["rgb"] - given["rgb"].float()).abs().max()) <= 2.0 + 1e-4
    assert clips.loss(harder, truth) > clips.loss(given, truth)
    assert all(each.grad is None for each in clips.parameters())
