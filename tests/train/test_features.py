"""A student is told by how far it is from each teacher, through a line of its own."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.train import sights

from vigil.models.gist import Gist
from vigil.train.embedding import embedder_card
from vigil.train.features import FeatureLoss, Measure, Taught, TrainedLikeness, fit_likeness
from vigil.train.fitting import Fit


def vectors(count: int, width: int, seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).normal(1.0, 0.3, (count, width))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16)


@pytest.mark.parametrize("measure", ["cosine", "mse"])
def test_nothing_is_lost_where_the_line_says_what_the_teacher_says(measure: Measure) -> None:
    teacher = vectors(8, 5, 0)
    loss = FeatureLoss(5, [teacher], measure=measure)
    taught = torch.from_numpy(teacher).float()
    scale = 1.0 if measure == "cosine" else float(loss.spreads[0]) ** 0.5
    with torch.no_grad():
        loss.lines[0].weight.copy_(torch.eye(5))
        loss.lines[0].bias.zero_()
        assert float(loss((taught - loss.means) / scale, taught).abs().max()) < 1e-3
        assert float(loss(torch.ones(8, 5), taught).min()) > 0.05


def test_each_teacher_weighs_the_same_however_many_numbers_it_has() -> None:
    few, many = vectors(8, 3, 0), vectors(8, 300, 1)
    loss = FeatureLoss(4, [few, many])
    seen = torch.from_numpy(vectors(8, 4, 2)).float()
    rows = torch.from_numpy(np.concatenate([few, many], axis=1)).float()
    alone = [FeatureLoss(4, [each]) for each in (few, many)]
    for one, line in zip(alone, loss.lines, strict=True):
        one.lines[0].load_state_dict(line.state_dict())
    apart = [
        one(seen, torch.from_numpy(each).float())
        for one, each in zip(alone, (few, many), strict=True)
    ]
    assert torch.allclose(loss(seen, rows), (apart[0] + apart[1]) / 2, atol=1e-5)


def test_what_all_pictures_share_is_not_learnt() -> None:
    teacher = vectors(64, 16, 3)
    loss = FeatureLoss(16, [teacher])
    with torch.no_grad():
        loss.lines[0].weight.zero_()
        loss.lines[0].bias.copy_(loss.means)  # says the mean of every picture
    off = loss(torch.zeros(64, 16), torch.from_numpy(teacher).float())
    assert float(off.mean().detach()) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("measure", ["cosine", "mse"])
def test_a_student_comes_to_tell_what_two_teachers_tell(measure: Measure) -> None:
    torch.manual_seed(0)
    shown = torch.randn(96, 12)
    seen = [torch.tanh(shown @ torch.randn(12, width)) for width in (6, 9)]
    teachers = [each.numpy().astype(np.float16) for each in seen]
    student, loss = torch.nn.Linear(12, 8), FeatureLoss(8, teachers, measure=measure)
    rows = torch.cat(seen, 1)
    steps = torch.optim.Adam([*student.parameters(), *loss.parameters()], lr=0.03)
    before = float(loss(student(shown), rows).mean().detach())
    for _ in range(150):
        steps.zero_grad()
        off = loss(student(shown), rows).mean()
        off.backward()
        steps.step()
    assert float(off.detach()) < 0.5 * before


def test_what_begins_from_nothing_sees_small_pictures_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[tuple[int, ...]] = []
    network = Gist()

    def noted(shown: torch.Tensor) -> torch.Tensor:
        sizes.append(tuple(shown.shape[2:]))
        return torch.zeros(len(shown), network.numbers)

    monkeypatch.setattr(network, "seen", noted)
    model = TrainedLikeness(
        network, FeatureLoss(network.numbers, [vectors(2, 5, 0)]), grows_over=10
    )
    shown, taught = torch.zeros(2, 3, 128, 256), torch.zeros(2, 5)
    for _ in range(10):
        model(shown, taught)
    assert sizes == [(64, 128)] * 5 + [(96, 192)] * 3 + [(128, 256)] * 2
    again = TrainedLikeness(network, model.loss, grows_over=10)
    again.load_state_dict(model.state_dict())  # cut short, it goes on at its size
    again(shown, taught)
    again.eval()
    again.done.zero_()
    again(shown, taught)  # judged at the size of the watch
    assert sizes[-2:] == [(128, 256)] * 2


def test_a_run_that_was_cut_short_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    card = embedder_card("toys", side=64, licence="CC0-1.0", source="a test")
    learnt = Taught(pictures=sights.sights(tmp_path, 40), vectors=[vectors(40, 5, 0)])
    judged = Taught(pictures=sights.sights(tmp_path, 8, seed=1), vectors=[vectors(8, 5, 1)])
    fit = Fit(side=64, epochs=3, batch=10)

    def cut(done: int, _total: int, _best: float) -> None:
        if done == 6:  # in the second epoch
            raise KeyboardInterrupt

    def weights(folder: Path, *, cuts: bool) -> dict[str, torch.Tensor]:
        told = cut if cuts else (lambda done, total, best: None)
        fit_likeness(learnt, judged, card, folder, fit=fit, network="gist", told=told)
        return dict(load_file(folder / "checkpoint-12" / "model.safetensors"))

    whole = weights(tmp_path / "whole", cuts=False)
    with pytest.raises(KeyboardInterrupt):
        weights(tmp_path / "cut", cuts=True)
    again = weights(tmp_path / "cut", cuts=False)
    assert int(again["done"]) == 12
    assert [name for name in whole if not torch.equal(whole[name], again[name])] == []
