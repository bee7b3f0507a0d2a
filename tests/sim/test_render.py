from dataclasses import replace

import numpy as np
import pytest

from vigil.sim.camera import Camera
from vigil.sim.light import Lamp, night
from vigil.sim.people import Looks
from vigil.sim.render import Renderer, render
from vigil.sim.route import Route
from vigil.sim.site import Wall
from vigil.sim.world import Bag, LightSwitch, Rain, Shake, Vehicle, Walker

from .places import CAMERA, noisy, shadeless, square, walker, world


def extent_of(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


@pytest.mark.parametrize("time_s", [3.0, 4.1, 5.2])
@pytest.mark.parametrize("thing", ["walker", "car", "bag"])
def test_the_true_box_is_the_outline_to_the_pixel(thing: str, time_s: float) -> None:
    person = walker(1)
    actor = {
        "walker": person,
        "car": Vehicle(id=1, route=person.route),
        "bag": Bag(id=2, owner=1, put_down_s=2.5),
    }[thing]
    actors = (person, actor) if thing == "bag" else (actor,)
    view = Renderer(world=world(*actors), camera=CAMERA)
    _, truth = view.picture(time_s)
    box = truth.boxes[truth.ids.index(actor.id)]
    assert np.abs(box - extent_of(view.outline(actor, time_s))).max() <= 1.0


def test_what_changes_in_the_picture_lies_in_the_true_box() -> None:
    site = square(shadeless())
    empty = Renderer(world=world(site=site), camera=CAMERA).backdrop.rgb
    picture, truth = render(world(walker(), site=site), CAMERA, 4.0)
    changed = np.abs(picture.astype(int) - empty).max(axis=2) > 25
    rows = np.nonzero(changed.any(axis=1))[0]
    columns = np.nonzero(changed.any(axis=0))[0]
    x1, y1, x2, _ = truth.boxes[0]
    assert columns[0] >= x1 - 1.5
    assert columns[-1] <= x2 + 1.5
    assert abs(rows[0] - y1) <= 2


def test_the_quick_truth_gives_the_boxes_of_the_drawn_one() -> None:
    view = Renderer(world=world(walker(1), walker(2, y=2.0)), camera=CAMERA)
    _, drawn = view.picture(4.0)
    quick = view.truth(4.0)
    order = [drawn.ids.index(id_) for id_ in quick.ids]
    assert np.array_equal(quick.boxes, drawn.boxes[order])


def test_ids_and_labels_stay_with_their_actors() -> None:
    actors = (walker(7), walker(3, y=2.0), Vehicle(id=5, route=walker(1, y=4.0).route))
    view = Renderer(world=world(*actors), camera=CAMERA)
    for time_s in (3.0, 4.0, 5.0):
        _, truth = view.picture(time_s)
        named = dict(zip(truth.ids, truth.labels, strict=True))
        assert named == {7: "person", 3: "person", 5: "car"}


def test_an_actor_behind_a_wall_is_less_visible() -> None:
    wall = Wall(kind="plaster", start=(-7.0, -1.5), end=(7.0, -1.5), height_m=1.4)
    open_, hidden = (
        render(world(walker(), site=square(walls=walls)), CAMERA, 4.0)[1] for walls in ((), (wall,))
    )
    assert open_.visible[0] > 0.98
    assert 0.2 < hidden.visible[0] < 0.8
    assert np.array_equal(open_.boxes, hidden.boxes)


def test_a_near_walker_hides_a_far_one_by_the_shared_pixels() -> None:
    far, near = walker(1, y=1.0), walker(2, y=0.0)
    view = Renderer(world=world(far, near), camera=CAMERA)
    _, truth = view.picture(4.0)
    far_px, near_px = view.outline(far, 4.0) > 0, view.outline(near, 4.0) > 0
    expected = 1 - (far_px & near_px).sum() / far_px.sum()
    assert expected < 0.9
    assert truth.visible[truth.ids.index(1)] == pytest.approx(expected, abs=0.02)
    assert truth.visible[truth.ids.index(2)] > 0.98


def test_each_pixel_has_the_owner_that_is_nearest() -> None:
    far, near = walker(1, y=1.0), walker(2, y=0.0)
    view = Renderer(world=world(far, near), camera=CAMERA)
    owners = view.owners(4.0)
    far_px, near_px = view.outline(far, 4.0) > 0, view.outline(near, 4.0) > 0
    assert np.array_equal(owners == 2, near_px)
    assert np.array_equal(owners == 1, far_px & ~near_px)
    assert np.array_equal(owners == 0, ~(far_px | near_px))


def test_an_actor_half_out_of_the_picture_is_half_visible() -> None:
    view = Renderer(world=world(walker()), camera=CAMERA)
    shares = [
        float(truth.visible[0])
        for time_s in np.arange(0.0, 3.0, 0.1)
        if len(truth := view.picture(float(time_s))[1])
    ]
    assert min(shares) < 0.6
    assert max(shares) > 0.98


def test_the_same_moment_is_the_same_picture() -> None:
    scene = world(walker(), seed=4, disturbances=(Rain(start_s=0, end_s=9),))
    again = world(walker(), seed=4, disturbances=(Rain(start_s=0, end_s=9),))
    a, _ = render(scene, noisy(), 4.0)
    b, _ = Renderer(world=again, camera=noisy()).picture(4.0)
    assert np.array_equal(a, b)


def test_another_seed_is_another_picture() -> None:
    a, _ = render(world(seed=1), noisy(), 1.0)
    b, _ = render(world(seed=2), noisy(), 1.0)
    assert not np.array_equal(a, b)


def test_noise_is_fresh_in_every_picture_of_an_empty_view() -> None:
    view = Renderer(world=world(), camera=noisy())
    a, b, c = (view.picture(number / 12)[0].astype(np.float64) for number in range(3))
    first, second = (b - a).mean(axis=2).ravel(), (c - b).mean(axis=2).ravel()
    assert 0.5 < first.std() < 6
    # Differences of independent noise share one picture: correlation -1/2.
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(-0.5, abs=0.1)


def test_night_is_darker_and_noisier_than_day() -> None:
    dark = night((Lamp(position=(2.0, 3.0, 4.0)),))
    by_day = Renderer(world=world(), camera=noisy())
    by_night = Renderer(world=world(site=square(dark)), camera=noisy())
    pictures = [
        [view.picture(n / 12)[0].astype(float) for n in (0, 1)] for view in (by_day, by_night)
    ]
    brightness = [np.mean(pair) for pair in pictures]
    grain = [np.std(pair[1] - pair[0]) for pair in pictures]
    assert brightness[1] < 0.5 * brightness[0]
    assert grain[1] > 1.5 * grain[0]


def test_the_sun_throws_a_shadow_that_a_grey_sky_does_not() -> None:
    darkened = []
    for light in (None, shadeless()):
        view = Renderer(world=world(walker(), site=square(light)), camera=CAMERA)
        picture, truth = view.picture(4.0)
        outside = np.ones(picture.shape[:2], bool)
        x1, y1, x2, y2 = truth.boxes[0].astype(int)
        outside[y1 - 2 : y2 + 3, x1 - 2 : x2 + 3] = False
        change = view.backdrop.rgb.astype(int) - picture
        darkened.append(int((change.mean(axis=2)[outside] > 15).sum()))
    assert darkened[0] > 100
    assert darkened[1] < 10


def test_a_shaken_camera_moves_the_boxes_with_the_picture() -> None:
    still = Renderer(world=world(walker()), camera=CAMERA)
    shaken = Renderer(
        world=world(walker(), disturbances=(Shake(start_s=0, end_s=9, pixels=12),)), camera=CAMERA
    )
    moves = [shaken.truth(t).boxes[0] - still.truth(t).boxes[0] for t in (3.9, 4.0, 4.1)]
    assert max(float(np.abs(move).max()) for move in moves) > 2
    for move in moves:
        assert move[0] == pytest.approx(move[2], abs=0.01)


def test_a_switched_lamp_brightens_all_that_follows() -> None:
    view = Renderer(world=world(disturbances=(LightSwitch(at_s=2.0, gain=1.4),)), camera=CAMERA)
    before, _ = view.picture(1.9)
    after, _ = view.picture(2.0)
    assert after.mean() == pytest.approx(1.4 * before.mean(), rel=0.03)


def test_two_cameras_share_the_true_ids_of_what_both_see() -> None:
    scene = world(walker(1), walker(2, y=2.0))
    other = replace(CAMERA, position=(-6.0, -4.0, 3.5), target=(0.0, 1.0, 0.6), name="other")
    _, here = render(scene, CAMERA, 4.0)
    _, there = render(scene, other, 4.0)
    assert set(here.ids) == set(there.ids) == {1, 2}
    assert not np.allclose(np.sort(here.boxes, axis=0), np.sort(there.boxes, axis=0), atol=5)


def test_a_nearer_walker_is_larger_as_perspective_asks() -> None:
    camera = Camera(
        position=(0.0, -8.0, 1.0), target=(0.0, 0.0, 1.0), width=640, height=360, noise=0
    )
    near = Walker(id=1, looks=Looks(), route=Route(points=((-3.0, -2.0), (3.0, -2.0))))
    far = Walker(id=2, looks=Looks(), route=Route(points=((-3.0, 4.0), (3.0, 4.0))))
    truth = Renderer(world=world(near, far), camera=camera).truth(2.3)
    heights = truth.boxes[:, 3] - truth.boxes[:, 1]
    assert heights[0] / heights[1] == pytest.approx(12 / 6, rel=0.06)


def test_a_stamp_and_a_monochrome_sensor_change_the_picture() -> None:
    grey = replace(CAMERA, monochrome=True)
    picture, _ = render(world(), grey, 1.0)
    assert np.ptp(picture, axis=2).max() == 0
    plain, _ = render(world(), CAMERA, 1.0)
    stamped, _ = render(world(), replace(CAMERA, stamp=True), 1.0)
    changed = np.abs(plain.astype(int) - stamped).max(axis=2) > 40
    assert changed[: 180 // 8].sum() > 100
    assert not changed[180 // 8 :].any()
