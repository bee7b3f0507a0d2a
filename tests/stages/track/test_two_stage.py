"""What a tracker must hold on to, and what it must let go, at any look rate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Box, Detections, Frame, Image, Look, Luma, Rung, Scene
from vigil.stages.track.two_stage import TwoStageTracker

WIDTH, HEIGHT = 640, 360


class NoPixels:
    """A tracker reads boxes, never pictures."""

    def luma(self, width: int, height: int) -> Luma:
        raise AssertionError("a tracker asked for pixels")

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        raise AssertionError("a tracker asked for pixels")


@dataclass(frozen=True)
class Thing:
    """A box of constant velocity; `at` gives its corners."""

    foot_x: float
    foot_y: float
    width: float = 30
    height: float = 80
    right: float = 0.0
    down: float = 0.0
    label: str = "person"
    score: float = 0.8
    look: tuple[float, ...] = ()

    def at(self, time_s: float) -> Box:
        x, y = self.foot_x + self.right * time_s, self.foot_y + self.down * time_s
        return Box(x - self.width / 2, y - self.height, x + self.width / 2, y)


def look_at(time_s: float, regions: Sequence[Box] | None = None) -> Look:
    frame = Frame(
        source="cam", index=0, time_s=time_s, width=WIDTH, height=HEIGHT, pixels=NoPixels()
    )
    if regions is None:
        return Look.whole(frame, Rung.FULL)
    return Look(frame=frame, regions=np.array(regions, np.float32).reshape(-1, 4), rung=Rung.DETECT)


def detections(things: Sequence[Thing], time_s: float, noise: float = 0.0) -> Detections:
    random = np.random.default_rng(round(time_s * 1000))
    boxes = np.array([thing.at(time_s) for thing in things], np.float32).reshape(-1, 4)
    looks = np.array([thing.look for thing in things], np.float32)
    return Detections(
        boxes=boxes + random.normal(0, noise, boxes.shape).astype(np.float32),
        scores=np.array([thing.score for thing in things], np.float32),
        labels=tuple(thing.label for thing in things),
        embeddings=looks if looks.size else None,
        card="fake@1",
    )


def follow(
    things: Sequence[Thing],
    *,
    rate: float,
    seconds: float,
    tracker: TwoStageTracker | None = None,
    start_s: float = 0.0,
    noise: float = 0.0,
) -> list[Scene]:
    """Scenes of looks at `rate`, every thing seen in each."""
    tracker = tracker or TwoStageTracker()
    times = start_s + np.arange(round(seconds * rate)) / rate
    return [tracker.update(look_at(t), detections(things, t, noise)) for t in times]


def ids(scene: Scene) -> list[int]:
    return [track.id for track in scene.tracks]


def nearest(scene: Scene, thing: Thing) -> int:
    """Id of the track that stands where `thing` is."""
    foot = np.array(thing.at(scene.time_s).foot)
    track = min(scene.tracks, key=lambda track: np.abs(np.array(track.box.foot) - foot).sum())
    assert np.abs(np.array(track.box.foot) - foot).max() < 3
    return track.id


@pytest.mark.parametrize("rate", [25, 5, 2])
def test_a_walker_keeps_one_id_and_its_first_hit_counts(rate: float) -> None:
    scenes = follow([Thing(100, 300, right=60)], rate=rate, seconds=6, noise=1.0)
    assert {number for scene in scenes for number in ids(scene)} == {1}
    track = scenes[-1].tracks[0]
    assert track.first_seen_s == 0
    assert track.last_seen_s == scenes[-1].time_s
    assert track.hits == len(scenes)
    assert track.velocity == pytest.approx((60, 0), abs=8)


@pytest.mark.parametrize(("rate", "hits"), [(25, 2), (2, 2)])
def test_a_sure_thing_is_believed_at_its_second_hit(rate: float, hits: int) -> None:
    scenes = follow([Thing(100, 300)], rate=rate, seconds=2)
    assert [len(scene.tracks) for scene in scenes[:hits]] == [0] * (hits - 1) + [1]


def test_a_doubtful_thing_needs_more_hits() -> None:
    scenes = follow([Thing(100, 300, score=0.45)], rate=25, seconds=1)
    assert next(index for index, scene in enumerate(scenes) if scene.tracks) == 3


def test_a_single_flash_is_never_believed() -> None:
    tracker = TwoStageTracker()
    tracker.update(look_at(0), detections([Thing(100, 300)], 0))
    later = [tracker.update(look_at(t / 25), Detections.none()) for t in range(1, 50)]
    assert not any(scene.tracks for scene in later)


def test_weak_detections_continue_a_track_but_start_none() -> None:
    tracker = TwoStageTracker()
    strong, weak = Thing(100, 300), Thing(100, 300, score=0.15)
    stray = Thing(400, 300, score=0.15)
    follow([strong], rate=10, seconds=1, tracker=tracker)
    scenes = follow([weak, stray], rate=10, seconds=3, start_s=1, tracker=tracker)
    assert all(ids(scene) == [1] for scene in scenes)
    assert scenes[-1].tracks[0].last_seen_s == scenes[-1].time_s


def test_small_fast_things_whose_boxes_do_not_overlap_keep_their_id_at_2_hz() -> None:
    small = Thing(50, 100, width=6, height=14, right=24)
    scenes = follow([small], rate=2, seconds=8)
    assert {number for scene in scenes for number in ids(scene)} == {1}


def test_two_who_walk_side_by_side_at_2_hz_keep_their_ids() -> None:
    # Each step brings the left one to where the right one stood: overlap alone would swap them.
    left, right = Thing(100, 300, right=64), Thing(132, 300, right=64)
    scenes = follow([left, right], rate=2, seconds=6)[1:]
    assert {(nearest(scene, left), nearest(scene, right)) for scene in scenes} == {(1, 2)}


def test_near_things_of_one_label_are_not_swapped_when_they_stand() -> None:
    left, right = Thing(100, 300), Thing(118, 300)
    scenes = follow([left, right], rate=5, seconds=20, noise=1.5)[2:]
    assert {tuple(sorted(ids(scene))) for scene in scenes} == {(1, 2)}
    assert all(
        min(scene.tracks, key=lambda track: track.box.x1).id
        == min(scenes[0].tracks, key=lambda track: track.box.x1).id
        for scene in scenes
    )


def test_who_pass_each_other_keep_their_ids_by_appearance() -> None:
    rightward = Thing(100, 300, right=50, look=(1.0, 0.0, 0.0))
    leftward = Thing(300, 300, right=-50, look=(0.0, 1.0, 0.0))
    scenes = follow([rightward, leftward], rate=5, seconds=4)
    assert nearest(scenes[1], rightward) == nearest(scenes[-1], rightward)
    assert nearest(scenes[1], leftward) == nearest(scenes[-1], leftward)


def test_who_turn_back_behind_each_other_are_told_apart_only_by_appearance() -> None:
    def ends(looks: tuple[tuple[float, ...], tuple[float, ...]]) -> bool:
        tracker = TwoStageTracker()
        first = [
            Thing(100, 300, right=40, look=looks[0]),
            Thing(200, 300, right=-40, look=looks[1]),
        ]
        before = follow(first, rate=5, seconds=1, tracker=tracker)[-1]
        turned = [
            Thing(180, 300, right=-40, look=looks[0]),
            Thing(120, 300, right=40, look=looks[1]),
        ]
        after = follow(turned, rate=5, seconds=1, start_s=1.4, tracker=tracker)[-1]
        return nearest(before, first[0]) == nearest(after, turned[0])

    assert ends(((1.0, 0.0), (0.0, 1.0)))
    assert not ends(((), ()))


def test_a_label_that_flips_breaks_no_track_and_the_majority_names_it() -> None:
    tracker = TwoStageTracker()
    for index, label in enumerate(["car", "truck", "car", "car", "bus", "car", "truck", "car"]):
        thing = Thing(200 + 5 * index, 300, width=80, height=50, label=label)
        scene = tracker.update(look_at(index / 5), detections([thing], 0))
    assert [(track.id, track.label) for track in scene.tracks] == [(1, "car")]


def test_a_person_never_becomes_a_car() -> None:
    tracker = TwoStageTracker()
    follow([Thing(200, 300)], rate=5, seconds=1, tracker=tracker)
    scenes = follow([Thing(200, 300, label="car")], rate=5, seconds=1, start_s=1, tracker=tracker)
    assert {t.id: t.label for s in scenes for t in s.tracks} == {1: "person", 2: "car"}


def seen_as(labels: Sequence[str], tracker: TwoStageTracker | None = None) -> list[Scene]:
    """Scenes of one walker that each look gives another label, a fifth of a second apart."""
    tracker = tracker or TwoStageTracker()
    walker = Thing(100, 300, right=40)
    return [
        tracker.update(look_at(at / 5), detections([replace(walker, label=label)], at / 5))
        for at, label in enumerate(labels)
    ]


@pytest.mark.parametrize("named", [2, 3, 5])
def test_who_is_named_now_and_then_is_one_track_with_the_name(named: int) -> None:
    labels = ["person" if at % named == 0 else "object" for at in range(1, 30)]
    scenes = seen_as(labels)
    assert {number for scene in scenes for number in ids(scene)} == {1}
    assert {track.label for scene in scenes[3 * named :] for track in scene.tracks} == {"person"}


def test_a_name_is_not_forgotten_while_nobody_says_it() -> None:
    assert seen_as(["person"] * 3 + ["object"] * 100)[-1].tracks[0].label == "person"


def test_a_single_name_among_many_looks_is_a_slip() -> None:
    labels = ["object"] * 10 + ["person"] + ["object"] * 10
    assert {track.label for scene in seen_as(labels) for track in scene.tracks} == {"object"}


def test_what_was_an_object_takes_one_name_and_no_other() -> None:
    scenes = seen_as(["object"] * 3 + ["person"] * 5 + ["vehicle"] * 5)
    assert {t.id: t.label for s in scenes for t in s.tracks} == {1: "person", 2: "vehicle"}


def test_of_two_detections_a_track_takes_the_one_of_its_name() -> None:
    tracker = TwoStageTracker()
    follow([Thing(200, 300)], rate=5, seconds=2, tracker=tracker)
    shadow = Thing(204, 302, width=34, label="object")
    scene = follow([shadow, Thing(206, 300)], rate=5, seconds=1, start_s=2, tracker=tracker)[-1]
    assert {track.id: track.label for track in scene.tracks}[1] == "person"
    assert next(t for t in scene.tracks if t.id == 1).box.foot == pytest.approx((206, 300), abs=1)


def test_a_car_that_the_detector_also_calls_a_truck_is_one_track() -> None:
    both = [
        Thing(200, 300, width=90, height=60, label="car"),
        Thing(203, 301, width=92, height=60, label="truck", score=0.6),
    ]
    assert ids(follow(both, rate=5, seconds=2)[-1]) == [1]


def test_a_closed_gate_keeps_the_track_of_a_left_thing_where_it_was_measured() -> None:
    tracker = TwoStageTracker()
    bag = Thing(300, 200, width=24, height=18, label="suitcase")
    last = follow([bag], rate=5, seconds=4, tracker=tracker, noise=0.7)[-1]
    for minute in range(1, 181):
        scene = tracker.update(look_at(60.0 * minute), None)
        assert not scene.looked
    assert [(t.id, t.box) for t in scene.tracks] == [(t.id, t.box) for t in last.tracks]
    assert scene.tracks[0].velocity == pytest.approx((0, 0), abs=1e-6)
    again = tracker.update(look_at(3.1 * 3600), detections([bag], 3.1 * 3600))
    assert ids(again) == [1]
    assert again.tracks[0].last_seen_s == again.time_s


def test_nobody_looked_differs_from_nothing_was_there() -> None:
    unlooked, empty = TwoStageTracker(), TwoStageTracker()
    for tracker, answer in ((unlooked, None), (empty, Detections.none())):
        follow([Thing(300, 200)], rate=5, seconds=2, tracker=tracker)
        for step in range(1, 40):
            scene = tracker.update(look_at(2 + step / 5), answer)
        assert scene.looked == (answer is not None)
        assert ids(scene) == ([1] if answer is None else [])


def test_a_mover_is_carried_on_between_looks_and_found_again_after_a_pause() -> None:
    tracker = TwoStageTracker()
    walker = Thing(100, 300, right=50)
    follow([walker], rate=5, seconds=3, tracker=tracker)
    between = tracker.update(look_at(3.2), None)
    assert between.tracks[0].box.foot[0] == pytest.approx(walker.at(3.2).foot[0], abs=4)
    assert between.tracks[0].last_seen_s == pytest.approx(2.8)
    after = tracker.update(look_at(5.8), detections([walker], 5.8))
    assert ids(after) == [1]


def test_a_mover_that_nobody_watched_for_long_is_let_go() -> None:
    tracker = TwoStageTracker()
    follow([Thing(100, 300, right=50)], rate=5, seconds=3, tracker=tracker)
    assert ids(tracker.update(look_at(20), None)) == []


def test_looks_at_one_region_do_not_end_tracks_elsewhere() -> None:
    tracker = TwoStageTracker()
    here, there = Thing(100, 200), Thing(500, 200)
    follow([here, there], rate=5, seconds=2, tracker=tracker)
    for step in range(100):
        time_s = 2 + step / 5
        look = look_at(time_s, [Box(0, 0, 200, HEIGHT)])
        scene = tracker.update(look, detections([here], time_s))
    assert sorted(ids(scene)) == [1, 2]
    for step in range(20):
        scene = tracker.update(look_at(30 + step / 5), detections([here], 30))
    assert ids(scene) == [1]


def test_an_occluded_walker_comes_out_with_the_same_id() -> None:
    tracker = TwoStageTracker()
    walker = Thing(100, 300, right=50)
    follow([walker], rate=5, seconds=3, tracker=tracker)
    for step in range(6):
        hidden = tracker.update(look_at(3 + step / 5), Detections.none())
    assert hidden.tracks == ()
    assert ids(tracker.update(look_at(4.2), detections([walker], 4.2))) == [1]


def test_who_turns_sharply_keeps_the_id_where_nobody_else_can_be_meant() -> None:
    tracker = TwoStageTracker()
    large = Thing(300, 340, width=150, height=300)
    follow([large], rate=5, seconds=3, tracker=tracker)
    jumped = Thing(390, 345, width=150, height=290)
    assert ids(follow([jumped], rate=5, seconds=1, start_s=3, tracker=tracker)[-1]) == [1]


def test_a_lost_track_is_forgotten_after_patience() -> None:
    tracker = TwoStageTracker(patience_s=1.0)
    follow([Thing(300, 200)], rate=5, seconds=3, tracker=tracker)
    for step in range(7):
        tracker.update(look_at(3 + step / 5), Detections.none())
    scenes = follow([Thing(300, 200)], rate=5, seconds=1, start_s=4.4, tracker=tracker)
    assert ids(scenes[-1]) == [2]


def test_what_left_over_the_border_lends_its_id_to_nobody() -> None:
    tracker = TwoStageTracker()
    follow([Thing(560, 300, right=50)], rate=10, seconds=1.6, tracker=tracker)
    for step in range(4):
        tracker.update(look_at(1.6 + step / 10), Detections.none())
    scenes = follow([Thing(620, 300, right=-30)], rate=10, seconds=1, start_s=2, tracker=tracker)
    assert ids(scenes[-1]) == [2]


def test_halving_the_look_rate_keeps_the_ids_of_slow_things() -> None:
    crowd = [Thing(60 + 90 * n, 150 + 30 * n, right=(-1) ** n * 8) for n in range(5)]
    full = follow(crowd, rate=10, seconds=8, noise=1.0)
    half = follow(crowd, rate=5, seconds=8, noise=1.0)
    for thing in crowd:
        assert nearest(full[-1], thing) == nearest(half[-1], thing)


def test_the_scene_names_its_source_time_and_model() -> None:
    scene = TwoStageTracker().update(look_at(7), detections([Thing(100, 300)], 7))
    assert (scene.source, scene.time_s, scene.width, scene.height) == ("cam", 7, WIDTH, HEIGHT)
    assert scene.cards == ("fake@1",)
    assert TwoStageTracker().update(look_at(7), None).cards == ()


def test_ambiguous_while_something_is_new_missed_at_the_border_or_in_company() -> None:
    tracker = TwoStageTracker()
    tracker.update(look_at(0), detections([Thing(300, 200)], 0))
    assert tracker.ambiguous
    follow([Thing(300, 200)], rate=5, seconds=2, start_s=0.2, tracker=tracker)
    assert not tracker.ambiguous
    tracker.update(look_at(2.2), Detections.none())
    assert tracker.ambiguous

    def after(things: Sequence[Thing]) -> bool:
        tracker = TwoStageTracker()
        follow(things, rate=5, seconds=2, tracker=tracker)
        return tracker.ambiguous

    assert not after([Thing(200, 300, right=50)])
    assert after([Thing(535, 300, right=50)])
    assert after([Thing(200, 300, right=50), Thing(230, 300, right=50)])
    assert not after([Thing(200, 300), Thing(230, 300)])
    assert not after([Thing(15, 300)])
    assert after([Thing(105, 300, right=-50)])
    assert not after([Thing(-90, 300, right=50)]), "who comes in is not about to leave"


def test_what_is_looked_for_where_it_is_shown_and_not_found_is_gone() -> None:
    """Somebody walks out: cut by the border they do not surely move, but the prediction does."""
    tracker = TwoStageTracker()
    steps = ((0, 386, 525), (0.5, 387, 530), (0.9, 399, 548), (1.4, 474, 630), (1.9, 555, 746),
             (2.1, 587, 767), (2.3, 601, 767))  # fmt: skip
    for time_s, left, right in steps:
        seen = Thing((left + right) / 2 - 128, 350, right - left, 330)
        tracker.update(look_at(time_s), detections([seen], 0))
    (shown,) = tracker.update(look_at(2.8), None).tracks
    for time_s in (2.8, 3.0):
        scene = tracker.update(look_at(time_s, [shown.box]), Detections.none())
    assert scene.tracks == ()


def test_what_looks_leave_out_makes_nothing_ambiguous() -> None:
    tracker = TwoStageTracker()
    here, there = Box(280, 60, 360, 220), Box(20, 60, 100, 220)
    tracker.update(look_at(0), detections([Thing(300, 200)], 0))
    tracker.update(look_at(0.2, here), Detections.none())
    assert tracker.ambiguous, "missed"
    tracker.update(look_at(0.4, there), Detections.none())
    assert not tracker.ambiguous


def test_a_flash_before_the_gate_closes_is_not_ambiguous_for_ever() -> None:
    tracker = TwoStageTracker()
    tracker.update(look_at(0), detections([Thing(300, 200)], 0))
    tracker.update(look_at(1), None)
    assert tracker.ambiguous
    tracker.update(look_at(60), None)
    assert not tracker.ambiguous


def test_boxes_that_are_no_numbers_stop_nobody() -> None:
    tracker = TwoStageTracker()
    for step in range(10):
        broken = detections([Thing(300, 200), Thing(310, 200), Thing(100, 200)], 0)
        broken.boxes[0, 2], broken.scores[1] = np.inf, np.nan
        scene = tracker.update(look_at(step / 5), broken)
    assert ids(scene) == [1]


paths = st.lists(
    st.builds(
        Thing,
        foot_x=st.floats(50, 590),
        foot_y=st.floats(100, 350),
        width=st.floats(8, 60),
        height=st.floats(8, 90),
        right=st.floats(-60, 60),
        down=st.floats(-30, 30),
        label=st.sampled_from(["person", "car", "truck", "dog"]),
        score=st.floats(0.12, 0.99),
    ),
    max_size=6,
)
rounds = st.lists(
    st.tuples(st.floats(0.02, 4.0), paths, st.sampled_from(["look", "half", "none"])), max_size=12
)
HALF = [Box(0, 0, WIDTH / 2, HEIGHT)]


@settings(max_examples=60, deadline=None)
@given(rounds)
def test_whatever_comes_ids_are_unique_and_never_reused_and_times_are_in_order(
    story: list[tuple[float, list[Thing], str]],
) -> None:
    tracker, now_s, born = TwoStageTracker(), 0.0, dict[int, float]()
    for wait_s, things, kind in story:
        now_s += wait_s
        look = look_at(now_s, HALF if kind == "half" else None)
        scene = tracker.update(look, None if kind == "none" else detections(things, 0))
        assert len(set(ids(scene))) == len(ids(scene))
        for track in scene.tracks:
            # A number given twice would come with another birth.
            assert born.setdefault(track.id, track.first_seen_s) == track.first_seen_s
            assert track.first_seen_s <= track.last_seen_s <= now_s
            assert np.isfinite([*track.box, *track.velocity]).all()


@settings(max_examples=40, deadline=None)
@given(paths, st.sampled_from([25.0, 5.0, 2.0]))
def test_a_mirrored_world_has_mirrored_tracks(things: list[Thing], rate: float) -> None:
    mirrored = [
        Thing(**{**vars(thing), "foot_x": WIDTH - thing.foot_x, "right": -thing.right})
        for thing in things
    ]
    one = follow(things, rate=rate, seconds=8 / rate)
    other = follow(mirrored, rate=rate, seconds=8 / rate)
    for left, right in zip(one, other, strict=True):
        assert [(t.id, t.label, t.hits) for t in left.tracks] == [
            (t.id, t.label, t.hits) for t in right.tracks
        ]
        for a, b in zip(left.tracks, right.tracks, strict=True):
            flipped = (WIDTH - b.box.x2, b.box.y1, WIDTH - b.box.x1, b.box.y2)
            assert a.box == pytest.approx(flipped, abs=0.01)
            assert a.velocity == pytest.approx((-b.velocity[0], b.velocity[1]), abs=0.05)


def test_who_stands_where_nobody_looks_is_not_taken_for_what_comes_up_elsewhere():
    parked = Thing(280, 200, width=110, height=50, label="car", score=0.6)
    entering = Thing(80, 210, width=110, height=50, right=30, label="car", score=0.6)
    tracker = TwoStageTracker()
    (known,) = follow([parked], rate=5, seconds=2, tracker=tracker)[-1].tracks
    left_third = [Box(0, 0, 200, 360)]
    for number in range(4):
        # Nothing moves for seconds, and then only at the left.
        time_s = 7 + number / 5
        found = detections([entering], time_s - 7)
        scene = tracker.update(look_at(time_s, left_third), found)
    assert all(track.box.x1 > 200 for track in scene.tracks if track.id == known.id)
    assert any(track.id != known.id for track in scene.tracks)


@pytest.mark.parametrize("rate", [2, 3, 5])
def test_what_somebody_wears_goes_along_with_them(rate):
    walker = Thing(60, 250, width=36, height=80, right=55)
    helmet = Thing(60, 178, width=12, height=9, right=55, label="helmet")
    scenes = follow([walker, helmet], rate=rate, seconds=6)
    told = [{track.label for track in scene.tracks} for scene in scenes]
    assert all("helmet" in labels for labels in told[2 * rate :])
    ids = {track.id for scene in scenes for track in scene.tracks if track.label == "helmet"}
    assert len(ids) == 1
