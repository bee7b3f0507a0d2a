"""Which cells learn a box, and what the loss makes of it."""

import pytest
import torch

from vigil.models.sentry import Sentry, boxes_of, cell_centres
from vigil.train.assigning import CELLS, Truth, assign
from vigil.train.detector_loss import Batch, DetectorLoss, TrainedSentry

SIDE = 64
CENTRES, STRIDES = cell_centres(SIDE, SIDE, device=torch.device("cpu"))


def truth(*boxes: list[float], words: list[int], weights: list[float] | None = None) -> Truth:
    return Truth(
        boxes=torch.tensor([list(boxes)]),
        words=torch.tensor([words]),
        weights=torch.tensor([weights or [1.0] * len(words)]),
    )


def said(words: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Nothing is known yet: even words, boxes of two strides around each cell."""
    return torch.full((1, len(CENTRES), words), 0.1), boxes_of(
        torch.ones(1, len(CENTRES), 4), CENTRES, STRIDES
    )


def test_only_cells_inside_learn_a_box_and_only_its_word() -> None:
    probabilities, boxes = said()
    wanted = truth([16.0, 16.0, 48.0, 48.0], words=[1])
    found = assign(probabilities, boxes, CENTRES, STRIDES, wanted)
    told = found.goals[0].sum(1) > 0
    assert 0 < int(told.sum()) <= CELLS
    assert ((CENTRES[told] >= 16) & (CENTRES[told] <= 48)).all()
    assert float(found.goals[0, :, 0].sum()) == 0
    assert (found.boxes[0][told] == wanted.boxes[0, 0]).all()


def test_a_thing_smaller_than_a_cell_is_learnt_too() -> None:
    probabilities, boxes = said()
    found = assign(
        probabilities, boxes, CENTRES, STRIDES, truth([15.0, 15.0, 18.0, 18.0], words=[0])
    )
    assert float(found.goals.sum()) > 0


def test_two_boxes_never_share_a_cell() -> None:
    probabilities, boxes = said()
    wanted = truth([8.0, 8.0, 40.0, 40.0], [12.0, 12.0, 44.0, 44.0], words=[0, 1])
    goals = assign(probabilities, boxes, CENTRES, STRIDES, wanted).goals[0]
    assert ((goals > 0).sum(1) <= 1).all()
    assert (goals.sum(0) > 0).all()


def test_no_box_no_goal() -> None:
    probabilities, boxes = said()
    nothing = truth([0.0, 0.0, 0.0, 0.0], words=[-1])
    assert float(assign(probabilities, boxes, CENTRES, STRIDES, nothing).goals.sum()) == 0


def loss_of(wanted: Truth, *, sure: int | None = None) -> float:
    """Of a network that is nowhere sure of anything, or of word 0 in one cell."""
    logits = torch.full((1, len(CENTRES), 2), -6.0)
    if sure is not None:
        logits[0, sure, 0] = 3.0
    sides = torch.ones(1, len(CENTRES), 4)
    batch = Batch(pictures=torch.zeros(1, 3, SIDE, SIDE), truth=wanted)
    return float(DetectorLoss()(logits, sides, batch))


def test_finding_it_costs_less_than_missing_it_or_seeing_it_elsewhere() -> None:
    wanted = truth([8.0, 8.0, 24.0, 24.0], words=[0])  # around the cell in row 1, column 1
    inside, outside = 1 * 8 + 1, 6 * 8 + 6
    assert loss_of(wanted, sure=inside) < loss_of(wanted)
    assert loss_of(wanted) < loss_of(wanted, sure=outside)


def test_where_a_teacher_is_unsure_it_is_no_mistake_to_see_something() -> None:
    """The same sight costs more where nothing is than where something perhaps is."""
    cell = 1 * 8 + 1
    nothing = truth([0.0, 0.0, 0.0, 0.0], words=[-1])
    perhaps = truth([8.0, 8.0, 24.0, 24.0], words=[0], weights=[0.3])
    surely = truth([8.0, 8.0, 24.0, 24.0], words=[0])
    cost = [loss_of(each, sure=cell) - loss_of(each) for each in (surely, perhaps, nothing)]
    assert cost[0] < cost[1] < cost[2]


def test_steps_downhill_find_a_box() -> None:
    torch.manual_seed(0)
    model = TrainedSentry(Sentry(1))
    pictures = torch.full((2, 3, SIDE, SIDE), 120, dtype=torch.uint8)
    pictures[0, :, 16:40, 24:48] = 250
    pictures[1, :, 8:32, 8:32] = 250
    given = {
        "boxes": torch.tensor([[[24.0, 16.0, 48.0, 40.0]], [[8.0, 8.0, 32.0, 32.0]]]),
        "words": torch.zeros(2, 1, dtype=torch.long),
        "weights": torch.ones(2, 1),
    }
    steps = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        loss = model(pictures, **given)["loss"]
        steps.zero_grad()
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_a_student_is_to_be_as_sure_as_its_teacher() -> None:
    """Downhill, a soft box makes its cell 0.3 sure at most, one that weighs 0.3 makes it surer."""
    cell = 1 * 8 + 1
    truth_of_teacher = truth([8.0, 8.0, 16.0, 16.0], words=[0], weights=[0.3])
    batch = Batch(pictures=torch.zeros(1, 3, SIDE, SIDE), truth=truth_of_teacher)
    reached = {}
    for soft in (False, True):
        logits = torch.full((1, len(CENTRES), 1), -2.0, requires_grad=True)
        sides = torch.full((1, len(CENTRES), 4), 0.5)  # fits the box exactly
        steps = torch.optim.Adam([logits], lr=0.05)
        for _ in range(300):
            loss = DetectorLoss(soft=soft)(logits, sides, batch)
            steps.zero_grad()
            loss.backward()
            steps.step()
        reached[soft] = float(logits[0, cell, 0].sigmoid().detach())
    assert reached[True] == pytest.approx(0.3, abs=0.05)
    assert reached[False] > 0.7
