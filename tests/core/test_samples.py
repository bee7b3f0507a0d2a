"""Paths of things through videos, and whose word counts."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box, Label, Labeler, Origin, Place, Sample, TrackPath, path_of
from vigil.core.sample_json import sample_from_json, sample_json
from vigil.core.samples import joint

PX = st.integers(0, 2000).map(lambda n: n / 4)


@st.composite
def paths(draw: st.DrawFn) -> tuple[TrackPath, int]:
    frames = draw(st.integers(2, 60))
    at = sorted(draw(st.sets(st.integers(0, frames - 1), min_size=1, max_size=8)))
    keys = [
        Place(
            frame, Box(*draw(st.tuples(PX, PX, PX, PX))), draw(st.booleans()), draw(st.booleans())
        )
        for frame in at
    ]
    keys[0] = keys[0]._replace(seen=True)
    return TrackPath(track=3, places=tuple(keys)), frames


@given(paths())
def test_every_place_is_the_same_one_by_one(drawn: tuple[TrackPath, int]) -> None:
    path, frames = drawn
    one_by_one = [place for frame in range(frames) if (place := path.at(frame)) is not None]
    assert path.all(frames) == one_by_one


@given(paths())
def test_a_path_is_told_by_fewer_keys_or_as_many(drawn: tuple[TrackPath, int]) -> None:
    path, frames = drawn
    dense = path.all(frames)
    again = path_of(3, dense, frames)
    assert len(again.places) <= len(dense) + len(path.places)
    for before, after in zip(dense, again.all(frames), strict=True):
        assert (before.frame, before.hidden) == (after.frame, after.hidden)
        assert before.box == pytest.approx(after.box, abs=0.02)


def test_straight_lines_need_two_keys_however_long() -> None:
    places = [Place(n, Box(n, 2 * n, n + 10, 2 * n + 20)) for n in range(20_000)]
    assert [key.frame for key in path_of(1, places, 20_000).places] == [0, 19_999]
    still = [Place(n, Box(0, 0, 10, 20)) for n in range(20_000)]
    assert [key.frame for key in path_of(1, still, 20_000).places] == [0]
    gone = path_of(1, still, 30_000).places
    assert [(key.frame, key.seen) for key in gone] == [(0, True), (20_000, False)]


def test_between_keys_it_moves_in_a_straight_line_and_then_stays() -> None:
    path = TrackPath(track=1, places=(Place(2, Box(0, 0, 10, 10)), Place(6, Box(8, 0, 18, 10))))
    assert path.at(1) is None
    assert path.at(4) == Place(4, Box(4, 0, 14, 10))
    assert path.at(99) == Place(99, Box(8, 0, 18, 10))


@pytest.mark.parametrize(
    "keys",
    [
        (),
        (Place(0, Box(0, 0, 1, 1), seen=False),),
        (Place(1, Box(0, 0, 1, 1)), Place(1, Box(0, 0, 1, 1))),
        (Place(-1, Box(0, 0, 1, 1)),),
    ],
)
def test_a_path_without_order_is_refused(keys: tuple[Place, ...]) -> None:
    with pytest.raises(ValueError, match=r"key|begins"):
        TrackPath(track=1, places=keys)


def test_people_are_believed_before_models() -> None:
    order = [Labeler.HUMAN, Labeler.IMPORT, Labeler.BRAIN, Labeler.MODEL]
    assert all(a.rank > b.rank for a, b in pairwise(order))


def test_two_reasons_say_more_than_either() -> None:
    assert joint([]) == 0.0
    assert joint([0.5]) == 0.5
    assert joint([0.5, 0.5]) == 0.75
    assert joint([1.0, 0.2]) == 1.0


def test_a_sample_comes_through_a_pipe_as_it_was() -> None:
    proposals = (
        Label(word="car", shape=Box(0.5, 1, 2, 3), origin=Origin(by="nano@1", score=0.4), id="s/0"),
        Label(word="dark"),
    )
    sample = Sample(
        id="s",
        source="gate",
        time_s=12.5,
        path="2023-11-15/s.jpg",
        width=640,
        height=360,
        size_bytes=7,
        score=0.5,
        reasons={"event": 0.5},
        condition="dark",
        proposals=proposals,
        event_id="e",
    )
    assert sample_from_json(json.loads(json.dumps(sample_json(sample)))) == sample
    with pytest.raises(ValueError, match="not a sample"):
        sample_from_json({"id": "s"})
