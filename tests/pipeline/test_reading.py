"""Who is read when: one crop a look, the best of each track, and an account that is exact."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Box, Crop, Frame, Image, Luma, Reading, Scene, Track
from vigil.pipeline.reading import FORGOTTEN_S, TRIES, VOTES, ReadingDesk

WIDTH, HEIGHT = 640, 360
WHOLE, MIDDLE = Box(0, 0, 1, 1), Box(100, 100, 260, 220)


class Checked:
    """Pixels sharp everywhere."""

    def luma(self, width: int, height: int) -> Luma:
        raise AssertionError("readers look at colours")

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        squares = np.indices((height, width)).sum(axis=0) % 2 * 200
        return np.repeat(squares[..., None], 3, axis=2).astype(np.uint8)


@dataclass
class Scribe:
    """Answers what it is told to, and keeps what it was shown."""

    words: list[str | None] = field(default_factory=list)
    kind: str = "colour"
    wants: frozenset[str] = frozenset({"car"})
    area: Box = WHOLE
    width: int = 64
    again_s: float | None = None
    crops: list[Crop] = field(default_factory=list)

    def read(self, crops: Sequence[Crop]) -> list[Reading | None]:
        self.crops += crops
        word = self.words.pop(0) if self.words else "red"
        return [None if word is None else Reading(self.kind, word, 0.8)]


def frame(time_s: float) -> Frame:
    return Frame(
        source="gate", index=0, time_s=time_s, width=WIDTH, height=HEIGHT, pixels=Checked()
    )


def track(number: int, time_s: float, *, box: Box = MIDDLE, label: str = "car") -> Track:
    return Track(id=number, label=label, box=box, score=0.9, first_seen_s=0.0, last_seen_s=time_s)


def scene(time_s: float, *tracks: Track) -> Scene:
    return Scene(source="gate", time_s=time_s, width=WIDTH, height=HEIGHT, tracks=tracks)


def play(desk: ReadingDesk, *moments: tuple[float, list[Track]]) -> Scene:
    for time_s, tracks in moments:
        last = desk.read(frame(time_s), scene(time_s, *tracks))
    return last


def test_a_track_is_read_once_it_shows_well_and_carries_what_was_read():
    desk = ReadingDesk([Scribe()])
    seen = play(desk, (1.0, [track(1, 1.0)]))
    assert seen.tracks[0].readings[0][:2] == ("colour", "red")
    assert desk.counts.crops == desk.counts.read == 1


def test_at_most_one_crop_a_look_and_everybody_has_a_turn():
    scribe = Scribe()
    desk = ReadingDesk([scribe])
    boxes = [Box(100.0 * n, 100, 100.0 * n + 90, 200) for n in range(1, 6)]
    for look in range(5):
        before = len(scribe.crops)
        time_s = 1 + look / 5
        seen = play(desk, (time_s, [track(n, time_s, box=box) for n, box in enumerate(boxes)]))
        assert len(scribe.crops) == before + 1
    assert all(each.readings for each in seen.tracks)
    assert desk.counts.waiting == 0


def test_a_few_crops_vote_and_the_rest_of_a_life_costs_nothing():
    scribe = Scribe(words=["blue", "red", "red"])
    desk = ReadingDesk([scribe])
    seen = play(desk, *((t, [track(1, t)]) for t in np.arange(1.0, 20.0, 0.5)))
    assert len(scribe.crops) == VOTES
    (reading,) = seen.tracks[0].readings
    assert reading.word == "red"
    assert 0.5 < reading.score < 0.6, "two of three agree"


def test_what_never_tells_is_given_up():
    scribe = Scribe(words=[None] * 99)
    desk = ReadingDesk([scribe])
    seen = play(desk, *((t, [track(1, t)]) for t in np.arange(1.0, 40.0, 0.5)))
    assert len(scribe.crops) == TRIES
    assert seen.tracks[0].readings == ()


def test_what_is_cut_by_the_edge_or_hidden_waits_until_it_is_seen_whole():
    scribe = Scribe()
    desk = ReadingDesk([scribe])
    cut, whole = Box(0, 100, 80, 200), Box(200, 100, 300, 200)
    play(desk, (0.5, [track(1, 0.5, box=cut)]))
    assert not scribe.crops
    in_front = track(2, 0.7, box=Box(190, 90, 320, 260), label="person")
    play(desk, (0.7, [track(1, 0.7, box=whole), in_front]))
    assert not scribe.crops, "a person stands before it"
    play(desk, (0.9, [track(1, 0.9, box=whole)]))
    assert len(scribe.crops) == 1


def test_who_never_shows_well_is_read_all_the_same_after_a_while():
    scribe = Scribe()
    desk = ReadingDesk([scribe])
    cut = Box(0, 100, 80, 200)
    play(desk, *((t, [track(1, t, box=cut)]) for t in (0.5, 1.0, 1.5)))
    assert not scribe.crops
    play(desk, (2.1, [track(1, 2.1, box=cut)]))
    assert len(scribe.crops) == 1


def test_nothing_is_cut_out_where_a_box_is_a_guess_or_pixels_are_gone():
    scribe = Scribe()
    desk = ReadingDesk([scribe])
    play(desk, (1.0, [track(1, 0.8)]))
    desk.read(None, scene(1.2, track(1, 1.2)))
    assert not scribe.crops
    assert desk.counts.waiting == 1


def test_only_wanted_labels_are_read_and_only_the_asked_part():
    scribe = Scribe(area=Box(0, 0, 1, 0.5))
    desk = ReadingDesk([scribe])
    play(desk, (1.0, [track(1, 1.0, label="person")]))
    assert not scribe.crops
    play(desk, (1.2, [track(2, 1.2)]))
    high, wide, _ = scribe.crops[0].image.shape
    assert (wide, high) == (64, 24), "160 by 60 pixels, at most 64 wide"


def test_posture_is_read_again_while_the_shape_changes_and_seldom_while_it_rests():
    scribe = Scribe(kind="posture", again_s=0.25, wants=frozenset())
    desk = ReadingDesk([scribe])
    upright, flat = Box(300, 100, 340, 220), Box(260, 180, 380, 220)
    play(desk, *((t, [track(1, t, box=upright)]) for t in np.arange(1.0, 31.0, 0.2)))
    resting = len(scribe.crops)
    assert 3 <= resting <= 6, "after 2 s, 4 s, 8 s …"
    scribe.words = ["lying"] * 99
    seen = play(desk, (31.0, [track(1, 31.0, box=flat)]))
    assert len(scribe.crops) == resting + 1
    assert [each.word for each in seen.tracks[0].readings] == ["lying"], "the last word holds"


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_the_account_is_exact_whatever_happens(seed):
    chance = Random(seed)
    readers = [Scribe(words=[chance.choice(["red", None]) for _ in range(200)]) for _ in "ab"]
    readers[1].kind, readers[1].wants = "face", frozenset()
    readers[1].again_s = chance.choice([None, 0.3])
    desk = ReadingDesk(readers)
    time_s = 0.0
    for _ in range(60):
        time_s += chance.choice([0.2, 0.5, 3.0, 2 * FORGOTTEN_S])
        tracks = [
            track(
                number,
                time_s - chance.choice([0.0, 0.0, 0.3]),
                box=Box(x := chance.uniform(-40, 600), 50, x + chance.uniform(4, 200), 300),
                label=chance.choice(["car", "person"]),
            )
            for number in chance.sample(range(12), chance.randrange(6))
        ]
        before = desk.counts.crops
        desk.read(frame(time_s) if chance.random() < 0.8 else None, scene(time_s, *tracks))
        counts = desk.counts
        assert counts.crops - before <= 1
        assert counts.wanted == counts.read + counts.gone + counts.waiting
        assert counts.told <= counts.crops
    desk.close()
    assert desk.counts.waiting == 0
    assert not desk._known
