"""Networks as runs keep them, asked why."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.train.video.walks import HEIGHT, WIDTH, write_walk

from vigil.core import Box, ConfigError
from vigil.train.explaining.runs import explain_film
from vigil.train.video.asking import Asked
from vigil.train.video.batches import Way
from vigil.train.video.bodies import preset_of
from vigil.train.video.clips import VideoClip
from vigil.train.video.learning import shelf_of
from vigil.train.video.network import ClipNetwork
from vigil.train.video.settings import settings_from
from vigil.train.video.shelf import Shelf
from vigil.train.video.truths import Truths


def asked(tmp_path: Path, network: str, **settings: object) -> tuple[Asked, Shelf]:
    """A network that has learnt nothing."""
    torch.manual_seed(0)
    told = {"data": ".", "name": "walks", "network": network, "side": 32} | settings
    made = settings_from(told, "")
    truths = Truths(task=made.task, labels=("left", "right"))
    bare = ClipNetwork(made, truths, balance=None).eval()
    way = Way(settings=made, preset=preset_of(made))
    return Asked(network=bare, truths=truths, way=way), shelf_of(way, tmp_path / "walks")


@pytest.mark.parametrize(
    ("network", "method", "moments"),
    [
        ("tsm-mobilenet", "grad_cam", 8),
        ("i3d-r50", "grad_cam", 4),
        ("timesformer", "rollout", 8),
        ("videomae", "rollout", 8),
    ],
)
def test_every_kind_of_network_is_explained(
    tmp_path: Path, network: str, method: str, moments: int
) -> None:
    side = 64 if method == "grad_cam" else 32
    alone, shelf = asked(tmp_path, network, side=side)
    film = write_walk(tmp_path / "film.mp4", "left", 0)
    told = explain_film(alone, VideoClip(path=film), shelf, word="right", stretches=4)
    assert (told.word, told.method, told.heat.shape) == ("right", method, (moments, 2, 2))
    assert told.heat.max() == pytest.approx(1)
    assert np.abs(told.pull).max() == pytest.approx(1)
    assert len(told.missed) == 4
    assert told.seen == Box((WIDTH - 42) // 2, (HEIGHT - 42) // 2, (WIDTH + 42) // 2, 45)
    assert 0 <= told.times_s[0] < told.times_s[-1] <= 1


def test_flow_stays_the_same_while_pictures_are_asked_about(tmp_path: Path) -> None:
    both, shelf = asked(tmp_path, "tsm-mobilenet", streams=("rgb", "flow"), side=64)
    film = write_walk(tmp_path / "film.mp4", "left", 0)
    told = explain_film(both, VideoClip(path=film), shelf)
    assert told.method == "grad_cam"
    assert told.heat.shape == (8, 2, 2)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"task": "several"}, "a run of the task 'several' cannot be explained; allowed: one"),
        ({"streams": ("flow",)}, "a run that sees flow cannot be explained; it must see rgb"),
    ],
)
def test_what_cannot_be_explained_is_told(
    tmp_path: Path, settings: dict[str, object], said: str
) -> None:
    other, shelf = asked(tmp_path, "tsm-mobilenet", **settings)
    with pytest.raises(ConfigError, match=said):
        explain_film(other, VideoClip(path=tmp_path / "film.mp4"), shelf)


def test_a_word_that_is_not_known_is_told(tmp_path: Path) -> None:
    alone, shelf = asked(tmp_path, "tsm-mobilenet")
    with pytest.raises(ConfigError, match="--word: found 'up'; allowed: left, right"):
        explain_film(alone, VideoClip(path=tmp_path / "film.mp4"), shelf, word="up")
