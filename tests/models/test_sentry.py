"""The detector's shapes, its size, and that its cells are where the watch reads them."""

import numpy as np
import pytest
import torch

from vigil.core import ModelCard, ModelInput
from vigil.infer.heads import head_of
from vigil.models.sentry import STRIDES, Exported, Sentry, boxes_of, cell_centres


def cells(width: int, height: int) -> int:
    return sum((width // stride) * (height // stride) for stride in STRIDES)


@pytest.mark.parametrize(("width", "height"), [(320, 320), (96, 64), (32, 320)])
def test_every_cell_of_every_level_answers(width: int, height: int) -> None:
    network = Sentry(3).eval()
    words, sides = network(torch.zeros(2, 3, height, width))
    assert words.shape == (2, cells(width, height), 3)
    assert sides.shape == (2, cells(width, height), 4)
    assert (sides > 0).all()


def test_it_is_small() -> None:
    parameters = sum(each.numel() for each in Sentry(6).parameters())
    assert 500_000 < parameters < 1_000_000


def test_nothing_is_seen_before_anything_is_learnt() -> None:
    torch.manual_seed(0)
    words, _ = Sentry(2).eval()(torch.rand(1, 3, 64, 64) * 255)
    assert words.sigmoid().max() < 0.05


def test_the_watch_reads_the_boxes_that_the_loss_has_seen() -> None:
    torch.manual_seed(1)
    network = Sentry(2).eval()
    picture = torch.rand(1, 3, 64, 96) * 255
    card = ModelCard(
        name="sentry", file="s.onnx", head="points", labels=("a", "b"),
        input=ModelInput(width=96, height=64),
    )  # fmt: skip
    with torch.no_grad():
        answer = Exported(network).eval()(picture).numpy()
        _, sides = network(picture)
        centres, strides = cell_centres(64, 96, device=torch.device("cpu"))
        learnt = boxes_of(sides, centres, strides)[0].numpy()
    read = head_of(card)([answer], card, 0.0)
    np.testing.assert_allclose(read.boxes, learnt, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(read.scores, answer[0, :, 4:].max(1))


def test_a_thing_is_seen_where_it_is() -> None:
    """Moving a picture by a cell of the coarsest level moves what is said by as much."""
    torch.manual_seed(2)
    network = Sentry(1).eval()
    picture = torch.full((1, 3, 320, 320), 127.5)
    moved = picture.clone()
    picture[..., 96:160, 96:160] = 250
    moved[..., 96:160, 128:192] = 250
    with torch.no_grad():
        here = network(picture)[0][0, : 40 * 40, 0].reshape(40, 40)
        there = network(moved)[0][0, : 40 * 40, 0].reshape(40, 40)
    # Away from the border, where the padding is seen.
    assert torch.allclose(here[12:20, 12:20], there[12:20, 16:24], atol=1e-4)
    assert not torch.allclose(here[12:20, 12:20], there[12:20, 12:20], atol=1e-3)
