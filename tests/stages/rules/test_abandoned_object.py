import pytest

from vigil.stages.rules.abandoned_object import AbandonedObject

from .films import NOON_S, Actor, blinks, events, film, play, raised_s, spans, stands, walks

SPOT = (0.5, 0.8)


def bag(
    start_s: float = 10.0, end_s: float = 1e9, at: tuple[float, float] = SPOT, **fields: object
) -> Actor:
    """Found in the background from when it was put down."""
    known = {"id": 100, "high": 0.06, "wide": 0.05, "blob": True}
    return Actor(**{**known, "where": stands(at, start_s=start_s, end_s=end_s), **fields})


def owner(leaves_s: float = 20.0, **fields: object) -> Actor:
    """Walks in, stands by the bag's place from 8 s on, and walks out."""
    path = walks(
        (4, (0.9, 0.8)), (8, (0.53, 0.8)), (leaves_s, (0.53, 0.8)), (leaves_s + 5, (0.99, 0.8))
    )
    return Actor(**{"id": 1, "high": 0.3, "where": path, **fields})


def test_a_bag_is_told_some_seconds_after_its_owner_went():
    scenes = film(bag(), owner(), until_s=60)
    (moment_s,) = raised_s(AbandonedObject(), scenes)
    # A person of 0.3 picture heights is away at 0.3 heights: about 2.2 s at this pace.
    assert moment_s == pytest.approx(20 + 2.2 + 4, abs=0.5)
    (event,) = events(AbandonedObject(), scenes)
    assert event.start_s == NOON_S + 10
    assert event.label == "object"
    assert event.track_ids == (1,)  # its owner
    assert event.claim == "An object was left in the picture and nobody is with it."


def test_a_bag_whose_owner_stays_is_silent():
    assert events(AbandonedObject(), film(bag(), owner(80.0), until_s=80)) == []


def test_a_bag_taken_away_ends_its_event():
    steps = play(AbandonedObject(), film(bag(end_s=40.0), owner(), until_s=60))
    assert [str(step.kind) for step in steps if step.kind != "update"] == ["new", "end"]
    assert steps[-1].event.end_s - NOON_S == pytest.approx(39.9)
    assert steps[-1].time_s - NOON_S == pytest.approx(42.0)


def test_somebody_who_stands_still_is_no_thing():
    still = Actor(id=1, high=0.3, where=stands((0.5, 0.8)))
    shadow = bag(5.0, high=0.3, wide=0.05)
    assert events(AbandonedObject(), film(still, shadow, until_s=60)) == []


def test_a_car_that_stopped_is_not_left_behind_but_a_bag_before_it_is():
    car = Actor(id=1, label="car", high=0.2, wide=0.3, where=stands((0.5, 0.8)))
    as_background = bag(5.0, high=0.19, wide=0.31)
    assert events(AbandonedObject(), film(car, as_background, until_s=60)) == []
    assert len(events(AbandonedObject(), film(car, bag(5.0), until_s=60))) == 1


def test_the_ground_that_a_van_uncovers_is_no_thing_but_what_it_left_there_is():
    way = walks((4, (0.0, 0.8)), (6, (0.5, 0.8)), (30, (0.5, 0.8)), (32, (1.2, 0.8)))
    van = Actor(id=1, label="vehicle", high=0.2, wide=0.3, where=way)
    itself = bag(8.0, 31.0, high=0.19, wide=0.31)
    ground, sacks = (bag(30.9, until_s, id=101, high=0.1, wide=0.2) for until_s in (40.0, 1e9))
    assert events(AbandonedObject(), film(van, itself, ground, until_s=60)) == []
    assert len(events(AbandonedObject(), film(van, itself, sacks, until_s=60))) == 1


def test_who_walks_by_holds_the_event_back_only_until_they_are_gone():
    passer = Actor(id=2, high=0.3, where=walks((24, (0.1, 0.8)), (28, (0.9, 0.8))))
    (early_s,) = raised_s(AbandonedObject(), film(bag(), owner(), until_s=60))
    (late_s,) = raised_s(AbandonedObject(), film(bag(), owner(), passer, until_s=60))
    # Their trailing edge is 0.3 heights beyond the bag at 27.1 s.
    assert early_s < late_s == pytest.approx(27.1, abs=0.15)


def test_who_walks_by_does_not_end_the_event():
    again = Actor(id=3, high=0.3, where=walks((40, (0.1, 0.8)), (44, (0.9, 0.8))))
    assert len(events(AbandonedObject(), film(bag(), owner(), again, until_s=60))) == 1


def visitor(stays_s: float) -> Actor:
    """Comes to the bag at 25 s, after its owner went, and goes back after a while."""
    leaves_s = 25 + stays_s
    path = walks((23, (0.1, 0.8)), (25, (0.45, 0.8)), (leaves_s, (0.45, 0.8)), (99, (0.1, 0.8)))
    return Actor(id=2, high=0.3, where=lambda t: path(t) if t < leaves_s else None)


def test_who_stays_with_it_restarts_the_clock():
    scenes = film(bag(), owner(), visitor(stays_s=8), until_s=60)
    (moment_s,) = raised_s(AbandonedObject(), scenes)
    assert moment_s >= 25 + 8 + 4
    (patient_s,) = raised_s(AbandonedObject(passing_s=20.0), scenes)
    assert patient_s < 25 + 8 + 4


def test_an_owner_who_comes_back_for_a_moment_restarts_the_clock():
    there, gone = (0.53, 0.8), (0.99, 0.8)
    path = walks(
        (4, gone), (8, there), (20, there), (23, gone), (26, there), (27, there), (32, gone)
    )
    (moment_s,) = raised_s(AbandonedObject(), film(bag(), owner(where=path), until_s=60))
    assert moment_s >= 27 + 4


def test_a_thing_is_not_with_itself():
    """An unsteady piece of it moves within it."""
    steps = [(24 + n / 2, (0.49 + 0.02 * (n % 2), 0.8)) for n in range(70)]
    piece = bag(id=101, label="object", blob=False, high=0.05, wide=0.02, where=walks(*steps))
    alone = raised_s(AbandonedObject(), film(bag(), owner(), until_s=60))
    assert raised_s(AbandonedObject(), film(bag(), owner(), piece, until_s=60)) == alone


def test_a_bag_hidden_behind_a_person_is_not_gone():
    screen = Actor(id=2, high=0.3, wide=0.1, where=stands(SPOT, start_s=35.0, end_s=45.0))
    hidden = bag(where=blinks(stands(SPOT, start_s=10.0), out=[(35.0, 45.0)]))
    assert spans(AbandonedObject(), film(hidden, owner(), screen, until_s=60)) == [(10.0, 59.9)]


def test_in_a_crowd_only_the_owner_may_count():
    crowd = [
        Actor(id=10 + i, high=0.3, where=walks((i * 2, (0.0, 0.8)), (i * 2 + 6, (1.0, 0.8))))
        for i in range(8, 40)
    ]
    scenes = film(bag(), owner(), *crowd, until_s=80, hz=5)
    assert events(AbandonedObject(), scenes) == []
    assert len(events(AbandonedObject(attended_by="owner"), scenes)) == 1


def test_a_track_of_a_suitcase_that_stays_is_a_thing():
    case = bag(label="suitcase", blob=False)
    (event,) = events(AbandonedObject(), film(case, owner(), until_s=60))
    assert event.label == "suitcase"
    assert 100 in event.track_ids


def test_a_carried_suitcase_is_not():
    carried = bag(label="suitcase", blob=False, where=walks((0, (0.1, 0.8)), (40, (0.9, 0.8))))
    assert events(AbandonedObject(), film(carried, until_s=60)) == []


def test_the_same_bag_in_the_background_and_under_a_track_is_one_event():
    both = [bag(), bag(id=101, label="backpack", blob=False)]
    (event,) = events(AbandonedObject(), film(*both, owner(), until_s=60))
    assert event.label in {"object", "backpack"}


def test_without_any_model_moving_objects_are_the_owners():
    mover = owner(label="object")
    thing = bag(label="object", blob=False)
    (moment_s,) = raised_s(AbandonedObject(), film(thing, mover, until_s=60))
    assert moment_s > 20.0


def test_a_dismissed_place_is_left_alone():
    rule = AbandonedObject()
    steps = [step for scene in film(bag(), owner(), until_s=40) for step in rule.update(scene)]
    ended = rule.dismiss(steps[0].event.id, for_good=True)
    assert [str(step.kind) for step in ended] == ["end"]
    assert rule.dismiss(steps[0].event.id) == []
    later = film(bag(0.0, id=102), until_s=60, start_s=NOON_S + 40)
    assert [step for scene in later for step in rule.update(scene)] == []
    assert len(rule.fixtures) == 1
    fresh = AbandonedObject(fixtures=rule.fixtures)
    assert events(fresh, film(bag(), owner(), until_s=60)) == []


def test_things_outside_the_zone_are_left_alone():
    ground = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    cloud = bag(at=(0.5, 0.2))
    assert events(AbandonedObject(zone=ground), film(cloud, until_s=60)) == []
    assert len(events(AbandonedObject(), film(cloud, until_s=60))) == 1


def test_a_brief_stop_is_no_thing_left():
    assert events(AbandonedObject(), film(bag(10.0, 14.0), until_s=60)) == []


def test_a_blob_that_flickers_is_one_event():
    unsteady = bag(where=blinks(stands(SPOT, start_s=10.0), out=[(30, 31), (40, 41)]))
    assert len(events(AbandonedObject(), film(unsteady, until_s=60))) == 1


def test_a_person_missed_for_a_moment_is_still_there():
    whole = owner(80.0).where
    unsteady = owner(where=blinks(whole, out=[(t, t + 3.0) for t in range(12, 80, 6)]))
    assert events(AbandonedObject(), film(bag(), unsteady, until_s=80)) == []


def test_a_person_never_found_is_a_thing_by_design():
    still = bag(5.0, high=0.3)
    assert len(events(AbandonedObject(), film(still, until_s=60))) == 1


def test_things_of_other_words_are_left_alone():
    assert events(AbandonedObject(labels=("suitcase",)), film(bag(), until_s=60)) == []


def test_a_cloud_that_leaves_many_things_at_once_leaves_none():
    patches = [bag(10.0 + i / 4, at=(0.1 + 0.15 * i, 0.4), id=200 + i) for i in range(6)]
    assert events(AbandonedObject(), film(*patches, until_s=60)) == []
    assert len(events(AbandonedObject(), film(*patches[:3], until_s=60))) == 3


def test_a_cloud_does_not_end_what_was_told_before():
    patches = [bag(32.0, at=(0.1 + 0.15 * i, 0.4), id=200 + i) for i in range(6)]
    told = film(bag(), owner(), *patches, until_s=60)
    assert spans(AbandonedObject(), told) == [(10.0, 59.9)]


def test_things_that_nobody_brought_may_be_left_alone():
    rule = AbandonedObject(owner_seen=True)
    assert events(rule, film(bag(), until_s=60)) == []
    assert len(events(rule, film(bag(), owner(), until_s=60))) == 1


def test_the_background_is_asked_only_by_who_wants_objects():
    assert AbandonedObject().signals == {"static_blobs"}
    assert AbandonedObject(labels=("suitcase",)).signals == frozenset()
