from vigil.core import Box, Scene, Track
from vigil.stages.rules.moment import Lifetime
from vigil.stages.rules.trails import Trail, Trails

from .films import NOON_S

HERE, NEAR, FAR = Box(0, 0, 10, 20), Box(1, 0, 11, 20), Box(50, 0, 60, 20)


def track(id: int, box: Box = HERE, label: str = "person") -> Track:
    return Track(id=id, label=label, box=box, score=0.9, first_seen_s=NOON_S, last_seen_s=NOON_S)


class Watched:
    def __init__(self, grace_s: float = 2.0) -> None:
        self.trails = Trails(Trail, grace_s=grace_s)
        self.lifetime = Lifetime()

    def see(self, t: float, *tracks: Track, looked: bool = True) -> list[int]:
        """Numbers of the things that the tracks belong to."""
        scene = Scene(source="gate", time_s=NOON_S + t, width=100, height=100, looked=looked)
        moment = self.lifetime.at(scene)
        numbers = [trail.number for trail, _ in self.trails.follow(moment, tracks)]
        self.lost = [trail.number for trail in self.trails.lost(moment)]
        return numbers


def test_a_thing_keeps_its_number_under_a_new_id_in_the_same_place():
    watched = Watched()
    assert watched.see(0, track(1)) == [1]
    assert watched.see(0.1) == []
    assert watched.see(0.2, track(7, NEAR)) == [1]
    assert [trail.ids for trail in watched.trails] == [[1, 7]]


def test_another_label_or_another_place_is_another_thing():
    watched = Watched()
    watched.see(0, track(1))
    assert watched.see(0.1, track(2, HERE, "dog")) == [2]
    assert watched.see(0.2, track(3, FAR)) == [3]


def test_an_old_id_that_comes_back_beside_the_new_one_is_another_thing():
    watched = Watched()
    watched.see(0, track(1))
    watched.see(0.1, track(2))
    assert sorted(watched.see(0.2, track(1), track(2))) == [1, 2]


def test_a_thing_is_forgotten_when_looked_for_in_vain():
    watched = Watched(grace_s=1.0)
    watched.see(0, track(1))
    watched.see(0.5)
    assert watched.lost == []
    watched.see(1.5)
    assert watched.lost == [1]
    assert len(watched.trails) == 0
    assert watched.see(1.6, track(1)) == [2]


def test_nothing_is_forgotten_while_nobody_looks():
    watched = Watched(grace_s=1.0)
    watched.see(0, track(1))
    for t in range(1, 100):
        watched.see(t, looked=False)
    assert watched.see(100, track(1)) == [1]


def test_memory_follows_the_number_of_things_not_of_ids():
    watched = Watched(grace_s=1.0)
    for t in range(2000):
        watched.see(t, track(t))
    assert len(watched.trails) == 1
    assert len(watched.trails._by_id) == 1
    (trail,) = watched.trails
    assert len(trail.ids) <= 16
    assert (trail.ids[0], trail.ids[-1]) == (0, 1999)


def test_what_a_look_left_out_is_believed_to_be_there_and_what_it_missed_is_not():
    trails, lifetime = Trails(Trail, grace_s=1.0), Lifetime()

    def look(t: float, shown: tuple[Track, ...]) -> int:
        scene = Scene(
            source="gate", time_s=NOON_S + t, width=100, height=100, looked=True, tracks=shown
        )
        moment = lifetime.at(scene)
        trails.follow(moment, shown if t == 0 else ())
        trails.lost(moment)
        return len(trails)

    assert look(0, (track(1),)) == 1
    assert [look(t, (track(1),)) for t in (2, 4, 6)] == [1, 1, 1]
    assert [look(t, ()) for t in (7, 8)] == [1, 0]
