"""Heads on vectors: they learn, and say when."""

import pytest
import torch

from vigil.models.heads import AttentiveProbe, Head, Moments, stretches


def fitted(head: Head, vectors: torch.Tensor, truth: torch.Tensor, steps: int = 200) -> float:
    """Loss at the end."""
    walk = torch.optim.Adam(head.parameters(), lr=0.05)
    for _ in range(steps):
        loss = head.loss(head(vectors), truth)
        walk.zero_grad()
        loss.backward()
        walk.step()
    return loss.item()


def vectors(count: int = 120) -> torch.Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(0))


def test_one_of_many() -> None:
    x = vectors()
    truth = x[:, :3].argmax(1)
    head = Head(6, 3)
    assert fitted(head, x, truth) < 0.3
    said = head.answer(head(x))
    torch.testing.assert_close(said.sum(1), torch.ones(len(x)))
    assert (said.argmax(1) == truth).float().mean() > 0.9


def test_several_at_once() -> None:
    x = vectors()
    truth = x[:, :4] > 0
    head = Head(6, 4, task="several")
    fitted(head, x, truth)
    assert ((head.answer(head(x)) > 0.5) == truth).float().mean() > 0.95


@pytest.mark.parametrize("distance", ["squared", "absolute", "huber"])
def test_numbers(distance: str) -> None:
    x = vectors()
    truth = x @ torch.arange(6.0)[:, None] + 1
    head = Head(6, 1, task="number", distance=distance)  # type: ignore[arg-type]
    fitted(head, x, truth, steps=400)
    left = ((head(x) - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    assert 1 - left.item() > 0.95  # R²


def test_a_rare_class_may_weigh_more() -> None:
    said, truth = torch.zeros(4, 2), torch.tensor([0, 0, 0, 1])
    plain, heavy = Head(6, 2), Head(6, 2, balance=torch.tensor([1.0, 9.0]))
    said[:, 0] = 2.0
    assert heavy.loss(said, truth) > 2 * plain.loss(said, truth)


def test_a_probe_finds_the_one_moment_that_the_mean_hides() -> None:
    torch.manual_seed(0)
    rows = 0.3 * torch.randn(160, 12, 8)
    truth = torch.arange(160) % 2
    moment = torch.randint(0, 12, (160,))
    rows[torch.arange(160), moment, 0] += 4.0
    rows[torch.arange(160), moment, 1] += 4.0 * (2 * truth - 1)
    probe, head = AttentiveProbe(8), Head(8, 2)
    walk = torch.optim.Adam([*probe.parameters(), *head.parameters()], lr=0.01)
    for _ in range(150):
        loss = head.loss(head(probe(rows[:100])), truth[:100])
        walk.zero_grad()
        loss.backward()
        walk.step()
    right = head(probe(rows[100:])).argmax(1) == truth[100:]
    assert right.float().mean() > 0.9


def test_moments_that_are_not_there_do_not_count() -> None:
    probe = AttentiveProbe(8).eval()
    rows = torch.randn(2, 6, 8)
    there = torch.tensor([[True] * 6, [True] * 3 + [False] * 3])
    found = probe(rows, there)
    torch.testing.assert_close(found[1], probe(rows[1:, :3])[0])


def test_when_it_happens() -> None:
    assert Moments(8, 3)(torch.randn(2, 20, 8)).shape == (2, 20, 3)
    sure = torch.zeros(10, 2)
    sure[2:5, 1], sure[4:10, 0], sure[8, 1] = 0.9, 0.6, 0.7
    assert [each[:3] for each in stretches(sure)] == [(1, 2, 4), (0, 4, 9), (1, 8, 8)]
    assert [each[:3] for each in stretches(sure, least=2, above=0.65)] == [(1, 2, 4)]
    assert stretches(sure)[0][3] == pytest.approx(0.9)
