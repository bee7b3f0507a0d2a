"""Boxes as four plain numbers: at a handful of them a call into NumPy costs more than its sum."""

from vigil.core import Box

SHAPE = 0.25
"""Width and height are cut by occlusion: their squared error counts so much of the foot's."""
Corners = tuple[float, float, float, float]
"""As in `Box`, where a box need not have a name."""


def size(box: Corners) -> float:
    """Mean of width and height, pixels, at least 1."""
    left, top, right, bottom = box
    mean = (right - left + bottom - top) / 2
    return mean if mean > 1.0 else 1.0


def area(box: Corners) -> float:
    """Square pixels of a box that is not turned inside out."""
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


def shared(one: Corners, other: Corners) -> float:
    """Square pixels that two boxes have in common."""
    left, top, right, bottom = one
    other_left, other_top, other_right, other_bottom = other
    # Comparing is several times as quick as min and max, and this is asked most of all.
    high = (bottom if bottom < other_bottom else other_bottom) - (
        top if top > other_top else other_top
    )
    wide = (right if right < other_right else other_right) - (
        left if left > other_left else other_left
    )
    return wide * high if wide > 0 and high > 0 else 0.0


def overlap(one: Corners, other: Corners) -> float:
    """Intersection over union."""
    left, top, right, bottom = one
    other_left, other_top, other_right, other_bottom = other
    high = (bottom if bottom < other_bottom else other_bottom) - (
        top if top > other_top else other_top
    )
    wide = (right if right < other_right else other_right) - (
        left if left > other_left else other_left
    )
    common = wide * high if wide > 0 and high > 0 else 0.0
    if not common:
        return 0.0
    areas = (right - left) * (bottom - top)
    areas += (other_right - other_left) * (other_bottom - other_top)
    return common / (areas - common)


def apart(one: Corners, other: Corners) -> bool:
    """Whether two boxes do not even touch."""
    left, top, right, bottom = one
    other_left, other_top, other_right, other_bottom = other
    return other_left > right or other_right < left or other_top > bottom or other_bottom < top


def misfit(one: Corners, other: Corners) -> float:
    """Squared pixels between two feet and, as far as it counts, between two shapes."""
    left, top, right, bottom = one
    other_left, other_top, other_right, other_bottom = other
    off_left, off_right = other_left - left, other_right - right
    off_top, off_bottom = other_top - top, other_bottom - bottom
    off_foot, wider, higher = (off_left + off_right) / 2, off_right - off_left, off_bottom - off_top
    foot = off_foot * off_foot + off_bottom * off_bottom
    return foot + SHAPE * (wider * wider + higher * higher)


def grown(box: Corners, by_px: float) -> Corners:
    """A box with each side moved outwards."""
    left, top, right, bottom = box
    return left - by_px, top - by_px, right + by_px, bottom + by_px


def between(one: Corners, other: Corners) -> Box:
    """Half way."""
    left, top, right, bottom = one
    other_left, other_top, other_right, other_bottom = other
    return tuple.__new__(
        Box,
        (
            (left + other_left) / 2,
            (top + other_top) / 2,
            (right + other_right) / 2,
            (bottom + other_bottom) / 2,
        ),
    )


def not_halved(box: Corners, before: Corners) -> Corners:
    """A box made at least half as wide and high as it was `before`; its foot stays."""
    left, top, right, bottom = box
    old_left, old_top, old_right, old_bottom = before
    foot, side = (left + right) / 2, (old_right - old_left) / 4
    return (
        min(left, foot - side),
        min(top, bottom - (old_bottom - old_top) / 2),
        max(right, foot + side),
        bottom,
    )
