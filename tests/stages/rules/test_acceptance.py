"""What those who run cameras ask of rules, each as a story of their own words."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from vigil.config.load import parse
from vigil.core import Severity, StepKind
from vigil.stages.rules.abandoned_object import AbandonedObject
from vigil.stages.rules.count import Count
from vigil.stages.rules.crowd import Crowd
from vigil.stages.rules.jam import Jam
from vigil.stages.rules.loitering import Loitering
from vigil.stages.rules.presence import Presence
from vigil.stages.rules.stopped_vehicle import StoppedVehicle

from .films import NOON_S, Actor, blinks, events, film, play, raised_s, stands, walks

DOOR = ((0.4, 0.0), (0.6, 0.0), (0.6, 1.0), (0.4, 1.0))
PATH = ((0.0, 0.0), (0.3, 0.0), (0.3, 1.0), (0.0, 1.0))
SPOT = (0.5, 0.8)


def kinds(steps) -> list[str]:
    return [str(step.kind) for step in steps if step.kind is not StepKind.UPDATE]


# Somebody hangs about


def test_everybody_has_a_clock_of_their_own():
    first = Actor(id=1, where=stands(SPOT, end_s=80))
    second = Actor(id=2, where=stands((0.45, 0.7), start_s=25.0, end_s=80))
    rule = Loitering(zone=DOOR, longer_than_s=30)
    assert raised_s(rule, film(first, second, until_s=90, hz=5)) == pytest.approx([30, 55], abs=0.2)


def test_a_few_seconds_behind_a_pillar_do_not_start_the_clock_anew():
    seen = Actor(where=blinks(stands(SPOT), out=[(12, 16), (22, 26)]))
    assert raised_s(Loitering(longer_than_s=30), film(seen, until_s=60)) == [30.0]


def test_a_long_stay_matters_more():
    rule = Loitering(longer_than_s=20, escalate_s=50, severity=Severity.LOW)
    (event,) = events(rule, film(Actor(where=stands(SPOT)), until_s=60, hz=5))
    assert event.severity is Severity.MEDIUM


def test_after_hours_less_patience():
    """Two rules, one for the day and one for the night, of which each keeps to its hours."""
    hour = datetime.fromtimestamp(NOON_S, UTC).hour
    by_day = {"windows": [f"{hour:02}:00-{(hour + 2) % 24:02}:00"], "time_zone": "UTC"}
    by_night = {
        "windows": [f"{(hour + 8) % 24:02}:00-{(hour + 12) % 24:02}:00"],
        "time_zone": "UTC",
    }
    make = TypeAdapter(Loitering).validate_python
    night_s = NOON_S + 9 * 3600
    for start_s, patience_s in ((NOON_S, 60), (night_s, 15)):
        told = []
        for rule in (
            make({"longer_than_s": 60, "schedule": by_day}),
            make({"longer_than_s": 15, "schedule": by_night}),
        ):
            scenes = film(Actor(where=stands(SPOT)), until_s=90, hz=5, start_s=start_s)
            told += [step.time_s - start_s for step in play(rule, scenes) if step.kind == "new"]
        assert told == pytest.approx([patience_s], abs=0.2)


def test_a_group_that_stays_together_is_one_event():
    group = [Actor(id=n, where=stands((0.44 + 0.03 * n, 0.8), start_s=2.0 * n)) for n in range(4)]
    rule = Crowd(number=3, near=1.0, longer_than_s=20)
    (event,) = events(rule, film(*group, until_s=40, hz=5))
    assert event.counts["most"] == 4
    assert events(Crowd(number=5, near=1.0, longer_than_s=20), film(*group, until_s=40)) == []


def test_who_is_known_is_dismissed_until_they_have_gone():
    rule = Loitering(longer_than_s=10, grace_s=2)
    guest = Actor(where=blinks(stands(SPOT), out=[(40, 50)]))
    steps = []
    for scene in film(guest, until_s=70, hz=5):
        steps += rule.update(scene)
        if kinds(steps) == ["new"]:
            steps += rule.dismiss(steps[0].event.id)
            assert steps[-1].event.ending == "dismissed"
    # Not told of again while they stay, but when they come anew.
    assert kinds(steps) == ["new", "end", "new"]
    assert steps[-1].time_s - NOON_S >= 60


# Something is left


def owner(id: int = 1, *, back_s: float | None = None) -> Actor:
    """Puts something down at 10 s, stays till 14 s, goes some metres off, and may come back."""
    there, away = (0.53, 0.8), (0.93, 0.8)
    path = [(4, away), (8, there), (14, there), (18, away)]
    path += (
        [(60, away)]
        if back_s is None
        else [(back_s, away), (back_s + 4, there), (back_s + 6, there)]
    )
    path += [] if back_s is None else [(back_s + 10, away)]
    return Actor(id=id, high=0.25, where=walks(*path))


def bag(end_s: float = 1e9, **fields: object) -> Actor:
    known = {"id": 100, "high": 0.06, "blob": True}
    return Actor(**{**known, "where": stands(SPOT, start_s=10.0, end_s=end_s), **fields})


def test_it_is_told_whose_it_is():
    (event,) = events(AbandonedObject(), film(bag(), owner(), until_s=50))
    assert event.by == 1


def test_its_owner_takes_it_again():
    (event,) = events(AbandonedObject(), film(bag(45.0), owner(back_s=40), until_s=60))
    assert (event.by, event.ending) == (1, "reclaimed")
    assert event.end_s - NOON_S == pytest.approx(44.9, abs=0.2)


def test_another_takes_it_while_its_owner_looks_on():
    thief = Actor(
        id=2, high=0.25, where=walks((34, (0.05, 0.8)), (39, (0.48, 0.8)), (46, (0.05, 0.8)))
    )
    (event,) = events(AbandonedObject(), film(bag(40.0), owner(), thief, until_s=60))
    assert (event.by, event.ending) == (1, "taken")
    assert 2 in event.track_ids


def test_whether_it_was_the_owner_who_came_back_into_view_is_not_made_up():
    gone = Actor(id=1, high=0.25, where=walks((4, (0.9, 0.8)), (8, (0.53, 0.8)), (14, (0.53, 0.8)),
                                              (18, (0.99, 0.8))))  # fmt: skip
    somebody = Actor(
        id=2, high=0.25, where=walks((34, (0.05, 0.8)), (39, (0.48, 0.8)), (46, (0.05, 0.8)))
    )
    (event,) = events(AbandonedObject(), film(bag(40.0), gone, somebody, until_s=60))
    assert event.ending == "collected"


def test_nobody_seen_is_nobody_told():
    (event,) = events(AbandonedObject(), film(bag(40.0), owner(), until_s=60))
    assert event.ending == ""


def test_what_stands_for_long_matters_more():
    rule = AbandonedObject(escalate_s=20, severity=Severity.MEDIUM)
    steps = play(rule, film(bag(), owner(), until_s=60, hz=5))
    assert steps[0].event.severity is Severity.MEDIUM
    assert steps[-1].event.severity is Severity.HIGH


def test_a_fixture_is_never_told_of_again():
    rule = AbandonedObject()
    steps = [step for scene in film(bag(), owner(), until_s=40) for step in rule.update(scene)]
    (ended,) = rule.dismiss(steps[0].event.id, for_good=True)
    assert ended.event.ending == "dismissed"
    later = film(bag(id=200), until_s=60, start_s=NOON_S + 100)
    assert [step for scene in later for step in rule.update(scene)] == []


def test_dismissed_once_the_next_bag_is_told():
    rule = AbandonedObject()
    steps = [step for scene in film(bag(), owner(), until_s=40) for step in rule.update(scene)]
    rule.dismiss(steps[0].event.id)
    still = film(bag(), until_s=15, start_s=NOON_S + 40)
    assert [step for scene in still for step in rule.update(scene)] == []
    later = film(bag(id=200), until_s=60, start_s=NOON_S + 100)
    assert kinds(step for scene in later for step in rule.update(scene)) == ["new"]


# Who is counted


def test_who_vanishes_behind_a_wall_does_not_stay_counted():
    people = [Actor(id=n, where=walks((n, (0.1, 0.6)), (n + 8, (0.5, 0.6)))) for n in range(4)]
    rule = Count(number=1, longer_than_s=1, grace_s=1, close_s=1)
    (event,) = events(rule, film(*people, until_s=40))
    assert event.end_s - NOON_S == pytest.approx(12, abs=0.2)
    assert event.counts["count"] == 1


def test_how_full_a_zone_is():
    lot = ((0.2, 0.4), (0.8, 0.4), (0.8, 0.8), (0.2, 0.8))
    cars = [
        Actor(id=n, label="car", high=0.2, wide=0.2,
              where=stands((0.3 + 0.2 * n, 0.8), start_s=5.0 * n))
        for n in range(3)
    ]  # fmt: skip
    rule = Count(zone=lot, labels=("car",), share_of_zone=0.45, longer_than_s=2)
    (event,) = events(rule, film(*cars, until_s=30))
    assert event.start_s - NOON_S == pytest.approx(10, abs=0.2)
    assert event.counts["percent"] == pytest.approx(50, abs=4)
    assert event.claim == "The share of the zone that cars cover is at least 45 %."
    assert (
        events(Count(zone=lot, labels=("car",), share_of_zone=0.6), film(*cars, until_s=30)) == []
    )


# What never travels


def test_what_never_moves_is_ignored_however_long_it_is_seen():
    parked = Actor(label="car", wide=0.15, where=blinks(stands(SPOT), out=[(20, 28), (40, 55)]))
    rule = Presence(labels=("car",), moved=1.0)
    assert events(rule, film(parked, until_s=80, hz=5)) == []
    arrives = Actor(label="car", wide=0.15, where=walks((2, (0.0, 0.8)), (6, SPOT), (20, SPOT)))
    assert len(events(rule, film(arrives, until_s=30, hz=5))) == 1


def test_only_who_comes_by_the_path_and_then_to_the_door():
    rule = Presence(zone=DOOR, after=PATH, after_s=10)
    by_path = Actor(id=1, where=walks((0, (0.1, 0.8)), (5, SPOT), (30, SPOT)))
    from_inside = Actor(id=1, where=walks((0, (0.9, 0.8)), (5, SPOT), (30, SPOT)))
    dawdles = Actor(
        id=1,
        where=walks((0, (0.1, 0.8)), (5, (0.36, 0.8)), (25, (0.36, 0.8)), (27, SPOT), (40, SPOT)),
    )
    assert len(events(rule, film(by_path, until_s=40, hz=5))) == 1
    assert events(Presence(zone=DOOR, after=PATH), film(from_inside, until_s=40, hz=5)) == []
    slow = Presence(zone=DOOR, after=PATH, after_s=10)
    assert events(slow, film(dawdles, until_s=50, hz=5)) == []


def test_a_zone_of_before_may_be_named():
    app = parse({"cameras": {"gate": {
        "source": {"kind": "file", "path": "gate.mp4"},
        "zones": {"path": {"coordinates": "0,0,0.3,0,0.3,1,0,1"},
                  "door": {"coordinates": "0.4,0,0.6,0,0.6,1,0.4,1", "objects": ["person"]}},
        "rules": [{"kind": "presence", "zone": "door", "after": "path"}],
    }}})  # fmt: skip
    rule = next(one for one in app.cameras["gate"].all_rules if one.name == "presence")
    assert (rule.zone, rule.after, rule.labels) == (DOOR, PATH, ("person",))


def test_a_parked_car_is_told_once_and_not_every_time_it_is_found_anew():
    seen = walks((0, (0.0, 0.8)), (4, SPOT), (200, SPOT))
    car = Actor(label="car", wide=0.15, where=blinks(seen, out=[(40, 50), (80, 95), (130, 160)]))
    rule = StoppedVehicle(labels=("car",), longer_than_s=10)
    assert len(events(rule, film(car, until_s=200, hz=2))) == 1


def test_a_place_where_one_always_parks_is_left_alone():
    car = Actor(label="car", wide=0.15, where=walks((0, (0.0, 0.8)), (4, SPOT), (60, SPOT)))
    rule = StoppedVehicle(labels=("car",))
    scenes = film(car, until_s=60, hz=5)
    steps = [step for scene in scenes for step in rule.update(scene)]
    again = StoppedVehicle(labels=("car",))
    rule.dismiss(steps[0].event.id, for_good=True)
    again.fixtures = rule.fixtures
    assert events(again, scenes) == []


def test_a_live_lane_is_told_from_a_jam_and_a_red_light():
    def lane(where, id):
        return Actor(id=id, label="car", high=0.1, wide=0.12, where=where)

    breaks_down = lane(walks((0, (0.0, 0.7)), (4, SPOT), (80, SPOT)), 1)
    passing = [
        lane(walks((10 + 6 * n, (0.0, 0.68)), (14 + 6 * n, (1.0, 0.68))), 10 + n) for n in range(6)
    ]
    waiting = [
        lane(walks((1 + n, (0.0, 0.7)), (5 + n, (x, 0.8)), (80, (x, 0.8))), 20 + n)
        for n in range(3)
        for x in [0.3 - 0.14 * n]
    ]
    rule = lambda: StoppedVehicle(labels=("car",), longer_than_s=10, passed_by=2)  # noqa: E731
    assert len(events(rule(), film(breaks_down, *passing, until_s=60, hz=5))) == 1
    assert events(rule(), film(breaks_down, *waiting, until_s=60, hz=5)) == []
    assert Jam().signals == frozenset()


# When, and how often


@pytest.mark.parametrize(
    ("zone", "label", "hours", "day", "told"),
    [
        (DOOR, "person", "22:00-06:00", "mon-sun", False),
        (DOOR, "person", "00:00-24:00", "mon-sun", True),
        (DOOR, "car", "00:00-24:00", "mon-sun", False),
        (PATH, "person", "00:00-24:00", "mon-sun", False),
        (DOOR, "person", "00:00-24:00", "sat-sun", False),
    ],
)
def test_where_what_and_when_are_set_together(zone, label, hours, day, told):
    # The film begins on a Sunday afternoon; a day later it is Monday.
    monday_s = NOON_S + 86_400
    rule = TypeAdapter(Presence).validate_python(
        {
            "zone": zone,
            "labels": label,
            "schedule": {"windows": [f"{day} {hours}"], "time_zone": "UTC"},
        }
    )
    assert datetime.fromtimestamp(monday_s, UTC).strftime("%a") == "Mon"
    scenes = film(Actor(where=stands(SPOT)), until_s=10, start_s=monday_s)
    assert bool(events(rule, scenes)) is told


def test_quiet_after_an_event_for_the_zone_or_for_the_thing():
    visits = [Actor(id=1, where=stands(SPOT, start_s=s, end_s=s + 3)) for s in (2, 10, 30)]
    other = Actor(id=2, where=stands((0.45, 0.7), start_s=11, end_s=14))
    first = Actor(id=1, where=lambda t: next((p for v in visits if (p := v.where(t))), None))

    def starts(**settings: object) -> list[float]:
        rule = Presence(per="track", cool_down_s=15.0, **settings)
        return raised_s(rule, film(first, other, until_s=40))

    assert starts() == pytest.approx([2.2, 30.2])
    assert starts(cool_down_per="track") == pytest.approx([2.2, 11.2, 30.2])
