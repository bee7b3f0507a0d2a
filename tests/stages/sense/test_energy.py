from collections.abc import Callable

import numpy as np
import pytest

from vigil.core import Box, Frame, Scene, Signals, Track
from vigil.media.pixels import ArrayPixels
from vigil.stages.sense.energy import EnergySense

WIDTH, HEIGHT = 640, 360
HZ = 5.0
TEXTURE = np.random.default_rng(3).integers(40, 200, (60, 30)).astype(np.uint8)
"""Cloth of somebody 60 x 120 pixels large."""


def frame(picture: np.ndarray, time_s: float) -> Frame:
    rgb = np.repeat(picture[:, :, None], 3, axis=2).astype(np.uint8)
    return Frame(
        source="s", index=0, time_s=time_s, width=WIDTH, height=HEIGHT, pixels=ArrayPixels(rgb)
    )


def energies(
    draw: Callable[[int], tuple[np.ndarray, Box]],
    *,
    pictures: int = 6,
    velocity: tuple[float, float] = (0.0, 0.0),
    label: str = "person",
    late: bool = False,
) -> list[float]:
    """What is told of one person after each picture; `late`: boxes are of the picture before."""
    sense, told = EnergySense(), []
    for number in range(pictures):
        picture, _ = draw(number)
        seen = number - 1 if late and number else number
        box, time_s = draw(seen)[1], 100 + seen / HZ
        track = Track(1, label, box, 0.9, 100.0, time_s, velocity=velocity)
        scene = Scene(source="s", time_s=time_s, width=WIDTH, height=HEIGHT, tracks=(track,))
        sense.see(frame(picture, 100 + number / HZ), scene)
        energy = sense.tell(Signals()).energy
        if 1 in energy:
            told.append(energy[1])
    return told


def person(x: int, y: int, *, arm: int = 0, light: int = 0) -> tuple[np.ndarray, Box]:
    """Somebody before a grey wall, with an arm's width of another cloth at `arm`."""
    picture = np.full((HEIGHT, WIDTH), 120, np.uint8)
    cloth = np.repeat(np.repeat(TEXTURE, 2, axis=0), 2, axis=1).copy()
    if arm:
        cloth[arm : arm + 24] = 255 - cloth[arm : arm + 24]
    picture[y : y + 120, x : x + 60] = cloth
    lit = np.clip(picture.astype(int) + light, 0, 255).astype(np.uint8)
    return lit, Box(x, y, x + 60, y + 120)


def test_who_stands_still_has_none_and_who_strikes_has_much():
    still = energies(lambda n: person(300, 100))
    strikes = energies(lambda n: person(300, 100, arm=10 if n % 2 else 30))
    assert max(still) < 0.05
    assert min(strikes) > 1.0


def test_their_own_way_is_taken_out():
    walks = energies(lambda n: person(100 + 20 * n, 100))
    assert max(walks) < 0.3
    late = energies(
        lambda n: person(100 + 20 * n, 100), velocity=(20 * HZ, 0.0), pictures=6, late=True
    )
    assert max(late[1:]) < 0.5


def test_a_change_of_light_is_no_motion():
    assert max(energies(lambda n: person(300, 100, light=30 * (n % 2)))) < 0.1


def test_legs_count_for_nothing():
    assert max(energies(lambda n: person(300, 100, arm=80 if n % 2 else 92))) < 0.1


@pytest.mark.parametrize("label", ["car", "dog"])
def test_only_people_are_sensed(label):
    assert energies(lambda n: person(300, 100, arm=10 * (n % 2)), label=label) == []


def test_pictures_too_far_apart_and_boxes_too_small_tell_nothing():
    sense = EnergySense()
    picture, box = person(300, 100)
    for time_s in (100.0, 103.0):
        track = Track(1, "person", box, 0.9, 100.0, time_s)
        scene = Scene(source="s", time_s=time_s, width=WIDTH, height=HEIGHT, tracks=(track,))
        sense.see(frame(picture, time_s), scene)
    assert sense.tell(Signals()).energy == {}
    tiny = energies(lambda n: (person(300, 100)[0], Box(300, 100, 308, 120)))
    assert tiny == []


def test_nobody_believed_nothing_told_and_nothing_kept():
    sense = EnergySense()
    picture, _ = person(300, 100)
    sense.see(frame(picture, 100.0), None)
    empty = Scene(source="s", time_s=100.2, width=WIDTH, height=HEIGHT)
    sense.see(frame(picture, 100.2), empty)
    assert sense.tell(Signals(motion=0.1)) == Signals(motion=0.1)
    wild = Track(1, "person", Box(900, 500, 880, 480), 0.9, 100.0, 100.4)
    scene = Scene(source="s", time_s=100.4, width=WIDTH, height=HEIGHT, tracks=(wild,))
    sense.see(frame(picture, 100.4), scene)
    assert sense.tell(Signals()).energy == {}
