"""Views of pictures, and which pictures show the same."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Image
from vigil.flywheel.views import difference_hash, duplicate_groups, mirrored, varied, views_of


def scene(seed: int, size: int = 96) -> Image:
    """A soft picture with shapes; each seed another one."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.uint8)


def test_the_first_view_is_the_picture_and_the_second_its_mirror_image() -> None:
    picture = scene(1)
    views = views_of(picture, 4, np.random.default_rng(0))
    assert len(views) == 4
    np.testing.assert_array_equal(views[0], picture)
    np.testing.assert_array_equal(views[1], picture[:, ::-1])
    assert not np.array_equal(views[2][:40, :40], views[3][:40, :40])
    with pytest.raises(ValueError, match="1 or more"):
        views_of(picture, 0, np.random.default_rng(0))


@given(height=st.integers(1, 60), width=st.integers(1, 60), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_a_variation_is_a_picture_no_larger(height: int, width: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    view = varied(picture, np.random.default_rng(seed))
    assert view.dtype == np.uint8
    assert view.shape[2] == 3
    assert 1 <= view.shape[0] <= height
    assert 1 <= view.shape[1] <= width


def test_the_same_chance_gives_the_same_views() -> None:
    first, second = (views_of(scene(2), 5, np.random.default_rng(7)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_scaled_relit_and_compressed_copies_are_one_group_and_other_pictures_are_not() -> None:
    picture = scene(3, 200)
    small = np.asarray(cv2.resize(picture, (90, 90), interpolation=cv2.INTER_AREA), np.uint8)
    darker = (picture * 0.8).astype(np.uint8)
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])
    again = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    others = [scene(seed, 200) for seed in range(10, 20)]
    groups = duplicate_groups([picture, small, darker, again, *others])
    assert len(set(groups[:4].tolist())) == 1
    assert len(set(groups.tolist())) == 11


def test_near_vectors_make_a_group_even_through_a_third() -> None:
    angles = np.deg2rad([0, 15, 30, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    pictures = [scene(seed) for seed in range(4)]
    assert duplicate_groups(pictures, vectors).tolist() == [0, 0, 0, 1]
    assert len(set(duplicate_groups(pictures).tolist())) == 4


def test_a_mirrored_picture_has_another_hash() -> None:
    picture = scene(5)
    assert difference_hash(picture) != difference_hash(mirrored(picture))
    assert 0 <= difference_hash(picture) < 2**64
