"""What rules share of a scene is what each would have found alone."""

import copy
import pickle
from dataclasses import replace

from vigil.core import Box, Scene, Track
from vigil.stages.rules.digest import choice_of, digest
from vigil.stages.rules.geometry import area_of, stand

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def track(number: int, label: str, x: float, *, late_s: float = 0.0, score: float = 0.9) -> Track:
    box = Box(x - 10, 40, x + 10, 80)
    return Track(number, label, box, score, first_seen_s=0.0, last_seen_s=100.0 - late_s)


SCENE = Scene(
    source="gate",
    time_s=100.0,
    width=200,
    height=100,
    tracks=(
        track(1, "person", 20),
        track(2, "car", 150),
        track(3, "person", 160, score=0.3),
        track(4, "person", 50, late_s=0.5),
    ),
    looked=True,
)


def ids(tracks: list[Track]) -> list[int]:
    return [one.id for one in tracks]


def test_what_a_look_left_out_is_believed_and_not_seen():
    found = digest(SCENE)
    assert ids(found.seen(())) == [1, 2, 3]
    assert ids(found.seen(("person", "dog"))) == [1, 3]
    assert found.seen(("dog",)) == []
    assert found.believed_ids == {4}
    assert ids(found.named(("person",))) == [1, 3, 4]
    assert found.named(()) == []


def test_who_means_the_same_in_other_words_shares_the_answer():
    found = digest(SCENE)
    assert found.seen(("person",)) is found.seen(("worker", "person"))
    assert found.seen(("car", "person", "bus")) is found.seen(())


def test_all_are_sure_only_where_none_is_not():
    found = digest(SCENE)
    assert [found.chosen(choice_of(("car",), least))[1] for least in (0.5, 0.95)] == [True, False]
    people, sure = found.chosen(choice_of(("person",), 0.5))
    assert people is found.seen(("person",))
    assert not sure
    assert found.chosen(choice_of(("person",), 0.3))[1]


def test_who_means_the_same_has_one_choice_in_a_copy_too():
    choice = choice_of(("car",), 0.5)
    assert choice is choice_of(("car",), 0.5)
    assert copy.deepcopy(choice) is choice
    assert copy.deepcopy(area_of(LEFT)) is area_of(LEFT)


def test_who_was_found_lately_is_among_those_of_a_name():
    found = digest(SCENE)
    assert ids(found.lately(("person",), 1.0)) == [1, 3, 4]
    assert ids(found.lately(("person",), 0.2)) == [1, 3]
    assert found.lately((), 1.0) == []


def test_places_are_those_of_the_area():
    area = area_of(LEFT)
    places = digest(SCENE).places(area)
    for one in SCENE.tracks:
        assert places[one.box] is area.holds(stand(one.box, SCENE))
    assert digest(SCENE).places(area_of(LEFT)) is places


def test_columns_are_those_of_the_tracks():
    seen = digest(SCENE).seen(())
    numbers, boxes, velocities = seen.columns
    assert list(zip(numbers, boxes, velocities, strict=True)) == [
        (one.id, one.box, one.velocity) for one in seen
    ]


def test_feet_are_those_that_stand_says_also_of_other_boxes():
    found = digest(SCENE)
    for one in SCENE.tracks:
        x, y = found.feet[one.box]
        assert (x, y) == stand(one.box, SCENE)


def test_a_scene_without_a_picture_has_a_digest():
    # Rules about the camera ask who it is about, even then.
    assert digest(replace(SCENE, width=0, height=0, tracks=())).read == []


def test_another_scene_has_a_digest_of_its_own():
    assert digest(SCENE) is digest(SCENE)
    fewer = replace(SCENE, tracks=SCENE.tracks[:1])
    assert ids(digest(fewer).seen(())) == [1]
    copied = pickle.loads(pickle.dumps(SCENE))  # noqa: S301
    assert copied == SCENE
    assert digest(copied) is not digest(SCENE)
