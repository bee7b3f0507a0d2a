"""What is found out without labels: what is hidden, which orders there are, what is learnt."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from vigil.core import ConfigError
from vigil.train.video.bodies import body_of, preset_of
from vigil.train.video.pretexts import in_all_orders, nt_xent, pretext_of, tubes
from vigil.train.video.settings import PretrainSettings

FRAMES, SIDE = 4, 48


def rendered(count: int, seed: int) -> Tensor:
    """RGB (b, t, 3, h, w): blocks that walk to the right over ramps of their own."""
    chance = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    clips = np.zeros((count, FRAMES, SIDE, SIDE, 3), np.uint8)
    for clip in clips:
        ramp, colour = chance.uniform(-60, 60, (2, 3)), chance.integers(150, 255, 3)
        top, left = chance.integers(SIDE - 12), chance.integers(12)
        for at, picture in enumerate(clip):
            picture[...] = 100 + rows[..., None] * ramp[0] + columns[..., None] * ramp[1]
            picture[top : top + 12, left + 8 * at : left + 8 * at + 12] = colour
    return torch.from_numpy(clips.transpose(0, 1, 4, 2, 3).copy())


@pytest.mark.parametrize(("share", "hidden"), [(0.75, 27), (0.9, 32), (0.95, 34)])
def test_tubes_hide_the_same_places_at_all_times_and_as_many_in_each_clip(
    share: float, hidden: int
) -> None:
    found = tubes(5, 36, 8, share).reshape(5, 8, 36)
    assert (found == found[:, :1]).all()
    assert found[:, 0].sum(1).tolist() == [hidden] * 5
    assert len({tuple(row.tolist()) for row in found[:, 0]}) == 5


def test_something_is_hidden_and_something_is_seen_of_very_few_places() -> None:
    assert tubes(3, 4, 2, 0.95).sum(1).tolist() == [6, 6, 6]
    assert tubes(3, 2, 2, 0.5).sum(1).tolist() == [2, 2, 2]


def test_orders_are_balanced_and_each_clip_is_in_all_of_them() -> None:
    clips = torch.arange(5 * 8).reshape(5, 8, 1, 1, 1)
    shown, orders = in_all_orders(clips)
    assert torch.bincount(orders).tolist() == [5, 5, 5]
    for number, clip in enumerate(clips.flatten(1)):
        forwards, backwards, shuffled = shown.flatten(1)[3 * number : 3 * number + 3]
        assert torch.equal(forwards, clip)
        assert torch.equal(backwards, clip.flip(0))
        assert torch.equal(shuffled.sort().values, clip)
        # Parts stay whole, and their order is neither of the others.
        parts = shuffled.reshape(4, 2)
        assert ((parts[:, 1] - parts[:, 0]) == 1).all()
        steps = parts[:, 0].diff()
        assert not (steps > 0).all()
        assert not (steps < 0).all()


def test_the_contrastive_loss_is_that_of_the_paper() -> None:
    one, two = torch.randn(3, 6), torch.randn(3, 6)
    both = [row / row.norm() for row in (*one, *two)]
    losses = []
    for at, row in enumerate(both):
        alike = [math.exp(float(row @ other) / 0.2) for other in both]
        losses.append(-math.log(alike[(at + 3) % 6] / (sum(alike) - alike[at])))
    assert float(nt_xent(one, two, 0.2)["loss"]) == pytest.approx(np.mean(losses), rel=1e-5)
    found = nt_xent(torch.eye(4), 3 * torch.eye(4), 0.1)
    assert float(found["loss"]) == pytest.approx(0.0, abs=1e-3)
    assert float(found["right"]) == 1.0


@pytest.mark.parametrize(
    ("by", "network", "clips", "steps", "falls_to"),
    [
        ("masked", "videomae", 6, 25, 0.8),
        ("contrastive", "tsm-mobilenet", 6, 12, 0.7),
        ("order", "tsm-mobilenet", 3, 20, 0.7),
    ],
)
def test_losses_fall(by: str, network: str, clips: int, steps: int, falls_to: float) -> None:
    torch.manual_seed(0)
    settings = PretrainSettings(
        data="-", name="w", by=by, network=network, frames=FRAMES, side=SIDE, masked=0.75
    )  # type: ignore[arg-type]
    preset = preset_of(settings.as_run())
    pretext = pretext_of(settings, body_of(settings.as_run(), preset), preset).train()
    given = {"rgb": rendered(clips, 0)}
    if by == "contrastive":
        given["other"] = (given["rgb"].flip(-1).float() * 0.9).to(torch.uint8)
    learner = torch.optim.AdamW(pretext.parameters(), lr=2e-3)
    losses = []
    for _ in range(steps):
        loss = pretext(**given)["loss"]
        learner.zero_grad()
        loss.backward()
        learner.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-3:]) < falls_to * np.mean(losses[:3])


def test_two_frames_have_no_order_to_be_told() -> None:
    settings = PretrainSettings(
        data="-", name="w", by="order", network="tsm-mobilenet", frames=2, side=32
    )
    preset = preset_of(settings.as_run())
    body = body_of(settings.as_run(), preset)
    with pytest.raises(ConfigError, match="frames: found 2; allowed: 4 or more, for order"):
        pretext_of(settings, body, preset)
