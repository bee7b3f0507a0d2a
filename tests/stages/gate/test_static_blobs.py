"""Things that arrived and came to rest."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from vigil.core import Box, Frame, StaticBlob, as_array, iou
from vigil.stages.gate.static_blobs import StaticBlobs

BAG = (300, 150, 50, 40, 20)
BAG_BOX = Box(300, 150, 350, 190)


def play(blobs: StaticBlobs, scene, *, from_s, until_s, **drawn) -> list[tuple[StaticBlob, ...]]:
    """What is at rest at each fifth of a second."""
    seen = []
    for moment in np.arange(from_s, until_s, 0.2):
        what = {name: value(moment) if callable(value) else value for name, value in drawn.items()}
        seen.append(blobs.update(scene.frame(moment, **what)))
    return seen


def overlap(box: Box, other: Box) -> float:
    return float(iou(as_array([box]), as_array([other]))[0, 0])


def test_a_bag_is_found_once_it_rested_and_gone_when_taken(place) -> None:
    blobs, scene = StaticBlobs(rest_s=4), place()
    assert not any(play(blobs, scene, from_s=0, until_s=5))
    early = play(blobs, scene, from_s=5, until_s=8.6, things=[BAG])
    assert not any(early)
    late = play(blobs, scene, from_s=8.6, until_s=30, things=[BAG])
    (bag,) = late[-1]
    assert overlap(bag.box, BAG_BOX) > 0.75
    assert bag.since_s == pytest.approx(1_700_000_005, abs=1)
    assert {blob.id for seen in late for blob in seen} == {bag.id}
    assert play(blobs, scene, from_s=30, until_s=37)[-1] == ()


def test_it_keeps_its_id_while_somebody_stands_in_front(place) -> None:
    blobs, scene = StaticBlobs(), place()
    play(blobs, scene, from_s=0, until_s=5)
    (bag,) = play(blobs, scene, from_s=5, until_s=12, things=[BAG])[-1]
    person = (290, 100, 70, 120, 230)
    hidden = play(blobs, scene, from_s=12, until_s=15, things=[BAG, person])
    after = play(blobs, scene, from_s=15, until_s=20, things=[BAG])
    assert all(bag.id in {blob.id for blob in seen} for seen in hidden + after)
    assert [blob.id for blob in after[-1]] == [bag.id]


def test_somebody_who_only_walks_leaves_nothing(place) -> None:
    blobs, scene = StaticBlobs(), place()
    play(blobs, scene, from_s=0, until_s=5)
    walk = play(
        blobs,
        scene,
        from_s=5,
        until_s=30,
        things=lambda moment: [(50 + 20 * (moment - 5), 120, 25, 70, 30)],
    )
    assert not any(walk)


def test_what_was_taken_from_the_background_did_not_arrive(place) -> None:
    blobs, scene = StaticBlobs(removed_s=10), place()
    play(blobs, scene, from_s=0, until_s=20, things=[BAG])
    seen = play(blobs, scene, from_s=20, until_s=50)
    assert all(blob.removed for found in seen for blob in found)


def test_what_was_taken_away_is_told_for_a_while_and_then_is_background(place) -> None:
    blobs, scene = StaticBlobs(removed_s=10), place()
    play(blobs, scene, from_s=0, until_s=20, things=[BAG])
    seen = play(blobs, scene, from_s=20, until_s=50)
    told = [blob for found in seen for blob in found]
    assert len({blob.id for blob in told}) == 1
    assert overlap(told[0].box, BAG_BOX) > 0.75
    assert told[0].since_s == pytest.approx(1_700_000_020, abs=1)
    assert len(told) == pytest.approx(10 * 5 + 3 * 5, abs=10)  # and keeps its id for a moment
    assert seen[-1] == ()
    (bag,) = play(blobs, scene, from_s=50, until_s=60, things=[BAG])[-1]
    assert not bag.removed


def test_what_is_put_back_is_removed_no_more(place) -> None:
    blobs, scene = StaticBlobs(), place()
    play(blobs, scene, from_s=0, until_s=10, things=[BAG])
    assert play(blobs, scene, from_s=10, until_s=18)[-1][0].removed
    assert play(blobs, scene, from_s=18, until_s=26, things=[BAG])[-1] == ()


def cloud(strength: float) -> np.ndarray:
    """Light that is dimmed in a soft round patch."""
    across, down = np.meshgrid(np.arange(640) - 320, np.arange(360) - 180)
    return 1 - strength * np.exp(-(across**2 + down**2) / (2 * 60**2)).astype(np.float32)


@pytest.mark.parametrize("light", [0.6, 1.4, cloud(0.4)], ids=["dusk", "lamp", "cloud"])
def test_light_alone_brings_no_thing(place, light) -> None:
    blobs, scene = StaticBlobs(), place()
    play(blobs, scene, from_s=0, until_s=5)
    assert not any(play(blobs, scene, from_s=5, until_s=20, light=light))


def test_nothing_comes_to_rest_where_it_is_ignored(place) -> None:
    blobs, scene = StaticBlobs(), place()
    play(blobs, scene, from_s=0, until_s=5)
    blobs.ignore(as_array([Box(290, 140, 360, 200)]))
    assert not any(play(blobs, scene, from_s=5, until_s=20, things=[BAG]))
    blobs.ignore(as_array([]))
    assert play(blobs, scene, from_s=20, until_s=26, things=[BAG])[-1]


def test_nothing_is_sought_inside_a_mask(place) -> None:
    blobs, scene = StaticBlobs(masks=(((0.4, 0.3), (0.7, 0.3), (0.7, 0.7), (0.4, 0.7)),)), place()
    play(blobs, scene, from_s=0, until_s=5)
    assert not any(play(blobs, scene, from_s=5, until_s=20, things=[BAG]))


Footage = Callable[..., Iterator[tuple[float, Frame]]]


@pytest.mark.data
def test_exactly_the_left_bag_is_found_before_and_after_its_owner_left(footage: Footage) -> None:
    blobs, truth = StaticBlobs(), Box(450, 369, 503, 413)
    seen = [
        (second, blob)
        for second, frame in footage("videos/aboda_video4.avi", hz=5)
        for blob in blobs.update(frame)
    ]
    assert len({blob.id for _, blob in seen}) == 1
    assert 13.8 <= seen[0][0] <= 22.8
    alone = [blob for second, blob in seen if second > 22.8]
    assert len(alone) > 75
    assert all(overlap(blob.box, truth) >= 0.7 for blob in alone)


@pytest.mark.data
def test_changing_light_brings_at_most_one_thing_to_the_ground(footage: Footage) -> None:
    above = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.55), (0.6, 0.62), (0.4, 0.66), (0.0, 0.58))
    blobs = StaticBlobs(masks=(above,))
    frames = footage("tracking/pets2001_ds3_cam1.mp4", hz=5)
    told = [blob for _, frame in frames for blob in blobs.update(frame)]
    assert len({blob.id for blob in told if not blob.removed}) <= 1
    # Somebody stands at the edge when it begins, and leaves.
    assert len({blob.id for blob in told if blob.removed}) <= 2


@pytest.mark.data
def test_passing_cars_leave_nothing(footage: Footage) -> None:
    blobs = StaticBlobs()
    frames = footage("videos/car-detection.mp4", hz=5)
    assert not any(blobs.update(frame) for _, frame in frames)
