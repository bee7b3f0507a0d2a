"""Runs without labels: what they leave behind, and that runs with labels begin with it."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch
from tests.train.video.walks import write_walk

from vigil.core import ConfigError, DataError, ModelError
from vigil.train.video import keeping
from vigil.train.video.bodies import preset_of, weights_in
from vigil.train.video.clips import VideoClip
from vigil.train.video.learning import Heard
from vigil.train.video.network import ClipNetwork
from vigil.train.video.pretraining import pretrain, sides
from vigil.train.video.reading import read_clips
from vigil.train.video.settings import PretrainSettings, VideoSettings
from vigil.train.video.truths import Truths

TRUTHS = Truths(task="one", labels=("left", "right"), middle=(), spread=())


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for number in range(10):
        write_walk(folder / f"{number}.mp4", "right" if number % 2 else "left", number)
    return folder


def settings_for(films: Path, by: Literal["masked", "contrastive", "order"]) -> PretrainSettings:
    return PretrainSettings(
        data=str(films), name="seen", by=by, frames=4, side=32, epochs=2, batch=4, masked=0.75,
        network="videomae" if by == "masked" else "tsm-mobilenet",
    )  # fmt: skip


@pytest.mark.parametrize("by", ["masked", "contrastive", "order"])
def test_weights_arrive_in_a_network_that_learns_words(
    films: Path, tmp_path: Path, by: Literal["masked", "contrastive", "order"]
) -> None:
    settings, folder = settings_for(films, by), tmp_path / "seen"
    made = pretrain(settings, read_clips(films, labelled=False), folder)
    assert (made.learnt, made.judged, made.steps) == (8, 2, 4)
    assert ("right" in made.metrics) == (by != "masked")
    about = json.loads((folder / "pretrained.json").read_text())
    assert about["network"] == settings.network
    assert about["loss"] == pytest.approx(made.metrics["loss"])

    torch.manual_seed(1)
    run = VideoSettings(data="-", name="w", network=settings.network, weights=str(folder))
    network = ClipNetwork(run, TRUTHS, balance=None)
    assert (network.preset.frames, network.preset.side) == (4, 32)
    own, learnt = network.bodies["rgb"].state_dict(), weights_in(folder)
    assert set(own) == set(learnt)
    assert all(torch.equal(own[name], value) for name, value in learnt.items())
    fresh = ClipNetwork(replace(run, weights="", frames=4, side=32), TRUTHS, balance=None)
    assert any(
        not torch.equal(each, own[name]) for name, each in fresh.bodies["rgb"].state_dict().items()
    )

    with pytest.raises(ModelError, match=f"weights of {settings.network}; the network is vivit"):
        preset_of(replace(run, network="vivit"))
    if by == "masked":
        with pytest.raises(ConfigError, match="weights for 4 frames of 32; found 8 of 32"):
            preset_of(replace(run, frames=8))
    with pytest.raises(ModelError, match="weights without words"):
        keeping.opened(folder)


def test_a_run_that_was_cut_short_goes_on(films: Path, tmp_path: Path) -> None:
    settings, folder = settings_for(films, "order"), tmp_path / "seen"
    clips = read_clips(films, labelled=False)

    def cut(done: int, total: int, best: float) -> None:
        assert total == 4
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain(settings, clips, folder, heard=Heard(learnt=cut))
    assert not (folder / "pretrained.json").exists()
    told: list[int] = []
    made = pretrain(
        settings, clips, folder, heard=Heard(learnt=lambda done, total, best: told.append(done))
    )
    assert told == [3, 4]
    assert made.steps == 4
    with (folder / "log.csv").open() as file:
        losses = [float(row["value"]) for row in csv.DictReader(file) if "loss" in row["figure"]]
    assert losses
    assert all(map(math.isfinite, losses))
    with pytest.raises(DataError, match="seen: began with by order, now contrastive"):
        pretrain(replace(settings, by="contrastive"), clips, folder)


def test_what_a_run_with_words_tests_by_is_not_seen() -> None:
    settings = PretrainSettings(data="here", name="w", by="order", network="tsm-mobilenet")
    clips = [
        VideoClip(path=Path(f"{word}{number}.mp4"), words=(word,))
        for word in ("a", "b")
        for number in range(10)
    ]
    found = sides(clips, settings)
    assert [len(found.of(split)) for split in ("train", "val", "test")] == [12, 4, 4]
    bare = [replace(clip, words=()) for clip in clips]
    assert [len(sides(bare, settings).of(split)) for split in ("train", "val")] == [17, 3]
    with pytest.raises(DataError, match="here: 0 clips in the split 'val'; allowed: 1 or more"):
        sides(bare[:1], settings)
    with pytest.raises(DataError, match="is in the splits"):
        sides([replace(bare[0], split="train"), replace(bare[0], split="val")], settings)


def test_clips_need_no_words(films: Path, tmp_path: Path) -> None:
    assert len(read_clips(films, labelled=False)) == 10
    listed = tmp_path / "clips.csv"
    listed.write_text(f"path,split\n{films / '0.mp4'},train\n{films / '1.mp4'},val\n")
    found = read_clips(listed, labelled=False)
    assert [(clip.words, clip.split) for clip in found] == [((), "train"), ((), "val")]
    with pytest.raises(DataError, match="path and label are needed"):
        read_clips(listed)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"masked": 0.99}, "masked: found 0.99; allowed: 0.5 to 0.95"),
        ({"network": "tsm-r50"}, "network: found 'tsm-r50'; allowed: videomae, for masked"),
        ({"by": "contrastive", "batch": 1}, "batch: found 1; allowed: 2 or more, for contrastive"),
        ({"rate": 0.0}, "rate: found 0.0; allowed: more than 0"),
    ],
)
def test_mistakes_are_told(given: dict[str, float | str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        PretrainSettings(data="-", name="w", **given)  # type: ignore[arg-type]
