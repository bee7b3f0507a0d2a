"""What `python -m benchmarks video --only falls` stands on: which clips are falls, what is told."""

from pathlib import Path

import numpy as np
from benchmarks.fall_crops import FRAMES, RATE, Crops, fallers, labelled
from benchmarks.video_falls import Watched

DOWN_S = 1.4
"""When somebody reaches the ground in A04_S1_T2, as was read off."""


def person(film: str, *, from_s: float, to_s: float, stir: float = 9.0) -> Crops:
    times = tuple(np.arange(from_s, to_s, 1 / RATE))
    stirs = (stir,) * len(times)
    return Crops(path=Path(f"{film}-1.mp4"), film=Path(f"{film}.mp4"), times=times, stirs=stirs)


def test_clips_of_a_fall_hold_its_end_and_others_stay_away_from_it() -> None:
    one = person("A04_S1_T2_C1", from_s=0.2, to_s=7.0)
    clips = list(labelled([one], held=2))
    spans = {
        word: [
            (one.times[round(clip.start_s * RATE)], one.times[round(clip.start_s * RATE)] + 1)
            for clip in clips
            if clip.words == (word,)
        ]
        for word in ("fall", "other")
    }
    assert len(spans["fall"]) == 4
    assert all(start_s < DOWN_S < end_s for start_s, end_s in spans["fall"])
    assert len(spans["other"]) >= 2
    assert all(end_s < DOWN_S or start_s > DOWN_S for start_s, end_s in spans["other"])


def test_of_a_judged_fall_only_what_follows_it_is_learnt() -> None:
    one = person("A04_S1_T2_C1", from_s=0.0, to_s=7.0)
    clips = list(labelled([one], held=2, judged=[one.film]))
    assert {clip.words for clip in clips} == {("other",)}
    assert min(clip.start_s for clip in clips) > DOWN_S


def test_who_looks_on_does_not_fall() -> None:
    calm = person("A04_S1_T2_C2", from_s=0, to_s=5, stir=2.0)
    one = person("A04_S1_T2_C2", from_s=0, to_s=5)
    assert fallers([calm, one]) == [one]
    words = [clip.words[0] for clip in labelled([calm, one], held=2)]
    assert words.count("fall") == 4


def test_both_cameras_of_a_fall_are_on_one_side() -> None:
    both = [person(f"A04_S1_T2_C{camera}", from_s=0, to_s=5) for camera in (1, 2)]
    clips = list(labelled([*both, person("A06_S1_T1_C1", from_s=0, to_s=3)], held=2))
    sides = {clip.group: set() for clip in clips}  # type: dict[str, set[str]]
    for clip in clips:
        sides[clip.group].add(clip.split)
    assert sides == {"A04_S1_T2": {"val"}, "A06_S1_T1": {"train"}}


def test_who_was_lost_before_the_ground_is_no_clip_of_a_fall() -> None:
    lost = person("A04_S1_T2_C1", from_s=0.0, to_s=1.0)
    assert not list(labelled([lost], held=2))
    late = person("A04_S1_T2_C1", from_s=2.0, to_s=2.0 + (FRAMES + 0.5) / RATE)
    assert [clip.words for clip in labelled([late], held=2)] == [("other",)]


def test_an_event_before_the_fall_is_a_false_alarm() -> None:
    film = Watched(seconds=8.0, down_s=3.0, told={"geometry": [0.5], "stream": [3.2], "late": []})
    assert not film.hit(["geometry"])
    assert film.hit(["geometry", "stream"])
    assert (film.wrong(["geometry"]), film.wrong(["stream"]), film.wrong(["late"])) == (1, 0, 0)
    calm = Watched(seconds=8.0, down_s=None, told={"stream": [3.2]})
    assert (calm.hit(["stream"]), calm.wrong(["stream"])) == (False, 1)
