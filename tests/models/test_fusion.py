"""Several kinds of evidence as one, some of it missing."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from vigil.models.fusion import Concatenation, CrossAttention, WeightedFusion, late

WIDTHS = {"rgb": 8, "flow": 6, "audio": 4}
WAYS: list[Callable[[], nn.Module]] = [
    lambda: WeightedFusion(WIDTHS, 16),
    lambda: Concatenation(WIDTHS, 16),
    lambda: CrossAttention(WIDTHS, 16),
]


def evidence(count: int = 5, seed: int = 0) -> dict[str, torch.Tensor]:
    made = torch.Generator().manual_seed(seed)
    return {kind: torch.randn(count, width, generator=made) for kind, width in WIDTHS.items()}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_missing_does_not_matter_and_what_is_there_does(
    way: Callable[[], nn.Module],
) -> None:
    torch.manual_seed(0)
    fusion, given = way().eval(), evidence()
    whole = fusion(given)
    assert whole.shape == (5, fusion.width)

    # Of two clips the sound is missing: they change, the others do not.
    holes = given | {"audio": given["audio"].clone()}
    holes["audio"][[1, 3]] = torch.nan
    found = fusion(holes)
    assert found.isfinite().all()
    changed = (found - whole).abs().amax(1) > 1e-6
    assert changed.tolist() == [False, True, False, True, False]

    # A kind that is missing of all clips is as one that was never given.
    holes["audio"][:] = torch.nan
    without = {kind: each for kind, each in given.items() if kind != "audio"}
    torch.testing.assert_close(fusion(holes), fusion(without))


@pytest.mark.parametrize("way", WAYS)
def test_nothing_at_all_is_no_accident(way: Callable[[], nn.Module]) -> None:
    given = {kind: torch.full_like(each, torch.nan) for kind, each in evidence().items()}
    assert way().eval()(given).isfinite().all()


@pytest.mark.parametrize("given", [{}, {"smell": torch.zeros(2, 3)}])
def test_unknown_evidence_is_told_of(given: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ValueError, match="allowed: rgb, flow, audio"):
        WeightedFusion(WIDTHS, 16)(given)


@pytest.mark.parametrize("way", WAYS)
def test_it_learns_from_which_kind_the_truth_can_be_told(way: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    given = evidence(200)
    truth = (given["flow"][:, 0] > 0).float()
    fusion = way()
    line = nn.Linear(fusion.width, 1)
    steps = torch.optim.Adam([*fusion.parameters(), *line.parameters()], lr=0.02)
    for _ in range(120):
        loss = nn.functional.binary_cross_entropy_with_logits(line(fusion(given))[:, 0], truth)
        steps.zero_grad()
        loss.backward()
        steps.step()
    fresh = evidence(200, seed=1)
    right = (line(fusion.eval()(fresh))[:, 0] > 0) == (fresh["flow"][:, 0] > 0)
    assert right.float().mean() > 0.85


def test_given_weights_are_kept() -> None:
    fusion = WeightedFusion(WIDTHS, 16, weights={"rgb": 0.5, "flow": 0.3, "audio": 0.2})
    assert not fusion.logs.requires_grad
    vectors, _ = fusion.aligned(evidence())
    wanted = (vectors * torch.tensor([0.5, 0.3, 0.2])[:, None]).sum(1)
    torch.testing.assert_close(fusion(evidence()), wanted)


def test_late_fusion_is_the_mean_of_who_said_something() -> None:
    one, two = torch.tensor([[0.8, 0.2], [0.6, 0.4]]), torch.tensor([[0.4, 0.6], [0.0, 1.0]])
    torch.testing.assert_close(late([one, two]), (one + two) / 2)
    torch.testing.assert_close(late([one, None, two], [3, 5, 1]), (3 * one + two) / 4)
    two[1] = torch.nan
    torch.testing.assert_close(late([one, two])[1], one[1])
    with pytest.raises(ValueError, match="nobody said anything"):
        late([None, None])
