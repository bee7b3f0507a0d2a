"""Where things stood, and the ways they took, drawn over a picture."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Image
from vigil.core.scene_record import Chunk
from vigil.core.stats import COLUMNS, ROWS, cell_of
from vigil.stages.rules.geometry import stand

LONGEST_GAP_S = 10.0
"""Over a longer silence nobody knows where anybody stood."""
MOST_PATHS = 2000
MOST_POINTS = 400
STEP = 0.01
"""A path has a point whenever its thing has come so far, as a fraction of the picture."""
Point = tuple[float, float]


@dataclass(kw_only=True)
class Heat:
    """Seconds by cell of the grid, and ways of tracks."""

    seconds: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    paths: dict[tuple[str, int], list[Point]] = field(default_factory=dict)
    """By watch and track: feet, fractions of the picture."""

    def grid(self) -> Float32[np.ndarray, "27 48"]:
        """Seconds, rows from the top."""
        grid = np.zeros(COLUMNS * ROWS, np.float32)
        for cell, lasted_s in self.seconds.items():
            grid[cell] += lasted_s
        return grid.reshape(ROWS, COLUMNS)


def heat_of_scenes(
    chunks: Iterable[Chunk],
    *,
    source: str | None = None,
    label: str | None = None,
    since_s: float = float("-inf"),
    until_s: float = float("inf"),
) -> Heat:
    """Where things of a label stood in recorded scenes, and how they went."""
    heat = Heat()
    last_s: dict[str, float] = {}
    for chunk in chunks:
        if source is not None and chunk.source != source:
            continue
        for scene in chunk.scenes:
            lasted_s = scene.time_s - last_s.get(chunk.session, scene.time_s)
            last_s[chunk.session] = scene.time_s
            if not since_s <= scene.time_s < until_s or scene.width <= 0:
                continue
            known_s = lasted_s if 0 < lasted_s <= LONGEST_GAP_S else 0.0
            for track in scene.tracks:
                if label is not None and track.label != label:
                    continue
                foot = stand(track.box, scene)
                heat.seconds[cell_of(foot)] += known_s
                _extend(heat, (chunk.session, track.id), foot)
    return heat


def _extend(heat: Heat, key: tuple[str, int], foot: Point) -> None:
    path = heat.paths.get(key)
    if path is None:
        if len(heat.paths) < MOST_PATHS:
            heat.paths[key] = [foot]
        return
    far = abs(path[-1][0] - foot[0]) + abs(path[-1][1] - foot[1]) >= STEP
    if far and len(path) < MOST_POINTS:
        path.append(foot)


def heat_picture(heat: Heat, picture: Image | None = None, *, width: int = 960) -> Image:
    """RGB: the picture, or a plain one, with warm colours where things stood longest.

    Colours follow the logarithm of the seconds: a bench must not hide the path beside it.
    """
    if picture is None:
        height = width * 9 // 16
        picture = np.full((height, width, 3), 40, np.uint8)
    height, width = picture.shape[:2]
    grid = np.log1p(heat.grid())
    top = float(grid.max())
    if top > 0:
        warm = cv2.resize(grid / top, (width, height), interpolation=cv2.INTER_CUBIC)
        warm = np.clip(warm, 0.0, 1.0)
        colours = cv2.applyColorMap((warm * 255).astype(np.uint8), cv2.COLORMAP_TURBO)
        share = (0.75 * np.minimum(warm * 3, 1.0))[:, :, None]
        picture = (picture * (1 - share) + colours[:, :, ::-1] * share).astype(np.uint8)
    drawn = np.ascontiguousarray(picture)
    for path in heat.paths.values():
        points = np.array([(x * width, y * height) for x, y in path], np.int32)
        cv2.polylines(drawn, [points], False, (255, 255, 255), 1, cv2.LINE_AA)
    return drawn


def from_store(seconds: Mapping[int, float]) -> Heat:
    """Heat of the figures by the minute; they know no ways."""
    heat = Heat()
    heat.seconds.update(seconds)
    return heat
