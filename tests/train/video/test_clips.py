"""Splits of clips: what belongs together stays together, and every word is on every side."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import DataError
from vigil.train.video.clips import VideoClip, clip_set, split_up

SIDES = ("train", "val", "test")


def clip(name: str, word: str, *, group: str = "", split: str = "") -> VideoClip:
    return VideoClip(path=Path(name), words=(word,), group=group, split=split)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 9)), min_size=1, max_size=60, unique=True
    )
)
def test_no_film_is_on_two_sides(drawn: list[tuple[str, int]]) -> None:
    clips = [clip(f"{word}{at}", word, group=f"film {at // 2}") for word, at in drawn]
    split = split_up(clips, "here")
    assert len(split) == len(clips)
    sides: dict[str, set[str]] = {}
    for each in split:
        sides.setdefault(each.film, set()).add(each.split)
    assert all(len(found) == 1 for found in sides.values())


def test_each_word_is_on_each_side_and_stays_where_it_was() -> None:
    clips = [clip(f"{word}{at}", word) for word in "ab" for at in range(20)]
    found = clip_set(clips, "here")
    for word in "ab":
        counts = [sum(each.words == (word,) for each in found.of(side)) for side in SIDES]
        assert counts == [14, 3, 3]
    again = clip_set(reversed(clips), "here")
    assert {each.path: each.split for each in again.clips} == {
        each.path: each.split for each in found.clips
    }
    assert again.version == found.version


def test_lists_keep_their_test_and_what_they_left_out_stays_out() -> None:
    clips = [clip(f"a{at}", "a", split="train") for at in range(10)]
    clips += [clip("b", "a", split="test"), clip("c", "a")]
    found = clip_set(clips, "here")
    assert [each.path.name for each in found.of("test")] == ["b"]
    assert len(found.of("val")) == 2
    assert not any(each.path.name == "c" for each in found.clips)


@pytest.mark.parametrize(
    ("clips", "told"),
    [
        ([VideoClip(path=Path("a"))], "no clip in it that somebody labelled"),
        ([clip("a", "a", split="dev")], r"a: split 'dev'; allowed: train, val"),
        ([clip("a", "a")], "no clip in the split 'val'"),
        (
            [clip("a", "a", group="g", split="train"), clip("b", "a", group="g", split="val")],
            "g is in the splits 'train' and 'val'",
        ),
    ],
)
def test_mistakes_are_told(clips: list[VideoClip], told: str) -> None:
    with pytest.raises(DataError, match=told):
        clip_set(clips, "here")
