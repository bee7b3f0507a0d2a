from itertools import pairwise

import pytest

from vigil.core import ConfigError
from vigil.sim.render import Renderer
from vigil.sim.scenes import SCENES, gate, scene, traffic


def test_the_gate_tells_its_whole_story() -> None:
    found = [(event.kind, event.ids, event.direction) for event in gate().true_events()]
    assert found == [
        ("presence", (1, 2, 3, 4, 8), None),
        ("line_crossing", (1,), "forward"),
        ("line_crossing", (2,), "backward"),
        ("loitering", (3,), None),
        ("line_crossing", (4,), "forward"),
        ("abandoned_object", (5,), None),
        ("line_crossing", (4,), "backward"),
        ("line_crossing", (8,), "backward"),
        ("presence", (6, 7), None),
        ("stopped_vehicle", (6,), None),
    ]


@pytest.mark.parametrize("name", sorted(SCENES))
def test_every_scene_has_a_name_a_camera_and_true_events(name: str) -> None:
    script = scene(name, width=320, rate=5.0)
    assert (script.cameras[0].width, script.cameras[0].height) == (320, 180)
    assert script.true_events()


def test_an_unknown_scene_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="allowed: car_park, corridor, gate"):
        scene("moon")


def test_both_cameras_of_the_gate_see_the_bag() -> None:
    script = gate()
    for camera in script.cameras:
        truth = Renderer(world=script.world, camera=camera).truth(30.0)
        assert 5 in truth.ids


@pytest.mark.parametrize("height_px", ["small", "large"])
def test_traffic_brings_just_so_many_separate_visits(height_px) -> None:
    script = traffic(events=12, activity=0.2, height_px=height_px, seed=5)
    visits = script.visits()
    assert len(visits) == 12
    for before, after in pairwise(visits):
        assert after.start_s - before.end_s > 2.0
    busy_s = sum(visit.end_s - visit.start_s for visit in visits)
    assert busy_s / script.world.seconds == pytest.approx(0.2, abs=0.05)
    assert all(2.0 < visit.end_s - visit.start_s < 5.2 for visit in visits)


def test_traffic_is_small_or_large() -> None:
    def tallest(size) -> float:
        script = traffic(events=3, height_px=size, vehicles=False, seed=2)
        middle = [(visit.start_s + visit.end_s) / 2 for visit in script.visits()]
        view = Renderer(world=script.world, camera=script.cameras[0])
        boxes = [view.truth(time_s).boxes[0] for time_s in middle]
        return max(float(box[3] - box[1]) for box in boxes) / script.cameras[0].height

    assert tallest("large") > 0.25
    assert tallest("small") < 0.16


def test_visits_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="do not fit into 20 s"):
        traffic(events=10, seconds=20.0)
