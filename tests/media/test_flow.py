"""Flow of textures whose motion is known, within a bound; and what a network is given of it."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Luma
from vigil.media.flow import (
    Method,
    corners,
    dense_flow,
    flow_clip,
    flow_picture,
    scaled,
    track,
    track_all,
)

HIGH, WIDE = 96, 128
SHIFTS = st.tuples(st.floats(-6, 6), st.floats(-6, 6))
FEW = settings(max_examples=15)


def texture(seed: int = 0) -> Luma:
    """Blobs of several sizes, larger than the picture so that shifting shows what was hidden."""
    random = np.random.default_rng(seed)
    picture = np.zeros((HIGH + 80, WIDE + 80), np.float32)
    for cell in (4, 8, 16):
        coarse = random.uniform(0, 80, (picture.shape[0] // cell + 1, picture.shape[1] // cell + 1))
        size = (coarse.shape[1] * cell, coarse.shape[0] * cell)
        fine = cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
        picture += fine[: picture.shape[0], : picture.shape[1]]
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def seen(whole: Luma, dx: float, dy: float) -> Luma:
    """What a camera sees once the texture has moved `dx` to the right and `dy` down."""
    matrix = np.array([[1, 0, 40 - dx], [0, 1, 40 - dy]], np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(whole, matrix, (WIDE, HIGH), flags=flags), np.uint8)


@pytest.mark.parametrize("method", ["dis", "farneback"])
@FEW
@given(shift=SHIFTS, seed=st.integers(0, 50))
def test_dense_flow_of_a_shift_is_the_shift(
    method: Method, shift: tuple[float, float], seed: int
) -> None:
    whole = texture(seed)
    flow = dense_flow(seen(whole, 0, 0), seen(whole, *shift), method)
    assert flow.shape == (HIGH, WIDE, 2)
    assert flow.dtype == np.float32
    inner = flow[12:-12, 12:-12]
    error = np.linalg.norm(inner - np.array(shift, np.float32), axis=2)
    assert np.median(error) < 0.25
    assert np.percentile(error, 90) < 1.0


@FEW
@given(shift=SHIFTS, seed=st.integers(0, 50))
def test_points_are_followed_to_a_quarter_of_a_pixel(shift: tuple[float, float], seed: int) -> None:
    whole = texture(seed)
    before, after = seen(whole, 0, 0), seen(whole, *shift)
    points = corners(before)
    found = track(before, after, points)
    inner = ((points > 16) & (points < (WIDE - 16, HIGH - 16))).all(axis=1)
    assert found.found[inner].mean() > 0.9
    moved = (found.points - points)[inner & found.found]
    assert np.percentile(np.linalg.norm(moved - np.array(shift), axis=1), 90) < 0.25


def test_what_leaves_the_picture_is_lost_and_stays_lost() -> None:
    whole = texture()
    pictures = [seen(whole, -8.0 * number, 0) for number in range(4)]
    pictures += pictures[2::-1]
    points = np.array([[4.0, 48.0], [90.0, 48.0]], np.float32)
    *_, last = track_all(pictures, points)
    assert last.found.tolist() == [False, True]
    assert last.points[1] == pytest.approx(points[1], abs=0.5)


def test_a_picture_without_corners_has_no_points() -> None:
    flat = np.full((HIGH, WIDE), 90, np.uint8)
    assert corners(flat).shape == (0, 2)
    assert track(flat, flat, corners(flat)).points.shape == (0, 2)


@pytest.mark.parametrize("method", ["dis", "farneback"])
def test_what_stands_still_has_no_flow(method: Method) -> None:
    picture = seen(texture(), 0, 0)
    # Farneback's windows reach beyond the border, where nothing is known.
    assert np.abs(dense_flow(picture, picture, method))[12:-12, 12:-12].max() < 0.05


def test_a_clip_is_between_minus_one_and_one_and_twenty_pixels_are_one() -> None:
    whole = texture()
    clip = flow_clip([seen(whole, 5.0 * number, -2.5 * number) for number in range(4)])
    assert clip.shape == (3, HIGH, WIDE, 2)
    middle = np.median(clip[:, 20:-20, 20:-20], axis=(0, 1, 2))
    assert middle == pytest.approx([0.25, -0.125], abs=0.02)
    wild = np.array([[[40.0, -20.0], [-1e9, 10.0]]], np.float32)
    assert scaled(wild).tolist() == [[[1.0, -1.0], [-1.0, 0.5]]]


def test_a_picture_of_flow_has_direction_as_hue_and_rest_as_white() -> None:
    flow = np.zeros((16, 5, 2), np.float32)
    flow[:, 1] = (10, 0)
    flow[:, 2] = (0, 10)
    flow[:, 3] = (-10, 0)
    flow[:, 4] = (0, -10)
    rest, right, down, left, up = flow_picture(flow, most_px=10)[0].astype(int)
    assert rest.tolist() == [255, 255, 255]
    assert right == pytest.approx([255, 0, 0], abs=2)
    assert left == pytest.approx([0, 255, 255], abs=4)
    assert down == pytest.approx([128, 255, 0], abs=4)
    assert up == pytest.approx([128, 0, 255], abs=4)
    half = flow_picture(flow / 2, most_px=10)[0, 1]
    assert half.astype(int) == pytest.approx([255, 128, 128], abs=2)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [((32, 32), (32, 40), "32x32 and 40x32"), ((8, 64), (8, 64), "64x8; at least 16")],
)
def test_pictures_that_do_not_fit_are_refused(
    before: tuple[int, int], after: tuple[int, int], words: str
) -> None:
    one, other = np.zeros(before, np.uint8), np.zeros(after, np.uint8)
    with pytest.raises(ValueError, match=words):
        dense_flow(one, other)
    with pytest.raises(ValueError, match=words):
        track(one, other, np.zeros((1, 2), np.float32))


def test_one_picture_has_no_flow() -> None:
    with pytest.raises(ValueError, match="two pictures"):
        flow_clip([np.zeros((32, 32), np.uint8)])
