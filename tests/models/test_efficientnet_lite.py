"""EfficientNet-Lite: what the published sizes have, and what rounding between layers leaves."""

import pytest
import torch
from torch.nn.functional import cosine_similarity

from vigil.models.efficientnet_lite import SIZES, Around, EfficientNetLite, Size
from vigil.train.rounding import Steps, round_between

PUBLISHED = {0: 4_652_008, 1: 5_416_680, 2: 6_092_072}
"""Parameters, as counted by those who publish them."""
TINY = Size(width=0.25, depth=0.2)


@pytest.mark.parametrize("size", PUBLISHED)
def test_it_has_as_many_parameters_as_published(size: int) -> None:
    with torch.device("meta"):
        network = EfficientNetLite(SIZES[size])
    assert sum(each.numel() for each in network.parameters()) == PUBLISHED[size]


def test_a_stride_begins_where_tensorflow_begins() -> None:
    convolution = Around(1, 1, 3, 2, bias=False)
    torch.nn.init.ones_(convolution.weight)
    picture = torch.arange(16.0).reshape(1, 1, 4, 4)
    # Rows and columns 0 to 2 count in the first place: nothing is laid before them.
    assert convolution(picture)[0, 0, 0, 0] == picture[0, 0, :3, :3].sum()


def test_steps_keep_zero_and_cut_what_is_beyond() -> None:
    given = torch.tensor([-9.0, 0.0, 0.3, 9.0])
    rounded = Steps(-1.0, 3.0)(given)
    assert rounded[1] == 0
    torch.testing.assert_close(rounded, torch.tensor([-1.0, 0.0, 0.3, 3.0]), atol=0.02, rtol=0)


def test_rounding_by_norms_alone_leaves_the_answers() -> None:
    torch.manual_seed(0)
    network = EfficientNetLite(TINY, classes=40)
    pictures = torch.rand(4, 3, 64, 64) * 255
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.momentum = None  # the norms know these pictures, as trained ones know theirs
    with torch.no_grad():
        network.train()(pictures)
        before = network.eval()(pictures)
        round_between(network)
        after = network(pictures)
    assert not torch.equal(before, after)
    assert cosine_similarity(before, after).min() > 0.95
