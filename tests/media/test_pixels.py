"""Pictures at the size asked for, from any pixel format."""

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box
from vigil.media.pixels import ArrayPixels, AvPixels, frame_of_array

FORMATS = [
    "yuv420p",
    "yuvj420p",
    "yuv422p",
    "yuvj422p",
    "yuv444p",
    "yuv420p10le",
    "yuv422p12le",
    "yuv444p10le",
    "yuva420p",
    "gray",
    "nv12",
    "yuyv422",
    "rgb24",
    "bgra",
    "gbrp",
]


def scene(width: int = 96, height: int = 64) -> np.ndarray:
    """Smooth colours, so that chroma sampling hardly matters, with a distinct corner."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    rgb = np.stack([x / width * 255, y / height * 255, 255 - x / width * 255], axis=2)
    rgb[: height // 4, : width // 4] = (250, 30, 30)
    return cv2.GaussianBlur(rgb, (5, 5), 0).astype(np.uint8)


def frame_as(pixel_format: str, rgb: np.ndarray) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixel_format)


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("size", [(96, 64), (95, 63)])
def test_every_pixel_format_gives_the_same_colours(
    pixel_format: str, size: tuple[int, int]
) -> None:
    rgb = scene(*size)
    pixels = AvPixels(frame_as(pixel_format, rgb))
    small = cv2.resize(rgb, (48, 32)).astype(int)
    if pixel_format == "gray":
        small = np.repeat(cv2.cvtColor(small.astype(np.uint8), cv2.COLOR_RGB2GRAY)[..., None], 3, 2)

    assert np.abs(pixels.rgb(48, 32).astype(int) - small).mean() < 5
    gray = cv2.cvtColor(small.astype(np.uint8), cv2.COLOR_RGB2GRAY).astype(int)
    assert np.abs(pixels.luma(48, 32).astype(int) - gray).mean() < 4


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le", "yuv444p", "nv12"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_picture_and_its_regions_stand_upright(pixel_format: str, rotation: int) -> None:
    upright = scene(96, 64)
    turns = rotation // 90  # the coded picture is turned back, counter-clockwise
    coded = np.ascontiguousarray(np.rot90(upright, turns))
    pixels = AvPixels(frame_as(pixel_format, coded), rotation)

    assert np.abs(pixels.rgb(96, 64).astype(int) - upright).mean() < 6
    assert pixels.luma(48, 32).shape == (32, 48)
    region = Box(4, 8, 44, 40)
    cut = pixels.rgb(40, 32, region).astype(int)
    assert np.abs(cut - upright[8:40, 4:44]).mean() < 6


@pytest.mark.parametrize(("matrix", "weights"), [(1, (0.2126, 0.0722)), (5, (0.299, 0.114))])
@pytest.mark.parametrize("full", [False, True])
def test_matrix_and_range_are_obeyed(matrix: int, weights: tuple[float, float], full: bool) -> None:
    red, blue = weights
    rgb = np.array([200.0, 40.0, 90.0])
    luma = red * rgb[0] + (1 - red - blue) * rgb[1] + blue * rgb[2]
    chroma = [(rgb[2] - luma) / (2 - 2 * blue), (rgb[0] - luma) / (2 - 2 * red)]
    scale = (1.0, 1.0, 0.0) if full else (219 / 255, 224 / 255, 16.0)
    values = [luma * scale[0] + scale[2], *(c * scale[1] + 128 for c in chroma)]
    frame = av.VideoFrame(16, 16, "yuv444p")
    for plane, value in zip(frame.planes, values, strict=True):
        plane.update(np.full(plane.buffer_size, round(value), np.uint8).tobytes())
    frame.colorspace, frame.color_range = matrix, 2 if full else 1

    assert np.abs(AvPixels(frame).rgb(8, 8) - rgb).max() <= 3
    assert np.abs(AvPixels(frame).luma(8, 8) - luma).max() <= 2


regions = st.tuples(st.floats(0, 90), st.floats(0, 58), st.floats(1, 96), st.floats(1, 64))


@given(region=regions, width=st.integers(1, 70), height=st.integers(1, 70))
def test_any_region_comes_in_the_size_asked_for(
    region: tuple[float, float, float, float], width: int, height: int
) -> None:
    x, y, wide, high = region
    for pixels in (AvPixels(frame_as("yuv420p", scene())), ArrayPixels(scene())):
        cut = pixels.rgb(width, height, Box(x, y, x + wide, y + high))
        assert cut.shape == (height, width, 3)


def test_a_region_outside_the_picture_is_an_error() -> None:
    for pixels in (AvPixels(frame_as("yuv420p", scene())), ArrayPixels(scene())):
        with pytest.raises(ValueError, match="outside the picture"):
            pixels.rgb(8, 8, Box(200, 0, 220, 20))


def test_luma_of_the_same_size_is_made_once() -> None:
    pixels = AvPixels(frame_as("yuv420p", scene()))
    assert pixels.luma(48, 32) is pixels.luma(48, 32)
    assert pixels.luma(24, 16) is not pixels.luma(48, 32)


def test_an_array_becomes_a_frame() -> None:
    frame = frame_of_array(scene(96, 64), source="door", time_s=5.0)
    assert (frame.width, frame.height, frame.time_s) == (96, 64, 5.0)
    assert frame.luma(48).shape == (32, 48)
    assert frame.rgb(30, region=Box(0, 0, 20, 40)).shape == (60, 30, 3)


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [
        "h264_10bits.mp4",
        "testsrc2_444_12bit_hevc.mp4",
        "testsrc2_odd_height_and_width_vp9_10bit.mp4",
        "testsrc2_odd_height_and_width_444.mp4",
        "bt601_full_range.mp4",
        "bt709_full_range.mp4",
        "bt2020_10bit.mp4",
        "gradient.gif",
    ],
)
def test_real_files_agree_with_the_slow_conversion(data: Callable[[str], Path], name: str) -> None:
    with av.open(str(data(f"robust/torchcodec/{name}"))) as container:
        frame = next(container.decode(video=0))
    slow = frame.to_ndarray(format="rgb24").astype(int)
    difference = np.abs(AvPixels(frame).rgb(frame.width, frame.height).astype(int) - slow)
    assert difference.mean() < 4
    assert np.median(difference) <= 1
