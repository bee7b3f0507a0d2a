"""YOLOX-nano speaks as a Sentry does: logits of words, and how far the sides of a box are."""

import math

import torch

from vigil.models.sentry import boxes_of, cell_centres
from vigil.models.yolox import Level, YoloxNano

SIZE = (64, 96)


def test_it_answers_for_every_cell_as_a_sentry_does() -> None:
    network = YoloxNano(3).eval()
    with torch.no_grad():
        words, sides = network(torch.rand(2, 3, *SIZE) * 255)
    centres, strides = cell_centres(*SIZE, device=torch.device("cpu"))
    assert words.shape == (2, len(centres), 3)
    assert sides.shape == (2, len(centres), 4)
    boxes = boxes_of(sides, centres, strides)
    assert (boxes[..., 2:] > boxes[..., :2]).all()
    assert words.sigmoid().max() < 0.2  # before it has learnt, nothing is anywhere
    assert sum(each.numel() for each in network.parameters()) < 1_000_000


def test_a_box_counts_from_the_corner_of_its_cell_as_published() -> None:
    level = Level(8, 1)
    with torch.no_grad():
        level.boxes.weight.zero_()
        # The middle of the box 0.75 right and 0.25 below a cell's corner, 4 wide and 2 high.
        level.boxes.bias.copy_(torch.tensor([0.75, 0.25, math.log(4.0), math.log(2.0)]))
        _, sides = level(torch.zeros(1, 8, 2, 2))
    assert torch.allclose(sides[0, :, 0, 0], torch.tensor([1.75, 1.25, 2.25, 0.75]))


def test_a_score_is_the_product_of_two_probabilities() -> None:
    level = Level(8, 2)
    with torch.no_grad():
        for layer, biases in ((level.there, [0.4]), (level.word_logits, [1.5, -30.0])):
            layer.weight.zero_()
            layer.bias.copy_(torch.tensor(biases))
        words, _ = level(torch.zeros(1, 8, 1, 1))
        level.there.bias.fill_(40.0)
        level.word_logits.bias.fill_(40.0)
        sure, _ = level(torch.zeros(1, 8, 1, 1))
    likely = torch.sigmoid(torch.tensor(0.4)) * torch.sigmoid(torch.tensor([1.5, -30.0]))
    assert torch.allclose(words.sigmoid().flatten(), likely, rtol=1e-4)
    assert torch.isfinite(words).all()
    assert torch.isfinite(sure).all()
