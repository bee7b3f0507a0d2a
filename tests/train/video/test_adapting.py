"""Ways of learning with few parameters: nothing changes before a step, and little by it."""

import pytest
import torch

from vigil.core import ConfigError
from vigil.train.video.adapting import adapt, depth_shares, learnt_parameters, settle
from vigil.train.video.network import ClipNetwork
from vigil.train.video.settings import VideoSettings
from vigil.train.video.truths import Truths

WORDS = Truths(task="one", labels=("left", "right"))
SIDE, FRAMES = 32, 4


def settings(network: str, mode: str, **more: object) -> VideoSettings:
    return VideoSettings(
        data="d", name="n", network=network, mode=mode, side=SIDE, frames=FRAMES, rank=2, **more
    )  # type: ignore[arg-type]


def made(network: str, mode: str = "full", **more: object) -> ClipNetwork:
    torch.manual_seed(0)
    return ClipNetwork(settings(network, mode, **more), WORDS, balance=None)


SEED = torch.Generator().manual_seed(1)
CLIPS = torch.randint(0, 256, (2, FRAMES, 3, SIDE, SIDE), dtype=torch.uint8, generator=SEED)


@pytest.mark.parametrize("network", ["tsm-mobilenet", "videomae", "timesformer", "vivit"])
@pytest.mark.parametrize("mode", ["frozen", "lora", "adapter", "st-adapter"])
def test_few_parameters_learn_and_say_the_same_at_first(network: str, mode: str) -> None:
    clips = made(network).eval()
    with torch.no_grad():
        before = clips({"rgb": CLIPS})
        adapt(clips, settings(network, mode))
        torch.testing.assert_close(clips.eval()({"rgb": CLIPS}), before)
    learnt, total = learnt_parameters(clips)
    assert 0 < learnt < 0.1 * total
    # What is added is learnt, and what was there is not.
    frozen = {n: p.clone() for n, p in clips.named_parameters() if not p.requires_grad}
    state = {n: b.clone() for n, b in clips.bodies.named_buffers() if "running" in n}
    clips.train()
    settle(clips, settings(network, mode))
    parameters = [each for each in clips.parameters() if each.requires_grad]
    step = torch.optim.SGD(parameters, lr=0.1)
    for _ in range(2):
        step.zero_grad()
        clips.loss({"rgb": CLIPS}, torch.eye(2)).backward()
        step.step()
    assert all(torch.equal(p, frozen[n]) for n, p in clips.named_parameters() if n in frozen)
    assert all(torch.equal(b, state[n]) for n, b in clips.bodies.named_buffers() if n in state)
    assert all(each.grad is not None for each in parameters)
    with torch.no_grad():
        assert not torch.allclose(clips.eval()({"rgb": CLIPS}), before)


@pytest.mark.parametrize("network", ["videomae", "vivit"])
@pytest.mark.parametrize("mode", ["prompt", "prefix"])
def test_prompts_are_learnt_and_leave_no_token_behind(network: str, mode: str) -> None:
    clips = made(network).train()
    tokens = clips.bodies["rgb"].rows(CLIPS).shape
    adapt(clips, settings(network, mode))
    assert clips.bodies["rgb"].rows(CLIPS).shape == tokens
    clips.loss({"rgb": CLIPS}, torch.eye(2)).backward()
    prompts = {n: p for n, p in clips.named_parameters() if n.endswith("prompts")}
    assert len(prompts) == (1 if mode == "prompt" else 6)
    assert all(each.grad is not None and each.grad.abs().sum() > 0 for each in prompts.values())


@pytest.mark.parametrize("network", ["tsm-mobilenet", "timesformer"])
def test_prompts_where_tokens_do_not_all_meet_are_refused(network: str) -> None:
    with pytest.raises(ConfigError, match=f"mode: prompt, with {network}; allowed with"):
        adapt(made(network), settings(network, "prompt"))


@pytest.mark.parametrize("network", ["tsm-mobilenet", "videomae"])
def test_remembering_less_changes_no_slope(network: str) -> None:
    slopes = []
    for less in (False, True):
        clips = made(network, dropout=0.0).eval()
        if less:
            clips.bodies["rgb"].remember_less()
        clips.loss({"rgb": CLIPS}, torch.eye(2)).backward()
        slopes.append([each.grad for each in clips.parameters() if each.grad is not None])
    assert len(slopes[0]) == len(slopes[1])
    for one, other in zip(*slopes, strict=True):
        torch.testing.assert_close(one, other)


def test_late_blocks_learn_faster_than_early_ones() -> None:
    share = depth_shares(made("videomae"), 0.5)
    names = [f"network.bodies.rgb.network.network.videomae.encoder.layer.{at}." for at in (0, 5)]
    early, late = (share(f"{name}output.dense.weight") for name in names)
    assert (early, late) == (0.5**6, 0.5)
    assert share("network.heads.all.line.weight") == 1
