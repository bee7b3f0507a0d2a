"""Less noise where nothing moves, nothing lost where something does."""

import cv2
import numpy as np
import pytest

from vigil.core import Box, Frame, Image
from vigil.media.pixels import frame_of_array
from vigil.stages.enhance.denoise import Denoise, calm

WIDE, HIGH, NOISE = 160, 90, 20


def place(shift: int = 0) -> Image:
    """Something to see, moved to the right by whole pixels."""
    chance = np.random.default_rng(7)
    rough = chance.normal(0, 1, (HIGH, WIDE + 40)).astype(np.float32)
    smooth = cv2.GaussianBlur(rough, (0, 0), 3)
    picture = 120 + 35 * smooth / smooth.std()
    seen = picture[:, 20 - shift : 20 - shift + WIDE]
    return np.repeat(np.clip(seen, 0, 255)[:, :, None], 3, 2).astype(np.uint8)


def noisy(image: Image, seed: int, noise: float = NOISE) -> Image:
    rough = image + np.random.default_rng(seed).normal(0, noise, image.shape)
    return np.clip(rough, 0, 255).astype(np.uint8)


def apart(one: Image, other: Image) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def frames(images: list[Image], *, step_s: float = 0.04) -> list[Frame]:
    return [frame_of_array(each, time_s=100 + step_s * at) for at, each in enumerate(images)]


def shown(denoise: Denoise, given: list[Frame], region: Box | None = None) -> Image:
    for frame in given:
        denoise.see(frame)
    return denoise.enhance(given[-1]).pixels.rgb(WIDE, HIGH, region)


def test_noise_is_averaged_away() -> None:
    given = frames([noisy(place(), seed) for seed in range(5)])
    before, after = apart(given[-1].rgb(WIDE), place()), apart(shown(Denoise(), given), place())
    assert after < 0.65 * before


def test_what_moves_stays_as_sharp_as_it_was() -> None:
    clean = []
    for at in range(5):
        image = place()
        image[30:60, 20 + 12 * at : 50 + 12 * at] = 230
        clean.append(image)
    given = frames([noisy(each, seed, 8) for seed, each in enumerate(clean)])
    found = shown(Denoise(), given)
    thing, trail = np.s_[33:57, 74:94], np.s_[33:57, 26:60]
    assert apart(found[thing], clean[-1][thing]) < 9
    assert apart(found[trail], clean[-1][trail]) < 9


def test_a_camera_that_shakes_is_followed() -> None:
    given = frames([noisy(place(shift), seed) for seed, shift in enumerate([5, -4, 6, -3, 0])])
    steady, plain = (apart(shown(Denoise(steady=on), given), place()) for on in (True, False))
    assert steady < 0.8 * plain


def test_pictures_without_noise_are_let_alone() -> None:
    given = frames([place()] * 5)
    assert np.array_equal(shown(Denoise(), given), given[-1].rgb(WIDE))


def test_a_region_is_what_the_whole_picture_shows_there() -> None:
    given = frames([noisy(place(), seed) for seed in range(5)])
    denoise, half = Denoise(), Box(80, 0, 160, 90)
    whole = shown(denoise, given)
    part = denoise.enhance(given[-1]).pixels.rgb(80, 90, half)
    assert apart(part, whole[:, 80:]) < 2


@pytest.mark.parametrize("step_s", [0.6, 2.0])
def test_pictures_of_another_moment_are_no_help(step_s: float) -> None:
    given = frames([noisy(place(), seed) for seed in range(5)], step_s=step_s)
    assert np.array_equal(shown(Denoise(), given), given[-1].rgb(WIDE))


def test_time_that_goes_back_begins_anew() -> None:
    denoise = Denoise()
    later = frames([noisy(place(7), seed) for seed in range(5)])
    earlier = frame_of_array(noisy(place(), 9), time_s=99.9)
    shown(denoise, later)
    assert np.array_equal(shown(denoise, [earlier]), earlier.rgb(WIDE))


def test_a_look_keeps_the_pictures_before_it() -> None:
    """It may be answered when the camera is further on."""
    denoise = Denoise()
    given = frames([noisy(place(), seed) for seed in range(12)])
    for frame in given[:5]:
        denoise.see(frame)
    waiting = denoise.enhance(given[4])
    for frame in given[5:]:
        denoise.see(frame)
    assert apart(waiting.pixels.rgb(WIDE, HIGH), place()) < 0.65 * apart(
        given[4].rgb(WIDE), place()
    )


def test_gates_see_the_brightness_that_came() -> None:
    given = frames([noisy(place(), seed) for seed in range(5)])
    denoise = Denoise()
    for frame in given:
        denoise.see(frame)
    assert np.array_equal(denoise.enhance(given[-1]).luma(64), given[-1].luma(64))


def test_one_picture_alone_stays() -> None:
    image = noisy(place(), 1)
    assert calm(image, []) is image


def test_settings_have_bounds() -> None:
    with pytest.raises(ValueError, match="frames: found 0; allowed: 1 to 16"):
        Denoise(frames=0)
