"""Canvases: what goes on them, and where their boxes lie in the pictures."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box, Frame, Look, ModelInput, Rung
from vigil.infer.fitting import natural_scale
from vigil.infer.heads import Candidates
from vigil.media.pixels import frame_of_array
from vigil.stages.detect.canvas import Canvas, compose, to_source
from vigil.stages.detect.packing import GAP, plan
from vigil.stages.detect.pieces import ENLARGED

SIZES = (
    ModelInput(width=416, height=416),
    ModelInput(width=544, height=320, fit="stretch"),
    ModelInput(width=320, height=320, pad=0),
)


class NoPixels:
    """A picture that nobody may ask for."""

    def luma(self, width: int, height: int) -> np.ndarray:
        raise AssertionError("nobody needs brightness")

    def rgb(self, width: int, height: int, region: Box | None = None) -> np.ndarray:
        raise AssertionError("nobody needs colour")


def look_of(width: int, height: int, regions: Sequence[tuple[float, ...]]) -> Look:
    frame = Frame(source="a", index=0, time_s=0.0, width=width, height=height, pixels=NoPixels())
    boxes = np.array(regions, np.float32).reshape(-1, 4)
    return Look(frame=frame, regions=boxes, rung=Rung.DETECT)


@st.composite
def looks(draw: st.DrawFn) -> Look:
    width, height = draw(st.sampled_from([(640, 360), (1920, 1080), (321, 243), (768, 432)]))
    regions = []
    for _ in range(draw(st.integers(0, 5))):
        x, y = draw(st.integers(0, width - 4)), draw(st.integers(0, height - 4))
        regions.append((x, y, draw(st.integers(x + 2, width)), draw(st.integers(y + 2, height))))
    return look_of(width, height, regions)


@given(st.lists(looks(), min_size=1, max_size=8), st.sampled_from(SIZES))
def test_every_region_is_on_a_canvas_and_no_two_pieces_touch(
    many: list[Look], size: ModelInput
) -> None:
    canvases = plan(many, size).canvases

    for index, look in enumerate(many):
        cells = [cell for canvas in canvases for cell in canvas if cell.look == index]
        for row in look.regions:
            assert any(contains(cell.region, Box(*row.tolist())) for cell in cells)
        for cell in cells:
            assert contains(Box(0, 0, look.frame.width, look.frame.height), cell.region)
    for canvas in canvases:
        for number, cell in enumerate(canvas):
            assert contains(Box(0, 0, size.width, size.height), on_canvas(cell))
            apart = on_canvas(cell, GAP - 1)
            assert not any(overlap(apart, on_canvas(other)) for other in canvas[number + 1 :])


def on_canvas(cell: object, more: int = 0) -> Box:
    x, y, width, height = (getattr(cell, name) for name in ("x", "y", "width", "height"))
    return Box(x - more, y - more, x + width + more, y + height + more)


def contains(outer: Box, inner: Box) -> bool:
    return (
        outer.x1 <= inner.x1
        and outer.y1 <= inner.y1
        and outer.x2 >= inner.x2
        and outer.y2 >= inner.y2
    )


def overlap(a: Box, b: Box) -> bool:
    return min(a.x2, b.x2) > max(a.x1, b.x1) and min(a.y2, b.y2) > max(a.y1, b.y1)


@given(st.lists(looks(), min_size=1, max_size=8), st.sampled_from(SIZES))
def test_small_things_are_never_drawn_smaller_than_in_a_pass_over_the_whole_picture(
    many: list[Look], size: ModelInput
) -> None:
    for canvas in plan(many, size).canvases:
        for cell in canvas:
            frame = many[cell.look].frame
            scale_x, scale_y = natural_scale(frame.width, frame.height, size)
            smallest = min(min(box.width * scale_x, box.height * scale_y) for box in cell.asked)
            if smallest <= 64:
                # Sizes are whole pixels, so that a small piece's scale is good to one percent.
                assert cell.width + 1 >= 0.99 * cell.region.width * scale_x
                assert cell.height + 1 >= 0.99 * cell.region.height * scale_y


@given(st.lists(looks(), min_size=1, max_size=6), st.sampled_from(SIZES), st.randoms())
def test_a_box_on_a_canvas_comes_back_to_where_it_was_in_its_picture(
    many: list[Look], size: ModelInput, random: "np.random.Generator"
) -> None:
    for canvas in plan(many, size).canvases:
        cell = random.choice(canvas)
        region = cell.region
        x1, x2 = sorted(random.uniform(region.x1 + 8, region.x2 - 8) for _ in range(2))
        y1, y2 = sorted(random.uniform(region.y1 + 8, region.y2 - 8) for _ in range(2))
        drawn = (
            cell.x + (x1 - region.x1) * cell.width / region.width,
            cell.y + (y1 - region.y1) * cell.height / region.height,
            cell.x + (x2 - region.x1) * cell.width / region.width,
            cell.y + (y2 - region.y1) * cell.height / region.height,
        )
        back = to_source(canvas, candidates(drawn), many)

        boxes = {finding.look: finding.found.boxes for finding in back if len(finding.found)}
        assert list(boxes) == [cell.look] or near_edge(drawn, canvas)
        for found in boxes.values():
            np.testing.assert_allclose(found, [[x1, y1, x2, y2]], atol=0.01)


def candidates(*boxes: tuple[float, ...]) -> Candidates:
    array = np.array(boxes, np.float32)
    return Candidates.of(array, np.ones(len(array)), np.zeros(len(array)))


def near_edge(drawn: tuple[float, ...], canvas: Canvas) -> bool:
    """Cut boxes that nobody asked for are dropped on purpose."""
    cell_edges = [edge for cell in canvas for edge in on_canvas(cell)]
    return any(abs(side - edge) <= 2 for side in drawn for edge in cell_edges)


def test_a_whole_picture_is_seen_as_without_canvases() -> None:
    look = look_of(768, 432, [(0, 0, 768, 432)])

    (canvas,) = plan([look], ModelInput(width=416, height=416)).canvases

    (cell,) = canvas
    assert (cell.x, cell.y, cell.width, cell.height) == (0, 0, 416, 234)
    assert cell.region == (0, 0, 768, 432)


def test_a_look_that_asks_for_nothing_costs_nothing() -> None:
    assert plan([look_of(640, 360, [])], SIZES[0]).canvases == ()
    assert plan([], SIZES[0]).canvases == ()


def test_sixteen_small_regions_of_sixteen_cameras_share_one_input() -> None:
    many = [look_of(1920, 1080, [(100 * i, 500, 100 * i + 90, 680)]) for i in range(16)]

    assert len(plan(many, SIZES[0]).canvases) == 1


def test_a_lone_region_is_drawn_larger_with_what_surrounds_it() -> None:
    ((cell,),) = plan([look_of(1920, 1080, [(900, 500, 980, 660)])], SIZES[0]).canvases

    assert cell.width >= 400
    assert cell.height >= 400
    assert cell.width / cell.region.width > 4 * 416 / 1920


def test_small_things_are_drawn_larger_than_they_are_and_large_ones_are_not() -> None:
    def factor(side: int) -> float:
        ((cell,),) = plan(
            [look_of(640, 360, [(200, 100, 200 + side, 100 + side)])], SIZES[0]
        ).canvases
        return cell.width / cell.region.width

    assert 1.5 < factor(40) <= ENLARGED
    assert factor(40) > factor(120) > factor(220)
    assert factor(300) == pytest.approx(416 / 640, rel=0.02)


def test_every_camera_gets_its_largest_region_before_any_gets_a_second() -> None:
    corners = [(x, y, x + 80, y + 60) for x in (0, 900, 1800) for y in (0, 900)]
    greedy = look_of(1920, 1080, corners)
    modest = [look_of(1920, 1080, [(100, 100, 220, 200)]) for _ in range(22)]

    made = plan([greedy, *modest], SIZES[0], most=1)

    served = [cell.look for canvas in made.canvases for cell in canvas]
    assert set(served) == set(range(23))
    assert made.skipped > 0
    assert made.skipped + len(served) == 6 + 22


def test_a_thing_of_two_neighbours_is_dropped() -> None:
    many = [look_of(1920, 1080, [(100, 500, 200, 700)]) for _ in range(2)]
    (canvas,) = plan(many, SIZES[0]).canvases
    left, right = sorted(canvas, key=lambda cell: cell.x)
    across = (left.x + 5, left.y + 5, right.x + right.width - 5, left.y + left.height - 5)

    back = to_source(canvas, candidates(across), many)

    assert sum(len(finding.found) for finding in back) == 0


def test_half_a_thing_is_kept_only_where_somebody_asked() -> None:
    many = [look_of(1920, 1080, [(900, 500, 1000, 700)]) for _ in range(2)]
    (canvas,) = plan(many, SIZES[0]).canvases
    cell = canvas[0]
    whole_cell = (cell.x, cell.y, cell.x + cell.width, cell.y + cell.height)
    corner = (cell.x, cell.y, cell.x + 8, cell.y + 8)

    finding = to_source(canvas, candidates(whole_cell, corner), many)[0]

    np.testing.assert_allclose(finding.found.boxes, [cell.region])
    assert finding.cut.tolist() == [True]


def test_the_picture_is_drawn_where_the_cells_say() -> None:
    rgb = np.zeros((360, 640, 3), np.uint8)
    rgb[100:200, 200:300] = (250, 120, 10)
    frame = frame_of_array(rgb)
    many = [
        Look(frame=frame, regions=np.array([[210, 110, 290, 190]], np.float32), rung=Rung.DETECT),
        Look(frame=frame, regions=np.array([[500, 20, 560, 60]], np.float32), rung=Rung.DETECT),
    ]
    size = ModelInput(width=416, height=416)
    (canvas,) = plan(many, size).canvases

    picture = compose(canvas, many, size)

    assert picture.shape == (416, 416, 3)
    cell = next(cell for cell in canvas if cell.look == 0)
    middle = picture[cell.y + cell.height // 2, cell.x + cell.width // 2]
    assert middle.tolist() == [250, 120, 10]
    assert picture[-1, -1].tolist() == [114, 114, 114]
