"""What `python -m benchmarks video --only fights` stands on: scenes apart, files made alike."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from benchmarks.fight_clips import (
    FightClip,
    marks_of,
    parted,
    read_clip,
    scenes,
    scenes_of,
    sides_of,
    told_alone,
)
from benchmarks.fight_heads import Heads
from benchmarks.fight_heads import Way as Fixed
from benchmarks.fight_networks import MOVING, Run, Way, rows, told
from benchmarks.video_bias import places

PLACES, EACH = 12, 3


def place(seed: int) -> np.ndarray:
    """A picture of a place like no other: (112, 112, 3)."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 255, (7, 7, 3), np.uint8)
    return coarse.repeat(16, 0).repeat(16, 1)


def clip_at(seed: int, number: int) -> FightClip:
    """Sixteen pictures of a place, in which a bright thing goes by; files of fights are larger."""
    chance = np.random.default_rng(100 * seed + number)
    pictures = np.stack([place(seed)] * 16)
    mark = int(chance.integers(2))
    for at, picture in enumerate(pictures):
        picture[20 + number * 10 : 40 + number * 10, 6 * at : 6 * at + 16] = 255
    told = (2.0, 25.0, 640.0, 360.0, 1e5 * (1 + mark) + float(chance.random()))
    return FightClip(
        path=Path(f"{seed}-{number}.mp4"), mark=mark, pictures=pictures, samples=None, start_s=0.0,
        told=told,
    )  # fmt: skip


@pytest.fixture(scope="module")
def clips() -> list[FightClip]:
    return [clip_at(seed, number) for seed in range(PLACES) for number in range(EACH)]


def test_clips_of_one_place_are_one_scene_whatever_moves_in_them(clips: list[FightClip]) -> None:
    found = scenes_of(clips).reshape(PLACES, EACH)
    assert (found == found[:, :1]).all()
    assert len(set(found[:, 0])) == PLACES


def test_what_is_like_a_clip_of_a_scene_belongs_to_it() -> None:
    alike = np.eye(4, dtype=np.float32)
    for one, other in ((0, 1), (1, 2)):  # 0 and 2 are alike only by what is between them
        alike[one, other] = alike[other, one] = 0.8
    alike[2, 3] = alike[3, 2] = 0.6
    first, second, third, last = scenes(alike, least=0.7)
    assert first == second == third != last


@pytest.mark.parametrize("seed", range(3))
def test_no_scene_is_learnt_from_and_judged_by(clips: list[FightClip], seed: int) -> None:
    marks, found = marks_of(clips), scenes_of(clips)
    splits = parted(marks, found, folds=4, seed=seed)
    assert sorted(np.concatenate([judged for _, judged in splits])) == list(range(len(clips)))
    for learnt, judged in splits:
        assert not set(found[learnt]) & set(found[judged])


def test_files_made_alike_say_nothing_of_themselves(clips: list[FightClip]) -> None:
    marks = marks_of(clips)
    splits = parted(marks, scenes_of(clips), folds=4, seed=0)
    assert told_alone([clip.told for clip in clips], marks, splits) == 1.0
    assert len({clip.told_after for clip in clips}) == 1
    most = max(marks.mean(), 1 - marks.mean())
    assert told_alone([clip.told_after for clip in clips], marks, splits) <= most


def test_a_clip_without_a_stream_is_judged_by_the_others(clips: list[FightClip]) -> None:
    marks, found = marks_of(clips), scenes_of(clips)
    chance = np.random.default_rng(0)
    sure = marks[:, None] + chance.normal(0, 0.1, (len(marks), 4))
    learnt, judged = parted(marks, found, folds=3, seed=0)[0]
    deaf = sure.copy()
    deaf[judged] = np.nan
    tables = {"flow": sure.astype(np.float32), "audio": deaf.astype(np.float32)}
    heads = Heads(tables, marks, found, learnt, judged, seed=0)
    said = heads.said(Fixed(streams=("flow", "audio"), head="softmax"))
    assert ((said > 0) == marks[judged]).all()
    np.testing.assert_array_equal(said, heads.said(Fixed(streams=("flow",), head="softmax")))
    assert not heads.said(Fixed(streams=("audio",), head="softmax")).any()


def test_ways_are_weighed_by_what_they_said_of_learnt_clips(clips: list[FightClip]) -> None:
    marks, found = marks_of(clips), scenes_of(clips)
    chance = np.random.default_rng(0)
    learnt, judged = parted(marks, found, folds=3, seed=0)[0]
    sure = (marks[:, None] + chance.normal(0, 0.1, (len(marks), 4))).astype(np.float32)
    tables = {"flow": sure, "audio": chance.normal(0, 1, sure.shape).astype(np.float32)}
    heads = Heads(tables, marks, found, learnt, judged, seed=0)
    ways = [Fixed(streams=(stream,), head="softmax") for stream in tables]
    assert ((heads.stacked(ways) > 0) == marks[judged]).all()


def test_a_real_clip_has_the_length_the_rate_and_the_size_of_all(
    data: Callable[[str], Path],
) -> None:
    clip = read_clip(data("action/fight_surv/noFight/nofi086.mp4"), 0)
    assert clip.pictures.shape == (16, 112, 112, 3)
    assert clip.samples is None
    assert clip.told[1:4] == (pytest.approx(18, abs=0.1), 320, 240)


def test_networks_choose_their_epoch_by_scenes_of_neither_side(clips: list[FightClip]) -> None:
    marks, places = marks_of(clips), scenes_of(clips)
    learnt, judged = parted(marks, places, folds=3, seed=0)[0]
    sides = np.array(sides_of(marks, places, learnt, 0))
    assert set(sides[judged]) == {"test"}
    assert set(sides[learnt]) == {"train", "val"}
    found = [len(set(places[sides == side])) for side in ("train", "val", "test")]
    assert sum(found) == len(set(places))


def test_each_clip_is_told_by_the_run_that_did_not_learn_it() -> None:
    marks = np.array([0, 1, 1, 0])
    runs = [
        Run(judged=judged, said={"softmax": said, "SVM": said}, learnt=7, seconds=2.0)
        for judged, said in (([2, 0], [3.0, -1.0]), ([1, 3], [2.0, -4.0]))
    ]
    (said,) = told({0: runs}, "softmax", marks)
    assert said.tolist() == [-1.0, 2.0, 3.0, -4.0]
    every = {Way(stream="rgb", mode="lora"): {0: runs}, MOVING: {0: runs}}
    table = {line[0]: line for line in rows(every, marks)}
    both = table["RGB, lora, pre-trained + flow, frozen, pre-trained, SVM"]
    assert both[1] == "1.000"
    assert both[6] == 14


def test_scenes_of_few_clips_are_one_group() -> None:
    few = "scenes of fewer than 3 clips"
    assert places(np.array([4, 4, 4, 7, 9, 9])) == ["scene 4"] * 3 + [few] * 3
