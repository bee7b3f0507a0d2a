"""What a segmenter is told of its mistakes."""

import pytest
import torch
from torch import Tensor

from vigil.train.map_loss import dice, hard_pixels
from vigil.train.regions import UNKNOWN


def told(words: Tensor, *, odds: float = 6.0) -> Tensor:
    """Logits (1, 2, h, w) of somebody as sure of these words."""
    first = torch.where(words == 0, odds, -odds)[:, None]
    return torch.cat([first, -first], 1) / 2


WORDS = torch.zeros(1, 8, 8, dtype=torch.long)
WORDS[0, 2:6, 2:6] = 1


def test_who_is_right_has_nothing_to_learn() -> None:
    assert hard_pixels(told(WORDS, odds=20.0), WORDS) == pytest.approx(0, abs=1e-6)
    assert dice(told(WORDS, odds=20.0), WORDS) == pytest.approx(0, abs=1e-3)


def test_easy_pixels_do_not_drown_hard_ones() -> None:
    """Missing the small region costs as much however much easy ground is around it."""
    missed = told(torch.zeros_like(WORDS))
    wide = torch.zeros(1, 8, 16, dtype=torch.long)
    wide[..., :8] = WORDS
    missed_wide = told(torch.zeros_like(wide))
    assert hard_pixels(missed, WORDS) == pytest.approx(float(hard_pixels(missed_wide, wide)))
    assert dice(missed, WORDS) > 0.35


def test_what_nobody_knows_teaches_nothing() -> None:
    unknown = WORDS.clone()
    unknown[0, 4:] = UNKNOWN
    logits = told(WORDS).requires_grad_()
    loss = hard_pixels(logits, unknown) + dice(logits, unknown)
    loss.backward()
    assert logits.grad is not None
    assert logits.grad[0, :, :4].abs().sum() > 0
    assert logits.grad[0, :, 4:].abs().sum() == 0
    nothing = torch.full_like(WORDS, UNKNOWN)
    assert hard_pixels(told(WORDS), nothing) == 0
