"""A small network of published shape: what it takes, gives, and weighs."""

import torch

from vigil.models.likeness import Likeness


def test_it_gives_a_vector_a_picture_and_stays_small() -> None:
    network = Likeness().eval()
    assert 1_400_000 < sum(each.numel() for each in network.parameters()) < 1_500_000
    with torch.no_grad():
        found = network(torch.rand(2, 3, 64, 96) * 255)
    assert found.shape == (2, network.numbers)
    assert float(found.min()) >= 0
    assert float(found.max()) <= 6


def test_what_all_pictures_share_is_taken_out_and_kinds_do_not_drown_the_rest() -> None:
    torch.manual_seed(0)
    network = Likeness().eval()
    pictures = torch.rand(40, 3, 64, 64) * 100
    pictures[20:] += 155  # dark and bright ones: the loudest difference
    for _ in range(2):  # again, and it stays
        network.spread(pictures)
        with torch.no_grad():
            found = network(pictures)
        assert float(found.mean(0).norm()) < 1e-3 * float(found.norm(dim=1).mean())
    with torch.no_grad():
        network.turn.copy_(torch.eye(network.numbers))
        assert _alike(found[:20]) < 0.8 * _alike(network(pictures)[:20])


def _alike(vectors: torch.Tensor) -> float:
    """The mean cosine of two of them."""
    units = torch.nn.functional.normalize(vectors)
    return float((units @ units.T - torch.eye(len(units))).sum() / (len(units) * (len(units) - 1)))


def test_where_the_size_halves_only_the_right_and_the_bottom_are_padded() -> None:
    first = Likeness().trunk[0].eval()
    corner = torch.zeros(1, 3, 8, 8)
    corner[..., 0, 0] = 1.0
    last = torch.zeros(1, 3, 8, 8)
    last[..., 7, 7] = 1.0
    with torch.no_grad():
        dark, seen_first, seen_last = (first[1](first[0](x)) for x in (corner * 0, corner, last))
    changed = [(each != dark).any(1)[0].nonzero().tolist() for each in (seen_first, seen_last)]
    assert changed == [[[0, 0]], [[3, 3]]]
